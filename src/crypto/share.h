/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share.h - which application may use a key of another one, and for what: the
 * store's grants in memory, so that a signature asks no database.
 */
#ifndef BTZ_CRYPTO_SHARE_H
#define BTZ_CRYPTO_SHARE_H

#include "crypto/core.h"
#include "crypto/keystore.h"

#define BTZ_SHARES_MAX 4096u

/* All that the store has. BTZ_E_NOMEM, or what the store says. */
BTZ_MUST_CHECK enum btz_rc btz_shares_new(
    struct btz_keystore *ks, struct btz_shares **out, struct btz_err *err);
void btz_shares_free(struct btz_shares *s); /* NULL is fine */
/* As in the store, where it must be already; BTZ_E_QUOTA: too many. */
BTZ_MUST_CHECK enum btz_rc btz_shares_set(
    struct btz_shares *s, const struct btz_share *m, struct btz_err *err);
/* Is there room for one more? */
bool btz_shares_room(const struct btz_shares *s);
void btz_shares_drop(struct btz_shares *s, const uint8_t id[BTZ_ID_LEN]);
/* enum btz_use bits; s NULL: none. */
uint32_t btz_shares_uses(const struct btz_shares *s,
    const uint8_t id[BTZ_ID_LEN], const char *application);

/* Those of one key as key_info has them, for who may know. The span borrows
 * from buf. */
struct btz_span btz_shares_of(const struct btz_shares *s,
    const uint8_t id[BTZ_ID_LEN], uint8_t buf[BTZ_SHARES_TEXT_MAX]);

#endif
