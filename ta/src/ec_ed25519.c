/* SPDX-License-Identifier: Apache-2.0 */
/* ec_ed25519.c - the row of Ed25519 (RFC 8032 5.1) by TEE_*; see ec.h. */
#include "ec_rows.h"

#define BITS 256u

enum btz_rc
ta_ed25519_generate(const struct ta_ec *e, uint8_t *seed, uint8_t *pub)
{
	TEE_ObjectHandle key;
	size_t n = e->secret, m = e->pub;
	enum btz_rc rc = BTZ_E_INTERNAL;

	if (TEE_AllocateTransientObject(TEE_TYPE_ED25519_KEYPAIR, BITS, &key) !=
	    TEE_SUCCESS)
		return BTZ_E_NOMEM;
	if (TEE_GenerateKey(key, BITS, NULL, 0) == TEE_SUCCESS &&
	    TEE_GetObjectBufferAttribute(
		key, TEE_ATTR_ED25519_PRIVATE_VALUE, seed, &n) == TEE_SUCCESS &&
	    TEE_GetObjectBufferAttribute(
		key, TEE_ATTR_ED25519_PUBLIC_VALUE, pub, &m) == TEE_SUCCESS &&
	    n == e->secret && m == e->pub)
		rc = BTZ_OK;
	TEE_FreeTransientObject(key);
	return rc;
}

enum btz_rc
ta_ed25519_sign(const struct ta_ec *e, TEE_ObjectHandle key,
    struct btz_span message, uint8_t *sig)
{
	TEE_OperationHandle op;
	size_t len = e->sig_len;
	enum btz_rc rc = BTZ_OK;

	if (TEE_AllocateOperation(&op, TEE_ALG_ED25519, TEE_MODE_SIGN, BITS) !=
	    TEE_SUCCESS)
		return BTZ_E_NOMEM;
	if (TEE_SetOperationKey(op, key) != TEE_SUCCESS ||
	    TEE_AsymmetricSignDigest(op, NULL, 0, message.p, message.len, sig,
		&len) != TEE_SUCCESS ||
	    len != e->sig_len)
		rc = BTZ_E_INTERNAL;
	TEE_FreeOperation(op);
	return rc;
}

/* A TEE may sign with the public half that it is given: with a wrong one two
 * signatures give the private key away. So one that stays here is checked. */
static enum btz_rc
pair_check(const struct ta_ec *e, TEE_ObjectHandle key, const uint8_t *pub)
{
	uint8_t sig[TA_EC_SIG_MAX];
	const struct btz_span text = btz_span_str("btz/1 pair");
	enum btz_rc rc = ta_ed25519_sign(e, key, text, sig);

	if (rc == BTZ_OK)
		rc = ta_ed25519_verify(e, pub, text, sig);
	btz_wipe(sig, sizeof(sig));
	return rc == BTZ_E_SIGNATURE ? BTZ_E_KEY_BLOB : rc;
}

enum btz_rc
ta_ed25519_load(const struct ta_ec *e, const uint8_t *seed, const uint8_t *pub,
    TEE_ObjectHandle *key)
{
	TEE_Attribute a[2];
	enum btz_rc rc = BTZ_E_KEY_BLOB;

	if (TEE_AllocateTransientObject(TEE_TYPE_ED25519_KEYPAIR, BITS, key) !=
	    TEE_SUCCESS)
		return BTZ_E_NOMEM;
	TEE_InitRefAttribute(
	    &a[0], TEE_ATTR_ED25519_PRIVATE_VALUE, seed, e->secret);
	TEE_InitRefAttribute(&a[1], TEE_ATTR_ED25519_PUBLIC_VALUE, pub, e->pub);
	if (TEE_PopulateTransientObject(*key, a, 2) == TEE_SUCCESS)
		rc = pair_check(e, *key, pub);
	if (rc == BTZ_OK)
		return rc;
	TEE_FreeTransientObject(*key);
	*key = TEE_HANDLE_NULL;
	return rc;
}

/* S below the order of the group (RFC 8032 5.1.7), low byte first: a TEE may
 * leave this out, and a signature would have several forms. */
static bool
ed25519_s_ok(const uint8_t s[32])
{
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
		0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 };

	for (size_t i = 32; i-- > 0;)
		if (s[i] != order[i])
			return s[i] < order[i];
	return false;
}

enum btz_rc
ta_ed25519_verify(const struct ta_ec *e, const uint8_t *pub,
    struct btz_span message, const uint8_t *sig)
{
	TEE_OperationHandle op;
	TEE_ObjectHandle key;
	TEE_Attribute a;
	enum btz_rc rc = BTZ_OK;

	if (!ed25519_s_ok(sig + 32))
		return BTZ_E_SIGNATURE;
	if (TEE_AllocateTransientObject(
		TEE_TYPE_ED25519_PUBLIC_KEY, BITS, &key) != TEE_SUCCESS)
		return BTZ_E_NOMEM;
	TEE_InitRefAttribute(&a, TEE_ATTR_ED25519_PUBLIC_VALUE, pub, e->pub);
	if (TEE_PopulateTransientObject(key, &a, 1) != TEE_SUCCESS) {
		rc = BTZ_E_SIGNATURE;
	} else if (TEE_AllocateOperation(&op, TEE_ALG_ED25519, TEE_MODE_VERIFY,
		       BITS) != TEE_SUCCESS) {
		rc = BTZ_E_NOMEM;
	} else {
		if (TEE_SetOperationKey(op, key) != TEE_SUCCESS ||
		    TEE_AsymmetricVerifyDigest(op, NULL, 0, message.p,
			message.len, sig, e->sig_len) != TEE_SUCCESS)
			rc = BTZ_E_SIGNATURE;
		TEE_FreeOperation(op);
	}
	TEE_FreeTransientObject(key);
	return rc;
}
