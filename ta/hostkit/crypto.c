/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto.c - TEE_* cryptography (GP Internal Core API 6) on libcrypto: what
 * the TA uses and no more. Misuse panics, as the standard says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <tee_internal_api.h>

#include "object.h"

#define COORD_MAX 48u

struct __TEE_OperationHandle {
	uint32_t algorithm, mode;
	EVP_MD_CTX *md;
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *hmac;
	struct __TEE_ObjectHandle key; /* a copy */
	size_t tag_len;
};

static void
panic(const char *why)
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
		panic("no random numbers");
}

/* objects */

static bool
is_ec(uint32_t type)
{
	return type == TEE_TYPE_ECDSA_KEYPAIR ||
	       type == TEE_TYPE_ECDSA_PUBLIC_KEY ||
	       type == TEE_TYPE_ECDH_KEYPAIR ||
	       type == TEE_TYPE_ECDH_PUBLIC_KEY;
}

TEE_Result
TEE_AllocateTransientObject(
    TEE_ObjectType type, uint32_t max, TEE_ObjectHandle *object)
{
	(void)max;
	*object = NULL;
	if (!is_ec(type) && type != TEE_TYPE_RSA_PUBLIC_KEY &&
	    type != TEE_TYPE_ED25519_PUBLIC_KEY &&
	    type != TEE_TYPE_ED25519_KEYPAIR && type != TEE_TYPE_AES &&
	    type != TEE_TYPE_HMAC_SHA256 && type != TEE_TYPE_HMAC_SHA384 &&
	    type != TEE_TYPE_GENERIC_SECRET)
		return TEE_ERROR_NOT_SUPPORTED;
	*object = calloc(1, sizeof(**object));
	if (*object == NULL)
		return TEE_ERROR_OUT_OF_MEMORY;
	(*object)->type = type;
	(*object)->coord = 32;
	return TEE_SUCCESS;
}

void
TEE_FreeTransientObject(TEE_ObjectHandle object)
{
	if (object == NULL)
		return;
	EVP_PKEY_free(object->pkey);
	OPENSSL_cleanse(object, sizeof(*object));
	free(object);
}

void
TEE_InitRefAttribute(
    TEE_Attribute *attr, uint32_t id, const void *buffer, size_t length)
{
	attr->attributeID = id;
	memcpy(&attr->content.ref.buffer, &buffer, sizeof(buffer));
	attr->content.ref.length = length;
}

void
TEE_InitValueAttribute(TEE_Attribute *attr, uint32_t id, uint32_t a, uint32_t b)
{
	attr->attributeID = id;
	attr->content.value.a = a;
	attr->content.value.b = b;
}

/* Big-endian, any length up to the curve's, as the standard allows. */
static bool
take_number(const TEE_Attribute *a, uint8_t *out, size_t coord)
{
	size_t n = a->content.ref.length;

	if (n > coord)
		return false;
	memset(out, 0, coord - n);
	memcpy(out + coord - n, a->content.ref.buffer, n);
	return true;
}

static bool
take_bytes(const TEE_Attribute *a, uint8_t *out, size_t cap, size_t *len)
{
	*len = a->content.ref.length;
	if (*len > cap)
		return false;
	memcpy(out, a->content.ref.buffer, *len);
	return true;
}

static bool
take_attr(struct __TEE_ObjectHandle *o, const TEE_Attribute *a)
{
	switch (a->attributeID) {
	case TEE_ATTR_SECRET_VALUE:
		return take_bytes(
		    a, o->secret, sizeof(o->secret), &o->secret_len);
	case TEE_ATTR_RSA_MODULUS:
		return take_bytes(a, o->n, sizeof(o->n), &o->n_len);
	case TEE_ATTR_RSA_PUBLIC_EXPONENT:
		return take_bytes(a, o->e, sizeof(o->e), &o->e_len);
	case TEE_ATTR_ED25519_PRIVATE_VALUE:
	case TEE_ATTR_ECC_PRIVATE_VALUE:
		o->secret_len = o->coord;
		return take_number(a, o->secret, o->coord);
	case TEE_ATTR_ED25519_PUBLIC_VALUE:
	case TEE_ATTR_ECC_PUBLIC_VALUE_X:
		return take_number(a, o->x, o->coord);
	case TEE_ATTR_ECC_PUBLIC_VALUE_Y:
		return take_number(a, o->y, o->coord);
	case TEE_ATTR_ECC_CURVE:
		return true; /* taken before */
	default:
		return false;
	}
}

