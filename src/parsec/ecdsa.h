/* SPDX-License-Identifier: Apache-2.0 */
/* ecdsa.h - ECDSA signatures: r || s of fixed width for Parsec, DER
 * ECDSA-Sig-Value (RFC 3279 2.2.3) for us. RSA signatures pass unchanged. */
#ifndef BTZ_PARSEC_ECDSA_H
#define BTZ_PARSEC_ECDSA_H

#include "wire/cursor.h"

#define BTZ_ECDSA_HALF_MAX 66u

/* Bytes of r for a key algorithm; 0: not one of ECDSA. */
size_t btz_ecdsa_half(uint8_t key_alg);
/* False: not a signature for that width. out has 2 * half bytes. */
bool btz_ecdsa_to_raw(
    struct btz_span der, size_t half, uint8_t *out) BTZ_MUST_CHECK;
/* Any r || s of 2 * half bytes but zero in one of them. */
bool btz_ecdsa_to_der(
    struct btz_span raw, size_t half, struct btz_wr *wr) BTZ_MUST_CHECK;

#endif
