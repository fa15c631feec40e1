/* SPDX-License-Identifier: Apache-2.0 */
/* kwp.h - AES Key Wrap with Padding (RFC 5649) under an AES-256 key. Of our
 * own: LibreSSL has only the form without padding. */
#ifndef BTZ_CRYPTO_KWP_H
#define BTZ_CRYPTO_KWP_H

#include "base/err.h"
#include "wire/cursor.h"

#define BTZ_KWP_KEK_LEN 32u
#define BTZ_KWP_MORE 15u /* bytes that wrapping adds, at most */

/* out holds in.len - 8 bytes; *len of them are the secret. BTZ_E_SIGNATURE: not
 * wrapped under this key; nothing else is said, and out is wiped. */
BTZ_MUST_CHECK enum btz_rc btz_kwp_unwrap(const uint8_t kek[BTZ_KWP_KEK_LEN],
    struct btz_span in, uint8_t *out, size_t *len, struct btz_err *err);
/* out holds in.len + BTZ_KWP_MORE bytes, *len of them are written. False: in is
 * empty, or libcrypto failed; then nothing is left in out. */
bool btz_kwp_wrap(const uint8_t kek[BTZ_KWP_KEK_LEN], struct btz_span in,
    uint8_t *out, size_t *len) BTZ_MUST_CHECK;

#endif
