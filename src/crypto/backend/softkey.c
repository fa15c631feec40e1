/* SPDX-License-Identifier: Apache-2.0 */
/*
 * softkey.c - libcrypto keys and their blobs; contract in softkey.h.
 * Start at btz_softkey_generate() and btz_softkey_open(). A hot key keeps one
 * initialised EVP_PKEY_CTX per algorithm: making one costs as much as a P-256
 * signature on OpenSSL 3.
 */
#include "crypto/backend/softkey.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

/* Parts of ECPrivateKey (RFC 5915 3) without the public key, which libcrypto
 * recomputes: INTEGER 1 before the OCTET STRING, the curve behind it. */
static const uint8_t version[] = { 0x02, 0x01, 0x01 };
static const uint8_t p256_tail[] = { 0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t p384_tail[] = { 0xa0, 0x07, 0x06, 0x05, 0x2b, 0x81, 0x04,
	0x00, 0x22 };

#define SECRET_EC_MAX 48u

static const struct alg {
	uint8_t alg;
	int type, curve; /* curve 0: none */
	size_t secret;	 /* 0: DER (RFC 8017 A.1.2) */
	const uint8_t *tail;
	size_t tail_len;
} algs[] = {
	{ BTZ_ALG_EC_P256, EVP_PKEY_EC, NID_X9_62_prime256v1, 32, p256_tail,
	    sizeof(p256_tail) },
	{ BTZ_ALG_EC_P384, EVP_PKEY_EC, NID_secp384r1, 48, p384_tail,
	    sizeof(p384_tail) },
	{ BTZ_ALG_ED25519, EVP_PKEY_ED25519, 0, 32, NULL, 0 },
	{ BTZ_ALG_RSA_2048, EVP_PKEY_RSA, 0, 0, NULL, 0 },
};

static const struct alg *
alg_of(uint8_t alg)
{
	for (size_t i = 0; i < BTZ_COUNT(algs); i++)
		if (algs[i].alg == alg)
			return &algs[i];
	return NULL;
}

struct secret { /* the plain text of a blob */
	uint8_t bytes[BTZ_KEYBLOB_SECRET_MAX];
	size_t len;
};

static enum btz_rc
crypto_failed(struct btz_err *err, const char *what)
{
	unsigned long e = ERR_get_error();

	ERR_clear_error();
	return BTZ_FAIL(err, BTZ_E_INTERNAL, "libcrypto: %s (%lx)", what, e);
}

static bool
set_params(EVP_PKEY_CTX *ctx, const struct alg *a)
{
	if (a->type == EVP_PKEY_RSA)
		return EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) > 0;
	if (a->curve == 0)
		return true;
	return EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, a->curve) > 0 &&
	       EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_NAMED_CURVE) > 0;
}

static EVP_PKEY *
draw(const struct alg *a)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(a->type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx != NULL && EVP_PKEY_keygen_init(ctx) > 0 &&
	    set_params(ctx, a) && EVP_PKEY_keygen(ctx, &pkey) <= 0)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* The private value out of libcrypto's ECPrivateKey: the OCTET STRING after
 * INTEGER 1 is exactly as long as the order of the curve (RFC 5915 3). */
static bool
ec_secret(struct secret *s, size_t n)
{
	uint8_t *p = s->bytes;
	size_t at = p[1] == 0x81 ? 3 : 2; /* behind the SEQUENCE's length */

	if (s->len < at + 5 + n || p[0] != 0x30 || p[1] > 0x81 ||
	    p[1] == 0x80 || memcmp(p + at, version, sizeof(version)) != 0 ||
	    p[at + 3] != 0x04 || p[at + 4] != n)
		return false;
	memmove(p, p + at + 5, n);
	btz_wipe(p + n, s->len - n);
	s->len = n;
	return true;
}

static bool
take_secret(EVP_PKEY *pkey, const struct alg *a, struct secret *s)
{
	uint8_t *p = s->bytes;
	int n;

	if (a->type == EVP_PKEY_ED25519) {
		s->len = sizeof(s->bytes);
		return EVP_PKEY_get_raw_private_key(pkey, p, &s->len) > 0 &&
		       s->len == a->secret;
	}
	n = i2d_PrivateKey(pkey, NULL);
	if (n <= 0 || (size_t)n > sizeof(s->bytes) ||
	    i2d_PrivateKey(pkey, &p) != n)
		return false;
	s->len = (size_t)n;
	return a->secret == 0 || ec_secret(s, a->secret);
}

