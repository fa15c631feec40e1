/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unwrap.h - what came wrapped for an RSA key of this backend, whose private
 * part opens it where it lives: RSA-OAEP-SHA256(AES-256 key) || AES-KWP(...)
 * (RFC 5649).
 */
#ifndef BTZ_CRYPTO_UNWRAP_H
#define BTZ_CRYPTO_UNWRAP_H

#include "crypto/lease.h"

/* May this lease have that key unwrap? It needs the usage DECRYPT. Everything
 * that DECRYPT would answer. */
BTZ_MUST_CHECK enum btz_rc btz_unwrap_judge(struct btz_core *core,
    const struct btz_leased *l, const uint8_t id[BTZ_ID_LEN],
    struct btz_err *err);
/* out has room for in.len bytes; what is not secret there is wiped.
 * BTZ_E_SIGNATURE: not wrapped for it. */
BTZ_MUST_CHECK enum btz_rc btz_unwrap(struct btz_core *core,
    const struct btz_leased *l, const uint8_t id[BTZ_ID_LEN],
    struct btz_span in, uint8_t *out, size_t *len, struct btz_err *err);

#endif
