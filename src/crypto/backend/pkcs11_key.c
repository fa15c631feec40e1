/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkcs11_key.c - objects of a token, and the blobs in our store that find them.
 * CKA_ID is the key's id. A blob (BTZK) says what the key is and may do; sealed
 * in it: what kind of object, and the serial number of its token.
 */
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/backend/pkcs11.h"

#define SEALED_LEN (1u + BTZ_P11_SERIAL)

static CK_RV
make_secret(struct btz_p11 *t, const struct btz_p11_alg *a,
    const struct btz_generate *g, const uint8_t *id, CK_OBJECT_HANDLE *out)
{
	CK_MECHANISM m = { a->generate, NULL, 0 };
	CK_ULONG len = a->alg == BTZ_ALG_SECRET && g->bits != 0 ? g->bits / 8u
								: a->size;
	struct btz_p11_template tp;

	btz_p11_describe(&tp, g, id);
	btz_p11_add(&tp, CKA_VALUE_LEN, &len, sizeof(len));
	return t->f->C_GenerateKey(t->session, &m, tp.at, tp.n, out);
}

/* The public object is of the session, and is dropped when it is read. */
static CK_RV
make_pair(struct btz_p11 *t, const struct btz_p11_alg *a,
    const struct btz_generate *g, const uint8_t *id, CK_OBJECT_HANDLE *out,
    CK_OBJECT_HANDLE *public)
{
	static const uint8_t f4[] = { 1, 0, 1 };
	CK_MECHANISM m = { a->generate, NULL, 0 };
	CK_ULONG bits = a->size;
	struct btz_p11_template pub = { .n = 0 }, tp;

	btz_p11_describe(&tp, g, id);
	btz_p11_add_bool(&pub, CKA_TOKEN, false);
	btz_p11_add_bool(&pub, CKA_PRIVATE, false);
	btz_p11_add_bool(&pub, CKA_VERIFY, true);
	if (a->params != NULL) {
		btz_p11_add(&pub, CKA_EC_PARAMS, a->params, a->params_len);
	} else {
		btz_p11_add(&pub, CKA_MODULUS_BITS, &bits, sizeof(bits));
		btz_p11_add(&pub, CKA_PUBLIC_EXPONENT, f4, sizeof(f4));
	}
	return t->f->C_GenerateKeyPair(
	    t->session, &m, pub.at, pub.n, tp.at, tp.n, public, out);
}

enum btz_rc
btz_p11_seal(const struct btz_p11 *t, const struct btz_generate *g,
    const struct btz_p11_alg *a, struct btz_backend_key *out,
    struct btz_err *err)
{
	struct btz_keyblob b = { .alg = g->alg,
		.kind = g->kind,
		.operations = g->usage,
		.not_after = g->not_after,
		.constraints = g->constraints,
		.spki = btz_span_of(out->spki, out->spki_len) };
	uint8_t sealed[SEALED_LEN] = { (uint8_t)a->object };
	struct btz_wr wr;
	enum btz_rc rc;

	memcpy(sealed + 1, t->serial, BTZ_P11_SERIAL);
	memcpy(b.key_id, out->id, sizeof(b.key_id));
	memcpy(b.tenant_id, g->tenant_id, sizeof(b.tenant_id));
	btz_wr_init(&wr, out->blob, sizeof(out->blob));
	rc = btz_kek_seal(
	    t->kek, &b, btz_span_of(sealed, sizeof(sealed)), &wr, err);
	out->blob_len = rc == BTZ_OK ? wr.len : 0;
	return rc;
}

enum btz_rc
btz_p11_make(struct btz_p11 *t, const struct btz_generate *g,
    const struct btz_p11_alg *a, struct btz_backend_key *out,
    struct btz_err *err)
{
	CK_OBJECT_HANDLE key = 0, public = 0;
	enum btz_rc rc = BTZ_OK;
	CK_RV rv;

	if (a->object == CKO_SECRET_KEY)
		rv = make_secret(t, a, g, out->id, &key);
	else
		rv = make_pair(t, a, g, out->id, &key, &public);
	if (rv != CKR_OK)
		return btz_p11_failed(t, rv, "generate", err);
	if (a->object != CKO_SECRET_KEY) {
		rc = btz_p11_spki(t, public, a, out, err);
		(void)t->f->C_DestroyObject(t->session, public);
	}
	if (rc == BTZ_OK)
		rc = btz_p11_seal(t, g, a, out, err);
	if (rc != BTZ_OK)
		(void)t->f->C_DestroyObject(t->session, key);
	return rc;
}

enum btz_rc
btz_p11_long_enough(const struct btz_p11 *t, const struct btz_generate *g,
    size_t len, struct btz_err *err)
{
	if (g->alg != BTZ_ALG_SECRET || len >= t->secret_min)
		return BTZ_OK;
	return BTZ_FAIL(err, BTZ_E_INVAL,
	    "secret of %zu bytes, HMAC of token '%.32s' wants %lu", len,
	    t->token->conf.token, t->secret_min);
}

