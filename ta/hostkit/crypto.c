/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto.c - TEE_* cryptography (GP Internal Core API 6) on libcrypto: what
 * the TA uses and no more. Misuse panics, as the standard says. Here are
 * memory and operations; crypto_object.c has keys, crypto_digest.c hashes and
 * MACs, crypto_cipher.c ciphers, crypto_ec.c and crypto_rsa.c the rest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>
#include <tee_internal_api.h>

#include "object.h"

_Noreturn void
hostkit_panic(const char *why)
{
	(void)fprintf(stderr, "hostkit: panic: %s\n", why);
	abort();
}

void *
TEE_Malloc(size_t size, uint32_t hint)
{
	(void)hint;
	return calloc(1, size);
}

void
TEE_Free(void *buffer)
{
	free(buffer);
}

void
TEE_GenerateRandom(void *buf, size_t len)
{
	if (RAND_bytes(buf, (int)len) != 1)
		hostkit_panic("no random numbers");
}

#define RSA_TYPES TEE_TYPE_RSA_PUBLIC_KEY, TEE_TYPE_RSA_KEYPAIR
#define ECDSA_TYPES TEE_TYPE_ECDSA_PUBLIC_KEY, TEE_TYPE_ECDSA_KEYPAIR

static const struct hostkit_alg algs[] = {
	{ TEE_ALG_SHA1, HOSTKIT_DIGEST, 0, 0, "SHA1" },
	{ TEE_ALG_SHA256, HOSTKIT_DIGEST, 0, 0, "SHA256" },
	{ TEE_ALG_SHA384, HOSTKIT_DIGEST, 0, 0, "SHA384" },
	{ TEE_ALG_SHA512, HOSTKIT_DIGEST, 0, 0, "SHA512" },
	{ TEE_ALG_HMAC_SHA256, HOSTKIT_MAC, TEE_TYPE_HMAC_SHA256, 0, "SHA256" },
	{ TEE_ALG_HMAC_SHA384, HOSTKIT_MAC, TEE_TYPE_HMAC_SHA384, 0, "SHA384" },
	{ TEE_ALG_HMAC_SHA512, HOSTKIT_MAC, TEE_TYPE_HMAC_SHA512, 0, "SHA512" },
	{ TEE_ALG_AES_CMAC, HOSTKIT_MAC, TEE_TYPE_AES, 0, "CBC" },
	{ TEE_ALG_AES_ECB_NOPAD, HOSTKIT_CIPHER, TEE_TYPE_AES, 0, "ECB" },
	{ TEE_ALG_AES_CBC_NOPAD, HOSTKIT_CIPHER, TEE_TYPE_AES, 0, "CBC" },
	{ TEE_ALG_AES_CTR, HOSTKIT_CIPHER, TEE_TYPE_AES, 0, "CTR" },
	{ TEE_ALG_AES_GCM, HOSTKIT_AE, TEE_TYPE_AES, 0, "GCM" },
	{ TEE_ALG_AES_CCM, HOSTKIT_AE, TEE_TYPE_AES, 0, "CCM" },
	{ TEE_ALG_ECDSA_P256, HOSTKIT_SIGNATURE, ECDSA_TYPES, NULL },
	{ TEE_ALG_ECDSA_P384, HOSTKIT_SIGNATURE, ECDSA_TYPES, NULL },
	{ TEE_ALG_ECDSA_P521, HOSTKIT_SIGNATURE, ECDSA_TYPES, NULL },
	{ TEE_ALG_ED25519, HOSTKIT_SIGNATURE, TEE_TYPE_ED25519_PUBLIC_KEY,
	    TEE_TYPE_ED25519_KEYPAIR, NULL },
	{ TEE_ALG_RSASSA_PKCS1_V1_5_SHA256, HOSTKIT_SIGNATURE, RSA_TYPES,
	    "SHA256" },
	{ TEE_ALG_RSASSA_PKCS1_V1_5_SHA384, HOSTKIT_SIGNATURE, RSA_TYPES,
	    "SHA384" },
	{ TEE_ALG_RSASSA_PKCS1_V1_5_SHA512, HOSTKIT_SIGNATURE, RSA_TYPES,
	    "SHA512" },
	{ TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA256, HOSTKIT_SIGNATURE, RSA_TYPES,
	    "SHA256" },
	{ TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA384, HOSTKIT_SIGNATURE, RSA_TYPES,
	    "SHA384" },
	{ TEE_ALG_RSASSA_PKCS1_PSS_MGF1_SHA512, HOSTKIT_SIGNATURE, RSA_TYPES,
	    "SHA512" },
	{ TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA256, HOSTKIT_ENCRYPTION, RSA_TYPES,
	    "SHA256" },
	{ TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA384, HOSTKIT_ENCRYPTION, RSA_TYPES,
	    "SHA384" },
	{ TEE_ALG_RSAES_PKCS1_OAEP_MGF1_SHA512, HOSTKIT_ENCRYPTION, RSA_TYPES,
	    "SHA512" },
	{ TEE_ALG_ECDH_P256, HOSTKIT_DERIVATION, 0, TEE_TYPE_ECDH_KEYPAIR,
	    NULL },
	{ TEE_ALG_ECDH_P384, HOSTKIT_DERIVATION, 0, TEE_TYPE_ECDH_KEYPAIR,
	    NULL },
	{ TEE_ALG_ECDH_P521, HOSTKIT_DERIVATION, 0, TEE_TYPE_ECDH_KEYPAIR,
	    NULL },
	{ TEE_ALG_X25519, HOSTKIT_DERIVATION, 0, TEE_TYPE_X25519_KEYPAIR,
	    NULL },
};

