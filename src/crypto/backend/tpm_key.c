/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_key.c - keys of the TPM and their blobs in our store. A BTZK blob says
 * what the key is and may do, sealed under the file key of the service; sealed
 * in it is what the TPM gave: public area and private part, wrapped by the SRK.
 * The authorization value of a key is derived from the file key and its id.
 */
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/backend/tpm_direct.h"
#include "der/der.h"
#include "der/spki.h"

static const struct btz_span nothing = { NULL, 0 };

static enum btz_rc
auth_of(const struct btz_tpmd *t, const uint8_t id[BTZ_ID_LEN],
    uint8_t auth[32], struct btz_err *err)
{
	const struct btz_span parts[2] = {
		btz_span_str("btz/1 tpm-direct auth"), { id, BTZ_ID_LEN }
	};
	const enum btz_rc rc = t->crypto.hmac(t->crypto.arg, BTZ_TPM_ALG_SHA256,
	    btz_span_of(t->kek, sizeof(t->kek)), parts, 2, auth);

	return rc == BTZ_OK ? rc : BTZ_FAIL(err, rc, "authorization value");
}

enum btz_rc
btz_tpmd_begin_key(struct btz_tpmd *t, const struct btz_generate *g,
    struct btz_backend_key *out, uint8_t auth[32], struct btz_err *err)
{
	memset(out, 0, sizeof(*out));
	if (g->alg > 31 || (t->algs & 1u << g->alg) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "TPM makes no %s keys; %s", btz_alg_name(g->alg),
		    btz_backends_having(
			offsetof(struct btz_backend_ops, algs), g->alg));
	if (g->flags != 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "keys of a TPM cannot leave it: neither export nor "
		    "backup");
	if (g->bits % 8 != 0 || (g->bits != 0 && g->alg != BTZ_ALG_SECRET))
		return BTZ_FAIL(err, BTZ_E_INVAL, "%u bits", g->bits);
	if (RAND_bytes(out->id, sizeof(out->id)) <= 0)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "no randomness");
	return auth_of(t, out->id, auth, err);
}

/* RFC 5480 2 with a curve that btz_spki_put does not know. */
static void
put_p521(struct btz_wr *wr, struct btz_span point)
{
	static const uint8_t alg[] = { 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48,
		0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
		0x23 };
	const size_t mark = btz_der_begin(wr, BTZ_DER_SEQ);

	btz_wr_raw(wr, alg, sizeof(alg));
	btz_der_put_bits(wr, point);
	btz_der_end(wr, mark);
}

static void
put_ec(struct btz_wr *wr, uint8_t alg, struct btz_span x, struct btz_span y)
{
	uint8_t point[1 + 2 * BTZ_TPM_KEY_COORD_MAX] = { 4 };

	memcpy(point + 1, x.p, x.len);
	memcpy(point + 1 + x.len, y.p, y.len);
	if (alg == BTZ_ALG_EC_P521)
		put_p521(wr, btz_span_of(point, 1 + x.len + y.len));
	else
		btz_spki_put(wr, alg, point);
}

/* RFC 8017 A.1.1, exponent 65537 */
static void
put_rsa(struct btz_wr *wr, struct btz_span n)
{
	static const uint8_t alg[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48,
		0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
	static const uint8_t f4[] = { 1, 0, 1 };
	uint8_t key[560];
	struct btz_wr in;
	size_t mark;

	btz_wr_init(&in, key, sizeof(key));
	mark = btz_der_begin(&in, BTZ_DER_SEQ);
	btz_der_put_uint(&in, n);
	btz_der_put_uint(&in, btz_span_of(f4, sizeof(f4)));
	btz_der_end(&in, mark);
	mark = btz_der_begin(wr, BTZ_DER_SEQ);
	btz_wr_raw(wr, alg, sizeof(alg));
	btz_der_put_bits(wr, btz_wr_span(&in));
	btz_der_end(wr, mark);
	wr->failed |= in.failed;
}

static enum btz_rc
put_spki(uint8_t alg, struct btz_span x, struct btz_span y,
    struct btz_backend_key *out, struct btz_err *err)
{
	struct btz_wr wr;

	btz_wr_init(&wr, out->spki, sizeof(out->spki));
	if (btz_family(alg) == BTZ_FAMILY_EC)
		put_ec(&wr, alg, x, y);
	else if (btz_family(alg) == BTZ_FAMILY_RSA)
		put_rsa(&wr, x);
	if (!btz_wr_ok(&wr))
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "public key");
	out->spki_len = wr.len;
	return BTZ_OK;
}

