/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soft_mac.c - HMAC, CMAC and, out of HMAC, HKDF of a hot key; soft_crypt.h.
 * HMAC_CTX and CMAC_CTX keep the prepared key; LibreSSL has nothing newer.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/cmac.h>
#include <openssl/hmac.h>
#include <string.h>

#include "crypto/backend/soft_crypt.h"
#include "crypto/backend/soft_part.h"
#include "crypto/backend/soft_sign.h"

static HMAC_CTX *
hmac_context(struct btz_softkey *key, uint16_t alg)
{
	HMAC_CTX **at = &key->crypt->hmac[btz_soft_hash_row(alg)];

	if (*at != NULL)
		return *at;
	*at = HMAC_CTX_new();
	if (*at != NULL && HMAC_Init_ex(*at, key->secret, (int)key->secret_len,
			       btz_soft_md(btz_crypt_hash(alg)), NULL) > 0)
		return *at;
	HMAC_CTX_free(*at);
	return *at = NULL;
}

enum btz_rc
btz_soft_hmac(struct btz_softkey *key, const struct btz_backend_crypt *rq,
    struct btz_wr *out, struct btz_err *err)
{
	const size_t len = btz_hash_len(btz_crypt_hash(rq->alg));
	uint8_t *to = btz_soft_room(out, len, err);
	HMAC_CTX *ctx;

	if (to == NULL)
		return BTZ_E_TOOBIG;
	ctx = hmac_context(key, rq->alg);
	if (ctx == NULL || HMAC_Init_ex(ctx, NULL, 0, NULL, NULL) <= 0 ||
	    HMAC_Update(ctx, rq->input.p, rq->input.len) <= 0 ||
	    HMAC_Final(ctx, to, NULL) <= 0)
		return btz_soft_failed(err, "HMAC");
	out->len += len;
	return BTZ_OK;
}

static CMAC_CTX *
cmac_context(struct btz_softkey *key)
{
	const EVP_CIPHER *type = key->secret_len == 16	 ? EVP_aes_128_cbc()
				 : key->secret_len == 24 ? EVP_aes_192_cbc()
							 : EVP_aes_256_cbc();
	CMAC_CTX **at = &key->crypt->cmac;

	if (*at != NULL)
		return *at;
	*at = CMAC_CTX_new();
	if (*at != NULL &&
	    CMAC_Init(*at, key->secret, key->secret_len, type, NULL) > 0)
		return *at;
	CMAC_CTX_free(*at);
	return *at = NULL;
}

enum btz_rc
btz_soft_cmac(struct btz_softkey *key, const struct btz_backend_crypt *rq,
    struct btz_wr *out, struct btz_err *err)
{
	uint8_t *to = btz_soft_room(out, 16, err);
	CMAC_CTX *ctx;
	size_t n = 0;

	if (to == NULL)
		return BTZ_E_TOOBIG;
	ctx = cmac_context(key);
	if (ctx == NULL || CMAC_Init(ctx, NULL, 0, NULL, NULL) <= 0 ||
	    CMAC_Update(ctx, rq->input.p, rq->input.len) <= 0 ||
	    CMAC_Final(ctx, to, &n) <= 0 || n != 16)
		return btz_soft_failed(err, "CMAC");
	out->len += n;
	return BTZ_OK;
}

/* RFC 5869 2.2: no salt is as many zeros as the hash has bytes. */
static bool
extract(HMAC_CTX *ctx, const EVP_MD *md, struct btz_span salt,
    const struct btz_softkey *key, uint8_t *prk)
{
	static const uint8_t zeros[BTZ_DIGEST_MAX];
	const bool none = salt.len == 0;

	return HMAC_Init_ex(ctx, none ? zeros : salt.p,
		   none ? EVP_MD_size(md) : (int)salt.len, md, NULL) > 0 &&
	       HMAC_Update(ctx, key->secret, key->secret_len) > 0 &&
	       HMAC_Final(ctx, prk, NULL) > 0;
}

/* RFC 5869 2.3: T(i) = HMAC(PRK, T(i-1) || info || i) */
static bool
expand(HMAC_CTX *ctx, const uint8_t *prk, size_t hlen, struct btz_span info,
    uint8_t *out, size_t len)
{
	uint8_t t[BTZ_DIGEST_MAX];
	bool ok = true;

	for (uint8_t i = 1; ok && len > 0; i++) {
		const size_t n = len < hlen ? len : hlen;

		ok = HMAC_Init_ex(ctx, prk, (int)hlen, NULL, NULL) > 0 &&
		     HMAC_Update(ctx, t, i == 1 ? 0 : hlen) > 0 &&
		     HMAC_Update(ctx, info.p, info.len) > 0 &&
		     HMAC_Update(ctx, &i, 1) > 0 &&
		     HMAC_Final(ctx, t, NULL) > 0;
		memcpy(out, t, n);
		out += n;
		len -= n;
	}
	btz_wipe(t, sizeof(t));
	return ok;
}

enum btz_rc
btz_soft_hkdf(struct btz_softkey *key, const struct btz_backend_crypt *rq,
    struct btz_wr *out, struct btz_err *err)
{
	const EVP_MD *md = btz_soft_md(btz_crypt_hash(rq->alg));
	const size_t hlen = btz_hash_len(btz_crypt_hash(rq->alg));
	uint8_t prk[BTZ_DIGEST_MAX], *to;
	HMAC_CTX *ctx;
	bool ok;

	if (rq->len == 0 || rq->len > 255 * hlen)
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "RFC 5869 2.3: %zu bytes", rq->len);
	if ((to = btz_soft_room(out, rq->len, err)) == NULL)
		return BTZ_E_TOOBIG;
	ctx = HMAC_CTX_new();
	ok = ctx != NULL && extract(ctx, md, rq->salt, key, prk) &&
	     expand(ctx, prk, hlen, rq->info, to, rq->len);
	HMAC_CTX_free(ctx);
	btz_wipe(prk, sizeof(prk));
	if (!ok) {
		btz_wipe(to, rq->len);
		return btz_soft_failed(err, "HKDF");
	}
	out->len += rq->len;
	return BTZ_OK;
}