static bool
mode_fits(enum hostkit_class class, uint32_t mode)
{
	static const struct {
		uint32_t a, b;
	} modes[] = {
		[HOSTKIT_DIGEST] = { TEE_MODE_DIGEST, TEE_MODE_DIGEST },
		[HOSTKIT_MAC] = { TEE_MODE_MAC, TEE_MODE_MAC },
		[HOSTKIT_CIPHER] = { TEE_MODE_ENCRYPT, TEE_MODE_DECRYPT },
		[HOSTKIT_AE] = { TEE_MODE_ENCRYPT, TEE_MODE_DECRYPT },
		[HOSTKIT_SIGNATURE] = { TEE_MODE_SIGN, TEE_MODE_VERIFY },
		[HOSTKIT_ENCRYPTION] = { TEE_MODE_ENCRYPT, TEE_MODE_DECRYPT },
		[HOSTKIT_DERIVATION] = { TEE_MODE_DERIVE, TEE_MODE_DERIVE },
	};

	return mode == modes[class].a || mode == modes[class].b;
}

static bool
start_digest(TEE_OperationHandle op)
{
	return op->md != NULL &&
	       EVP_DigestInit_ex(
		   op->md, EVP_get_digestbyname(op->alg->name), NULL) == 1;
}

TEE_Result
TEE_AllocateOperation(
    TEE_OperationHandle *out, uint32_t algorithm, uint32_t mode, uint32_t max)
{
	TEE_OperationHandle op;
	size_t i = 0;

	*out = NULL;
	while (i < sizeof(algs) / sizeof(algs[0]) && algs[i].alg != algorithm)
		i++;
	if (i == sizeof(algs) / sizeof(algs[0]) ||
	    !mode_fits(algs[i].class, mode) ||
	    (max == 0) != (algs[i].class == HOSTKIT_DIGEST))
		return TEE_ERROR_NOT_SUPPORTED;
	op = calloc(1, sizeof(*op));
	if (op == NULL)
		return TEE_ERROR_OUT_OF_MEMORY;
	op->alg = &algs[i];
	op->mode = mode;
	op->max_bits = max;
	if (mode == TEE_MODE_DIGEST) {
		op->md = EVP_MD_CTX_new();
		if (!start_digest(op))
			hostkit_panic("digest");
	}
	*out = op;
	return TEE_SUCCESS;
}

void
TEE_FreeOperation(TEE_OperationHandle op)
{
	if (op == NULL)
		return;
	EVP_MD_CTX_free(op->md);
	EVP_CIPHER_CTX_free(op->cipher);
	EVP_MAC_CTX_free(op->mac);
	EVP_PKEY_free(op->key.pkey);
	free(op->aad);
	OPENSSL_cleanse(op, sizeof(*op));
	free(op);
}

void
TEE_ResetOperation(TEE_OperationHandle op)
{
	if (op->mode == TEE_MODE_DIGEST && !start_digest(op))
		hostkit_panic("reset");
	op->active = false;
}

/* 6.2.6: a key of another type, or larger than the operation's, panics. */
TEE_Result
TEE_SetOperationKey(TEE_OperationHandle op, TEE_ObjectHandle key)
{
	if (op->active || op->alg->class == HOSTKIT_DIGEST)
		hostkit_panic("key of an operation that takes none now");
	EVP_PKEY_free(op->key.pkey);
	memset(&op->key, 0, sizeof(op->key));
	if (key == NULL)
		return TEE_SUCCESS;
	if (!key->set)
		hostkit_panic("key object without a key");
	if ((key->type != op->alg->key && key->type != op->alg->pair) ||
	    (key->type == op->alg->key && op->alg->pair != 0 &&
		(op->mode == TEE_MODE_SIGN || op->mode == TEE_MODE_DECRYPT)))
		hostkit_panic("key of another type");
	if (key->max_bits > op->max_bits)
		hostkit_panic("key larger than the operation's");
	op->key = *key;
	op->key.data = NULL;
	if (key->pkey != NULL && EVP_PKEY_up_ref(key->pkey) != 1)
		hostkit_panic("key");
	return TEE_SUCCESS;
}

void
hostkit_expect(TEE_OperationHandle op, enum hostkit_class class, uint32_t mode,
    bool active)
{
	if (op->alg->class != class)
		hostkit_panic("operation of another class");
	if (mode != HOSTKIT_ANY_MODE && op->mode != mode)
		hostkit_panic("operation in another mode");
	if (class != HOSTKIT_DIGEST && !op->key.set)
		hostkit_panic("operation without a key");
	if (active && !op->active)
		hostkit_panic("operation that was not begun");
}