static bool
take_curve(struct __TEE_ObjectHandle *o, const TEE_Attribute *a, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (a[i].attributeID == TEE_ATTR_ECC_CURVE) {
			o->coord = a[i].content.value.a ==
					   TEE_ECC_CURVE_NIST_P384
				       ? 48
				       : 32;
			return o->coord == 48 ||
			       a[i].content.value.a == TEE_ECC_CURVE_NIST_P256;
		}
	return !is_ec(o->type);
}

static const char *
group_of(const struct __TEE_ObjectHandle *o)
{
	return o->coord == 48 ? "secp384r1" : "prime256v1";
}

static EVP_PKEY *
pkey_of(const char *type, const OSSL_PARAM *params, int selection)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(
		ctx, &pkey, selection, (OSSL_PARAM *)(uintptr_t)params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static bool
make_pkey(struct __TEE_ObjectHandle *o)
{
	const size_t coord = o->coord;
	uint8_t point[1 + 2 * COORD_MAX] = { 4 };
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	BIGNUM *d = NULL;
	bool priv = o->secret_len > 0, ok;

	memcpy(point + 1, o->x, coord);
	memcpy(point + 1 + coord, o->y, coord);
	ok = bld != NULL &&
	     OSSL_PARAM_BLD_push_utf8_string(
		 bld, OSSL_PKEY_PARAM_GROUP_NAME, group_of(o), 0) == 1 &&
	     OSSL_PARAM_BLD_push_octet_string(
		 bld, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * coord) == 1;
	if (ok && priv) {
		d = BN_secure_new();
		ok = d != NULL && BN_bin2bn(o->secret, (int)coord, d) != NULL &&
		     OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) ==
			 1;
	}
	if (ok && (params = OSSL_PARAM_BLD_to_param(bld)) != NULL)
		o->pkey = pkey_of("EC", params,
		    priv ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_clear_free(d);
	return o->pkey != NULL;
}

static bool
make_rsa(struct __TEE_ObjectHandle *o)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	BIGNUM *n = BN_bin2bn(o->n, (int)o->n_len, NULL);
	BIGNUM *e = BN_bin2bn(o->e, (int)o->e_len, NULL);

	if (bld != NULL && n != NULL && e != NULL &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
	    (params = OSSL_PARAM_BLD_to_param(bld)) != NULL)
		o->pkey = pkey_of("RSA", params, EVP_PKEY_PUBLIC_KEY);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(n);
	BN_free(e);
	return o->pkey != NULL;
}

TEE_Result
TEE_PopulateTransientObject(
    TEE_ObjectHandle object, const TEE_Attribute *attrs, uint32_t n)
{
	if (!take_curve(object, attrs, n))
		return TEE_ERROR_BAD_PARAMETERS;
	for (uint32_t i = 0; i < n; i++)
		if (!take_attr(object, &attrs[i]))
			return TEE_ERROR_BAD_PARAMETERS;
	if (is_ec(object->type) && !make_pkey(object))
		return TEE_ERROR_BAD_PARAMETERS;
	if (object->type == TEE_TYPE_ED25519_PUBLIC_KEY)
		object->pkey = EVP_PKEY_new_raw_public_key(
		    EVP_PKEY_ED25519, NULL, object->x, 32);
	if (object->type == TEE_TYPE_ED25519_KEYPAIR)
		object->pkey = EVP_PKEY_new_raw_private_key(
		    EVP_PKEY_ED25519, NULL, object->secret, 32);
	if (object->type == TEE_TYPE_RSA_PUBLIC_KEY && !make_rsa(object))
		return TEE_ERROR_BAD_PARAMETERS;
	return TEE_SUCCESS;
}

