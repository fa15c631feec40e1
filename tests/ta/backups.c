/* SPDX-License-Identifier: Apache-2.0 */
/* backups.c - see backups.h. */
#include "backups.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <string.h>

#include "cli/recovery_key.h"
#include "wire/msg_certify.h"
#include "wire/msg_lifecycle.h"

static EVP_PKEY *recovery;
static uint8_t spki[128];
static size_t spki_len;

void
backups_begin(void)
{
	uint8_t *p = spki;

	admins_make();
	recovery = EVP_EC_gen("P-256");
	assert_non_null(recovery);
	spki_len = (size_t)i2d_PUBKEY(recovery, &p);
}

void
backups_end(void)
{
	EVP_PKEY_free(recovery);
	admins_free();
}

struct btz_span
backups_recovery(void)
{
	return btz_span_of(spki, spki_len);
}

struct btz_span
backups_set(struct btz_span key)
{
	static uint8_t buf[4096];
	struct btz_admin_set m;
	struct btz_wr wr;

	assert_true(btz_msg_decode(&btz_def_admin_set, admins_set(2, 3), &m));
	m.recovery = key;
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_msg_write(&btz_def_admin_set, &m, &wr);
	assert_true(btz_wr_ok(&wr));
	return btz_wr_span(&wr);
}

void
backups_pin(struct rig *r)
{
	struct btz_approved ap = { .operation = BTZ_APPROVE_ADMIN_SET,
		.request = backups_set(backups_recovery()) };

	assert_int_equal(
	    rig_do(r, BTZ_TA_ADMIN_SET, &btz_def_approved, &ap, NULL, NULL),
	    BTZ_OK);
}

enum btz_rc
backups_create(struct rig *r, uint8_t alg, uint8_t kind, uint8_t flags,
    struct rig_key *out)
{
	struct btz_ta_key_create req = { .alg = alg,
		.kind = kind,
		.flags = flags,
		.operations = BTZ_USE_SIGN };
	struct btz_ta_key k;
	enum btz_rc rc = rig_do(r, BTZ_TA_KEY_CREATE, &btz_def_ta_key_create,
	    &req, &btz_def_ta_key, &k);

	if (rc != BTZ_OK)
		return rc;
	memcpy(out->id, k.key_id, 16);
	out->spki_len = k.spki.len;
	out->blob_len = k.blob.len;
	memcpy(out->spki, k.spki.p, k.spki.len);
	memcpy(out->blob, k.blob.p, k.blob.len);
	return rc;
}

struct btz_generate
backups_policy(uint8_t alg, uint8_t flags)
{
	return (struct btz_generate){ .alg = alg,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN,
		.label = btz_span_str("signing"),
		.flags = flags };
}

void
backups_write(const struct btz_generate *g, const struct rig_key *keys,
    size_t n, struct btz_wr *wr)
{
	static uint8_t desc[4096], versions[BTZ_LIST_MAX];
	struct btz_backup b = { .id = { 7 },
		.owner = btz_span_str("shop"),
		.state = BTZ_KEY_ENABLED,
		.min_version = 1 };
	struct btz_wr wd, wv;

	btz_wr_init(&wd, desc, sizeof(desc));
	btz_msg_write(&btz_def_generate, g, &wd);
	btz_wr_init(&wv, versions, sizeof(versions));
	for (size_t i = 0; i < n; i++) {
		struct btz_backup_version v = { .version = (uint32_t)i + 1,
			.state = BTZ_KEY_ENABLED,
			.secret = btz_span_of(keys[i].blob, keys[i].blob_len) };

		btz_msg_write(&btz_def_backup_version, &v, &wv);
	}
	b.key = btz_wr_span(&wd);
	b.versions = btz_wr_span(&wv);
	btz_msg_write(&btz_def_backup, &b, wr);
	assert_true(btz_wr_ok(&wd) && btz_wr_ok(&wv) && btz_wr_ok(wr));
}

