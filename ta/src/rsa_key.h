/* SPDX-License-Identifier: Apache-2.0 */
/* rsa_key.h - the numbers of RSAPrivateKey (RFC 8017 A.1.2). */
#ifndef BTZ_TA_RSA_KEY_H
#define BTZ_TA_RSA_KEY_H

#include "wire/cursor.h"

#define TA_RSA_MAX 512u /* bytes of a modulus */
#define TA_RSA_NUMBERS 8u

struct ta_rsa { /* n, e, d, p, q, dp, dq, qinv: without leading zeros */
	struct btz_span v[TA_RSA_NUMBERS];
};
enum { TA_RSA_N, TA_RSA_E, TA_RSA_D, TA_RSA_P, TA_RSA_Q };

/* Two-prime form and nothing behind it; borrows from in. */
bool ta_rsa_read(struct btz_span in, struct ta_rsa *out) BTZ_MUST_CHECK;
void ta_rsa_write(struct btz_wr *wr, const struct ta_rsa *k);
/* Sizes as FIPS 186-5 A.1.1 wants them, n = p * q, all odd. Not whether d and
 * the rest belong to it: a signature shows that, and each is verified. */
bool ta_rsa_sound(const struct ta_rsa *k, size_t bits) BTZ_MUST_CHECK;

#endif
