/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkcs11_key.c - objects of a token, and the blobs in our store that find them.
 * CKA_ID is the key's id. A blob (BTZK) says what the key is and may do; sealed
 * in it: what kind of object, and the serial number of its token.
 */
#include <openssl/rand.h>
#include <string.h>

#include "crypto/backend/pkcs11.h"

#define SEALED_LEN (1u + BTZ_P11_SERIAL)
#define FIND_MAX 4u

static CK_OBJECT_CLASS class_private = CKO_PRIVATE_KEY,
		       class_secret = CKO_SECRET_KEY;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static const char label_of_none[] = "bartizan";

struct template
{
	CK_ATTRIBUTE at[20];
	CK_ULONG n;
};

static void
add(struct template *t, CK_ATTRIBUTE_TYPE type, const void *v, size_t len)
{
	/* PKCS #11 has no const; it does not write to a template given in. */
	t->at[t->n++] = (CK_ATTRIBUTE){ type, (void *)(uintptr_t)v, len };
}

static void
add_bool(struct template *t, CK_ATTRIBUTE_TYPE type, bool v)
{
	add(t, type, v ? &yes : &no, sizeof(CK_BBOOL));
}

/* Of the object that holds the secret: it never leaves the token. */
static void
describe(struct template *t, const struct btz_generate *g, const uint8_t *id)
{
	const uint32_t both = (uint32_t)BTZ_USE_SIGN | BTZ_USE_VERIFY;
	const bool symmetric = btz_family(g->alg) >= BTZ_FAMILY_AES;

	t->n = 0;
	add_bool(t, CKA_TOKEN, true);
	add_bool(t, CKA_PRIVATE, true);
	add_bool(t, CKA_SENSITIVE, true);
	add_bool(t, CKA_EXTRACTABLE, false);
	add(t, CKA_ID, id, BTZ_ID_LEN);
	if (g->label.len > 0)
		add(t, CKA_LABEL, g->label.p, g->label.len);
	else
		add(t, CKA_LABEL, label_of_none, sizeof(label_of_none) - 1);
	/* A MAC is verified by making it. */
	add_bool(t, CKA_SIGN,
	    (g->usage & (symmetric ? both : (uint32_t)BTZ_USE_SIGN)) != 0);
	add_bool(t, CKA_DECRYPT, (g->usage & BTZ_USE_DECRYPT) != 0);
	if (symmetric)
		add_bool(t, CKA_ENCRYPT, (g->usage & BTZ_USE_ENCRYPT) != 0);
	if (btz_family(g->alg) == BTZ_FAMILY_EC)
		add_bool(t, CKA_DERIVE, (g->usage & BTZ_USE_DERIVE) != 0);
}

static CK_RV
make_secret(struct btz_p11 *t, const struct btz_p11_alg *a,
    const struct btz_generate *g, const uint8_t *id, CK_OBJECT_HANDLE *out)
{
	CK_MECHANISM m = { a->generate, NULL, 0 };
	CK_ULONG len = a->alg == BTZ_ALG_SECRET && g->bits != 0 ? g->bits / 8u
								: a->size;
	struct template tp;

	describe(&tp, g, id);
	add(&tp, CKA_VALUE_LEN, &len, sizeof(len));
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
	struct template pub = { .n = 0 }, tp;

	describe(&tp, g, id);
	add_bool(&pub, CKA_TOKEN, false);
	add_bool(&pub, CKA_PRIVATE, false);
	add_bool(&pub, CKA_VERIFY, true);
	if (a->params != NULL) {
		add(&pub, CKA_EC_PARAMS, a->params, a->params_len);
	} else {
		add(&pub, CKA_MODULUS_BITS, &bits, sizeof(bits));
		add(&pub, CKA_PUBLIC_EXPONENT, f4, sizeof(f4));
	}
	return t->f->C_GenerateKeyPair(
	    t->session, &m, pub.at, pub.n, tp.at, tp.n, public, out);
}

static enum btz_rc
seal(const struct btz_p11 *t, const struct btz_generate *g,
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

static enum btz_rc
make(struct btz_p11 *t, const struct btz_generate *g,
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
		rc = seal(t, g, a, out, err);
	if (rc != BTZ_OK)
		(void)t->f->C_DestroyObject(t->session, key);
	return rc;
}

enum btz_rc
btz_p11_generate(void *state, const struct btz_generate *g,
    struct btz_backend_key *out, struct btz_err *err)
{
	const struct btz_p11_alg *a = btz_p11_alg_of(g->alg);
	static struct btz_backend_key key;
	struct btz_p11 *t = state;
	enum btz_rc rc;

	if (a == NULL || (t->algs & 1u << g->alg) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "token makes no %s keys", btz_alg_name(g->alg));
	if (g->flags != 0)
		return BTZ_FAIL(
		    err, BTZ_E_UNSUPPORTED, "keys of a token cannot leave it");
	if (g->bits % 8 != 0 || (g->bits != 0 && g->alg != BTZ_ALG_SECRET))
		return BTZ_FAIL(err, BTZ_E_INVAL, "%u bits", g->bits);
	memset(&key, 0, sizeof(key));
	if (RAND_bytes(key.id, sizeof(key.id)) <= 0)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "no randomness");
	rc = make(t, g, a, &key, err);
	if (rc == BTZ_E_NOENT) /* logged in again */
		rc = make(t, g, a, &key, err);
	if (rc == BTZ_OK)
		*out = key;
	return rc;
}