static enum btz_rc
put_blob(const struct btz_tpmd *t, const struct btz_generate *g,
    const struct btz_tpm_key_blob *made, struct btz_backend_key *out,
    struct btz_err *err)
{
	struct btz_keyblob b = { .alg = g->alg,
		.kind = g->kind,
		.operations = g->usage,
		.not_after = g->not_after,
		.constraints = g->constraints,
		.spki = btz_span_of(out->spki, out->spki_len) };
	uint8_t sealed[4 + BTZ_TPM_KEY_PRIVATE_MAX + BTZ_TPM_KEY_PUBLIC_MAX];
	struct btz_wr in, wr;
	enum btz_rc rc;

	memcpy(b.key_id, out->id, sizeof(b.key_id));
	memcpy(b.tenant_id, g->tenant_id, sizeof(b.tenant_id));
	btz_wr_init(&in, sealed, sizeof(sealed));
	btz_wr_bytes16(&in, btz_span_of(made->pub, made->pub_len));
	btz_wr_bytes16(&in, btz_span_of(made->priv, made->priv_len));
	btz_wr_init(&wr, out->blob, sizeof(out->blob));
	rc = btz_kek_seal(t->kek, &b, btz_wr_span(&in), &wr, err);
	out->blob_len = rc == BTZ_OK ? wr.len : 0;
	return rc;
}

enum btz_rc
btz_tpmd_seal_key(struct btz_tpmd *t, const struct btz_generate *g,
    const struct btz_tpm_keyform *form, const struct btz_tpm_key_blob *made,
    struct btz_backend_key *out, struct btz_err *err)
{
	struct btz_span x, y;
	enum btz_rc rc;

	if (!btz_tpm_keyform_parse(
		form, btz_span_of(made->pub, made->pub_len), &x, &y))
		return BTZ_FAIL(err, BTZ_E_TPM_TEMPLATE,
		    "TPM made another key than was asked for");
	rc = put_spki(g->alg, x, y, out, err);
	return rc == BTZ_OK ? put_blob(t, g, made, out, err) : rc;
}

enum btz_rc
btz_tpmd_create(struct btz_tpmd *t, const struct btz_generate *g,
    const struct btz_tpm_keyform *form, struct btz_span data,
    struct btz_backend_key *out, struct btz_err *err)
{
	static struct btz_tpm_key_blob made;
	static struct btz_backend_key key;
	uint8_t area[128], auth[32];
	struct btz_tpm_in_key_create in = { .data = data,
		.user_auth = { auth, sizeof(auth) } };
	struct btz_wr wr;
	enum btz_rc rc = btz_tpmd_begin_key(t, g, &key, auth, err);

	btz_wr_init(&wr, area, sizeof(area));
	btz_tpm_keyform_write(&wr, form, nothing, nothing);
	in.area = btz_wr_span(&wr);
	if (rc == BTZ_OK)
		rc = btz_tpmd_run(
		    t, NULL, &btz_tpm_key_create, &in, &made, err);
	if (rc == BTZ_OK)
		rc = btz_tpmd_seal_key(t, g, form, &made, &key, err);
	btz_wipe(auth, sizeof(auth));
	if (rc == BTZ_OK)
		*out = key;
	return rc;
}

/* A TPM draws 256 bits; any other length is drawn here and given to it. */
static enum btz_rc
generate_secret(struct btz_tpmd *t, const struct btz_generate *g,
    struct btz_backend_key *out, struct btz_err *err)
{
	struct btz_generate of = *g;
	struct btz_tpm_keyform form;
	uint8_t data[BTZ_TPMD_SECRET_MAX];
	const size_t len = g->bits / 8u;
	enum btz_rc rc;