static bool
get_number(const EVP_PKEY *pkey, const char *name, uint8_t *out, size_t coord)
{
	BIGNUM *n = NULL;
	bool ok = EVP_PKEY_get_bn_param(pkey, name, &n) == 1 &&
		  BN_bn2binpad(n, out, (int)coord) == (int)coord;

	BN_clear_free(n);
	return ok;
}

static TEE_Result
generate_ed25519(struct __TEE_ObjectHandle *o, uint32_t bits, uint32_t n)
{
	size_t len = 32;

	if (bits != 256 || n != 0)
		return TEE_ERROR_NOT_SUPPORTED;
	o->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (o->pkey == NULL ||
	    EVP_PKEY_get_raw_private_key(o->pkey, o->secret, &len) != 1 ||
	    EVP_PKEY_get_raw_public_key(o->pkey, o->x, &len) != 1)
		panic("Ed25519 key generation");
	o->secret_len = len;
	return TEE_SUCCESS;
}

TEE_Result
TEE_GenerateKey(
    TEE_ObjectHandle o, uint32_t bits, const TEE_Attribute *params, uint32_t n)
{
	if (o->type == TEE_TYPE_ED25519_KEYPAIR)
		return generate_ed25519(o, bits, n);
	if (!is_ec(o->type) || n != 1 || !take_curve(o, params, n) ||
	    bits != 8 * o->coord)
		return TEE_ERROR_NOT_SUPPORTED;
	o->pkey = EVP_EC_gen(group_of(o));
	if (o->pkey == NULL ||
	    !get_number(
		o->pkey, OSSL_PKEY_PARAM_PRIV_KEY, o->secret, o->coord) ||
	    !get_number(o->pkey, OSSL_PKEY_PARAM_EC_PUB_X, o->x, o->coord) ||
	    !get_number(o->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, o->y, o->coord))
		panic("EC key generation");
	o->secret_len = o->coord;
	return TEE_SUCCESS;
}

TEE_Result
TEE_GetObjectBufferAttribute(
    TEE_ObjectHandle o, uint32_t id, void *buf, size_t *size)
{
	const uint8_t *from = NULL;
	size_t len = o->coord;

	if (id == TEE_ATTR_SECRET_VALUE || id == TEE_ATTR_ECC_PRIVATE_VALUE ||
	    id == TEE_ATTR_ED25519_PRIVATE_VALUE) {
		from = o->secret;
		len = o->secret_len;
	} else if (id == TEE_ATTR_ECC_PUBLIC_VALUE_X ||
		   id == TEE_ATTR_ED25519_PUBLIC_VALUE) {
		from = o->x;
	} else if (id == TEE_ATTR_ECC_PUBLIC_VALUE_Y) {
		from = o->y;
	}
	if (from == NULL || len == 0)
		return TEE_ERROR_ITEM_NOT_FOUND;
	if (*size < len) {
		*size = len;
		return TEE_ERROR_SHORT_BUFFER;
	}
	memcpy(buf, from, len);
	*size = len;
	return TEE_SUCCESS;
}

/* operations */

static const EVP_MD *
md_of(uint32_t algorithm)
{
	if (algorithm == TEE_ALG_SHA1)
		return EVP_sha1();
	return algorithm == TEE_ALG_SHA384 ? EVP_sha384() : EVP_sha256();
}

static bool
start_digest(TEE_OperationHandle op)
{
	const EVP_MD *md = md_of(op->algorithm);

	return op->md != NULL && EVP_DigestInit_ex(op->md, md, NULL) == 1;
}

