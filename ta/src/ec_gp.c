/* SPDX-License-Identifier: Apache-2.0 */
/* ec_gp.c - the NIST curves by TEE_*; contract in ec.h and ec_rows.h. */
#include "ec_rows.h"

#include <string.h>

#define COORD_MAX 66u

struct ta_curve {
	uint32_t bits, id, ecdsa, ecdh;
	size_t coord;
	const uint8_t *base_x, *base_y;
};

/* The generators (SEC 2, 2.4.2, 2.5.1 and 2.6.1). */
static const uint8_t p256_x[] = { 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42,
	0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d,
	0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2,
	0x96 };
static const uint8_t p256_y[] = { 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f,
	0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
	0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51,
	0xf5 };
static const uint8_t p384_x[] = { 0xaa, 0x87, 0xca, 0x22, 0xbe, 0x8b, 0x05,
	0x37, 0x8e, 0xb1, 0xc7, 0x1e, 0xf3, 0x20, 0xad, 0x74, 0x6e, 0x1d, 0x3b,
	0x62, 0x8b, 0xa7, 0x9b, 0x98, 0x59, 0xf7, 0x41, 0xe0, 0x82, 0x54, 0x2a,
	0x38, 0x55, 0x02, 0xf2, 0x5d, 0xbf, 0x55, 0x29, 0x6c, 0x3a, 0x54, 0x5e,
	0x38, 0x72, 0x76, 0x0a, 0xb7 };
static const uint8_t p384_y[] = { 0x36, 0x17, 0xde, 0x4a, 0x96, 0x26, 0x2c,
	0x6f, 0x5d, 0x9e, 0x98, 0xbf, 0x92, 0x92, 0xdc, 0x29, 0xf8, 0xf4, 0x1d,
	0xbd, 0x28, 0x9a, 0x14, 0x7c, 0xe9, 0xda, 0x31, 0x13, 0xb5, 0xf0, 0xb8,
	0xc0, 0x0a, 0x60, 0xb1, 0xce, 0x1d, 0x7e, 0x81, 0x9d, 0x7a, 0x43, 0x1d,
	0x7c, 0x90, 0xea, 0x0e, 0x5f };

static const uint8_t p521_x[] = { 0x00, 0xc6, 0x85, 0x8e, 0x06, 0xb7, 0x04,
	0x04, 0xe9, 0xcd, 0x9e, 0x3e, 0xcb, 0x66, 0x23, 0x95, 0xb4, 0x42, 0x9c,
	0x64, 0x81, 0x39, 0x05, 0x3f, 0xb5, 0x21, 0xf8, 0x28, 0xaf, 0x60, 0x6b,
	0x4d, 0x3d, 0xba, 0xa1, 0x4b, 0x5e, 0x77, 0xef, 0xe7, 0x59, 0x28, 0xfe,
	0x1d, 0xc1, 0x27, 0xa2, 0xff, 0xa8, 0xde, 0x33, 0x48, 0xb3, 0xc1, 0x85,
	0x6a, 0x42, 0x9b, 0xf9, 0x7e, 0x7e, 0x31, 0xc2, 0xe5, 0xbd, 0x66 };
static const uint8_t p521_y[] = { 0x01, 0x18, 0x39, 0x29, 0x6a, 0x78, 0x9a,
	0x3b, 0xc0, 0x04, 0x5c, 0x8a, 0x5f, 0xb4, 0x2c, 0x7d, 0x1b, 0xd9, 0x98,
	0xf5, 0x44, 0x49, 0x57, 0x9b, 0x44, 0x68, 0x17, 0xaf, 0xbd, 0x17, 0x27,
	0x3e, 0x66, 0x2c, 0x97, 0xee, 0x72, 0x99, 0x5e, 0xf4, 0x26, 0x40, 0xc5,
	0x50, 0xb9, 0x01, 0x3f, 0xad, 0x07, 0x61, 0x35, 0x3c, 0x70, 0x86, 0xa2,
	0x72, 0xc2, 0x40, 0x88, 0xbe, 0x94, 0x76, 0x9f, 0xd1, 0x66, 0x50 };

const struct ta_curve ta_p256 = { 256, TEE_ECC_CURVE_NIST_P256,
	TEE_ALG_ECDSA_P256, TEE_ALG_ECDH_P256, 32, p256_x, p256_y };
const struct ta_curve ta_p384 = { 384, TEE_ECC_CURVE_NIST_P384,
	TEE_ALG_ECDSA_P384, TEE_ALG_ECDH_P384, 48, p384_x, p384_y };
const struct ta_curve ta_p521 = { 521, TEE_ECC_CURVE_NIST_P521,
	TEE_ALG_ECDSA_P521, TEE_ALG_ECDH_P521, 66, p521_x, p521_y };

static bool
get_attr(TEE_ObjectHandle o, uint32_t id, uint8_t *out, size_t coord)
{
	uint8_t buf[COORD_MAX];
	size_t n = coord;

	if (TEE_GetObjectBufferAttribute(o, id, buf, &n) != TEE_SUCCESS)
		return false;
	/* Leading zeros may have been left out. */
	memset(out, 0, coord - n);
	memcpy(out + coord - n, buf, n);
	btz_wipe(buf, sizeof(buf));
	return true;
}

