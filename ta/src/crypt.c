/* SPDX-License-Identifier: Apache-2.0 */
/* crypt.c - TEE_* cryptography as plain functions; contracts in crypt.h. */
#include "crypt.h"

#include <string.h>

#include "tpm2/spec.h"

#define GCM_TAG_BITS 128u
#define COORD 32u

static enum btz_rc
digest(uint32_t alg, const struct btz_span *parts, size_t n, uint8_t *out,
    size_t len)
{
	TEE_OperationHandle op;
	enum btz_rc rc = BTZ_OK;

	if (TEE_AllocateOperation(&op, alg, TEE_MODE_DIGEST, 0) != TEE_SUCCESS)
		return BTZ_E_NOMEM;
	for (size_t i = 0; i < n; i++)
		if (parts[i].len > 0)
			TEE_DigestUpdate(op, parts[i].p, parts[i].len);
	if (TEE_DigestDoFinal(op, NULL, 0, out, &len) != TEE_SUCCESS)
		rc = BTZ_E_INTERNAL;
	TEE_FreeOperation(op);
	return rc;
}

enum btz_rc
ta_sha256(const struct btz_span *parts, size_t n, uint8_t out[32])
{
	return digest(TEE_ALG_SHA256, parts, n, out, 32);
}

enum btz_rc
ta_sha384(const struct btz_span *parts, size_t n, uint8_t out[48])
{
	return digest(TEE_ALG_SHA384, parts, n, out, 48);
}

enum btz_rc
ta_sha1(struct btz_span in, uint8_t out[20])
{
	return digest(TEE_ALG_SHA1, &in, 1, out, 20);
}

/* A secret as a key object. */
static enum btz_rc
secret_key(uint32_t type, struct btz_span key, TEE_ObjectHandle *out)
{
	TEE_Attribute attr;

	if (TEE_AllocateTransientObject(type, (uint32_t)key.len * 8, out) !=
	    TEE_SUCCESS)
		return BTZ_E_NOMEM;
	TEE_InitRefAttribute(&attr, TEE_ATTR_SECRET_VALUE, key.p, key.len);
	if (TEE_PopulateTransientObject(*out, &attr, 1) == TEE_SUCCESS)
		return BTZ_OK;
	TEE_FreeTransientObject(*out);
	return BTZ_E_INTERNAL;
}

/* An operation with a secret key set. */
static enum btz_rc
keyed(uint32_t alg, uint32_t mode, uint32_t type, struct btz_span key,
    TEE_OperationHandle *op)
{
	TEE_ObjectHandle obj;
	enum btz_rc rc = secret_key(type, key, &obj);

	if (rc != BTZ_OK)
		return rc;
	if (TEE_AllocateOperation(op, alg, mode, (uint32_t)key.len * 8) !=
	    TEE_SUCCESS) {
		TEE_FreeTransientObject(obj);
		return BTZ_E_NOMEM;
	}
	if (TEE_SetOperationKey(*op, obj) != TEE_SUCCESS) {
		TEE_FreeOperation(*op);
		rc = BTZ_E_INTERNAL;
	}
	TEE_FreeTransientObject(obj);
	return rc;
}

struct hmac {
	uint32_t alg, type;
	size_t block, len;
	enum btz_rc (*hash)(
	    const struct btz_span *parts, size_t n, uint8_t *out);
};

static const struct hmac hmac_sha256 = { TEE_ALG_HMAC_SHA256,
	TEE_TYPE_HMAC_SHA256, 64, 32, ta_sha256 };
static const struct hmac hmac_sha384 = { TEE_ALG_HMAC_SHA384,
	TEE_TYPE_HMAC_SHA384, 128, 48, ta_sha384 };

/* HMAC keys: the standard allows 24 (SHA-384: 32) to 128 bytes, so that
 * shorter ones are padded with zeros to a block (the same key, RFC 2104) and
 * longer ones hashed. */
static enum btz_rc
hmac_key(const struct hmac *h, struct btz_span key, uint8_t out[128])
{
	memset(out, 0, 128);
	if (key.len > h->block)
		return h->hash(&key, 1, out);
	if (key.len > 0)
		memcpy(out, key.p, key.len);
	return BTZ_OK;
}

