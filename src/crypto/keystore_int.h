/* SPDX-License-Identifier: Apache-2.0 */
/* keystore_int.h - the inside of a key store: shared by keystore.c (what is
 * there) and keystore_change.c (what becomes of it). */
#ifndef BTZ_CRYPTO_KEYSTORE_INT_H
#define BTZ_CRYPTO_KEYSTORE_INT_H

#include "base/db.h"
#include "crypto/keystore.h"

struct btz_keystore {
	struct btz_db *db;
	sqlite3_stmt *open; /* of the last get: its row is borrowed */
};

static inline struct btz_span
btz_id_span(const uint8_t id[BTZ_ID_LEN])
{
	return btz_span_of(id, BTZ_ID_LEN);
}

/* Ends the row that was borrowed. */
void btz_keystore_end(struct btz_keystore *ks);
/* Into both tables, in a transaction of the caller's. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_put_key(struct btz_keystore *ks,
    const struct btz_key_row *row, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_keystore_put_version(struct btz_keystore *ks,
    const struct btz_key_row *row, struct btz_err *err);
/* The index over labels, anew. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_tags(struct btz_keystore *ks,
    const uint8_t id[BTZ_ID_LEN], struct btz_span labels, struct btz_err *err);

#endif
