/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.c - signatures checked by a public key given as DER SPKI. The SPKI is
 * compared with the fixed prefixes of the types we take; libcrypto's decoders
 * (240 us per key, measured) are not used for P-256.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "prim/prim.h"
#include "wire/alg.h"

/* RFC 5480 2: id-ecPublicKey, prime256v1, uncompressed point follows. */
static const uint8_t p256_prefix[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };
static const uint8_t p384_prefix[] = { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
	0x22, 0x03, 0x62, 0x00 };
/* RFC 8410 4: id-Ed25519 */
static const uint8_t ed25519_prefix[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
	0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
#define POINT_MAX 97u

static const struct form {
	uint16_t alg; /* enum btz_sig_alg */
	const uint8_t *prefix;
	size_t prefix_len, bits;
	const char *group; /* NULL: Ed25519 */
} forms[] = {
	{ BTZ_SIG_ECDSA_SHA256, p256_prefix, sizeof(p256_prefix), 65,
	    "prime256v1" },
	{ BTZ_SIG_ECDSA_SHA384, p384_prefix, sizeof(p384_prefix), 97,
	    "secp384r1" },
	{ BTZ_SIG_ED25519, ed25519_prefix, sizeof(ed25519_prefix), 32, NULL },
};

static EVP_PKEY *
ec_key(const struct form *f, const uint8_t *bits)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	char group[16];
	uint8_t point[POINT_MAX];
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(
		    OSSL_PKEY_PARAM_GROUP_NAME, group, strlen(f->group)),
		OSSL_PARAM_octet_string(
		    OSSL_PKEY_PARAM_PUB_KEY, point, f->bits),
		OSSL_PARAM_END,
	};

	memcpy(group, f->group, strlen(f->group) + 1);
	memcpy(point, bits, f->bits);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *
rsa_key(struct btz_span spki)
{
	const unsigned char *p = spki.p;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki.len);

	if (key != NULL && (p != spki.p + spki.len ||
			       EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA ||
			       EVP_PKEY_get_bits(key) < 2048 ||
			       EVP_PKEY_get_bits(key) > 4096)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static EVP_PKEY *
load(struct btz_span spki, uint16_t alg)
{
	if (spki.len > BTZ_SPKI_MAX)
		return NULL;
	for (size_t i = 0; i < BTZ_COUNT(forms); i++) {
		const struct form *f = &forms[i];
		const uint8_t *bits = spki.p + f->prefix_len;

		if (f->alg != alg)
			continue;
		if (spki.len != f->prefix_len + f->bits ||
		    memcmp(spki.p, f->prefix, f->prefix_len) != 0 ||
		    (f->group != NULL && *bits != 0x04))
			return NULL;
		return f->group != NULL
			   ? ec_key(f, bits)
			   : EVP_PKEY_new_raw_public_key(
				 EVP_PKEY_ED25519, NULL, bits, f->bits);
	}
	return rsa_key(spki);
}

static bool
set_padding(EVP_PKEY_CTX *ctx, uint16_t alg)
{
	switch (alg) {
	case BTZ_SIG_ECDSA_SHA256:
	case BTZ_SIG_ECDSA_SHA384:
		return true;
	case BTZ_SIG_RSA_PKCS1_SHA256:
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) ==
		       1;
	case BTZ_SIG_RSA_PSS_SHA256:
		return EVP_PKEY_CTX_set_rsa_padding(
			   ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(
			   ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
	default:
		return false;
	}
}

enum btz_rc
btz_verify_digest(struct btz_span spki, uint16_t alg, const uint8_t *digest,
    struct btz_span signature)
{
	EVP_PKEY *key = load(spki, alg);
	EVP_PKEY_CTX *ctx = NULL;
	enum btz_rc rc = BTZ_E_X509_SPKI;

	if (key != NULL)
		ctx = EVP_PKEY_CTX_new(key, NULL);
	if (ctx != NULL) {
		rc = BTZ_E_SIGNATURE;
		if (EVP_PKEY_verify_init(ctx) == 1 && set_padding(ctx, alg) &&
		    EVP_PKEY_CTX_set_signature_md(
			ctx, alg == BTZ_SIG_ECDSA_SHA384 ? EVP_sha384()
							 : EVP_sha256()) == 1 &&
		    EVP_PKEY_verify(ctx, signature.p, signature.len, digest,
			btz_sig_digest_len(alg)) == 1)
			rc = BTZ_OK;
	}
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return rc;
}

static enum btz_rc
verify_message(
    struct btz_span spki, struct btz_span message, struct btz_span signature)
{
	EVP_PKEY *key = load(spki, BTZ_SIG_ED25519);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum btz_rc rc = BTZ_E_X509_SPKI;

	if (key != NULL && ctx != NULL)
		rc = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
			     EVP_DigestVerify(ctx, signature.p, signature.len,
				 message.p, message.len) == 1
			 ? BTZ_OK
			 : BTZ_E_SIGNATURE;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return rc;
}

enum btz_rc
btz_verify(struct btz_span spki, uint16_t alg, struct btz_span message,
    struct btz_span signature)
{
	uint8_t digest[BTZ_DIGEST_MAX];

	if (alg == BTZ_SIG_ED25519)
		return verify_message(spki, message, signature);
	if (alg == BTZ_SIG_ECDSA_SHA384)
		btz_sha384(message, digest);
	else
		btz_sha256(message, digest);
	return btz_verify_digest(spki, alg, digest, signature);
}