static EVP_PKEY *
load_ec(const struct alg *a, const struct secret *s)
{
	uint8_t der[7 + SECRET_EC_MAX + sizeof(p256_tail)] = { 0x30 };
	const size_t len = 7 + a->secret + a->tail_len;
	const uint8_t *p = der;
	EVP_PKEY *pkey;

	/* The SEQUENCE is all without its own two bytes: below 128. */
	der[1] = (uint8_t)(len - 2);
	memcpy(der + 2, version, sizeof(version));
	der[5] = 0x04;
	der[6] = (uint8_t)a->secret;
	memcpy(der + 7, s->bytes, a->secret);
	memcpy(der + 7 + a->secret, a->tail, a->tail_len);
	pkey = d2i_PrivateKey(EVP_PKEY_EC, NULL, &p, (long)len);
	btz_wipe(der, sizeof(der));
	return pkey;
}

static EVP_PKEY *
load_secret(const struct alg *a, const struct secret *s)
{
	const uint8_t *p = s->bytes;

	if (a->secret != 0 && s->len != a->secret)
		return NULL;
	if (a->type == EVP_PKEY_RSA)
		return d2i_PrivateKey(EVP_PKEY_RSA, NULL, &p, (long)s->len);
	if (a->type == EVP_PKEY_ED25519)
		return EVP_PKEY_new_raw_private_key(
		    EVP_PKEY_ED25519, NULL, s->bytes, s->len);
	return load_ec(a, s);
}

static bool
take_spki(EVP_PKEY *pkey, uint8_t out[BTZ_SPKI_MAX], size_t *len)
{
	int n = i2d_PUBKEY(pkey, NULL);

	if (n <= 0 || (size_t)n > BTZ_SPKI_MAX || i2d_PUBKEY(pkey, &out) != n)
		return false;
	*len = (size_t)n;
	return true;
}

/* AES-256-GCM both ways; out is as long as in. */
static bool
gcm(bool seal, const uint8_t *kek, const uint8_t *nonce, struct btz_span aad,
    struct btz_span in, uint8_t *out, uint8_t *tag)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, end = 0, enc = seal ? 1 : 0;
	bool ok;

	ok = ctx != NULL &&
	     EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, kek, nonce, enc) >
		 0 &&
	     (seal || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG,
			  BTZ_KEYBLOB_TAG_LEN, tag) > 0) &&
	     EVP_CipherUpdate(ctx, NULL, &n, aad.p, (int)aad.len) > 0 &&
	     EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.len) > 0 &&
	     EVP_CipherFinal_ex(ctx, out + n, &end) > 0 &&
	     (!seal || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG,
			   BTZ_KEYBLOB_TAG_LEN, tag) > 0);
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static bool
seal_blob(const uint8_t *kek, const struct btz_keyblob *b,
    const struct secret *s, struct btz_backend_key *out)
{
	struct btz_wr wr;
	uint8_t nonce[BTZ_KEYBLOB_NONCE_LEN], tag[BTZ_KEYBLOB_TAG_LEN];
	uint8_t cipher[BTZ_KEYBLOB_SECRET_MAX];

	btz_wr_init(&wr, out->blob, sizeof(out->blob));
	btz_keyblob_header(b, &wr);
	if (!btz_wr_ok(&wr) || RAND_bytes(nonce, sizeof(nonce)) <= 0 ||
	    !gcm(true, kek, nonce, btz_wr_span(&wr),
		btz_span_of(s->bytes, s->len), cipher, tag))
		return false;
	btz_keyblob_seal(&wr, nonce, btz_span_of(cipher, s->len), tag);
	out->blob_len = wr.len;
	return btz_wr_ok(&wr);
}

static enum btz_rc
seal_key(const uint8_t *kek, EVP_PKEY *pkey, const struct btz_generate *g,
    struct btz_backend_key *out, struct btz_err *err)
{
	struct btz_keyblob b = { .alg = g->alg,
		.kind = g->kind,
		.operations = g->usage,
		.not_after = g->not_after,
		.constraints = g->constraints };
	struct secret s = { .len = 0 };
	bool ok;

	if (RAND_bytes(out->id, sizeof(out->id)) <= 0 ||
	    !take_spki(pkey, out->spki, &out->spki_len))
		return crypto_failed(err, "public key");
	memcpy(b.key_id, out->id, sizeof(b.key_id));
	memcpy(b.tenant_id, g->tenant_id, sizeof(b.tenant_id));
	b.spki = btz_span_of(out->spki, out->spki_len);
	ok = take_secret(pkey, alg_of(g->alg), &s) &&
	     seal_blob(kek, &b, &s, out);
	btz_wipe(&s, sizeof(s));
	return ok ? BTZ_OK : crypto_failed(err, "seal key");
}

enum btz_rc
btz_softkey_generate(const uint8_t kek[BTZ_KEK_LEN],
    const struct btz_generate *g, struct btz_backend_key *out,
    struct btz_err *err)
{
	const struct alg *a = alg_of(g->alg);
	EVP_PKEY *pkey;
	enum btz_rc rc;

