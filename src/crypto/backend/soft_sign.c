/* SPDX-License-Identifier: Apache-2.0 */
/* soft_sign.c - a signature by libcrypto; contract in softkey.h. */
#define OPENSSL_SUPPRESS_DEPRECATED /* EVP_PKEY_get1_EC_KEY, as LibreSSL */
#include "crypto/backend/soft_sign.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "crypto/backend/soft_part.h"

const EVP_MD *
btz_soft_md(uint8_t hash_alg)
{
	switch (hash_alg) {
	case BTZ_HASH_SHA256:
		return EVP_sha256();
	case BTZ_HASH_SHA384:
		return EVP_sha384();
	case BTZ_HASH_SHA512:
		return EVP_sha512();
	default:
		return NULL;
	}
}

EC_KEY *
btz_soft_ec(struct btz_softkey *key)
{
	if (key->ec == NULL && key->pkey != NULL)
		key->ec = EVP_PKEY_get1_EC_KEY(key->pkey);
	return key->ec;
}

enum scheme { ECDSA, DET, PKCS1, PSS, MESSAGE };

static enum scheme
scheme_of(uint16_t alg)
{
	switch (alg) {
	case BTZ_SIG_ECDSA_DET_SHA256:
	case BTZ_SIG_ECDSA_DET_SHA384:
	case BTZ_SIG_ECDSA_DET_SHA512:
		return DET;
	case BTZ_SIG_RSA_PKCS1_SHA256:
	case BTZ_SIG_RSA_PKCS1_SHA384:
	case BTZ_SIG_RSA_PKCS1_SHA512:
		return PKCS1;
	case BTZ_SIG_RSA_PSS_SHA256:
	case BTZ_SIG_RSA_PSS_SHA384:
	case BTZ_SIG_RSA_PSS_SHA512:
		return PSS;
	case BTZ_SIG_ED25519:
		return MESSAGE;
	default:
		return ECDSA;
	}
}

static bool
set_padding(EVP_PKEY_CTX *ctx, uint16_t alg)
{
	const enum scheme s = scheme_of(alg);

	if (s == PKCS1)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
	return s != PSS ||
	       (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		   EVP_PKEY_CTX_set_rsa_pss_saltlen(
		       ctx, (int)btz_sig_digest_len(alg)) > 0);
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
	    EVP_PKEY_CTX_set_signature_md(*at, btz_soft_md(btz_sig_hash(alg))) >
		0)
		return *at;
	EVP_PKEY_CTX_free(*at);
	return *at = NULL;
}

static bool
sign_digest(struct btz_softkey *key, uint16_t alg, struct btz_span in,
    uint8_t *out, size_t *n)
{
	EVP_PKEY_CTX *ctx = context(key, alg);

	return ctx != NULL && EVP_PKEY_sign(ctx, out, n, in.p, in.len) > 0;
}

/* Begun again without the key, the context looks nothing up. */
static bool
sign_message(
    struct btz_softkey *key, struct btz_span in, uint8_t *out, size_t *n)
{
	EVP_PKEY *first = NULL;

	if (key->sign_message == NULL) {
		first = key->pkey;
		key->sign_message = EVP_MD_CTX_new();
	}
	if (key->sign_message != NULL &&
	    EVP_DigestSignInit(key->sign_message, NULL, NULL, NULL, first) >
		0 &&
	    EVP_DigestSign(key->sign_message, out, n, in.p, in.len) > 0)
		return true;
	EVP_MD_CTX_free(key->sign_message);
	key->sign_message = NULL;
	return false;
}

enum btz_rc
btz_softkey_sign(struct btz_softkey *key, uint16_t alg, struct btz_span in,
    struct btz_backend_sig *out, struct btz_err *err)
{
	size_t n = sizeof(out->bytes);
	bool ok = false;

	if (alg == 0 || alg > BTZ_SIG_ALG_MAX)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "algorithm %u", alg);
	if (!btz_sig_fits(key->alg, alg))
		return BTZ_FAIL(err, BTZ_E_KEY_ALG, "%s by a %s key",
		    btz_sig_name(alg), btz_alg_name(key->alg));
	if ((key->usage & BTZ_USE_SIGN) == 0)
		return BTZ_FAIL(err, BTZ_E_KEY_USAGE, "sign");
	switch (scheme_of(alg)) {
	case MESSAGE:
		ok = sign_message(key, in, out->bytes, &n);
		break;
	case DET:
		ok = btz_soft_sign_det(
		    key, btz_sig_hash(alg), in, out->bytes, &n);
		break;
	case ECDSA:
	case PKCS1:
	case PSS:
		ok = sign_digest(key, alg, in, out->bytes, &n);
		break;
	}
	if (!ok)
		return btz_soft_failed(err, "sign");
	out->len = n;
	return BTZ_OK;
}
