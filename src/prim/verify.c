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
#define P256_POINT 65

static EVP_PKEY *
p256_key(struct btz_span spki)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	char group[] = "prime256v1";
	uint8_t point[P256_POINT];
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(
		    OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group) - 1),
		OSSL_PARAM_octet_string(
		    OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_END,
	};

	memcpy(point, spki.p + sizeof(p256_prefix), sizeof(point));
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
	if (alg != BTZ_SIG_ECDSA_SHA256)
		return rsa_key(spki);
	if (spki.len != sizeof(p256_prefix) + P256_POINT ||
	    memcmp(spki.p, p256_prefix, sizeof(p256_prefix)) != 0 ||
	    spki.p[sizeof(p256_prefix)] != 0x04)
		return NULL;
	return p256_key(spki);
}

static bool
set_padding(EVP_PKEY_CTX *ctx, uint16_t alg)
{
	switch (alg) {
	case BTZ_SIG_ECDSA_SHA256:
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
btz_verify_digest(struct btz_span spki, uint16_t alg,
    const uint8_t digest[BTZ_SHA256_LEN], struct btz_span signature)
{
	EVP_PKEY *key = load(spki, alg);
	EVP_PKEY_CTX *ctx = NULL;
	enum btz_rc rc = BTZ_E_X509_SPKI;

	if (key != NULL)
		ctx = EVP_PKEY_CTX_new(key, NULL);
	if (ctx != NULL) {
		rc = BTZ_E_SIGNATURE;
		if (EVP_PKEY_verify_init(ctx) == 1 && set_padding(ctx, alg) &&
		    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
		    EVP_PKEY_verify(ctx, signature.p, signature.len, digest,
			BTZ_SHA256_LEN) == 1)
			rc = BTZ_OK;
	}
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return rc;
}

enum btz_rc
btz_verify(struct btz_span spki, uint16_t alg, struct btz_span message,
    struct btz_span signature)
{
	uint8_t digest[BTZ_SHA256_LEN];

	btz_sha256(message, digest);
	return btz_verify_digest(spki, alg, digest, signature);
}