TEE_Result
TEE_AllocateOperation(
    TEE_OperationHandle *out, uint32_t algorithm, uint32_t mode, uint32_t max)
{
	TEE_OperationHandle op;

	(void)max;
	*out = NULL;
	op = calloc(1, sizeof(*op));
	if (op == NULL)
		return TEE_ERROR_OUT_OF_MEMORY;
	op->algorithm = algorithm;
	op->mode = mode;
	if (mode == TEE_MODE_DIGEST) {
		op->md = EVP_MD_CTX_new();
		if (!start_digest(op))
			panic("digest");
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
	EVP_MAC_CTX_free(op->hmac);
	EVP_PKEY_free(op->key.pkey);
	OPENSSL_cleanse(op, sizeof(*op));
	free(op);
}

void
TEE_ResetOperation(TEE_OperationHandle op)
{
	if (op->mode == TEE_MODE_DIGEST && !start_digest(op))
		panic("reset");
}

TEE_Result
TEE_SetOperationKey(TEE_OperationHandle op, TEE_ObjectHandle key)
{
	EVP_PKEY_free(op->key.pkey);
	memset(&op->key, 0, sizeof(op->key));
	if (key == NULL)
		return TEE_SUCCESS;
	memcpy(op->key.secret, key->secret, sizeof(key->secret));
	op->key.secret_len = key->secret_len;
	op->key.type = key->type;
	op->key.coord = key->coord;
	op->key.pkey = key->pkey;
	if (key->pkey != NULL && EVP_PKEY_up_ref(key->pkey) != 1)
		panic("key");
	return TEE_SUCCESS;
}

void
TEE_DigestUpdate(TEE_OperationHandle op, const void *chunk, size_t len)
{
	if (EVP_DigestUpdate(op->md, chunk, len) != 1)
		panic("digest");
}

TEE_Result
TEE_DigestDoFinal(TEE_OperationHandle op, const void *chunk, size_t len,
    void *hash, size_t *hash_len)
{
	unsigned n = 0;
	size_t need = (size_t)EVP_MD_get_size(md_of(op->algorithm));

	if (*hash_len < need) {
		*hash_len = need;
		return TEE_ERROR_SHORT_BUFFER;
	}
	if ((len > 0 && EVP_DigestUpdate(op->md, chunk, len) != 1) ||
	    EVP_DigestFinal_ex(op->md, hash, &n) != 1 || !start_digest(op))
		panic("digest");
	*hash_len = n;
	return TEE_SUCCESS;
}

void
TEE_MACInit(TEE_OperationHandle op, const void *iv, size_t iv_len)
{
	static char sha256[] = "SHA256", sha384[] = "SHA384";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		    op->algorithm == TEE_ALG_HMAC_SHA384 ? sha384 : sha256, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	(void)iv, (void)iv_len;
	EVP_MAC_CTX_free(op->hmac);
	op->hmac = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	if (op->hmac == NULL || EVP_MAC_init(op->hmac, op->key.secret,
				    op->key.secret_len, params) != 1)
		panic("mac");
}

void
TEE_MACUpdate(TEE_OperationHandle op, const void *chunk, size_t len)
{
	if (EVP_MAC_update(op->hmac, chunk, len) != 1)
		panic("mac");
}

TEE_Result
TEE_MACComputeFinal(TEE_OperationHandle op, const void *msg, size_t len,
    void *mac, size_t *mac_len)
{
	if (*mac_len < (op->algorithm == TEE_ALG_HMAC_SHA384 ? 48 : 32))
		return TEE_ERROR_SHORT_BUFFER;
	if ((len > 0 && EVP_MAC_update(op->hmac, msg, len) != 1) ||
	    EVP_MAC_final(op->hmac, mac, mac_len, *mac_len) != 1)
		panic("mac");
	return TEE_SUCCESS;
}

static void
start_cipher(TEE_OperationHandle op, const EVP_CIPHER *c, const void *iv)
{
	EVP_CIPHER_CTX_free(op->cipher);
	op->cipher = EVP_CIPHER_CTX_new();
	if (op->cipher == NULL ||
	    EVP_CipherInit_ex(op->cipher, c, NULL, op->key.secret, iv,
		op->mode == TEE_MODE_ENCRYPT ? 1 : 0) != 1 ||
	    EVP_CIPHER_CTX_set_padding(op->cipher, 0) != 1)
		panic("cipher");
}

void
TEE_CipherInit(TEE_OperationHandle op, const void *iv, size_t iv_len)
{
	(void)iv_len;
	start_cipher(op,
	    op->key.secret_len == 32 ? EVP_aes_256_ecb() : EVP_aes_128_ecb(),
	    iv);
}

TEE_Result
TEE_CipherUpdate(TEE_OperationHandle op, const void *src, size_t len, void *dst,
    size_t *dst_len)
{
	int n = 0;

	if (*dst_len < len)
		return TEE_ERROR_SHORT_BUFFER;
	if (EVP_CipherUpdate(op->cipher, dst, &n, src, (int)len) != 1)
		panic("cipher");
	*dst_len = (size_t)n;
	return TEE_SUCCESS;
}

TEE_Result
TEE_AEInit(TEE_OperationHandle op, const void *nonce, size_t nonce_len,
    uint32_t tag_bits, size_t aad_len, size_t payload_len)
{
	(void)aad_len, (void)payload_len;
	if (nonce_len != 12 || tag_bits != 128 || op->key.secret_len != 32)
		return TEE_ERROR_NOT_SUPPORTED;
	start_cipher(op, EVP_aes_256_gcm(), nonce);
	op->tag_len = 16;
	return TEE_SUCCESS;
}

void
TEE_AEUpdateAAD(TEE_OperationHandle op, const void *aad, size_t len)
{
	int n = 0;

	if (EVP_CipherUpdate(op->cipher, NULL, &n, aad, (int)len) != 1)
		panic("aad");
}

TEE_Result
TEE_AEEncryptFinal(TEE_OperationHandle op, const void *src, size_t len,
    void *dst, size_t *dst_len, void *tag, size_t *tag_len)
{
	int n = 0, end = 0;

	if (*dst_len < len || *tag_len < op->tag_len)
		return TEE_ERROR_SHORT_BUFFER;
	if (EVP_CipherUpdate(op->cipher, dst, &n, src, (int)len) != 1 ||
	    EVP_CipherFinal_ex(op->cipher, (uint8_t *)dst + n, &end) != 1 ||
	    EVP_CIPHER_CTX_ctrl(
		op->cipher, EVP_CTRL_AEAD_GET_TAG, (int)op->tag_len, tag) != 1)
		panic("gcm");
	*dst_len = len;
	*tag_len = op->tag_len;
	return TEE_SUCCESS;
}

TEE_Result
TEE_AEDecryptFinal(TEE_OperationHandle op, const void *src, size_t len,
    void *dst, size_t *dst_len, void *tag, size_t tag_len)
{
	int n = 0, end = 0;

	if (*dst_len < len)
		return TEE_ERROR_SHORT_BUFFER;
	if (tag_len != op->tag_len ||
	    EVP_CIPHER_CTX_ctrl(
		op->cipher, EVP_CTRL_AEAD_SET_TAG, (int)tag_len, tag) != 1 ||
	    EVP_CipherUpdate(op->cipher, dst, &n, src, (int)len) != 1 ||
	    EVP_CipherFinal_ex(op->cipher, (uint8_t *)dst + n, &end) != 1) {
		OPENSSL_cleanse(dst, len);
		return TEE_ERROR_MAC_INVALID;
	}
	*dst_len = len;
	return TEE_SUCCESS;
}

/* GP signatures are r || s; libcrypto's are DER. */
static bool
der_to_raw(const uint8_t *der, size_t len, uint8_t *raw, int coord)
{
	const uint8_t *p = der;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	bool ok = sig != NULL &&
		  BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, coord) == coord &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + coord, coord) ==
		      coord;

	ECDSA_SIG_free(sig);
	return ok;
}

