/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shamir.h - a secret split k-of-n (Shamir 1979), byte by byte over GF(2^8)
 * with the polynomial of AES. Multiplication takes the same time whatever the
 * numbers, without tables. Fewer than k shares say nothing about the secret; a
 * wrong one gives a wrong secret: the caller checks what comes out.
 */
#ifndef BTZ_PRIM_SHAMIR_H
#define BTZ_PRIM_SHAMIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BTZ_SHAMIR_MAX 16u	  /* shares */
#define BTZ_SHAMIR_SECRET_MAX 64u /* bytes */

/* 2 <= k <= n <= BTZ_SHAMIR_MAX, len <= BTZ_SHAMIR_SECRET_MAX. Share i has the
 * number i + 1 and lies at shares + i * len. False: numbers out of range. */
bool btz_shamir_split(const uint8_t *secret, size_t len, unsigned k, unsigned n,
    uint8_t *shares) __attribute__((warn_unused_result));
/* From k shares; numbers[i] is the number of the one at shares + i * len.
 * False: numbers out of range, zero or twice. */
bool btz_shamir_join(const uint8_t *numbers, const uint8_t *shares, size_t len,
    unsigned k, uint8_t *secret) __attribute__((warn_unused_result));

#endif
