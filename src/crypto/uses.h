/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uses.h - how often a version of a key was used, and the nonces it gives.
 *
 * Numbers are reserved in blocks in the key store, durable before the first of
 * a block is used; a crash loses the rest of a block, never gives one again.
 * Blocks grow with use, so that keys that are used seldom waste little; near a
 * small limit they have one number, and the count is exact. What is reserved
 * is kept for BTZ_USES_KEPT versions, more than there are hot keys: a key that
 * goes cold and comes back goes on in its block.
 *
 * Nonce of 12 bytes: 32 random bits, drawn with each block, || number. The
 * random bits are for an old copy of the store that somebody brings back, and
 * for the same key on another box. AES-CTR: the same || 32 zero bits, so that
 * no two messages (at most BTZ_INPUT_MAX) share a block. CBC: 16 random bytes
 * (SP 800-38A C).
 */
#ifndef BTZ_CRYPTO_USES_H
#define BTZ_CRYPTO_USES_H

#include "crypto/core.h"

struct btz_hotkey;

#define BTZ_USES_BLOCK_MAX 16384u
#define BTZ_USES_EXACT 1024u /* a limit up to this is kept exactly */

#define BTZ_USES_KEPT 1024u

struct btz_uses;

BTZ_MUST_CHECK enum btz_rc btz_uses_new(
    struct btz_uses **out, struct btz_err *err);
void btz_uses_free(struct btz_uses *u); /* NULL is fine */

/* One use of the private part, where the key has a limit (uses_max).
 * BTZ_E_KEY_SPENT: used up; BTZ_E_IO: the store. */
BTZ_MUST_CHECK enum btz_rc btz_uses_count(
    struct btz_core *core, const struct btz_hotkey *k, struct btz_err *err);
/* It was refused with BTZ_E_AGAIN and comes again. */
void btz_uses_uncount(struct btz_core *core, const struct btz_hotkey *k);
/* A nonce for an encryption by alg (btz_crypt_nonce_len bytes), and one use.
 * BTZ_E_KEY_SPENT: all are used up; the key must be rotated. */
BTZ_MUST_CHECK enum btz_rc btz_uses_nonce(struct btz_core *core,
    const struct btz_hotkey *k, uint16_t alg, uint8_t nonce[BTZ_NONCE_MAX],
    struct btz_err *err);
/* Is it time for the next version? Not of an older one, and not where the key
 * is to be used only so often. */
bool btz_uses_near_end(const struct btz_core *core, const struct btz_hotkey *k);

#endif