static enum btz_rc
draw(const struct ta_curve *c, uint32_t type, TEE_ObjectHandle *out)
{
	TEE_Attribute curve;

	if (TEE_AllocateTransientObject(type, c->bits, out) != TEE_SUCCESS)
		return BTZ_E_NOMEM;
	TEE_InitValueAttribute(&curve, TEE_ATTR_ECC_CURVE, c->id, 0);
	if (TEE_GenerateKey(*out, c->bits, &curve, 1) == TEE_SUCCESS)
		return BTZ_OK;
	TEE_FreeTransientObject(*out);
	return BTZ_E_INTERNAL;
}

enum btz_rc
ta_ecdsa_generate(const struct ta_ec *e, uint8_t *d, uint8_t *point)
{
	const size_t coord = e->curve->coord;
	TEE_ObjectHandle key;
	enum btz_rc rc = draw(e->curve, TEE_TYPE_ECDSA_KEYPAIR, &key);

	if (rc != BTZ_OK)
		return rc;
	point[0] = 4;
	if (!get_attr(key, TEE_ATTR_ECC_PRIVATE_VALUE, d, coord) ||
	    !get_attr(key, TEE_ATTR_ECC_PUBLIC_VALUE_X, point + 1, coord) ||
	    !get_attr(
		key, TEE_ATTR_ECC_PUBLIC_VALUE_Y, point + 1 + coord, coord))
		rc = BTZ_E_INTERNAL;
	TEE_FreeTransientObject(key);
	return rc;
}

/* Public key, or pair when d is given. */
static enum btz_rc
populate(const struct ta_curve *c, uint32_t type, const uint8_t *d,
    const uint8_t *point, TEE_ObjectHandle *out)
{
	TEE_Attribute a[4];
	uint32_t n = 3;

	if (TEE_AllocateTransientObject(type, c->bits, out) != TEE_SUCCESS)
		return BTZ_E_NOMEM;
	TEE_InitValueAttribute(&a[0], TEE_ATTR_ECC_CURVE, c->id, 0);
	TEE_InitRefAttribute(
	    &a[1], TEE_ATTR_ECC_PUBLIC_VALUE_X, point + 1, c->coord);
	TEE_InitRefAttribute(
	    &a[2], TEE_ATTR_ECC_PUBLIC_VALUE_Y, point + 1 + c->coord, c->coord);
	if (d != NULL)
		TEE_InitRefAttribute(
		    &a[n++], TEE_ATTR_ECC_PRIVATE_VALUE, d, c->coord);
	if (TEE_PopulateTransientObject(*out, a, n) == TEE_SUCCESS)
		return BTZ_OK;
	TEE_FreeTransientObject(*out);
	*out = TEE_HANDLE_NULL;
	return BTZ_E_INVAL;
}

/* z = x of (own * peer); the peer's point is on the curve. */
static enum btz_rc
derive(const struct ta_curve *c, TEE_ObjectHandle own, const uint8_t *x,
    const uint8_t *y, uint8_t *z)
{
	TEE_OperationHandle op;
	TEE_ObjectHandle secret;
	TEE_Attribute a[2];
	enum btz_rc rc = BTZ_E_INTERNAL;

	if (TEE_AllocateOperation(&op, c->ecdh, TEE_MODE_DERIVE, c->bits) !=
	    TEE_SUCCESS)
		return BTZ_E_NOMEM;
	if (TEE_AllocateTransientObject(TEE_TYPE_GENERIC_SECRET,
		(uint32_t)(8 * c->coord), &secret) != TEE_SUCCESS) {
		TEE_FreeOperation(op);
		return BTZ_E_NOMEM;
	}
	TEE_InitRefAttribute(&a[0], TEE_ATTR_ECC_PUBLIC_VALUE_X, x, c->coord);
	TEE_InitRefAttribute(&a[1], TEE_ATTR_ECC_PUBLIC_VALUE_Y, y, c->coord);
	if (TEE_SetOperationKey(op, own) == TEE_SUCCESS) {
		TEE_DeriveKey(op, a, 2, secret);
		if (get_attr(secret, TEE_ATTR_SECRET_VALUE, z, c->coord))
			rc = BTZ_OK;
	}
	TEE_FreeTransientObject(secret);
	TEE_FreeOperation(op);
	return rc;
}

/* x(d * G) is the x of the point; y stands authenticated beside it. */
static enum btz_rc
pair_check(const struct ta_curve *c, const uint8_t *d, const uint8_t *point)
{
	TEE_ObjectHandle key;
	uint8_t x[COORD_MAX];
	enum btz_rc rc = populate(c, TEE_TYPE_ECDH_KEYPAIR, d, point, &key);

	if (rc != BTZ_OK)
		return BTZ_E_KEY_BLOB;
	rc = derive(c, key, c->base_x, c->base_y, x);
	TEE_FreeTransientObject(key);
	if (rc == BTZ_OK && memcmp(x, point + 1, c->coord) != 0)
		rc = BTZ_E_KEY_BLOB;
	return rc;
}

