/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soft_sign.h - signatures by a hot key. btz_softkey_sign (softkey.h) is in
 * soft_sign.c; deterministic ECDSA, which libcrypto lacks, in soft_det.c.
 */
#ifndef BTZ_CRYPTO_SOFT_SIGN_H
#define BTZ_CRYPTO_SOFT_SIGN_H

#include "crypto/backend/softkey.h"

const EVP_MD *btz_soft_md(uint8_t hash_alg); /* SHA-2 only; NULL: none */
/* The key for functions that take an EC_KEY; the hot key's. NULL: no memory. */
struct ec_key_st *btz_soft_ec(struct btz_softkey *key);

/* RFC 6979 3.2 with the digest's own hash. *n: room, then the length. */
bool btz_soft_sign_det(struct btz_softkey *key, uint8_t hash_alg,
    struct btz_span digest, uint8_t *out, size_t *n) BTZ_MUST_CHECK;

#endif
