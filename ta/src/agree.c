/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agree.c - ECDH on the NIST curves (SP 800-56A 5.7.1.2: x of the point) and
 * X25519 (RFC 7748 6.1); contract in key_crypt.h. TEE_DeriveKey returns
 * nothing, so a TEE has no way but a panic for a point that it does not like:
 * every peer is judged here first.
 */
#include "agree.h"

#include <string.h>

#include "der/spki.h"
#include "key_crypt.h"

#define X_LEN 32u
#define X_BITS 256u

/* The u of all points whose order divides 8, on the curve and its twist, and
 * the forms above p that stand for them: exactly these give zeros. */
static const uint8_t low_order[][X_LEN] = {
	{ 0 },
	{ 1 },
	{ 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
	    0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
	    0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
	{ 0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
	    0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
	    0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57 },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
};

/* RFC 7748 5: the top bit does not count. Public, so not constant time. */
static bool
is_low_order(const uint8_t peer[X_LEN])
{
	uint8_t u[X_LEN];

	memcpy(u, peer, sizeof(u));
	u[X_LEN - 1] &= 0x7f;
	for (size_t i = 0; i < BTZ_COUNT(low_order); i++)
		if (memcmp(u, low_order[i], sizeof(u)) == 0)
			return true;
	return false;
}

static bool
all_zero(const uint8_t *p, size_t len)
{
	uint8_t any = 0;

	while (len-- > 0)
		any |= *p++;
	return any == 0;
}

static enum btz_rc
x_object(struct btz_span scalar, const uint8_t *pub, TEE_ObjectHandle *out)
{
	TEE_Attribute a[2];

	if (TEE_AllocateTransientObject(TEE_TYPE_X25519_KEYPAIR, X_BITS, out) !=
	    TEE_SUCCESS)
		return BTZ_E_NOMEM;
	TEE_InitRefAttribute(
	    &a[0], TEE_ATTR_X25519_PRIVATE_VALUE, scalar.p, scalar.len);
	TEE_InitRefAttribute(&a[1], TEE_ATTR_X25519_PUBLIC_VALUE, pub, X_LEN);
	if (TEE_PopulateTransientObject(*out, a, 2) == TEE_SUCCESS)
		return BTZ_OK;
	TEE_FreeTransientObject(*out);
	*out = TEE_HANDLE_NULL;
	return BTZ_E_KEY_BLOB;
}

static enum btz_rc
x_derive(TEE_ObjectHandle key, const uint8_t *peer, uint8_t *z)
{
	TEE_OperationHandle op;
	TEE_ObjectHandle secret;
	TEE_Attribute a;
	size_t len = X_LEN;
	enum btz_rc rc = BTZ_E_INTERNAL;

	if (TEE_AllocateOperation(
		&op, TEE_ALG_X25519, TEE_MODE_DERIVE, X_BITS) != TEE_SUCCESS)
		return BTZ_E_NOMEM;
	if (TEE_AllocateTransientObject(
		TEE_TYPE_GENERIC_SECRET, X_BITS, &secret) != TEE_SUCCESS) {
		TEE_FreeOperation(op);
		return BTZ_E_NOMEM;
	}
	TEE_InitRefAttribute(&a, TEE_ATTR_X25519_PUBLIC_VALUE, peer, X_LEN);
	if (TEE_SetOperationKey(op, key) == TEE_SUCCESS) {
		TEE_DeriveKey(op, &a, 1, secret);
		if (TEE_GetObjectBufferAttribute(secret, TEE_ATTR_SECRET_VALUE,
			z, &len) == TEE_SUCCESS &&
		    len == X_LEN)
			rc = BTZ_OK;
	}
	TEE_FreeTransientObject(secret);
	TEE_FreeOperation(op);
	return rc;
}

static enum btz_rc
x_agree(
    struct btz_span scalar, const uint8_t *pub, const uint8_t *peer, uint8_t *z)
{
	TEE_ObjectHandle key;
	enum btz_rc rc = x_object(scalar, pub, &key);

	if (rc != BTZ_OK)
		return rc;
	rc = x_derive(key, peer, z);
	TEE_FreeTransientObject(key);
	return rc;
}

enum btz_rc
ta_x25519_draw(uint8_t alg, uint16_t bits, struct ta_parts *out)
{
	TEE_ObjectHandle key;
	uint8_t pub[X_LEN];
	size_t n = X_LEN, m = X_LEN;
	struct btz_wr wr;
	enum btz_rc rc = BTZ_E_INTERNAL;

	if (bits != 0)
		return BTZ_E_INVAL;
	if (TEE_AllocateTransientObject(
		TEE_TYPE_X25519_KEYPAIR, X_BITS, &key) != TEE_SUCCESS)
		return BTZ_E_NOMEM;
	btz_wr_init(&wr, out->spki, sizeof(out->spki));
	if (TEE_GenerateKey(key, X_BITS, NULL, 0) == TEE_SUCCESS &&
	    TEE_GetObjectBufferAttribute(key, TEE_ATTR_X25519_PRIVATE_VALUE,
		out->secret, &n) == TEE_SUCCESS &&
	    TEE_GetObjectBufferAttribute(
		key, TEE_ATTR_X25519_PUBLIC_VALUE, pub, &m) == TEE_SUCCESS &&
	    n == X_LEN && m == X_LEN) {
		btz_spki_put(&wr, alg, pub);
		rc = BTZ_OK;
	}
	TEE_FreeTransientObject(key);
	out->secret_len = n;
	out->spki_len = wr.len;
	return rc;
}

enum btz_rc
ta_x25519_load(struct ta_key *k, struct btz_span secret, struct btz_span spki)
{
	static const uint8_t base[X_LEN] = { 9 };
	uint8_t own[X_LEN];
	struct btz_span bits;
	enum btz_rc rc;

	if (secret.len != X_LEN || !btz_spki_bits(k->alg, spki, &bits))
		return BTZ_E_KEY_BLOB;
	memcpy(k->point, bits.p, X_LEN);
	rc = x_agree(secret, k->point, base, own);
	if (rc == BTZ_OK && memcmp(own, k->point, X_LEN) != 0)
		rc = BTZ_E_KEY_BLOB;
	return rc == BTZ_OK ? ta_keys_hold(k, secret) : rc;
}

static enum btz_rc
agree_x(const struct ta_key *k, struct btz_span peer, uint8_t *z)
{
	enum btz_rc rc;

	if (peer.len != X_LEN || is_low_order(peer.p))
		return BTZ_E_INVAL;
	rc = x_agree(
	    btz_span_of(k->secret, k->secret_len), k->point, peer.p, z);
	return rc == BTZ_OK && all_zero(z, X_LEN) ? BTZ_E_INVAL : rc;
}

/* SP 800-56A 5.6.2.3.3; the cofactors are 1. */
static enum btz_rc
agree_ec(const struct ta_key *k, struct btz_span peer, uint8_t *z)
{
	const size_t coord = k->ec->secret;

	if (peer.len != k->ec->pub || peer.p[0] != 0x04 ||
	    !ta_ec_on_curve(coord, peer.p + 1, peer.p + 1 + coord))
		return BTZ_E_INVAL;
	return k->ec->agree(k->ec, k->key, peer.p, z);
}

enum btz_rc
ta_crypt_agree(const struct ta_key *k, const struct btz_ta_key_crypt *rq,
    struct btz_wr *out)
{
	const size_t len = (btz_alg_bits(k->alg) + 7) / 8;
	uint8_t *to = ta_crypt_room(out, len);
	enum btz_rc rc;

	if (to == NULL)
		return BTZ_E_TOOBIG;
	rc = k->ec == NULL ? agree_x(k, rq->input, to)
			   : agree_ec(k, rq->input, to);
	if (rc == BTZ_OK)
		out->len += len;
	else
		btz_wipe(to, len);
	return rc;
}