enum btz_rc
ta_ecdsa_load(const struct ta_ec *e, const uint8_t *d, const uint8_t *point,
    TEE_ObjectHandle *key)
{
	enum btz_rc rc = pair_check(e->curve, d, point);

	*key = TEE_HANDLE_NULL;
	if (rc != BTZ_OK)
		return rc;
	return populate(e->curve, TEE_TYPE_ECDSA_KEYPAIR, d, point, key);
}

enum btz_rc
ta_ecdsa_sign(const struct ta_ec *e, TEE_ObjectHandle key,
    struct btz_span digest, uint8_t *rs)
{
	TEE_OperationHandle op;
	size_t len = e->sig_len;
	enum btz_rc rc = BTZ_OK;

	if (digest.len != e->digest)
		return BTZ_E_DIGEST_LEN;
	if (TEE_AllocateOperation(&op, e->curve->ecdsa, TEE_MODE_SIGN,
		e->curve->bits) != TEE_SUCCESS)
		return BTZ_E_NOMEM;
	if (TEE_SetOperationKey(op, key) != TEE_SUCCESS ||
	    TEE_AsymmetricSignDigest(
		op, NULL, 0, digest.p, digest.len, rs, &len) != TEE_SUCCESS ||
	    len != e->sig_len)
		rc = BTZ_E_INTERNAL;
	TEE_FreeOperation(op);
	return rc;
}

enum btz_rc
ta_ecdsa_verify(const struct ta_ec *e, const uint8_t *point,
    struct btz_span digest, const uint8_t *rs)
{
	TEE_OperationHandle op;
	TEE_ObjectHandle key;
	enum btz_rc rc = populate(
	    e->curve, TEE_TYPE_ECDSA_PUBLIC_KEY, NULL, point, &key);

	if (rc != BTZ_OK)
		return rc;
	if (TEE_AllocateOperation(&op, e->curve->ecdsa, TEE_MODE_VERIFY,
		e->curve->bits) != TEE_SUCCESS) {
		TEE_FreeTransientObject(key);
		return BTZ_E_NOMEM;
	}
	if (TEE_SetOperationKey(op, key) != TEE_SUCCESS ||
	    TEE_AsymmetricVerifyDigest(op, NULL, 0, digest.p, digest.len, rs,
		e->sig_len) != TEE_SUCCESS)
		rc = BTZ_E_SIGNATURE;
	TEE_FreeOperation(op);
	TEE_FreeTransientObject(key);
	return rc;
}

/* The object signs: its numbers again, as one of ECDH. */
enum btz_rc
ta_ecdh_agree(const struct ta_ec *e, TEE_ObjectHandle key, const uint8_t *peer,
    uint8_t *z)
{
	const struct ta_curve *c = e->curve;
	uint8_t d[COORD_MAX], point[TA_EC_PUB_MAX] = { 4 };
	TEE_ObjectHandle own;
	enum btz_rc rc = BTZ_E_INTERNAL;

	if (get_attr(key, TEE_ATTR_ECC_PRIVATE_VALUE, d, c->coord) &&
	    get_attr(key, TEE_ATTR_ECC_PUBLIC_VALUE_X, point + 1, c->coord) &&
	    get_attr(key, TEE_ATTR_ECC_PUBLIC_VALUE_Y, point + 1 + c->coord,
		c->coord))
		rc = populate(c, TEE_TYPE_ECDH_KEYPAIR, d, point, &own);
	btz_wipe(d, sizeof(d));
	if (rc != BTZ_OK)
		return BTZ_E_INTERNAL;
	rc = derive(c, own, peer + 1, peer + 1 + c->coord, z);
	TEE_FreeTransientObject(own);
	return rc;
}

enum btz_rc
ta_ecdh_ephemeral(const struct ta_ec *e, const uint8_t *peer_x,
    const uint8_t *peer_y, uint8_t *x, uint8_t *y, uint8_t *z)
{
	TEE_ObjectHandle key;
	enum btz_rc rc = draw(e->curve, TEE_TYPE_ECDH_KEYPAIR, &key);

	if (rc != BTZ_OK)
		return rc;
	if (get_attr(key, TEE_ATTR_ECC_PUBLIC_VALUE_X, x, e->curve->coord) &&
	    get_attr(key, TEE_ATTR_ECC_PUBLIC_VALUE_Y, y, e->curve->coord))
		rc = derive(e->curve, key, peer_x, peer_y, z);
	else
		rc = BTZ_E_INTERNAL;
	TEE_FreeTransientObject(key);
	return rc;
}

enum btz_rc
ta_ecdh(const struct ta_ec *e, const uint8_t *d, const uint8_t *point,
    const uint8_t *peer_x, const uint8_t *peer_y, uint8_t *z)
{
	TEE_ObjectHandle key;
	enum btz_rc rc = populate(
	    e->curve, TEE_TYPE_ECDH_KEYPAIR, d, point, &key);

	if (rc != BTZ_OK)
		return rc;
	rc = derive(e->curve, key, peer_x, peer_y, z);
	TEE_FreeTransientObject(key);
	return rc;
}
