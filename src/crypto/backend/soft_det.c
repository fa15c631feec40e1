/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soft_det.c - deterministic ECDSA: the nonce of RFC 6979 3.2, then the
 * signature with it (2.4), which neither libcrypto makes of a given nonce (that
 * of LibreSSL 3.8 has no function for it). Start at btz_soft_sign_det().
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* EC_KEY_*, HMAC_CTX: what both have */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <string.h>

#include "crypto/backend/soft_sign.h"

#define ORDER_MAX 66u /* P-521 */

struct drbg { /* HMAC_DRBG of one signature */
	HMAC_CTX *hmac;
	const EVP_MD *md;
	size_t hlen;
	uint8_t k[BTZ_DIGEST_MAX], v[BTZ_DIGEST_MAX];
};

struct job {
	EC_KEY *ec;
	const EC_GROUP *group;
	size_t len; /* of the order, in bytes */
	BN_CTX *ctx;
	BIGNUM *order, *k, *kinv, *r, *exp;
	EC_POINT *point;
};

/* K = HMAC_K(V || c || more), V = HMAC_K(V) */
static bool
update(struct drbg *d, uint8_t c, struct btz_span more)
{
	return HMAC_Init_ex(d->hmac, d->k, (int)d->hlen, d->md, NULL) > 0 &&
	       HMAC_Update(d->hmac, d->v, d->hlen) > 0 &&
	       HMAC_Update(d->hmac, &c, 1) > 0 &&
	       HMAC_Update(d->hmac, more.p, more.len) > 0 &&
	       HMAC_Final(d->hmac, d->k, NULL) > 0 &&
	       HMAC_Init_ex(d->hmac, d->k, (int)d->hlen, NULL, NULL) > 0 &&
	       HMAC_Update(d->hmac, d->v, d->hlen) > 0 &&
	       HMAC_Final(d->hmac, d->v, NULL) > 0;
}

/* Leftmost bits of the order's length (RFC 6979 2.3.2). */
static bool
bits2int(const struct job *j, const uint8_t *p, size_t len, BIGNUM *out)
{
	const int bits = BN_num_bits(j->order);

	if (len > j->len)
		len = j->len;
	return BN_bin2bn(p, (int)len, out) != NULL &&
	       ((int)(8 * len) <= bits ||
		   BN_rshift(out, out, (int)(8 * len) - bits) > 0);
}

/* int2octets(x) || bits2octets(h1), RFC 6979 2.3.3 and 2.3.4 */
static bool
seed(const struct job *j, struct btz_span digest, uint8_t out[2 * ORDER_MAX])
{
	return BN_bn2binpad(EC_KEY_get0_private_key(j->ec), out, (int)j->len) >
		   0 &&
	       bits2int(j, digest.p, digest.len, j->r) &&
	       (BN_cmp(j->r, j->order) < 0 ||
		   BN_sub(j->r, j->r, j->order) > 0) &&
	       BN_bn2binpad(j->r, out + j->len, (int)j->len) > 0;
}

/* 3.2 a to g */
static bool
begin(struct drbg *d, const struct job *j, struct btz_span digest)
{
	uint8_t in[2 * ORDER_MAX];
	bool ok;

	memset(d->k, 0, sizeof(d->k));
	memset(d->v, 1, sizeof(d->v));
	ok = seed(j, digest, in) && update(d, 0, btz_span_of(in, 2 * j->len)) &&
	     update(d, 1, btz_span_of(in, 2 * j->len));
	btz_wipe(in, sizeof(in));
	return ok;
}

/* 3.2 h: the next candidate; *good: in 1 .. q - 1 */
static bool
next(struct drbg *d, const struct job *j, bool *good)
{
	uint8_t t[ORDER_MAX + BTZ_DIGEST_MAX];
	size_t n = 0;
	bool ok = true;

	while (ok && n < j->len) {
		ok = HMAC_Init_ex(d->hmac, d->k, (int)d->hlen, d->md, NULL) >
			 0 &&
		     HMAC_Update(d->hmac, d->v, d->hlen) > 0 &&
		     HMAC_Final(d->hmac, d->v, NULL) > 0;
		memcpy(t + n, d->v, d->hlen);
		n += d->hlen;
	}
	ok = ok && bits2int(j, t, n, j->k);
	btz_wipe(t, sizeof(t));
	*good = ok && !BN_is_zero(j->k) && BN_cmp(j->k, j->order) < 0;
	return ok;
}

/* r = x of k * G mod q, kinv = k^(q - 2): both in constant time. */
static bool
set_up(const struct job *j)
{
	BN_set_flags(j->k, BN_FLG_CONSTTIME);
	return EC_POINT_mul(j->group, j->point, j->k, NULL, NULL, j->ctx) > 0 &&
	       EC_POINT_get_affine_coordinates(
		   j->group, j->point, j->r, NULL, j->ctx) > 0 &&
	       BN_nnmod(j->r, j->r, j->order, j->ctx) > 0 &&
	       BN_copy(j->exp, j->order) != NULL &&
	       BN_sub_word(j->exp, 2) > 0 &&
	       BN_mod_exp_mont_consttime(
		   j->kinv, j->k, j->exp, j->order, j->ctx, NULL) > 0;
}