	if (a == NULL)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "algorithm %u", g->alg);
	pkey = draw(a);
	if (pkey == NULL)
		return crypto_failed(err, "generate key");
	rc = seal_key(kek, pkey, g, out, err);
	EVP_PKEY_free(pkey);
	return rc;
}

static enum btz_rc
unwrap(const uint8_t *kek, const struct btz_keyblob *b, struct btz_softkey *key,
    struct btz_err *err)
{
	struct secret s = { .len = b->ciphertext.len };
	uint8_t tag[BTZ_KEYBLOB_TAG_LEN], spki[BTZ_SPKI_MAX];
	size_t n = 0;

	if (s.len > sizeof(s.bytes))
		return BTZ_FAIL(
		    err, BTZ_E_KEY_BLOB, "secret of %zu bytes", s.len);
	memcpy(tag, b->tag.p, sizeof(tag));
	if (!gcm(false, kek, b->nonce.p, b->aad, b->ciphertext, s.bytes, tag)) {
		btz_wipe(&s, sizeof(s));
		ERR_clear_error();
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "wrong file key or blob");
	}
	key->pkey = load_secret(alg_of(b->alg), &s);
	btz_wipe(&s, sizeof(s));
	if (key->pkey != NULL && take_spki(key->pkey, spki, &n) &&
	    btz_span_eq(btz_span_of(spki, n), b->spki))
		return BTZ_OK;
	ERR_clear_error();
	btz_softkey_close(key);
	return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "not the private key of its SPKI");
}

enum btz_rc
btz_softkey_open(const uint8_t kek[BTZ_KEK_LEN], const uint8_t id[BTZ_ID_LEN],
    struct btz_span blob, struct btz_softkey *key, struct btz_err *err)
{
	struct btz_keyblob b;

	if (!btz_keyblob_decode(blob, &b))
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "malformed blob");
	if (memcmp(b.key_id, id, sizeof(b.key_id)) != 0)
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "blob of another key");
	if (alg_of(b.alg) == NULL)
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "algorithm %u", b.alg);
	return unwrap(kek, &b, key, err);
}

void
btz_softkey_close(struct btz_softkey *key)
{
	for (size_t i = 0; i < BTZ_COUNT(key->sign); i++)
		EVP_PKEY_CTX_free(key->sign[i]);
	EVP_PKEY_free(key->pkey); /* wipes the private numbers */
	memset(key, 0, sizeof(*key));
}

static bool
set_padding(EVP_PKEY_CTX *ctx, uint16_t alg)
{
	switch (alg) {
	case BTZ_SIG_RSA_PKCS1_SHA256:
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
	case BTZ_SIG_RSA_PSS_SHA256:
		return EVP_PKEY_CTX_set_rsa_padding(
			   ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 32) > 0;
	default:
		return true;
	}
}

static EVP_PKEY_CTX *
context(struct btz_softkey *key, uint16_t alg)
{
	EVP_PKEY_CTX **at = &key->sign[alg - 1];

	if (*at != NULL)
		return *at;
	*at = EVP_PKEY_CTX_new(key->pkey, NULL);
	if (*at != NULL && EVP_PKEY_sign_init(*at) > 0 &&
	    set_padding(*at, alg) &&
	    EVP_PKEY_CTX_set_signature_md(*at,
		alg == BTZ_SIG_ECDSA_SHA384 ? EVP_sha384() : EVP_sha256()) > 0)
		return *at;
	EVP_PKEY_CTX_free(*at);
	return *at = NULL;
}

static bool
sign_message(EVP_PKEY *pkey, struct btz_span in, uint8_t *out, size_t *n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL &&
		  EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) > 0 &&
		  EVP_DigestSign(ctx, out, n, in.p, in.len) > 0;

	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool
sign_digest(struct btz_softkey *key, uint16_t alg, struct btz_span in,
    uint8_t *out, size_t *n)
{
	EVP_PKEY_CTX *ctx = context(key, alg);

	return ctx != NULL && EVP_PKEY_sign(ctx, out, n, in.p, in.len) > 0;
}

enum btz_rc
btz_softkey_sign(struct btz_softkey *key, uint16_t alg, struct btz_span in,
    struct btz_backend_sig *out, struct btz_err *err)
{
	size_t n = sizeof(out->bytes);
	bool ok;

	if (alg < 1 || alg > BTZ_COUNT(key->sign))
		return BTZ_FAIL(err, BTZ_E_KEY_ALG, "algorithm %u", alg);
	if (alg == BTZ_SIG_ED25519)
		ok = sign_message(key->pkey, in, out->bytes, &n);
	else
		ok = sign_digest(key, alg, in, out->bytes, &n);
	if (!ok)
		return crypto_failed(err, "sign");
	out->len = n;
	return BTZ_OK;
}
