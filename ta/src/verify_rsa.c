/* SPDX-License-Identifier: Apache-2.0 */
/* verify_rsa.c - RSA signatures of certificate chains; see verify.h. */
#include <tee_internal_api.h>

#include "verify.h"

static const struct {
	uint32_t alg;
	size_t len;
} hashes[] = {
	[TA_RSA_SHA256] = { TEE_ALG_RSASSA_PKCS1_V1_5_SHA256, 32 },
	[TA_RSA_SHA384] = { TEE_ALG_RSASSA_PKCS1_V1_5_SHA384, 48 },
};

/* Odd, at least 3, at most 64 bits (RFC 8017 3.1). */
static bool
exponent_ok(struct btz_span e)
{
	return e.len > 0 && e.len <= 8 && (e.p[e.len - 1] & 1) == 1 &&
	       !(e.len == 1 && e.p[0] == 1);
}

static bool
modulus_ok(struct btz_span n)
{
	return (n.len == 256 || n.len == 384 || n.len == 512) &&
	       (n.p[0] & 0x80) != 0 && (n.p[n.len - 1] & 1) == 1;
}

static enum btz_rc
public_key(struct btz_span n, struct btz_span e, TEE_ObjectHandle *out)
{
	TEE_Attribute a[2];

	if (TEE_AllocateTransientObject(TEE_TYPE_RSA_PUBLIC_KEY,
		(uint32_t)n.len * 8, out) != TEE_SUCCESS)
		return BTZ_E_NOMEM;
	TEE_InitRefAttribute(&a[0], TEE_ATTR_RSA_MODULUS, n.p, n.len);
	TEE_InitRefAttribute(&a[1], TEE_ATTR_RSA_PUBLIC_EXPONENT, e.p, e.len);
	if (TEE_PopulateTransientObject(*out, a, 2) == TEE_SUCCESS)
		return BTZ_OK;
	TEE_FreeTransientObject(*out);
	return BTZ_E_UNSUPPORTED;
}

static enum btz_rc
verify(uint32_t alg, uint32_t bits, TEE_ObjectHandle key,
    struct btz_span digest, struct btz_span signature)
{
	TEE_OperationHandle op;
	enum btz_rc rc = BTZ_OK;

	if (TEE_AllocateOperation(&op, alg, TEE_MODE_VERIFY, bits) !=
	    TEE_SUCCESS)
		return BTZ_E_NOMEM;
	if (TEE_SetOperationKey(op, key) != TEE_SUCCESS ||
	    TEE_AsymmetricVerifyDigest(op, NULL, 0, digest.p, digest.len,
		signature.p, signature.len) != TEE_SUCCESS)
		rc = BTZ_E_SIGNATURE;
	TEE_FreeOperation(op);
	return rc;
}

enum btz_rc
ta_rsa_verify(struct btz_span n, struct btz_span e, enum ta_rsa_hash hash,
    struct btz_span digest, struct btz_span signature)
{
	TEE_ObjectHandle key;
	enum btz_rc rc;

	if (n.len > 1 && n.p[0] == 0)
		n = btz_span_of(n.p + 1, n.len - 1);
	if (!modulus_ok(n) || !exponent_ok(e))
		return BTZ_E_UNSUPPORTED;
	if ((size_t)hash >= BTZ_COUNT(hashes) || digest.len != hashes[hash].len)
		return BTZ_E_INTERNAL;
	if (signature.len != n.len)
		return BTZ_E_SIGNATURE;
	rc = public_key(n, e, &key);
	if (rc != BTZ_OK)
		return rc;
	rc = verify(
	    hashes[hash].alg, (uint32_t)n.len * 8, key, digest, signature);
	TEE_FreeTransientObject(key);
	return rc;
}