static enum btz_rc
hmac(const struct hmac *h, struct btz_span key, const struct btz_span *parts,
    size_t n, uint8_t *out)
{
	TEE_OperationHandle op;
	uint8_t block[128];
	size_t len = h->len;
	enum btz_rc rc = hmac_key(h, key, block);

	if (rc == BTZ_OK)
		rc = keyed(h->alg, TEE_MODE_MAC, h->type,
		    btz_span_of(block, h->block), &op);
	btz_wipe(block, sizeof(block));
	if (rc != BTZ_OK)
		return rc;
	TEE_MACInit(op, NULL, 0);
	for (size_t i = 0; i < n; i++)
		if (parts[i].len > 0)
			TEE_MACUpdate(op, parts[i].p, parts[i].len);
	if (TEE_MACComputeFinal(op, NULL, 0, out, &len) != TEE_SUCCESS)
		rc = BTZ_E_INTERNAL;
	TEE_FreeOperation(op);
	return rc;
}

enum btz_rc
ta_hmac(struct btz_span key, const struct btz_span *parts, size_t n,
    uint8_t out[32])
{
	return hmac(&hmac_sha256, key, parts, n, out);
}

enum btz_rc
ta_hmac384(struct btz_span key, const struct btz_span *parts, size_t n,
    uint8_t out[48])
{
	return hmac(&hmac_sha384, key, parts, n, out);
}

enum btz_rc
ta_hkdf_extract(struct btz_span salt, struct btz_span ikm, uint8_t out[32])
{
	return ta_hmac(salt, &ikm, 1, out);
}

enum btz_rc
ta_hkdf_expand(const uint8_t prk[32], const struct btz_span *info, size_t n,
    uint8_t out[32])
{
	static const uint8_t one[1] = { 1 };
	struct btz_span parts[6];

	if (n + 1 > BTZ_COUNT(parts))
		return BTZ_E_INTERNAL;
	for (size_t i = 0; i < n; i++)
		parts[i] = info[i];
	parts[n] = btz_span_of(one, 1);
	return ta_hmac(btz_span_of(prk, 32), parts, n + 1, out);
}

static enum btz_rc
gcm_start(uint32_t mode, const uint8_t key[32], const uint8_t *nonce,
    struct btz_span aad, size_t len, TEE_OperationHandle *op)
{
	enum btz_rc rc = keyed(
	    TEE_ALG_AES_GCM, mode, TEE_TYPE_AES, btz_span_of(key, 32), op);

	if (rc != BTZ_OK)
		return rc;
	if (TEE_AEInit(*op, nonce, 12, GCM_TAG_BITS, aad.len, len) !=
	    TEE_SUCCESS) {
		TEE_FreeOperation(*op);
		return BTZ_E_INTERNAL;
	}
	if (aad.len > 0)
		TEE_AEUpdateAAD(*op, aad.p, aad.len);
	return BTZ_OK;
}

enum btz_rc
ta_gcm_seal(const uint8_t key[32], const uint8_t nonce[12], struct btz_span aad,
    struct btz_span in, uint8_t *out, uint8_t tag[16])
{
	TEE_OperationHandle op;
	size_t len = in.len, tag_len = 16;
	enum btz_rc rc = gcm_start(
	    TEE_MODE_ENCRYPT, key, nonce, aad, in.len, &op);

	if (rc != BTZ_OK)
		return rc;
	if (TEE_AEEncryptFinal(op, in.p, in.len, out, &len, tag, &tag_len) !=
	    TEE_SUCCESS)
		rc = BTZ_E_INTERNAL;
	TEE_FreeOperation(op);
	return rc;
}

enum btz_rc
ta_gcm_open(const uint8_t key[32], struct btz_span nonce, struct btz_span aad,
    struct btz_span in, struct btz_span tag, uint8_t *out)
{
	TEE_OperationHandle op;
	uint8_t t[16];
	size_t len = in.len;
	enum btz_rc rc;

