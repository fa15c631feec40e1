/* SPDX-License-Identifier: Apache-2.0 */
/* soft_crypt.c - the table of algorithms besides signatures; soft_crypt.h. */
#define OPENSSL_SUPPRESS_DEPRECATED /* HMAC_CTX, CMAC_CTX, as LibreSSL */
#include "crypto/backend/soft_crypt.h"

#include <openssl/cmac.h>
#include <openssl/hmac.h>
#include <stdlib.h>

enum gives { NONCE = 1, AAD = 2, INPUT = 4, HKDF = 8 };

static const struct how {
	uint16_t alg;
	uint8_t takes; /* enum gives */
	uint8_t nonce_min, nonce_max;
	btz_softcrypt_fn *fn;
} hows[] = {
	{ BTZ_CRYPT_AES_GCM, NONCE | AAD | INPUT, 12, 12, btz_soft_cipher },
	{ BTZ_CRYPT_AES_CCM, NONCE | AAD | INPUT, 7, 13, btz_soft_cipher },
	{ BTZ_CRYPT_AES_CBC, NONCE | INPUT, 16, 16, btz_soft_cipher },
	{ BTZ_CRYPT_AES_CTR, NONCE | INPUT, 16, 16, btz_soft_cipher },
	{ BTZ_CRYPT_CHACHA20_POLY1305, NONCE | AAD | INPUT, 12, 12,
	    btz_soft_cipher },
	{ BTZ_CRYPT_AES_CBC_NOPAD, NONCE | INPUT, 16, 16, btz_soft_cipher },
	{ BTZ_CRYPT_RSA_OAEP_SHA256, AAD | INPUT, 0, 0, btz_soft_oaep },
	{ BTZ_CRYPT_RSA_OAEP_SHA384, AAD | INPUT, 0, 0, btz_soft_oaep },
	{ BTZ_CRYPT_RSA_OAEP_SHA512, AAD | INPUT, 0, 0, btz_soft_oaep },
	{ BTZ_CRYPT_RSA_PKCS1, INPUT, 0, 0, btz_soft_pkcs1 },
	{ BTZ_CRYPT_HMAC_SHA256, INPUT, 0, 0, btz_soft_hmac },
	{ BTZ_CRYPT_HMAC_SHA384, INPUT, 0, 0, btz_soft_hmac },
	{ BTZ_CRYPT_HMAC_SHA512, INPUT, 0, 0, btz_soft_hmac },
	{ BTZ_CRYPT_CMAC, INPUT, 0, 0, btz_soft_cmac },
	{ BTZ_CRYPT_ECDH, INPUT, 0, 0, btz_soft_agree },
	{ BTZ_CRYPT_HKDF_SHA256, HKDF, 0, 0, btz_soft_hkdf },
	{ BTZ_CRYPT_HKDF_SHA384, HKDF, 0, 0, btz_soft_hkdf },
	{ BTZ_CRYPT_HKDF_SHA512, HKDF, 0, 0, btz_soft_hkdf },
};

static const struct how *
how_of(uint16_t alg)
{
	for (size_t i = 0; i < BTZ_COUNT(hows); i++)
		if (hows[i].alg == alg)
			return &hows[i];
	return NULL;
}

static bool
empty_unless(const struct how *h, uint8_t what, struct btz_span s)
{
	return s.len == 0 || (h->takes & what) != 0;
}

static enum btz_rc
check_given(const struct how *h, const struct btz_backend_crypt *rq,
    struct btz_err *err)
{
	if (rq->nonce.len < h->nonce_min || rq->nonce.len > h->nonce_max)
		return BTZ_FAIL(err, BTZ_E_INVAL, "%s: nonce of %zu bytes",
		    btz_crypt_name(h->alg), rq->nonce.len);
	if (!empty_unless(h, AAD, rq->aad) ||
	    !empty_unless(h, INPUT, rq->input) ||
	    !empty_unless(h, HKDF, rq->salt) ||
	    !empty_unless(h, HKDF, rq->info) ||
	    (rq->len != 0 && (h->takes & HKDF) == 0))
		return BTZ_FAIL(err, BTZ_E_INVAL, "%s: more than it takes",
		    btz_crypt_name(h->alg));
	return BTZ_OK;
}

/* MAC: also to verify one. */
static bool
usage_allows(uint32_t usage, uint8_t verb)
{
	static const uint32_t of_verb[] = {
		[BTZ_VERB_ENCRYPT] = BTZ_USE_ENCRYPT,
		[BTZ_VERB_DECRYPT] = BTZ_USE_DECRYPT,
		[BTZ_VERB_MAC] = (uint32_t)BTZ_USE_SIGN | BTZ_USE_VERIFY,
		[BTZ_VERB_DERIVE] = BTZ_USE_DERIVE,
	};

	return verb < BTZ_COUNT(of_verb) && (usage & of_verb[verb]) != 0;
}

enum btz_rc
btz_softkey_crypt(struct btz_softkey *key, const struct btz_backend_crypt *rq,
    struct btz_wr *out, struct btz_err *err)
{
	const struct how *h = how_of(rq->alg);
	enum btz_rc rc;

	if (h == NULL)
		return BTZ_FAIL(
		    err, BTZ_E_UNSUPPORTED, "algorithm %u", rq->alg);
	if (!btz_crypt_fits(key->alg, rq->verb, rq->alg))
		return BTZ_FAIL(err, BTZ_E_KEY_ALG, "%s (verb %u) by a %s key",
		    btz_crypt_name(rq->alg), rq->verb, btz_alg_name(key->alg));
	if (!usage_allows(key->usage, rq->verb))
		return BTZ_FAIL(err, BTZ_E_KEY_USAGE, "verb %u", rq->verb);
	if ((rc = check_given(h, rq, err)) != BTZ_OK)
		return rc;
	if (key->crypt == NULL &&
	    (key->crypt = calloc(1, sizeof(*key->crypt))) == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "contexts of a key");
	return h->fn(key, rq, out, err);
}

void
btz_softcrypt_free(struct btz_softcrypt *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < BTZ_SOFT_CIPHERS; i++)
		for (size_t k = 0; k < 2; k++)
			EVP_CIPHER_CTX_free(c->cipher[i][k]);
	for (size_t i = 0; i < BTZ_SOFT_HASHES; i++) {
		HMAC_CTX_free(c->hmac[i]);
		for (size_t k = 0; k < 2; k++)
			EVP_PKEY_CTX_free(c->oaep[i][k]);
	}
	for (size_t k = 0; k < 2; k++)
		EVP_PKEY_CTX_free(c->pkcs1[k]);
	CMAC_CTX_free(c->cmac);
	EVP_PKEY_CTX_free(c->agree);
	free(c);
}

size_t
btz_soft_hash_row(uint16_t crypt_alg)
{
	return btz_crypt_hash(crypt_alg) - (size_t)BTZ_HASH_SHA256;
}

uint8_t *
btz_soft_room(struct btz_wr *out, size_t len, struct btz_err *err)
{
	if (out->failed || out->cap - out->len < len) {
		(void)BTZ_FAIL(err, BTZ_E_TOOBIG, "answer of %zu bytes", len);
		return NULL;
	}
	return out->buf + out->len;
}