enum btz_rc
backups_make(struct rig *r, const struct btz_generate *g,
    const struct rig_key *keys, size_t n, struct btz_span *out)
{
	static uint8_t buf[BTZ_TA_REQUEST_MAX];
	struct btz_backup_ok ok = { .blob = { NULL, 0 } };
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, buf, sizeof(buf));
	backups_write(g, keys, n, &wr);
	rc = rig_call(r, BTZ_TA_BACKUP, btz_wr_span(&wr));
	if (rc == BTZ_OK)
		assert_true(btz_msg_decode(&btz_def_backup_ok,
		    btz_span_of(r->answer, r->answer_len), &ok));
	*out = ok.blob;
	return rc;
}

void
backups_open(struct btz_span file, struct btz_wr *plain)
{
	struct btz_err err;

	assert_int_equal(
	    btz_recovery_open(recovery, file, plain, &err), BTZ_OK);
}

void
backups_transport(struct rig *r, struct btz_transport *out)
{
	static uint8_t note[BTZ_NOTE_MAX], cp[128];
	struct btz_certificate m;
	struct btz_ta_info info;
	struct btz_err err;
	struct btz_span text;

	rig_info(r, &info);
	text = info.checkpoint_spki;
	memcpy(cp, text.p, text.len);
	text.p = cp;
	assert_int_equal(
	    rig_do(r, BTZ_TA_TRANSPORT, NULL, NULL, &btz_def_certificate, &m),
	    BTZ_OK);
	memcpy(note, m.der.p, m.der.len);
	assert_true(btz_transport_is(btz_span_of(note, m.der.len)));
	assert_int_equal(
	    btz_transport_parse(btz_span_of(note, m.der.len), text, out, &err),
	    BTZ_OK);
}

void
backups_seal(
    const struct btz_transport *t, struct btz_span plain, struct btz_wr *file)
{
	struct btz_err err;

	assert_int_equal(btz_transport_seal(t, plain, file, &err), BTZ_OK);
}

void
backups_plan(struct btz_span file, struct btz_wr *wr)
{
	struct btz_approve_restore m;
	struct btz_transport_file f;

	assert_true(btz_transport_file_read(file, &f));
	SHA256(file.p, file.len, m.digest);
	m.what = f.what;
	btz_msg_write(&btz_def_approve_restore, &m, wr);
	assert_true(btz_wr_ok(wr));
}

enum btz_rc
backups_restore(
    struct rig *r, struct btz_span file, struct btz_span plan, unsigned who)
{
	uint8_t buf[2048];
	struct btz_ta_restore m = { .file = file, .request = plan };
	struct btz_challenge c;
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	if (who != 0)
		admins_challenge(r, BTZ_APPROVE_RESTORE, plan, &c);
	for (size_t i = 0; i < ADMINS; i++)
		if ((who & 1u << i) != 0)
			admin_sign(i, &c, &wr);
	if (who != 0)
		memcpy(m.nonce, c.nonce, sizeof(m.nonce));
	m.approvals = btz_wr_span(&wr);
	return rig_do(r, BTZ_TA_RESTORE, &btz_def_ta_restore, &m, NULL, NULL);
}

void
backups_answer(struct rig *r, size_t i, struct rig_key *out)
{
	struct btz_backup_version v;
	struct btz_backup b;
	struct btz_keyblob k;
	struct btz_rd rd;

	assert_true(btz_msg_decode(
	    &btz_def_backup, btz_span_of(r->answer, r->answer_len), &b));
	btz_rd_span(&rd, b.versions);
	for (size_t n = 0; n <= i; n++)
		assert_true(btz_msg_read(&btz_def_backup_version, &rd, &v));
	assert_true(btz_keyblob_decode(v.secret, &k));
	memcpy(out->id, k.key_id, 16);
	memcpy(out->spki, v.spki.p, v.spki.len);
	memcpy(out->blob, v.secret.p, v.secret.len);
	out->spki_len = v.spki.len;
	out->blob_len = v.secret.len;
	assert_true(btz_span_eq(k.spki, v.spki));
}