	if (nonce.len != 12 || tag.len != sizeof(t))
		return BTZ_E_INTERNAL;
	memcpy(t, tag.p, sizeof(t));
	rc = gcm_start(TEE_MODE_DECRYPT, key, nonce.p, aad, in.len, &op);
	if (rc != BTZ_OK)
		return rc;
	if (TEE_AEDecryptFinal(op, in.p, in.len, out, &len, t, sizeof(t)) !=
	    TEE_SUCCESS)
		rc = BTZ_E_VERIFY;
	TEE_FreeOperation(op);
	return rc;
}

/* elliptic curves */

static bool
get_attr(TEE_ObjectHandle o, uint32_t id, uint8_t out[COORD])
{
	uint8_t buf[COORD];
	size_t n = sizeof(buf);

	if (TEE_GetObjectBufferAttribute(o, id, buf, &n) != TEE_SUCCESS)
		return false;
	/* Leading zeros may have been left out. */
	memset(out, 0, COORD - n);
	memcpy(out + COORD - n, buf, n);
	btz_wipe(buf, sizeof(buf));
	return true;
}

static enum btz_rc
generate(uint32_t type, TEE_ObjectHandle *out)
{
	TEE_Attribute curve;

	if (TEE_AllocateTransientObject(type, 256, out) != TEE_SUCCESS)
		return BTZ_E_NOMEM;
	TEE_InitValueAttribute(
	    &curve, TEE_ATTR_ECC_CURVE, TEE_ECC_CURVE_NIST_P256, 0);
	if (TEE_GenerateKey(*out, 256, &curve, 1) == TEE_SUCCESS)
		return BTZ_OK;
	TEE_FreeTransientObject(*out);
	return BTZ_E_INTERNAL;
}

enum btz_rc
ta_ec_generate(uint8_t d[32], uint8_t point[65])
{
	TEE_ObjectHandle key;
	enum btz_rc rc = generate(TEE_TYPE_ECDSA_KEYPAIR, &key);

	if (rc != BTZ_OK)
		return rc;
	point[0] = 4;
	if (!get_attr(key, TEE_ATTR_ECC_PRIVATE_VALUE, d) ||
	    !get_attr(key, TEE_ATTR_ECC_PUBLIC_VALUE_X, point + 1) ||
	    !get_attr(key, TEE_ATTR_ECC_PUBLIC_VALUE_Y, point + 1 + COORD))
		rc = BTZ_E_INTERNAL;
	TEE_FreeTransientObject(key);
	return rc;
}

/* Public key, or pair when d is given. */
static enum btz_rc
populate(uint32_t type, const uint8_t *d, const uint8_t *x, const uint8_t *y,
    TEE_ObjectHandle *out)
{
	TEE_Attribute a[4];
	uint32_t n = 3;

	if (TEE_AllocateTransientObject(type, 256, out) != TEE_SUCCESS)
		return BTZ_E_NOMEM;
	TEE_InitValueAttribute(
	    &a[0], TEE_ATTR_ECC_CURVE, TEE_ECC_CURVE_NIST_P256, 0);
	TEE_InitRefAttribute(&a[1], TEE_ATTR_ECC_PUBLIC_VALUE_X, x, COORD);
	TEE_InitRefAttribute(&a[2], TEE_ATTR_ECC_PUBLIC_VALUE_Y, y, COORD);
	if (d != NULL)
		TEE_InitRefAttribute(
		    &a[n++], TEE_ATTR_ECC_PRIVATE_VALUE, d, COORD);
	if (TEE_PopulateTransientObject(*out, a, n) == TEE_SUCCESS)
		return BTZ_OK;
	TEE_FreeTransientObject(*out);
	*out = TEE_HANDLE_NULL;
	return BTZ_E_INVAL;
}

