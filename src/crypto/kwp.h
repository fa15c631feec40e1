/* SPDX-License-Identifier: Apache-2.0 */
/* kwp.h - AES Key Wrap with Padding (RFC 5649) under an AES-256 key, the way
 * back. Of our own: LibreSSL has only the form without padding. */
#ifndef BTZ_CRYPTO_KWP_H
#define BTZ_CRYPTO_KWP_H

#include "base/err.h"
#include "wire/cursor.h"

#define BTZ_KWP_KEK_LEN 32u

/* out holds in.len - 8 bytes; *len of them are the secret. BTZ_E_SIGNATURE: not
 * wrapped under this key; nothing else is said, and out is wiped. */
BTZ_MUST_CHECK enum btz_rc btz_kwp_unwrap(const uint8_t kek[BTZ_KWP_KEK_LEN],
    struct btz_span in, uint8_t *out, size_t *len, struct btz_err *err);

#endif