static int
raw_to_der(const uint8_t *raw, int coord, uint8_t *out)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, coord, NULL);
	BIGNUM *s = BN_bin2bn(raw + coord, coord, NULL);
	int n = 0;

	if (sig != NULL && ECDSA_SIG_set0(sig, r, s) == 1)
		n = i2d_ECDSA_SIG(sig, &out);
	ECDSA_SIG_free(sig);
	return n;
}

static TEE_Result
sign_ed25519(TEE_OperationHandle op, const void *msg, size_t msg_len, void *sig,
    size_t *sig_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL &&
		  EVP_DigestSignInit(ctx, NULL, NULL, NULL, op->key.pkey) ==
		      1 &&
		  EVP_DigestSign(ctx, sig, sig_len, msg, msg_len) == 1;

	EVP_MD_CTX_free(ctx);
	if (!ok)
		panic("sign");
	return TEE_SUCCESS;
}

TEE_Result
TEE_AsymmetricSignDigest(TEE_OperationHandle op, const TEE_Attribute *params,
    uint32_t n, const void *digest, size_t digest_len, void *sig,
    size_t *sig_len)
{
	EVP_PKEY_CTX *ctx;
	uint8_t der[112];
	const size_t coord = op->key.coord;
	size_t len = sizeof(der);
	bool ok;

	(void)params, (void)n;
	if (*sig_len < 2 * coord) {
		*sig_len = 2 * coord;
		return TEE_ERROR_SHORT_BUFFER;
	}
	if (op->key.type == TEE_TYPE_ED25519_KEYPAIR)
		return sign_ed25519(op, digest, digest_len, sig, sig_len);
	ctx = EVP_PKEY_CTX_new(op->key.pkey, NULL);
	ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
	     EVP_PKEY_sign(ctx, der, &len, digest, digest_len) == 1 &&
	     der_to_raw(der, len, sig, (int)coord);
	EVP_PKEY_CTX_free(ctx);
	if (!ok)
		panic("sign");
	*sig_len = 2 * coord;
	return TEE_SUCCESS;
}