	(void)btz_tpmd_form(g->alg, g->usage, BTZ_TPMD_GIVEN, &form);
	if (g->bits % 8 != 0 || len > sizeof(data))
		return BTZ_FAIL(err,
		    g->bits % 8 != 0 ? BTZ_E_INVAL : BTZ_E_UNSUPPORTED,
		    "%u bits: a TPM keeps at most %u", g->bits,
		    8 * BTZ_TPMD_SECRET_MAX);
	of.bits = 0;
	if (RAND_bytes(data, (int)len) <= 0)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "no randomness");
	rc = btz_tpmd_create(t, &of, &form, btz_span_of(data, len), out, err);
	btz_wipe(data, sizeof(data));
	return rc;
}

enum btz_rc
btz_tpmd_generate(void *state, const struct btz_generate *g,
    struct btz_backend_key *out, struct btz_err *err)
{
	struct btz_tpm_keyform form = { .type = BTZ_TPM_ALG_NULL };
	struct btz_tpmd *t = state;

	if (g->alg == BTZ_ALG_SECRET && g->bits != 0 && g->bits != 256)
		return generate_secret(t, g, out, err);
	(void)btz_tpmd_form(g->alg, g->usage, BTZ_TPMD_DRAWN, &form);
	return btz_tpmd_create(t, g, &form, nothing, out, err);
}

static bool
cut(struct btz_tpmd_key *k)
{
	struct btz_rd rd;

	btz_rd_init(&rd, k->bytes, k->len);
	return btz_rd_bytes16(&rd, &k->pub, BTZ_TPM_KEY_PUBLIC_MAX) &&
	       btz_rd_bytes16(&rd, &k->priv, BTZ_TPM_KEY_PRIVATE_MAX) &&
	       btz_rd_end(&rd);
}

/* The area has one of the forms that we give to keys of that algorithm. */
static bool
of_form(struct btz_tpmd_key *k)
{
	struct btz_tpm_keyform form;
	struct btz_span y;

	for (int i = BTZ_TPMD_DRAWN; i <= BTZ_TPMD_IMPORTED; i++)
		if (btz_tpmd_form(
			k->alg, k->usage, (enum btz_tpmd_origin)i, &form) &&
		    btz_tpm_keyform_parse(&form, k->pub, &k->x, &y))
			return true;
	return false;
}

static enum btz_rc
unseal(struct btz_tpmd *t, const struct btz_keyblob *b, struct btz_tpmd_key *k,
    struct btz_err *err)
{
	k->alg = b->alg;
	k->usage = b->operations;
	k->len = b->ciphertext.len;
	k->bytes = malloc(k->len + 1);
	if (k->bytes == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "key");
	if (btz_kek_open(t->kek, b, k->bytes, err) != BTZ_OK)
		return BTZ_E_KEY_BLOB;
	if (!cut(k) || !of_form(k))
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "not a key of a TPM");
	if (btz_tpm_keyform_name(&t->crypto, k->pub, &k->name) != BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "Name of the key");
	return auth_of(t, b->key_id, k->auth, err);
}

static void
end_key(struct btz_tpmd_key *k)
{
	if (k->bytes != NULL)
		btz_wipe(k->bytes, k->len);
	free(k->bytes);
	btz_wipe(k, sizeof(*k));
}

/* Without the TPM: it is loaded with the first use. */
enum btz_rc
btz_tpmd_open_key(void *state, const uint8_t id[BTZ_ID_LEN],
    struct btz_span blob, void *key, struct btz_err *err)
{
	struct btz_tpmd_key *k = key;
	struct btz_keyblob b;
	enum btz_rc rc;

	if (!btz_keyblob_decode(blob, &b))
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "malformed blob");
	if (memcmp(b.key_id, id, sizeof(b.key_id)) != 0)
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "blob of another key");
	rc = unseal(state, &b, k, err);
	if (rc != BTZ_OK)
		end_key(k);
	return rc;
}

void
btz_tpmd_close_key(void *state, void *key)
{
	btz_tpmd_unload(state, key);
	end_key(key);
}
