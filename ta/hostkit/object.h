/* SPDX-License-Identifier: Apache-2.0 */
/* object.h - inside of hostkit's handles, and what its crypto_*.c share. */
#ifndef BTZ_HOSTKIT_OBJECT_H
#define BTZ_HOSTKIT_OBJECT_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <tee_internal_api.h>

#define HOSTKIT_COORD_MAX 66u
#define HOSTKIT_RSA_NUMBERS 8u /* n, e, d, p, q, dp, dq, qinv */

struct __TEE_ObjectHandle {
	uint32_t type;
	/* persistent data objects */
	char name[2 * TEE_OBJECT_ID_MAX_LEN + 5];
	uint8_t *data;
	size_t data_len, position;
	/* transient keys */
	uint32_t max_bits;
	bool set;	     /* populated, generated or derived */
	uint8_t secret[512]; /* AES, HMAC, generic; private value of a curve */
	size_t secret_len;
	size_t coord; /* of a curve: 32, 48 or 66 */
	uint8_t x[HOSTKIT_COORD_MAX], y[HOSTKIT_COORD_MAX];
	struct {
		uint8_t b[512];
		size_t len;
	} rsa[HOSTKIT_RSA_NUMBERS];
	EVP_PKEY *pkey; /* of an asymmetric key */
};

struct hostkit_alg;

struct __TEE_OperationHandle {
	const struct hostkit_alg *alg;
	uint32_t mode, max_bits;
	bool active; /* between Init and Final */
	EVP_MD_CTX *md;
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *mac;
	struct __TEE_ObjectHandle key; /* a copy */
	size_t tag_len, aad_max, text_max, nonce_len;
	uint8_t nonce[16];
	uint8_t *aad;
	size_t aad_len;
};

enum hostkit_class {
	HOSTKIT_DIGEST,
	HOSTKIT_MAC,
	HOSTKIT_CIPHER,
	HOSTKIT_AE,
	HOSTKIT_SIGNATURE,
	HOSTKIT_ENCRYPTION,
	HOSTKIT_DERIVATION,
};

struct hostkit_alg {
	uint32_t alg;
	enum hostkit_class class;
	uint32_t key, pair; /* TEE_TYPE_* of its key, of its key pair */
	const char *name;   /* libcrypto's, of the hash or the mode */
};

/* Ends the process: what GP calls a panic of the TA. */
_Noreturn void hostkit_panic(const char *why);
/* Panics unless the operation is of that class and has what it needs. */
void hostkit_expect(TEE_OperationHandle op, enum hostkit_class class,
    uint32_t mode, bool active);
#define HOSTKIT_ANY_MODE 0xffffffffu

bool hostkit_is_ec(uint32_t type);
bool hostkit_is_rsa(uint32_t type);
EVP_PKEY *hostkit_pkey(const char *type, const OSSL_PARAM *params, int which);
/* crypto_ec.c: curves, Ed25519, X25519 */
bool hostkit_ec_curve(
    struct __TEE_ObjectHandle *o, const TEE_Attribute *a, uint32_t n);
bool hostkit_ec_make(struct __TEE_ObjectHandle *o); /* pkey of the numbers */
TEE_Result hostkit_ec_generate(struct __TEE_ObjectHandle *o, uint32_t bits,
    const TEE_Attribute *params, uint32_t n);
TEE_Result hostkit_ec_sign(TEE_OperationHandle op, const void *digest,
    size_t digest_len, void *sig, size_t *sig_len);
TEE_Result hostkit_ec_verify(TEE_OperationHandle op, const void *digest,
    size_t digest_len, const void *sig, size_t sig_len);
/* crypto_rsa.c */
bool hostkit_rsa_make(struct __TEE_ObjectHandle *o);
TEE_Result hostkit_rsa_generate(struct __TEE_ObjectHandle *o, uint32_t bits,
    const TEE_Attribute *params, uint32_t n);
TEE_Result hostkit_rsa_sign(TEE_OperationHandle op, const TEE_Attribute *params,
    uint32_t n, const void *digest, size_t digest_len, void *sig,
    size_t *sig_len);
TEE_Result hostkit_rsa_verify(TEE_OperationHandle op,
    const TEE_Attribute *params, uint32_t n, const void *digest,
    size_t digest_len, const void *sig, size_t sig_len);

#endif
