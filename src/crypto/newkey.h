/* SPDX-License-Identifier: Apache-2.0 */
/*
 * newkey.h - what generate, import and restore share: a description of a key
 * that outlives its frame, the quota, the row.
 */
#ifndef BTZ_CRYPTO_NEWKEY_H
#define BTZ_CRYPTO_NEWKEY_H

#include "crypto/keystore.h"
#include "crypto/lease.h"

struct btz_newkey {
	struct btz_generate g; /* spans point below */
	uint8_t label[BTZ_LABEL_MAX];
	uint8_t constraints[BTZ_CONSTRAINTS_MAX];
	uint8_t labels[BTZ_LABELS_MAX];
	uint8_t app_data[BTZ_APP_DATA_MAX];
};

/* The spans are copied; the lengths are those of a decoded message. */
void btz_newkey_keep(struct btz_newkey *n, const struct btz_generate *g);
/* BTZ_E_KEYS_MAX. Asked before the record and again when the key is there:
 * requests that came one after the other all saw the same count. */
BTZ_MUST_CHECK enum btz_rc btz_newkey_quota(
    struct btz_core *core, const struct btz_leased *l, struct btz_err *err);
/* Counts again and stores. *row borrows from l, g and key. */
BTZ_MUST_CHECK enum btz_rc btz_newkey_store(struct btz_core *core,
    const struct btz_leased *l, const struct btz_generate *g,
    const struct btz_backend_key *key, struct btz_key_row *row,
    struct btz_err *err);
/* The same as one step of a change that the caller began and finishes
 * (btz_keystore_begin). */
BTZ_MUST_CHECK enum btz_rc btz_newkey_put(struct btz_core *core,
    const struct btz_leased *l, const struct btz_generate *g,
    const struct btz_backend_key *key, struct btz_key_row *row,
    struct btz_err *err);
/* What the next version of the key is made of: its policy may have become
 * narrower since the last one was sealed. Borrows from row. */
struct btz_generate btz_newkey_again(const struct btz_key_row *row);
/* A key that was made and surely not stored (rc: why) is given back to its
 * backend, whose room for keys is small. After an I/O error it is kept: the row
 * may be there after a crash. */
void btz_newkey_drop(
    struct btz_core *core, const struct btz_backend_key *key, enum btz_rc rc);

#endif
