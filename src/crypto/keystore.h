/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystore.h - keys-NAME.db: what is public about each key, and its wrapped
 * private part. Of this process alone. Destroyed keys keep their row (their
 * id never comes back) and lose their blob.
 */
#ifndef BTZ_CRYPTO_KEYSTORE_H
#define BTZ_CRYPTO_KEYSTORE_H

#include "base/err.h"
#include "wire/cursor.h"
#include "wire/limits.h"
#include "wire/msg_generate.h"

struct btz_keystore;

/* Spans borrow from the store until the next call of any function here. */
struct btz_key_row {
	struct btz_key_info info;
	uint8_t tenant_id[BTZ_ID_LEN];
	struct btz_span blob;
};

BTZ_MUST_CHECK enum btz_rc btz_keystore_open(
    const char *path, struct btz_keystore **out, struct btz_err *err);
void btz_keystore_close(struct btz_keystore *ks); /* NULL is fine */
/* Durable when it returns. BTZ_E_EXIST: that id is there. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_add(struct btz_keystore *ks,
    const struct btz_key_row *row, struct btz_err *err);
/* on: what follows is one transaction, durable when it ends (on false). Any
 * failure of an add ends it without effect. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_bulk(
    struct btz_keystore *ks, bool on, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_keystore_get(struct btz_keystore *ks,
    const uint8_t id[BTZ_ID_LEN], struct btz_key_row *row,
    struct btz_err *err); /* BTZ_E_NOENT */
BTZ_MUST_CHECK enum btz_rc btz_keystore_destroy(
    struct btz_keystore *ks, const uint8_t id[BTZ_ID_LEN], struct btz_err *err);
/* Keys of this owner that are not destroyed. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_count(struct btz_keystore *ks,
    const char *owner, uint64_t *n, struct btz_err *err);
/* In order of id, after `after`; owner NULL: of everybody; label empty: any.
 * each returns false to stop; destroyed keys are left out. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_list(struct btz_keystore *ks,
    const char *owner, const uint8_t after[BTZ_ID_LEN], struct btz_span label,
    bool (*each)(const struct btz_key_row *row, void *arg), void *arg,
    struct btz_err *err);

#endif
