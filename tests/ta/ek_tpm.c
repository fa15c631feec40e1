/* SPDX-License-Identifier: Apache-2.0 */
/* ek_tpm.c - see ek_tpm.h. */
#include "ek_tpm.h"

#include <string.h>
#include <unistd.h>

#include "der/spki.h"
#include "ek_roots.h"
#include "support/tpm_crypto_ossl.h"

/* Instead of the table that the build generates. */
static uint8_t maker[BTZ_SPKI_P256_LEN], test_maker[BTZ_SPKI_P384_LEN];
const struct btz_span ta_ek_anchors[] = {
	{ test_maker, sizeof(test_maker) },
	{ maker, sizeof(maker) },
};
const struct ta_ek_root ta_ek_roots[] = { { "test", true },
	{ "maker", false } };
const size_t ta_ek_roots_count = 2;

int
ek_tpm_group(void **state)
{
	(void)ek_keys_make(state);
	assert_int_equal(ek_spki(MAKER).len, sizeof(maker));
	assert_int_equal(ek_spki(TEST_MAKER).len, sizeof(test_maker));
	memcpy(maker, ek_spki(MAKER).p, sizeof(maker));
	memcpy(test_maker, ek_spki(TEST_MAKER).p, sizeof(test_maker));
	return 0;
}

/* One connection at a time: the TPM starts again for this one. */
static struct btz_tpm *
connect_tpm(struct btz_swtpm *tpm)
{
	static struct btz_tpm t;

	assert_true(btz_swtpm_restart(tpm));
	btz_tpm_init(&t, &btz_tpm_crypto_ossl, btz_swtpm_transceive, tpm);
	return &t;
}

static void
hang_up(struct btz_tpm *t, struct btz_swtpm *tpm)
{
	btz_tpm_close(t);
	btz_tpm_end(t);
	(void)close(tpm->fd);
	tpm->fd = -1;
}

enum ek_key
ek_tpm_slot(enum btz_tpm_ek_id id)
{
	return id == BTZ_TPM_EK_H3 ? EK_P384 : EK_P256;
}

static void
create(struct btz_tpm *t, enum btz_tpm_ek_id id, struct btz_tpm_entity *key,
    struct btz_tpm_public *pub)
{
	assert_int_equal(
	    btz_tpm_ek_create(t, &btz_tpm_eks[id], key, pub), BTZ_OK);
	assert_int_equal(btz_tpm_flush(t, key->handle), BTZ_OK);
}

void
ek_tpm_key(struct btz_swtpm *tpm, enum btz_tpm_ek_id id)
{
	struct btz_tpm *t = connect_tpm(tpm);
	uint8_t point[BTZ_P384_POINT_LEN] = { 4 }, spki[BTZ_SPKI_EC_MAX];
	struct btz_tpm_entity key;
	struct btz_tpm_public pub;
	struct btz_wr wr;

	create(t, id, &key, &pub);
	memcpy(point + 1, pub.x, pub.x_len);
	memcpy(point + 1 + pub.x_len, pub.y, pub.y_len);
	btz_wr_init(&wr, spki, sizeof(spki));
	btz_spki_put(&wr,
	    id == BTZ_TPM_EK_H3 ? BTZ_ALG_EC_P384 : BTZ_ALG_EC_P256, point);
	assert_true(btz_wr_ok(&wr));
	ek_key_set(ek_tpm_slot(id), btz_wr_span(&wr));
	hang_up(t, tpm);
}

void
ek_tpm_name(
    struct btz_swtpm *tpm, enum btz_tpm_ek_id id, struct btz_tpm_name *name)
{
	struct btz_tpm *t = connect_tpm(tpm);
	struct btz_tpm_entity key;
	struct btz_tpm_public pub;

	create(t, id, &key, &pub);
	*name = key.name;
	hang_up(t, tpm);
}

void
ek_tpm_name_at(
    struct btz_swtpm *tpm, uint32_t handle, struct btz_tpm_name *name)
{
	struct btz_tpm *t = connect_tpm(tpm);
	struct btz_tpm_entity key = { .handle = handle };
	struct btz_tpm_public pub;

	assert_int_equal(
	    btz_tpm_read_public(t, BTZ_TPM_PLAIN, &key, &pub), BTZ_OK);
	assert_int_equal(
	    btz_tpm_name_public(&btz_tpm_crypto_ossl, &pub, name), BTZ_OK);
	hang_up(t, tpm);
}

static void
write_all(struct btz_tpm *t, uint32_t index, struct btz_span cert)
{
	struct btz_tpm_entity nv = { .handle = index };
	const struct btz_tpm_entity *ents[2] = { &nv, &nv };
	struct btz_tpm_in_nv_write in;

	for (size_t at = 0; at < cert.len; at += in.data.len) {
		in.offset = (uint16_t)at;
		in.data = btz_span_of(
		    cert.p + at, cert.len - at < 512 ? cert.len - at : 512);
		assert_int_equal(btz_tpm_exec_how(t, BTZ_TPM_PASSWORD,
				     BTZ_TPM_NV_WRITE, ents, &in, NULL),
		    BTZ_OK);
	}
}

void
ek_tpm_cert(struct btz_swtpm *tpm, enum btz_tpm_ek_id id, struct btz_span cert)
{
	struct btz_tpm *t = connect_tpm(tpm);
	struct btz_tpm_entity key,
	    owner = btz_tpm_hierarchy(BTZ_TPM_RH_OWNER, btz_span_of(NULL, 0));
	struct btz_tpm_public pub;
	const struct btz_tpm_nv area = { .index = btz_tpm_eks[id].cert,
		.name_alg = BTZ_TPM_ALG_SHA256,
		.attrs = BTZ_TPM_NVA_OURS,
		.size = (uint16_t)cert.len };

	assert_int_equal(
	    btz_tpm_ek_create(t, &btz_tpm_eks[id], &key, &pub), BTZ_OK);
	assert_int_equal(btz_tpm_open(t, key.handle, &pub), BTZ_OK);
	assert_int_equal(
	    btz_tpm_nv_define(t, &owner, &area, btz_span_of(NULL, 0)), BTZ_OK);
	write_all(t, area.index, cert);
	assert_int_equal(btz_tpm_flush(t, key.handle), BTZ_OK);
	hang_up(t, tpm);
}

void
ek_tpm_certify(struct btz_swtpm *tpm, enum btz_tpm_ek_id id, enum ek_key signer,
    const char *issuer)
{
	const struct ek_spec s = { .key = ek_tpm_slot(id),
		.signer = signer,
		.issuer = issuer,
		.md = signer == TEST_MAKER ? "SHA384" : NULL };
	struct ek_cert cert;

	ek_tpm_key(tpm, id);
	ek_leaf(&s, &cert);
	ek_tpm_cert(tpm, id, btz_span_of(cert.b, cert.len));
}
