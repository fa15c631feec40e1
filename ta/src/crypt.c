/* SPDX-License-Identifier: Apache-2.0 */
/* crypt.c - TEE_* cryptography as plain functions; contracts in crypt.h. */
#include "crypt.h"

#include <string.h>

#include "ec.h"
#include "tpm2/spec.h"
#include "wire/alg.h"

#define GCM_TAG_BITS 128u

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

static enum btz_rc
sha512(const struct btz_span *parts, size_t n, uint8_t *out)
{
	return digest(TEE_ALG_SHA512, parts, n, out, 64);
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

enum btz_rc
ta_keyed(uint32_t alg, uint32_t mode, uint32_t type, struct btz_span key,
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
	uint8_t hash_alg; /* enum btz_hash_alg */
	uint32_t alg, type;
	size_t block, len;
	enum btz_rc (*hash)(
	    const struct btz_span *parts, size_t n, uint8_t *out);
};

static const struct hmac hmacs[] = {
	{ BTZ_HASH_SHA256, TEE_ALG_HMAC_SHA256, TEE_TYPE_HMAC_SHA256, 64, 32,
	    ta_sha256 },
	{ BTZ_HASH_SHA384, TEE_ALG_HMAC_SHA384, TEE_TYPE_HMAC_SHA384, 128, 48,
	    ta_sha384 },
	{ BTZ_HASH_SHA512, TEE_ALG_HMAC_SHA512, TEE_TYPE_HMAC_SHA512, 128, 64,
	    sha512 },
};

/* HMAC keys: the standard allows 24 (SHA-384 and -512: 32) to 128 bytes, so that
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
		rc = ta_keyed(h->alg, TEE_MODE_MAC, h->type,
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
ta_hmac_by(uint8_t hash_alg, struct btz_span key, const struct btz_span *parts,
    size_t n, uint8_t *out)
{
	for (size_t i = 0; i < BTZ_COUNT(hmacs); i++)
		if (hmacs[i].hash_alg == hash_alg)
			return hmac(&hmacs[i], key, parts, n, out);
	return BTZ_E_UNSUPPORTED;
}

enum btz_rc
ta_hmac(struct btz_span key, const struct btz_span *parts, size_t n,
    uint8_t out[32])
{
	return ta_hmac_by(BTZ_HASH_SHA256, key, parts, n, out);
}

enum btz_rc
ta_hmac384(struct btz_span key, const struct btz_span *parts, size_t n,
    uint8_t out[48])
{
	return ta_hmac_by(BTZ_HASH_SHA384, key, parts, n, out);
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
	enum btz_rc rc = ta_keyed(
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
	enum btz_rc rc = ta_keyed(TEE_ALG_AES_ECB_NOPAD, TEE_MODE_ENCRYPT,
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
	const bool p384 = curve == BTZ_TPM_ECC_P384;

	(void)arg;
	if (!p384 && curve != BTZ_TPM_ECC_P256)
		return BTZ_E_UNSUPPORTED;
	if (!ta_ec_on_curve(p384 ? 48 : 32, peer_x, peer_y))
		return BTZ_E_TPM_FORMAT;
	return ta_ec_ephemeral(
	    p384 ? BTZ_ALG_EC_P384 : BTZ_ALG_EC_P256, peer_x, peer_y, x, y, z);
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