/* z = x of (own * peer); the caller has checked that peer is on the curve. */
static enum btz_rc
derive(TEE_ObjectHandle own, const uint8_t *x, const uint8_t *y, uint8_t z[32])
{
	TEE_OperationHandle op;
	TEE_ObjectHandle secret;
	TEE_Attribute a[2];
	size_t len = COORD;
	enum btz_rc rc = BTZ_E_INTERNAL;

	if (TEE_AllocateOperation(
		&op, TEE_ALG_ECDH_P256, TEE_MODE_DERIVE, 256) != TEE_SUCCESS)
		return BTZ_E_NOMEM;
	if (TEE_AllocateTransientObject(
		TEE_TYPE_GENERIC_SECRET, 256, &secret) != TEE_SUCCESS) {
		TEE_FreeOperation(op);
		return BTZ_E_NOMEM;
	}
	TEE_InitRefAttribute(&a[0], TEE_ATTR_ECC_PUBLIC_VALUE_X, x, COORD);
	TEE_InitRefAttribute(&a[1], TEE_ATTR_ECC_PUBLIC_VALUE_Y, y, COORD);
	if (TEE_SetOperationKey(op, own) == TEE_SUCCESS) {
		TEE_DeriveKey(op, a, 2, secret);
		if (TEE_GetObjectBufferAttribute(secret, TEE_ATTR_SECRET_VALUE,
			z, &len) == TEE_SUCCESS &&
		    len == COORD)
			rc = BTZ_OK;
	}
	TEE_FreeTransientObject(secret);
	TEE_FreeOperation(op);
	return rc;
}

/* The generator of P-256 (SEC 2, 2.4.2). */
static const uint8_t base_x[COORD] = { 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42,
	0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d,
	0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2,
	0x96 };
static const uint8_t base_y[COORD] = { 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f,
	0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
	0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51,
	0xf5 };

/* x(d * G) is the x of the point; y stands authenticated beside it. */
static enum btz_rc
pair_check(const uint8_t d[32], const uint8_t point[65])
{
	TEE_ObjectHandle key;
	uint8_t x[COORD];
	enum btz_rc rc = populate(
	    TEE_TYPE_ECDH_KEYPAIR, d, point + 1, point + 1 + COORD, &key);

	if (rc != BTZ_OK)
		return BTZ_E_KEY_BLOB;
	rc = derive(key, base_x, base_y, x);
	TEE_FreeTransientObject(key);
	if (rc == BTZ_OK && memcmp(x, point + 1, COORD) != 0)
		rc = BTZ_E_KEY_BLOB;
	return rc;
}

enum btz_rc
ta_ec_load(const uint8_t d[32], const uint8_t point[65], TEE_ObjectHandle *key)
{
	enum btz_rc rc = pair_check(d, point);

	*key = TEE_HANDLE_NULL;
	if (rc != BTZ_OK)
		return rc;
	return populate(
	    TEE_TYPE_ECDSA_KEYPAIR, d, point + 1, point + 1 + COORD, key);
}

enum btz_rc
ta_ec_sign(TEE_ObjectHandle key, const uint8_t digest[32], uint8_t rs[64])
{
	TEE_OperationHandle op;
	size_t len = 2 * (size_t)COORD;
	enum btz_rc rc = BTZ_OK;

	if (TEE_AllocateOperation(
		&op, TEE_ALG_ECDSA_P256, TEE_MODE_SIGN, 256) != TEE_SUCCESS)
		return BTZ_E_NOMEM;
	if (TEE_SetOperationKey(op, key) != TEE_SUCCESS ||
	    TEE_AsymmetricSignDigest(op, NULL, 0, digest, 32, rs, &len) !=
		TEE_SUCCESS ||
	    len != 2 * (size_t)COORD)
		rc = BTZ_E_INTERNAL;
	TEE_FreeOperation(op);
	return rc;
}

enum btz_rc
ta_ec_verify(
    const uint8_t point[65], const uint8_t digest[32], const uint8_t rs[64])
{
	TEE_OperationHandle op;
	TEE_ObjectHandle key;
	enum btz_rc rc = populate(TEE_TYPE_ECDSA_PUBLIC_KEY, NULL, point + 1,
	    point + 1 + COORD, &key);

	if (rc != BTZ_OK)
		return rc;
	if (TEE_AllocateOperation(
		&op, TEE_ALG_ECDSA_P256, TEE_MODE_VERIFY, 256) != TEE_SUCCESS) {
		TEE_FreeTransientObject(key);
		return BTZ_E_NOMEM;
	}
	if (TEE_SetOperationKey(op, key) != TEE_SUCCESS ||
	    TEE_AsymmetricVerifyDigest(
		op, NULL, 0, digest, 32, rs, 2 * (size_t)COORD) != TEE_SUCCESS)
		rc = BTZ_E_SIGNATURE;
	TEE_FreeOperation(op);
	TEE_FreeTransientObject(key);
	return rc;
}

