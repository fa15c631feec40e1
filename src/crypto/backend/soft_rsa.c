/* SPDX-License-Identifier: Apache-2.0 */
/* soft_rsa.c - the check of an imported RSA key; contract in soft_rsa.h. */
#define OPENSSL_SUPPRESS_DEPRECATED /* RSA_get0_*: what LibreSSL has too */
#include "crypto/backend/soft_rsa.h"

#include <openssl/bn.h>
#include <openssl/rsa.h>

struct numbers {
	const BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *qinv;
	BN_CTX *ctx;
	BIGNUM *t, *p1, *u; /* scratch */
};

/* FIPS 186-5 A.1.1: p of half the bits, 2^16 < e < 2^256, odd. */
static bool
sizes_ok(const struct numbers *k, unsigned bits)
{
	return BN_num_bits(k->n) == (int)bits &&
	       BN_num_bits(k->p) == (int)bits / 2 &&
	       BN_num_bits(k->q) == (int)bits / 2 && BN_cmp(k->p, k->q) != 0 &&
	       BN_is_odd(k->e) && BN_num_bits(k->e) >= 17 &&
	       BN_num_bits(k->e) <= 256 && !BN_is_negative(k->d) &&
	       BN_cmp(k->d, k->n) < 0;
}

/* Of one prime: d * e = 1 and dp = d mod p - 1, and 2^(p-1) = 1 mod p. */
static bool
prime_ok(const struct numbers *k, const BIGNUM *p, const BIGNUM *dp)
{
	return BN_copy(k->p1, p) != NULL && BN_sub_word(k->p1, 1) > 0 &&
	       BN_mod_mul(k->t, k->d, k->e, k->p1, k->ctx) > 0 &&
	       BN_is_one(k->t) && BN_nnmod(k->t, k->d, k->p1, k->ctx) > 0 &&
	       BN_cmp(k->t, dp) == 0 && BN_set_word(k->u, 2) > 0 &&
	       BN_is_odd(p) &&
	       BN_mod_exp_mont_consttime(k->t, k->u, k->p1, p, k->ctx, NULL) >
		   0 &&
	       BN_is_one(k->t);
}

static bool
sound(const struct numbers *k, unsigned bits)
{
	return sizes_ok(k, bits) && BN_mul(k->t, k->p, k->q, k->ctx) > 0 &&
	       BN_cmp(k->t, k->n) == 0 && prime_ok(k, k->p, k->dp) &&
	       prime_ok(k, k->q, k->dq) &&
	       BN_mod_mul(k->t, k->q, k->qinv, k->p, k->ctx) > 0 &&
	       BN_is_one(k->t) && BN_cmp(k->qinv, k->p) < 0;
}

bool
btz_soft_rsa_sound(EVP_PKEY *pkey, unsigned bits)
{
	RSA *rsa = EVP_PKEY_get1_RSA(pkey);
	struct numbers k = { .ctx = BN_CTX_new(),
		.t = BN_new(),
		.p1 = BN_new(),
		.u = BN_new() };
	bool ok = false;

	if (rsa != NULL && k.ctx != NULL && k.t != NULL && k.p1 != NULL &&
	    k.u != NULL) {
		RSA_get0_key(rsa, &k.n, &k.e, &k.d);
		RSA_get0_factors(rsa, &k.p, &k.q);
		RSA_get0_crt_params(rsa, &k.dp, &k.dq, &k.qinv);
		ok = k.n != NULL && k.e != NULL && k.d != NULL && k.p != NULL &&
		     k.q != NULL && k.dp != NULL && k.dq != NULL &&
		     k.qinv != NULL && sound(&k, bits);
	}
	BN_clear_free(k.t);
	BN_clear_free(k.p1);
	BN_clear_free(k.u);
	BN_CTX_free(k.ctx);
	RSA_free(rsa);
	return ok;
}
