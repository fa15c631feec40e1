/* SPDX-License-Identifier: Apache-2.0 */
/* rsa.h - the family of RSA (family.h); OAEP: key_crypt.h. */
#ifndef BTZ_TA_RSA_H
#define BTZ_TA_RSA_H

#include "family.h"

#define TA_RSA_SIGS                                                            \
	(1u << BTZ_SIG_RSA_PKCS1_SHA256 | 1u << BTZ_SIG_RSA_PKCS1_SHA384 |     \
	    1u << BTZ_SIG_RSA_PKCS1_SHA512 | 1u << BTZ_SIG_RSA_PSS_SHA256 |    \
	    1u << BTZ_SIG_RSA_PSS_SHA384 | 1u << BTZ_SIG_RSA_PSS_SHA512)

/* Takes the TEE seconds (an emulated one: a minute), and nothing else runs. */
enum btz_rc ta_rsa_draw(
    uint8_t alg, uint16_t bits, struct ta_parts *out) BTZ_MUST_CHECK;
enum btz_rc ta_rsa_load(struct ta_key *k, struct btz_span secret,
    struct btz_span spki) BTZ_MUST_CHECK;
/* Verified before it is given out: one with a fault in it gives the key away
 * (Boneh, DeMillo, Lipton 1997). */
enum btz_rc ta_rsa_sign(const struct ta_key *k, uint16_t alg,
    struct btz_span digest, struct btz_wr *out) BTZ_MUST_CHECK;

#endif
