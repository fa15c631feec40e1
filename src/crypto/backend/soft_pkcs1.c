/* SPDX-License-Identifier: Apache-2.0 */
/* soft_pkcs1.c - RSAES-PKCS1-v1_5 (RFC 8017 7.2) of a hot key; soft_crypt.h.
 * Decryption never tells that a padding is wrong: wire/pkcs1.h. */
#define OPENSSL_SUPPRESS_DEPRECATED /* RSA_get0_key: LibreSSL has it too */
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "crypto/backend/soft_crypt.h"
#include "crypto/backend/soft_part.h"
#include "wire/pkcs1.h"

static EVP_PKEY_CTX *
context(struct btz_softkey *key, bool seal)
{
	EVP_PKEY_CTX **at = &key->crypt->pkcs1[seal];

	if (*at != NULL)
		return *at;
	*at = EVP_PKEY_CTX_new(key->pkey, NULL);
	if (*at != NULL &&
	    (seal ? EVP_PKEY_encrypt_init(*at) : EVP_PKEY_decrypt_init(*at)) >
		0 &&
	    EVP_PKEY_CTX_set_rsa_padding(
		*at, seal ? RSA_PKCS1_PADDING : RSA_NO_PADDING) > 0)
		return *at;
	EVP_PKEY_CTX_free(*at);
	return *at = NULL;
}

/* HMAC(SHA-256(d), ciphertext): the secret of the key and this ciphertext. */
static bool
rejection_key(EVP_PKEY *pkey, struct btz_span in, uint8_t out[32])
{
	uint8_t d[BTZ_PKCS1_MAX], hash[32];
	RSA *rsa = EVP_PKEY_get1_RSA(pkey);
	const BIGNUM *exponent = NULL;
	unsigned n = 32;
	bool ok = false;

	if (rsa != NULL)
		RSA_get0_key(rsa, NULL, NULL, &exponent);
	if (exponent != NULL && in.len <= sizeof(d) &&
	    BN_bn2binpad(exponent, d, (int)in.len) == (int)in.len)
		ok = SHA256(d, in.len, hash) != NULL &&
		     HMAC(EVP_sha256(), hash, 32, in.p, in.len, out, &n) !=
			 NULL;
	btz_wipe(d, sizeof(d));
	btz_wipe(hash, sizeof(hash));
	RSA_free(rsa);
	return ok;
}

static bool
prf(void *arg, struct btz_span in, uint8_t out[32])
{
	unsigned n = 32;

	return HMAC(EVP_sha256(), arg, 32, in.p, in.len, out, &n) != NULL;
}

static enum btz_rc
decrypt(struct btz_softkey *key, struct btz_span in, struct btz_wr *out,
    struct btz_err *err)
{
	EVP_PKEY_CTX *ctx = context(key, false);
	struct btz_pkcs1 p = { .k = in.len };
	uint8_t secret[32];
	enum btz_rc rc = BTZ_OK;
	size_t len = 0;

	if (ctx == NULL || !rejection_key(key->pkey, in, secret))
		return btz_soft_failed(err, "PKCS#1");
	if (EVP_PKEY_decrypt(ctx, p.em, &p.k, in.p, in.len) <= 0) {
		/* that can be seen without the key */
		ERR_clear_error();
		rc = BTZ_FAIL(err, BTZ_E_INVAL,
		    "RFC 8017 5.1.2: not smaller than the modulus");
	} else if (p.k != in.len || !btz_pkcs1_open(&p, prf, secret, &len)) {
		rc = BTZ_FAIL(err, BTZ_E_INTERNAL, "PKCS#1");
	} else {
		btz_wr_raw(out, p.em, len);
	}
	btz_wipe(&p, sizeof(p));
	btz_wipe(secret, sizeof(secret));
	return rc;
}

enum btz_rc
btz_soft_pkcs1(struct btz_softkey *key, const struct btz_backend_crypt *rq,
    struct btz_wr *out, struct btz_err *err)
{
	const size_t k = btz_alg_bits(key->alg) / 8;
	const bool seal = rq->verb == BTZ_VERB_ENCRYPT;
	EVP_PKEY_CTX *ctx;
	size_t n = k;
	uint8_t *to;

	if (seal ? rq->input.len > k - BTZ_PKCS1_PADDING : rq->input.len != k)
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "RFC 8017 7.2: %zu bytes", rq->input.len);
	if ((to = btz_soft_room(out, k, err)) == NULL)
		return BTZ_E_TOOBIG;
	if (!seal)
		return decrypt(key, rq->input, out, err);
	ctx = context(key, true);
	if (ctx == NULL ||
	    EVP_PKEY_encrypt(ctx, to, &n, rq->input.p, rq->input.len) <= 0)
		return btz_soft_failed(err, "PKCS#1");
	out->len += n;
	return BTZ_OK;
}