static bool
verify_rsa(TEE_OperationHandle op, const void *digest, size_t digest_len,
    const void *sig, size_t sig_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(op->key.pkey, NULL);
	const EVP_MD *md = op->algorithm == TEE_ALG_RSASSA_PKCS1_V1_5_SHA384
			       ? EVP_sha384()
			       : EVP_sha256();
	bool ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
		  EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		  EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
		  EVP_PKEY_verify(ctx, sig, sig_len, digest, digest_len) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool
verify_ed25519(TEE_OperationHandle op, const void *msg, size_t msg_len,
    const void *sig, size_t sig_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && op->key.pkey != NULL &&
		  EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, op->key.pkey) ==
		      1 &&
		  EVP_DigestVerify(ctx, sig, sig_len, msg, msg_len) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

TEE_Result
TEE_AsymmetricVerifyDigest(TEE_OperationHandle op, const TEE_Attribute *params,
    uint32_t n, const void *digest, size_t digest_len, const void *sig,
    size_t sig_len)
{
	EVP_PKEY_CTX *ctx;
	uint8_t der[112];
	int len;
	bool ok;

	(void)params, (void)n;
	if (op->key.type == TEE_TYPE_ED25519_PUBLIC_KEY)
		return verify_ed25519(op, digest, digest_len, sig, sig_len)
			   ? TEE_SUCCESS
			   : TEE_ERROR_SIGNATURE_INVALID;
	if (op->key.type == TEE_TYPE_RSA_PUBLIC_KEY)
		return verify_rsa(op, digest, digest_len, sig, sig_len)
			   ? TEE_SUCCESS
			   : TEE_ERROR_SIGNATURE_INVALID;
	if (sig_len != 2 * op->key.coord)
		return TEE_ERROR_SIGNATURE_INVALID;
	len = raw_to_der(sig, (int)op->key.coord, der);
	ctx = EVP_PKEY_CTX_new(op->key.pkey, NULL);
	ok = ctx != NULL && len > 0 && EVP_PKEY_verify_init(ctx) == 1 &&
	     EVP_PKEY_verify(ctx, der, (size_t)len, digest, digest_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok ? TEE_SUCCESS : TEE_ERROR_SIGNATURE_INVALID;
}

/* ECDH only: the peer's point is in the parameters; panics off the curve. */
void
TEE_DeriveKey(TEE_OperationHandle op, const TEE_Attribute *params, uint32_t n,
    TEE_ObjectHandle derived)
{
	struct __TEE_ObjectHandle peer = { .type = TEE_TYPE_ECDH_PUBLIC_KEY,
		.coord = op->key.coord };
	EVP_PKEY_CTX *ctx;
	size_t len = op->key.coord;

	for (uint32_t i = 0; i < n; i++)
		if (!take_attr(&peer, &params[i]))
			panic("derive: attribute");
	if (!make_pkey(&peer))
		panic("derive: not a point of the curve");
	ctx = EVP_PKEY_CTX_new(op->key.pkey, NULL);
	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, peer.pkey) != 1 ||
	    EVP_PKEY_derive(ctx, derived->secret, &len) != 1)
		panic("derive");
	derived->secret_len = len;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer.pkey);
}
