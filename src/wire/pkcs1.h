/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkcs1.h - the padding of RSAES-PKCS1-v1_5 (RFC 8017 7.2) taken off without
 * telling whether it was one: a padding that is none gives a message that
 * depends on the key and the ciphertext only (implicit rejection,
 * draft-irtf-cfrg-rsa-guidance 7; bit for bit what OpenSSL 3.2 gives). No branch
 * and no address depends on what was decrypted. docs/decisions/0027.
 */
#ifndef BTZ_WIRE_PKCS1_H
#define BTZ_WIRE_PKCS1_H

#include "wire/cursor.h"

#define BTZ_PKCS1_MAX 512u    /* bytes of a modulus */
#define BTZ_PKCS1_PADDING 11u /* a message is that much shorter */

/* HMAC-SHA-256 of in, under a secret of this key and this ciphertext. Where the
 * private exponent d can be had: HMAC-SHA-256(SHA-256(d), ciphertext), both as
 * long as the modulus. */
typedef bool btz_pkcs1_prf(void *arg, struct btz_span in, uint8_t out[32]);

struct btz_pkcs1 { /* the caller wipes it */
	/* k bytes, what RSA gave, leading zeros and all; then the message */
	uint8_t em[BTZ_PKCS1_MAX];
	size_t k;
	uint8_t alt[BTZ_PKCS1_MAX + 32];
};

/* *len is that of the message in p->em. False: prf failed, or a k that no
 * modulus has. */
bool btz_pkcs1_open(struct btz_pkcs1 *p, btz_pkcs1_prf *prf, void *arg,
    size_t *len) BTZ_MUST_CHECK;

#endif
