/* SPDX-License-Identifier: Apache-2.0 */
/* crypting.h - one decryption and one encryption, judged: what REWRAP shares
 * with DECRYPT (op_decrypt.c) and ENCRYPT (op_encrypt.c). */
#ifndef BTZ_CRYPTO_CRYPTING_H
#define BTZ_CRYPTO_CRYPTING_H

#include "crypto/hot.h"
#include "wire/msg_crypt.h"

/* *k: from btz_keyuse_find; becomes the version that it was in the end. */
BTZ_MUST_CHECK enum btz_rc btz_crypting_decrypt(struct btz_core *core,
    struct btz_hotkey **k, const struct btz_crypt *rq, struct btz_wr *wr,
    struct btz_err *err);
/* *out borrows from wr and, its nonce, until the next call. */
BTZ_MUST_CHECK enum btz_rc btz_crypting_encrypt(struct btz_core *core,
    struct btz_hotkey *k, const struct btz_crypt *rq, struct btz_wr *wr,
    struct btz_crypt_ok *out, struct btz_err *err);

#endif
