/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_ec.c - NIST curves, Ed25519 and X25519 (GP Internal Core API 6.7 to
 * 6.9), and which of them or RSA signs. */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "object.h"

static const struct curve {
	uint32_t id;
	uint32_t bits;
	size_t coord;
	const char *group;
} curves[] = {
	{ TEE_ECC_CURVE_NIST_P256, 256, 32, "prime256v1" },
	{ TEE_ECC_CURVE_NIST_P384, 384, 48, "secp384r1" },
	{ TEE_ECC_CURVE_NIST_P521, 521, 66, "secp521r1" },
};

static const struct curve *
curve_of(const struct __TEE_ObjectHandle *o)
{
	return &curves[o->coord == 66 ? 2 : o->coord == 48 ? 1 : 0];
}

static bool
is_ed25519(uint32_t type)
{
	return type == TEE_TYPE_ED25519_KEYPAIR ||
	       type == TEE_TYPE_ED25519_PUBLIC_KEY;
}

/* Of an object of a curve: must be among the attributes. */
bool
hostkit_ec_curve(
    struct __TEE_ObjectHandle *o, const TEE_Attribute *a, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (a[i].attributeID != TEE_ATTR_ECC_CURVE)
			continue;
		for (size_t k = 0; k < sizeof(curves) / sizeof(curves[0]); k++)
			if (curves[k].id == a[i].content.value.a) {
				o->coord = curves[k].coord;
				return curves[k].bits <= o->max_bits;
			}
		return false;
	}
	return !hostkit_is_ec(o->type);
}