/* s = (z + r * d) / k mod q. The private value is only ever multiplied by what
 * a random b blinds, as are sums with it: BN_mod_mul takes time by its values. */
static bool
compute_s(const struct job *j, const BIGNUM *z, BIGNUM *s)
{
	const BIGNUM *q = j->order;
	BIGNUM *b = BN_CTX_get(j->ctx), *t = BN_CTX_get(j->ctx);

	return t != NULL && BN_rand_range(b, q) > 0 && !BN_is_zero(b) &&
	       BN_mod_mul(t, b, j->r, q, j->ctx) > 0 &&
	       BN_mod_mul(t, t, EC_KEY_get0_private_key(j->ec), q, j->ctx) >
		   0 &&
	       BN_mod_mul(s, b, z, q, j->ctx) > 0 &&
	       BN_mod_add(s, s, t, q, j->ctx) > 0 &&
	       BN_mod_mul(s, s, j->kinv, q, j->ctx) > 0 &&
	       BN_mod_inverse(t, b, q, j->ctx) != NULL &&
	       BN_mod_mul(s, s, t, q, j->ctx) > 0;
}

/* Takes r; NULL: failed. The same nonce again, and one of the two with a fault
 * in it, would show the private value: it is verified before it goes out. */
static ECDSA_SIG *
make_sig(struct job *j, struct btz_span digest)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *s = BN_new(), *z;
	bool ok;

	BN_CTX_start(j->ctx);
	z = BN_CTX_get(j->ctx);
	ok = sig != NULL && s != NULL && z != NULL &&
	     bits2int(j, digest.p, digest.len, z) && compute_s(j, z, s) &&
	     !BN_is_zero(s) && ECDSA_SIG_set0(sig, j->r, s) > 0;
	BN_CTX_end(j->ctx);
	if (ok)
		j->r = s = NULL; /* the signature's */
	if (ok && ECDSA_do_verify(digest.p, (int)digest.len, sig, j->ec) == 1)
		return sig;
	BN_clear_free(s);
	ECDSA_SIG_free(sig);
	return NULL;
}

/* NULL: failed, or (*again) another nonce is needed. That s is zero nobody has
 * seen or will see: no signature then. */
static ECDSA_SIG *
sign_once(struct job *j, struct drbg *d, struct btz_span digest, bool *again)
{
	bool good = false;

	*again = false;
	if (!next(d, j, &good) || (good && !set_up(j)))
		return NULL;
	if (good && !BN_is_zero(j->r))
		return make_sig(j, digest);
	*again = update(d, 0, btz_span_of(NULL, 0));
	return NULL;
}

static bool
job_begin(struct job *j, struct btz_softkey *key)
{
	j->ec = btz_soft_ec(key);
	if (j->ec == NULL)
		return false;
	j->group = EC_KEY_get0_group(j->ec);
	j->ctx = BN_CTX_new();
	j->order = BN_new();
	j->k = BN_new();
	j->kinv = BN_new();
	j->r = BN_new();
	j->exp = BN_new();
	j->point = EC_POINT_new(j->group);
	if (j->ctx == NULL || j->order == NULL || j->k == NULL ||
	    j->kinv == NULL || j->r == NULL || j->exp == NULL ||
	    j->point == NULL ||
	    EC_GROUP_get_order(j->group, j->order, j->ctx) <= 0)
		return false;
	j->len = ((size_t)BN_num_bits(j->order) + 7) / 8;
	return j->len <= ORDER_MAX;
}

static void
job_end(struct job *j)
{
	EC_POINT_clear_free(j->point);
	BN_clear_free(j->k);
	BN_clear_free(j->kinv);
	BN_clear_free(j->r);
	BN_free(j->exp);
	BN_free(j->order);
	BN_CTX_free(j->ctx);
}

static bool
put(ECDSA_SIG *sig, uint8_t *out, size_t *n)
{
	const int len = i2d_ECDSA_SIG(sig, NULL);

	if (len <= 0 || (size_t)len > *n || i2d_ECDSA_SIG(sig, &out) != len)
		return false;
	*n = (size_t)len;
	return true;
}

bool
btz_soft_sign_det(struct btz_softkey *key, uint8_t hash_alg,
    struct btz_span digest, uint8_t *out, size_t *n)
{
	struct drbg d = { .hmac = HMAC_CTX_new(),
		.md = btz_soft_md(hash_alg),
		.hlen = btz_hash_len(hash_alg) };
	struct job j = { .ec = NULL };
	ECDSA_SIG *sig = NULL;
	bool again = false, ok;

	if (job_begin(&j, key) && d.hmac != NULL && d.md != NULL &&
	    begin(&d, &j, digest)) {
		sig = sign_once(&j, &d, digest, &again);
		for (int i = 0; again && i < 64; i++)
			sig = sign_once(&j, &d, digest, &again);
	}
	ok = sig != NULL && put(sig, out, n);
	ECDSA_SIG_free(sig);
	job_end(&j);
	HMAC_CTX_free(d.hmac);
	btz_wipe(d.k, sizeof(d.k));
	btz_wipe(d.v, sizeof(d.v));
	return ok;
}
