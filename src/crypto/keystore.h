/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystore.h - keys-NAME.db: what is public about each key, and its wrapped
 * private parts. Of this process alone. Destroyed keys keep their row (their
 * id never comes back) and lose their blobs.
 *
 * A key is named by the id of its first version. Each version has an id of its
 * own, the one sealed in its blob. The version in use is the newest that is
 * enabled (when none is: the newest).
 */
#ifndef BTZ_CRYPTO_KEYSTORE_H
#define BTZ_CRYPTO_KEYSTORE_H

#include "base/err.h"
#include "wire/cursor.h"
#include "wire/limits.h"
#include "wire/msg_generate.h"

struct btz_keystore;

/* Spans borrow from the store until the next call of any function here (but
 * may be given to that one). */
struct btz_key_row {
	struct btz_key_info info; /* id: of the key; version: this one's */
	uint8_t tenant_id[BTZ_ID_LEN];
	/* of the version; spki, uses and created in info are its, too */
	uint8_t version_id[BTZ_ID_LEN];
	uint8_t version_state; /* enum btz_key_state, without DOOMED */
	struct btz_span blob;
};
/* False: stop. */
typedef bool btz_key_fn(const struct btz_key_row *row, void *arg);

BTZ_MUST_CHECK enum btz_rc btz_keystore_open(
    const char *path, struct btz_keystore **out, struct btz_err *err);
void btz_keystore_close(struct btz_keystore *ks); /* NULL is fine */
/* A key with its first version (version_id is not read). Durable when it
 * returns, like every change here. BTZ_E_EXIST: that id is there. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_add(struct btz_keystore *ks,
    const struct btz_key_row *row, struct btz_err *err);
/* Several keys by one commit: begin, put each, finish (rc BTZ_OK commits, else
 * all of it is taken back). Nothing else in between. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_begin(
    struct btz_keystore *ks, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_keystore_put(struct btz_keystore *ks,
    const struct btz_key_row *row, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_keystore_finish(
    struct btz_keystore *ks, enum btz_rc rc, struct btz_err *err);
/* A key with the versions that `next` puts into *row one after the other
 * (version_id, version_state, blob; info: version, created, uses, spki), oldest
 * first; BTZ_E_NOENT ends it, another rc takes everything back. The rest of
 * *row is read for the first; an info.id that is zero or taken, also by a key
 * that was destroyed, becomes the first version's. All or nothing; `next` must not call the store. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_restore(struct btz_keystore *ks,
    struct btz_key_row *row,
    enum btz_rc (*next)(
	struct btz_key_row *row, void *arg, struct btz_err *err),
    void *arg, struct btz_err *err);
/* The next version of the key, from then on the one in use; what it is,
 * into row->info.version. BTZ_E_RANGE: BTZ_VERSIONS_MAX. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_rotate(
    struct btz_keystore *ks, struct btz_key_row *row, struct btz_err *err);
/* With the version in use. BTZ_E_NOENT. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_get(struct btz_keystore *ks,
    const uint8_t id[BTZ_ID_LEN], struct btz_key_row *row, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_keystore_version(struct btz_keystore *ks,
    const uint8_t id[BTZ_ID_LEN], uint32_t version, struct btz_key_row *row,
    struct btz_err *err);
/* The newest one below `below` that is enabled and not below the least. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_older(struct btz_keystore *ks,
    const uint8_t id[BTZ_ID_LEN], uint32_t below, struct btz_key_row *row,
    struct btz_err *err);
/* All of one key, oldest first, after version `after`. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_versions(struct btz_keystore *ks,
    const uint8_t id[BTZ_ID_LEN], uint32_t after, btz_key_fn *each, void *arg,
    struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_keystore_destroy(
    struct btz_keystore *ks, const uint8_t id[BTZ_ID_LEN], struct btz_err *err);
/* Keys of this owner that are not destroyed. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_count(struct btz_keystore *ks,
    const char *owner, uint64_t *n, struct btz_err *err);
/* In order of id, after `after`; owner NULL: of everybody, else those shared
 * with it too; label empty: any, "@NAME=VALUE": with that among its labels.
 * Destroyed keys are left out. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_list(struct btz_keystore *ks,
    const char *owner, const uint8_t after[BTZ_ID_LEN], struct btz_span label,
    btz_key_fn *each, void *arg, struct btz_err *err);

/* Writes label, state, not_after, uses_max, min_version, destroy_at and labels
 * of the key. Its versions stay what they are. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_change(
    struct btz_keystore *ks, const struct btz_key_info *k, struct btz_err *err);
/* And finds out which is in use then. BTZ_E_NOENT. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_set_version(struct btz_keystore *ks,
    const uint8_t id[BTZ_ID_LEN], uint32_t version, uint8_t state,
    struct btz_err *err);
/* How often the private part of a version was used, at most. */
BTZ_MUST_CHECK enum btz_rc btz_keystore_set_uses(struct btz_keystore *ks,
    const uint8_t version_id[BTZ_ID_LEN], uint64_t uses, struct btz_err *err);
/* *at becomes the doomed key that is due after *at (all zero: first), the first
 * again after the last. BTZ_E_NOENT: none. */
struct btz_doomed {
	uint64_t time; /* destroy_at */
	uint8_t id[BTZ_ID_LEN];
};
BTZ_MUST_CHECK enum btz_rc btz_keystore_doomed(
    struct btz_keystore *ks, struct btz_doomed *at, struct btz_err *err);

/* A grant: `application` may do `uses` (enum btz_use) with the key; 0 takes it
 * back. */
struct btz_share {
	uint8_t id[BTZ_ID_LEN];
	struct btz_span application;
	uint32_t uses;
};
BTZ_MUST_CHECK enum btz_rc btz_keystore_share(
    struct btz_keystore *ks, const struct btz_share *s, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_keystore_shares(struct btz_keystore *ks,
    void (*each)(const struct btz_share *s, void *arg), void *arg,
    struct btz_err *err);

#endif