EVP_PKEY *
hostkit_pkey(const char *type, const OSSL_PARAM *params, int which)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(
		ctx, &pkey, which, (OSSL_PARAM *)(uintptr_t)params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static bool
make_curve(struct __TEE_ObjectHandle *o)
{
	const size_t coord = o->coord;
	uint8_t point[1 + 2 * HOSTKIT_COORD_MAX] = { 4 };
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	BIGNUM *d = NULL;
	bool priv = o->secret_len > 0, ok;

	memcpy(point + 1, o->x, coord);
	memcpy(point + 1 + coord, o->y, coord);
	ok = bld != NULL &&
	     OSSL_PARAM_BLD_push_utf8_string(
		 bld, OSSL_PKEY_PARAM_GROUP_NAME, curve_of(o)->group, 0) == 1 &&
	     OSSL_PARAM_BLD_push_octet_string(
		 bld, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * coord) == 1;
	if (ok && priv) {
		d = BN_secure_new();
		ok = d != NULL && BN_bin2bn(o->secret, (int)coord, d) != NULL &&
		     OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) ==
			 1;
	}
	if (ok && (params = OSSL_PARAM_BLD_to_param(bld)) != NULL)
		o->pkey = hostkit_pkey("EC", params,
		    priv ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_clear_free(d);
	return o->pkey != NULL;
}

/* A public key of Ed25519 that is no point shows when it verifies. */
bool
hostkit_ec_make(struct __TEE_ObjectHandle *o)
{
	const int id = is_ed25519(o->type) ? EVP_PKEY_ED25519 : EVP_PKEY_X25519;

	if (hostkit_is_ec(o->type))
		return make_curve(o);
	if (o->secret_len > 0)
		o->pkey = EVP_PKEY_new_raw_private_key(id, NULL, o->secret, 32);
	else
		o->pkey = EVP_PKEY_new_raw_public_key(id, NULL, o->x, 32);
	return o->pkey != NULL || is_ed25519(o->type);
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
generate_25519(struct __TEE_ObjectHandle *o, uint32_t bits, uint32_t n)
{
	size_t len = 32;

	if (bits != 256 || n != 0)
		return TEE_ERROR_NOT_SUPPORTED;
	o->pkey = EVP_PKEY_Q_keygen(
	    NULL, NULL, is_ed25519(o->type) ? "ED25519" : "X25519");
	if (o->pkey == NULL ||
	    EVP_PKEY_get_raw_private_key(o->pkey, o->secret, &len) != 1 ||
	    EVP_PKEY_get_raw_public_key(o->pkey, o->x, &len) != 1)
		hostkit_panic("key generation");
	o->secret_len = len;
	return TEE_SUCCESS;
}

TEE_Result
hostkit_ec_generate(struct __TEE_ObjectHandle *o, uint32_t bits,
    const TEE_Attribute *params, uint32_t n)
{
	if (o->type == TEE_TYPE_ED25519_KEYPAIR ||
	    o->type == TEE_TYPE_X25519_KEYPAIR)
		return generate_25519(o, bits, n);
	if (!hostkit_is_ec(o->type) || n != 1 ||
	    !hostkit_ec_curve(o, params, n) || bits != curve_of(o)->bits)
		return TEE_ERROR_NOT_SUPPORTED;
	o->pkey = EVP_EC_gen(curve_of(o)->group);
	if (o->pkey == NULL ||
	    !get_number(
		o->pkey, OSSL_PKEY_PARAM_PRIV_KEY, o->secret, o->coord) ||
	    !get_number(o->pkey, OSSL_PKEY_PARAM_EC_PUB_X, o->x, o->coord) ||
	    !get_number(o->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, o->y, o->coord))
		hostkit_panic("EC key generation");
	o->secret_len = o->coord;
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
		hostkit_panic("sign");
	return TEE_SUCCESS;
}

TEE_Result
hostkit_ec_sign(TEE_OperationHandle op, const void *digest, size_t digest_len,
    void *sig, size_t *sig_len)
{
	EVP_PKEY_CTX *ctx;
	uint8_t der[144];
	const size_t coord = op->key.coord;
	size_t len = sizeof(der);
	bool ok;

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
		hostkit_panic("sign");
	*sig_len = 2 * coord;
	return TEE_SUCCESS;
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
hostkit_ec_verify(TEE_OperationHandle op, const void *digest, size_t digest_len,
    const void *sig, size_t sig_len)
{
	EVP_PKEY_CTX *ctx;
	uint8_t der[144];
	int len;
	bool ok;

	if (is_ed25519(op->key.type))
		return verify_ed25519(op, digest, digest_len, sig, sig_len)
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

TEE_Result
TEE_AsymmetricSignDigest(TEE_OperationHandle op, const TEE_Attribute *params,
    uint32_t n, const void *digest, size_t digest_len, void *sig,
    size_t *sig_len)
{
	hostkit_expect(op, HOSTKIT_SIGNATURE, TEE_MODE_SIGN, false);
	return hostkit_is_rsa(op->key.type)
		   ? hostkit_rsa_sign(
			 op, params, n, digest, digest_len, sig, sig_len)
		   : hostkit_ec_sign(op, digest, digest_len, sig, sig_len);
}

TEE_Result
TEE_AsymmetricVerifyDigest(TEE_OperationHandle op, const TEE_Attribute *params,
    uint32_t n, const void *digest, size_t digest_len, const void *sig,
    size_t sig_len)
{
	hostkit_expect(op, HOSTKIT_SIGNATURE, TEE_MODE_VERIFY, false);
	return hostkit_is_rsa(op->key.type)
		   ? hostkit_rsa_verify(
			 op, params, n, digest, digest_len, sig, sig_len)
		   : hostkit_ec_verify(op, digest, digest_len, sig, sig_len);
}

static bool
all_zero(const uint8_t *p, size_t len)
{
	uint8_t any = 0;

	while (len-- > 0)
		any |= *p++;
	return any == 0;
}

static bool
peer_attr(struct __TEE_ObjectHandle *peer, const TEE_Attribute *a)
{
	const bool x = a->attributeID == TEE_ATTR_ECC_PUBLIC_VALUE_X ||
		       a->attributeID == TEE_ATTR_X25519_PUBLIC_VALUE;
	const size_t n = a->content.ref.length;
	uint8_t *to = x ? peer->x : peer->y;

	if ((!x && a->attributeID != TEE_ATTR_ECC_PUBLIC_VALUE_Y) ||
	    n > peer->coord)
		return false;
	memset(to, 0, peer->coord - n);
	memcpy(to + peer->coord - n, a->content.ref.buffer, n);
	return true;
}

/* The peer's point is in the parameters. Returns nothing, so whatever is wrong
 * with it panics: off the curve, or a shared secret of zeros of X25519 (RFC 7748
 * 6.1; the x of a point of the other curves may be zero). */
void
TEE_DeriveKey(TEE_OperationHandle op, const TEE_Attribute *params, uint32_t n,
    TEE_ObjectHandle derived)
{
	struct __TEE_ObjectHandle peer = { .coord = op->key.coord };
	EVP_PKEY_CTX *ctx;
	size_t len = op->key.coord;

	hostkit_expect(op, HOSTKIT_DERIVATION, TEE_MODE_DERIVE, false);
	if (derived->set || derived->type != TEE_TYPE_GENERIC_SECRET ||
	    derived->max_bits < 8 * op->key.coord)
		hostkit_panic("derive: object");
	peer.type = hostkit_is_ec(op->key.type) ? TEE_TYPE_ECDH_PUBLIC_KEY
						: TEE_TYPE_X25519_PUBLIC_KEY;
	for (uint32_t i = 0; i < n; i++)
		if (!peer_attr(&peer, &params[i]))
			hostkit_panic("derive: attribute");
	if (!hostkit_ec_make(&peer))
		hostkit_panic("derive: not a point of the curve");
	ctx = EVP_PKEY_CTX_new(op->key.pkey, NULL);
	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, peer.pkey) != 1 ||
	    EVP_PKEY_derive(ctx, derived->secret, &len) != 1 ||
	    (!hostkit_is_ec(op->key.type) && all_zero(derived->secret, len)))
		hostkit_panic("derive");
	derived->secret_len = len;
	derived->set = true;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer.pkey);
}
