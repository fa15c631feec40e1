/* SPDX-License-Identifier: Apache-2.0 */
/* kek.h - a key in a file of the service, and what is sealed under it. */
#ifndef BTZ_CRYPTO_KEK_H
#define BTZ_CRYPTO_KEK_H

#include "base/err.h"
#include "wire/keyblob.h"

#define BTZ_FILE_KEY_LEN 32u

/* DIR/kek, made when it is missing. BTZ_E_CORRUPT: wrong length or mode. */
BTZ_MUST_CHECK enum btz_rc btz_kek_read(
    const char *dir, uint8_t kek[BTZ_FILE_KEY_LEN], struct btz_err *err);
/* Header of b and secret as a BTZK blob (keyblob.h). */
BTZ_MUST_CHECK enum btz_rc btz_kek_seal(const uint8_t kek[BTZ_FILE_KEY_LEN],
    const struct btz_keyblob *b, struct btz_span secret, struct btz_wr *out,
    struct btz_err *err);
/* out is as long as b->ciphertext. BTZ_E_KEY_BLOB. */
BTZ_MUST_CHECK enum btz_rc btz_kek_open(const uint8_t kek[BTZ_FILE_KEY_LEN],
    const struct btz_keyblob *b, uint8_t *out, struct btz_err *err);

#endif