/* tables for src/tpm2 and src/tlog */

static enum btz_rc
tpm_hash(void *arg, uint16_t alg, const struct btz_span *parts, size_t n,
    uint8_t *out)
{
	(void)arg;
	/* Our primary and the P-256 EK are SHA-256 objects, the P-384 EK is
	 * one of SHA-384. */
	if (alg == BTZ_TPM_ALG_SHA384)
		return ta_sha384(parts, n, out);
	return alg == BTZ_TPM_ALG_SHA256 ? ta_sha256(parts, n, out)
					 : BTZ_E_UNSUPPORTED;
}

static enum btz_rc
tpm_hmac(void *arg, uint16_t alg, struct btz_span key,
    const struct btz_span *parts, size_t n, uint8_t *out)
{
	(void)arg;
	if (alg == BTZ_TPM_ALG_SHA384)
		return ta_hmac384(key, parts, n, out);
	return alg == BTZ_TPM_ALG_SHA256 ? ta_hmac(key, parts, n, out)
					 : BTZ_E_UNSUPPORTED;
}

static enum btz_rc
tpm_ecb(void *arg, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
	TEE_OperationHandle op;
	size_t len = 16;
	enum btz_rc rc = keyed(TEE_ALG_AES_ECB_NOPAD, TEE_MODE_ENCRYPT,
	    TEE_TYPE_AES, btz_span_of(key, 16), &op);

	(void)arg;
	if (rc != BTZ_OK)
		return rc;
	TEE_CipherInit(op, NULL, 0);
	if (TEE_CipherUpdate(op, in, 16, out, &len) != TEE_SUCCESS || len != 16)
		rc = BTZ_E_INTERNAL;
	TEE_FreeOperation(op);
	return rc;
}

static enum btz_rc
tpm_random(void *arg, void *out, size_t len)
{
	(void)arg;
	TEE_GenerateRandom(out, len);
	return BTZ_OK;
}

static enum btz_rc
tpm_ecdh(void *arg, uint16_t curve, const uint8_t *peer_x,
    const uint8_t *peer_y, uint8_t *x, uint8_t *y, uint8_t *z)
{
	TEE_ObjectHandle key;
	enum btz_rc rc;

	(void)arg;
	if (curve != BTZ_TPM_ECC_P256)
		return BTZ_E_UNSUPPORTED;
	if (!ta_ec_on_curve(peer_x, peer_y))
		return BTZ_E_TPM_FORMAT;
	rc = generate(TEE_TYPE_ECDH_KEYPAIR, &key);
	if (rc != BTZ_OK)
		return rc;
	if (get_attr(key, TEE_ATTR_ECC_PUBLIC_VALUE_X, x) &&
	    get_attr(key, TEE_ATTR_ECC_PUBLIC_VALUE_Y, y))
		rc = derive(key, peer_x, peer_y, z);
	else
		rc = BTZ_E_INTERNAL;
	TEE_FreeTransientObject(key);
	return rc;
}

const struct btz_tpm_crypto ta_tpm_crypto = {
	.hash = tpm_hash,
	.hmac = tpm_hmac,
	.aes128_ecb = tpm_ecb,
	.random = tpm_random,
	.ecdh = tpm_ecdh,
};

static void
tlog_sha256(void *ctx, const struct btz_span *parts, size_t n, uint8_t out[32])
{
	(void)ctx;
	/* Out of memory: a hash that no proof has. */
	if (ta_sha256(parts, n, out) != BTZ_OK)
		TEE_GenerateRandom(out, 32);
}

const struct btz_tlog_hash ta_tlog_hash = { .sha256 = tlog_sha256 };
