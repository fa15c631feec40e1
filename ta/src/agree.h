/* SPDX-License-Identifier: Apache-2.0 */
/* agree.h - the family of X25519 (family.h); agreement: key_crypt.h. */
#ifndef BTZ_TA_AGREE_H
#define BTZ_TA_AGREE_H

#include "family.h"

enum btz_rc ta_x25519_draw(
    uint8_t alg, uint16_t bits, struct ta_parts *out) BTZ_MUST_CHECK;
/* One derivation tells whether the public key belongs to the scalar. */
enum btz_rc ta_x25519_load(struct ta_key *k, struct btz_span secret,
    struct btz_span spki) BTZ_MUST_CHECK;

#endif