enum btz_rc
btz_p11_judge(const struct btz_p11 *t, const struct btz_generate *g,
    const struct btz_p11_alg **a, struct btz_err *err)
{
	*a = btz_p11_alg_of(g->alg);
	if (*a == NULL || (t->algs & 1u << g->alg) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "token has no %s keys",
		    btz_alg_name(g->alg));
	if (g->flags != 0)
		return BTZ_FAIL(
		    err, BTZ_E_KEY_STAYS, "keys of a token cannot leave it");
	if (g->bits % 8 != 0 || (g->bits != 0 && g->alg != BTZ_ALG_SECRET))
		return BTZ_FAIL(err, BTZ_E_INVAL, "%u bits", g->bits);
	return g->bits == 0 ? BTZ_OK
			    : btz_p11_long_enough(t, g, g->bits / 8u, err);
}

enum btz_rc
btz_p11_new_id(struct btz_backend_key *key, struct btz_err *err)
{
	return RAND_bytes(key->id, sizeof(key->id)) > 0
		   ? BTZ_OK
		   : BTZ_FAIL(err, BTZ_E_INTERNAL, "no randomness");
}

enum btz_rc
btz_p11_generate(void *state, const struct btz_generate *g,
    struct btz_backend_key *out, struct btz_err *err)
{
	static struct btz_backend_key key;
	struct btz_p11 *t = state;
	const struct btz_p11_alg *a;
	enum btz_rc rc;

	if ((rc = btz_p11_judge(t, g, &a, err)) != BTZ_OK)
		return rc;
	memset(&key, 0, sizeof(key));
	if ((rc = btz_p11_new_id(&key, err)) != BTZ_OK)
		return rc;
	rc = btz_p11_make(t, g, a, &key, err);
	if (rc == BTZ_E_NOENT) /* logged in again */
		rc = btz_p11_make(t, g, a, &key, err);
	if (rc == BTZ_OK)
		*out = key;
	return rc;
}

static enum btz_rc
unseal(const struct btz_p11 *t, struct btz_span blob, struct btz_keyblob *b,
    CK_OBJECT_CLASS *class, struct btz_err *err)
{
	uint8_t sealed[SEALED_LEN];

	if (!btz_keyblob_decode(blob, b) || b->ciphertext.len != SEALED_LEN)
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "malformed blob");
	if (btz_kek_open(t->kek, b, sealed, err) != BTZ_OK)
		return BTZ_E_KEY_BLOB;
	*class = sealed[0];
	if (memcmp(sealed + 1, t->serial, BTZ_P11_SERIAL) != 0)
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "key of another token");
	if (btz_p11_alg_of(b->alg) == NULL)
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "algorithm %u", b->alg);
	return BTZ_OK;
}

static enum btz_rc
keep_spki(struct btz_p11_key *k, struct btz_span spki, struct btz_err *err)
{
	k->spki = malloc(spki.len + 1);
	if (k->spki == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "public key");
	memcpy(k->spki, spki.p, spki.len);
	k->spki_len = spki.len;
	return BTZ_OK;
}

enum btz_rc
btz_p11_open_key(void *state, const uint8_t id[BTZ_ID_LEN],
    struct btz_span blob, void *key, struct btz_err *err)
{
	struct btz_p11_key *k = key;
	CK_OBJECT_HANDLE found[BTZ_P11_FIND_MAX];
	struct btz_p11 *t = state;
	struct btz_keyblob b;
	CK_OBJECT_CLASS class;
	CK_ULONG n;
	enum btz_rc rc = unseal(t, blob, &b, &class, err);

	if (rc == BTZ_OK && memcmp(b.key_id, id, sizeof(b.key_id)) != 0)
		rc = BTZ_FAIL(err, BTZ_E_KEY_BLOB, "blob of another key");
	if (rc == BTZ_OK)
		rc = btz_p11_find(t, class, id, found, &n, err);
	if (rc != BTZ_OK)
		return rc;
	if (n == 0)
		return btz_p11_missing(t, err);
	if (n > 1)
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "%lu objects", n);
	*k = (struct btz_p11_key){
		.object = found[0], .alg = b.alg, .usage = b.operations
	};
	memcpy(k->id, id, sizeof(k->id));
	return btz_family(b.alg) == BTZ_FAMILY_RSA ? keep_spki(k, b.spki, err)
						   : BTZ_OK;
}

enum btz_rc
btz_p11_destroy(void *state, struct btz_span blob, struct btz_err *err)
{
	CK_OBJECT_HANDLE found[BTZ_P11_FIND_MAX];
	struct btz_p11 *t = state;
	struct btz_keyblob b;
	CK_OBJECT_CLASS class;
	CK_ULONG n;
	enum btz_rc rc = unseal(t, blob, &b, &class, err);

	if (rc == BTZ_OK)
		rc = btz_p11_find(t, class, b.key_id, found, &n, err);
	if (rc != BTZ_OK)
		return rc;
	if (n == 0) { /* destroyed already */
		rc = btz_p11_missing(t, err);
		return rc == BTZ_E_KEY_GONE ? BTZ_OK : rc;
	}
	for (CK_ULONG i = 0; i < n; i++) {
		CK_RV rv = t->f->C_DestroyObject(t->session, found[i]);

		if (rv != CKR_OK) {
			rc = btz_p11_failed(t, rv, "destroy", err);
			return rc == BTZ_E_NOENT ? BTZ_E_AGAIN : rc;
		}
	}
	return BTZ_OK;
}
