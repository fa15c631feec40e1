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

#define SECRET_EC 32u

/* ECPrivateKey (RFC 5915 3) around a P-256 private value, without the public
 * key: libcrypto recomputes it. */
static const uint8_t ec_head[] = { 0x30, 0x00, 0x02, 0x01, 0x01, 0x04, 0x20 };
static const uint8_t ec_tail[] = { 0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x03, 0x01, 0x07 };

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
set_params(EVP_PKEY_CTX *ctx, uint8_t alg)
{
	if (alg == BTZ_ALG_RSA_2048)
		return EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) > 0;
	return EVP_PKEY_CTX_set_ec_paramgen_curve_nid(
		   ctx, NID_X9_62_prime256v1) > 0 &&
	       EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_NAMED_CURVE) > 0;
}

static EVP_PKEY *
draw(uint8_t alg)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(
	    alg == BTZ_ALG_RSA_2048 ? EVP_PKEY_RSA : EVP_PKEY_EC, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx != NULL && EVP_PKEY_keygen_init(ctx) > 0 &&
	    set_params(ctx, alg) && EVP_PKEY_keygen(ctx, &pkey) <= 0)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* The private value out of libcrypto's ECPrivateKey: the OCTET STRING after
 * INTEGER 1 is exactly 32 bytes for P-256 (RFC 5915 3). */
static bool
ec_secret(struct secret *s)
{
	uint8_t *p = s->bytes;

	if (s->len < 7 + SECRET_EC || p[0] != 0x30 || p[1] >= 0x80 ||
	    memcmp(p + 2, ec_head + 2, 5) != 0)
		return false;
	memmove(p, p + 7, SECRET_EC);
	btz_wipe(p + SECRET_EC, s->len - SECRET_EC);
	s->len = SECRET_EC;
	return true;
}

static bool
take_secret(EVP_PKEY *pkey, uint8_t alg, struct secret *s)
{
	uint8_t *p = s->bytes;
	int n = i2d_PrivateKey(pkey, NULL);

	if (n <= 0 || (size_t)n > sizeof(s->bytes) ||
	    i2d_PrivateKey(pkey, &p) != n)
		return false;
	s->len = (size_t)n;
	return alg == BTZ_ALG_RSA_2048 || ec_secret(s);
}

static EVP_PKEY *
load_secret(uint8_t alg, const struct secret *s)
{
	uint8_t der[sizeof(ec_head) + SECRET_EC + sizeof(ec_tail)];
	const uint8_t *p = der;
	EVP_PKEY *pkey;

	if (alg == BTZ_ALG_RSA_2048) {
		p = s->bytes;
		return d2i_PrivateKey(EVP_PKEY_RSA, NULL, &p, (long)s->len);
	}
	if (s->len != SECRET_EC)
		return NULL;
	memcpy(der, ec_head, sizeof(ec_head));
	memcpy(der + sizeof(ec_head), s->bytes, SECRET_EC);
	memcpy(der + sizeof(ec_head) + SECRET_EC, ec_tail, sizeof(ec_tail));
	/* The SEQUENCE is head and tail without its own two bytes. */
	der[1] = (uint8_t)(sizeof(der) - 2);
	pkey = d2i_PrivateKey(EVP_PKEY_EC, NULL, &p, (long)sizeof(der));
	btz_wipe(der, sizeof(der));
	return pkey;
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
	ok = take_secret(pkey, g->alg, &s) && seal_blob(kek, &b, &s, out);
	btz_wipe(&s, sizeof(s));
	return ok ? BTZ_OK : crypto_failed(err, "seal key");
}

enum btz_rc
btz_softkey_generate(const uint8_t kek[BTZ_KEK_LEN],
    const struct btz_generate *g, struct btz_backend_key *out,
    struct btz_err *err)
{
	EVP_PKEY *pkey = draw(g->alg);
	enum btz_rc rc;

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
	key->pkey = load_secret(b->alg, &s);
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
	if (b.alg != BTZ_ALG_EC_P256 && b.alg != BTZ_ALG_RSA_2048)
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
	    EVP_PKEY_CTX_set_signature_md(*at, EVP_sha256()) > 0)
		return *at;
	EVP_PKEY_CTX_free(*at);
	return *at = NULL;
}

enum btz_rc
btz_softkey_sign(struct btz_softkey *key, uint16_t alg,
    const uint8_t digest[BTZ_SHA256_LEN], struct btz_backend_sig *out,
    struct btz_err *err)
{
	EVP_PKEY_CTX *ctx;
	size_t n = sizeof(out->bytes);

	if (alg < 1 || alg > BTZ_COUNT(key->sign))
		return BTZ_FAIL(err, BTZ_E_KEY_ALG, "algorithm %u", alg);
	ctx = context(key, alg);
	if (ctx == NULL ||
	    EVP_PKEY_sign(ctx, out->bytes, &n, digest, BTZ_SHA256_LEN) <= 0)
		return crypto_failed(err, "sign");
	out->len = n;
	return BTZ_OK;
}