/* Objects of that class and id; *n at most FIND_MAX. */
static CK_RV
find(struct btz_p11 *t, CK_OBJECT_CLASS class, const uint8_t *id,
    CK_OBJECT_HANDLE out[FIND_MAX], CK_ULONG *n)
{
	struct template tp = { .n = 0 };
	CK_RV rv;

	*n = 0;
	add(&tp, CKA_CLASS,
	    class == CKO_SECRET_KEY ? &class_secret : &class_private,
	    sizeof(class));
	add(&tp, CKA_ID, id, BTZ_ID_LEN);
	add_bool(&tp, CKA_TOKEN, true);
	rv = t->f->C_FindObjectsInit(t->session, tp.at, tp.n);
	if (rv != CKR_OK)
		return rv;
	rv = t->f->C_FindObjects(t->session, out, FIND_MAX, n);
	(void)t->f->C_FindObjectsFinal(t->session);
	return rv;
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

/* find, logged in again once if need be. */
static enum btz_rc
search(struct btz_p11 *t, CK_OBJECT_CLASS class, const uint8_t *id,
    CK_OBJECT_HANDLE out[FIND_MAX], CK_ULONG *n, struct btz_err *err)
{
	CK_RV rv = find(t, class, id, out, n);
	enum btz_rc rc;

	/* Without a login private objects are not there (5.6 of the standard). */
	if (rv == CKR_OK && *n == 0 && !btz_p11_logged_in(t))
		rv = CKR_USER_NOT_LOGGED_IN;
	if (rv == CKR_OK)
		return BTZ_OK;
	rc = btz_p11_failed(t, rv, "find key", err);
	if (rc == BTZ_E_NOENT && find(t, class, id, out, n) == CKR_OK)
		return BTZ_OK;
	return rc == BTZ_E_NOENT ? BTZ_E_TEE_DOWN : rc;
}

/* Not there: somebody removed it, or the token itself is gone and the module
 * does not say so. It is opened again, which tells. */
static enum btz_rc
missing(struct btz_p11 *t, struct btz_err *err)
{
	t->lost = true;
	return BTZ_FAIL(err, BTZ_E_TEE_DOWN,
	    "token '%.32s' does not have the key", t->token->conf.token);
}

enum btz_rc
btz_p11_open_key(void *state, const uint8_t id[BTZ_ID_LEN],
    struct btz_span blob, void *key, struct btz_err *err)
{
	struct btz_p11_key *k = key;
	CK_OBJECT_HANDLE found[FIND_MAX];
	struct btz_p11 *t = state;
	struct btz_keyblob b;
	CK_OBJECT_CLASS class;
	CK_ULONG n;
	enum btz_rc rc = unseal(t, blob, &b, &class, err);

	if (rc == BTZ_OK && memcmp(b.key_id, id, sizeof(b.key_id)) != 0)
		rc = BTZ_FAIL(err, BTZ_E_KEY_BLOB, "blob of another key");
	if (rc == BTZ_OK)
		rc = search(t, class, id, found, &n, err);
	if (rc != BTZ_OK)
		return rc;
	if (n == 0)
		return missing(t, err);
	if (n > 1)
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "%lu objects", n);
	*k = (struct btz_p11_key){
		.object = found[0], .alg = b.alg, .usage = b.operations
	};
	return BTZ_OK;
}

enum btz_rc
btz_p11_destroy(void *state, struct btz_span blob, struct btz_err *err)
{
	CK_OBJECT_HANDLE found[FIND_MAX];
	struct btz_p11 *t = state;
	struct btz_keyblob b;
	CK_OBJECT_CLASS class;
	CK_ULONG n;
	enum btz_rc rc = unseal(t, blob, &b, &class, err);

	if (rc == BTZ_OK)
		rc = search(t, class, b.key_id, found, &n, err);
	if (rc != BTZ_OK)
		return rc;
	/* None, of a token that answers: destroyed already. */
	if (n == 0 && !btz_p11_answers(t))
		return missing(t, err);
	for (CK_ULONG i = 0; i < n; i++) {
		CK_RV rv = t->f->C_DestroyObject(t->session, found[i]);

		if (rv != CKR_OK) {
			rc = btz_p11_failed(t, rv, "destroy", err);
			return rc == BTZ_E_NOENT ? BTZ_E_AGAIN : rc;
		}
	}
	return BTZ_OK;
}
