/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - the log on disk: records in bundles, hashes in tiles, one group
 * commit for all that arrived together. No sockets, no clock, no keys.
 *
 * Files below the log's directory (C2SP tlog-tiles; docs/protocol/audit.md):
 *   tile/entries/<N>   256 records each; the last one grows in place and has
 *                      zeroes after its end
 *   tile/<L>/<N>       full tiles, written when their last hash is known
 *   *.p/<W>            partial tiles, written by btz_log_publish
 *
 * Only the bundle is synced for an append: every hash can be computed again
 * from it. Start reading at btz_log_add and btz_log_commit.
 */
#ifndef BTZ_AUDIT_LOG_H
#define BTZ_AUDIT_LOG_H

#include "base/err.h"
#include "tlog/record.h"

struct btz_log;

extern const struct btz_tlog_hash btz_log_hash; /* SHA-256 of src/prim */

struct btz_log_recovery { /* what btz_log_open found */
	uint64_t records;
	uint64_t cut; /* bytes after the last whole record, set aside */
};

/*
 * Opens or creates the log in `dir` (which exists) and recovers it: everything
 * that was ever acknowledged is there. BTZ_E_CORRUPT: a bundle before the last
 * is damaged; BTZ_E_AGAIN: another process has it open.
 */
BTZ_MUST_CHECK enum btz_rc btz_log_open(const char *dir, struct btz_log **out,
    struct btz_log_recovery *found, struct btz_err *err);
void btz_log_free(struct btz_log *log); /* NULL is fine; does not commit */

/*
 * Puts a record into the group in memory; seq and prev are set here. BTZ_E_AGAIN
 * when the group is full: commit, then add again. BTZ_E_FULL or BTZ_E_IO: no
 * room for a new bundle or tile; nothing was added.
 */
BTZ_MUST_CHECK enum btz_rc btz_log_add(
    struct btz_log *log, struct btz_record *r, struct btz_err *err);
size_t btz_log_pending(const struct btz_log *log); /* records in the group */
/*
 * Writes and syncs the group. On failure its records are gone and the log is
 * as before them. BTZ_E_IO: nothing works any more until it is opened again.
 */
BTZ_MUST_CHECK enum btz_rc btz_log_commit(
    struct btz_log *log, struct btz_err *err);

/* Committed records and their root. */
void btz_log_head(const struct btz_log *log, struct btz_tlog_head *out);
uint64_t btz_log_size(const struct btz_log *log);
/* Times the disk was asked to sync for appends (status, bench). */
uint64_t btz_log_syncs(const struct btz_log *log);
/* Directory descriptor of the log, its owner's. */
int btz_log_dir(const struct btz_log *log);

/* BTZ_E_LOG_SMALLER or BTZ_E_LOG_FORKED: the log does not extend `head`. */
BTZ_MUST_CHECK enum btz_rc btz_log_extends(
    struct btz_log *log, const struct btz_tlog_head *head, struct btz_err *err);
/* RFC 6962 2.1.2, for sizes up to the committed one. */
BTZ_MUST_CHECK enum btz_rc btz_log_prove(struct btz_log *log, uint64_t old_size,
    uint64_t new_size, struct btz_tlog_proof *out, struct btz_err *err);
/* Partial tiles and bundle for a tree of that many committed records. */
BTZ_MUST_CHECK enum btz_rc btz_log_publish(
    struct btz_log *log, uint64_t size, struct btz_err *err);
/* Partial files are not synced: after a power cut they may be there and empty,
 * of any size. Removes them; btz_log_publish makes those that are needed. */
void btz_log_forget_partials(struct btz_log *log);

/* Whole bundle in malloc'ed memory; entries counts its records. */
struct btz_log_bundle {
	uint8_t *bytes;
	size_t len;
	unsigned entries;
};
/* Committed records only. The caller frees bytes. */
BTZ_MUST_CHECK enum btz_rc btz_log_bundle(struct btz_log *log, uint64_t index,
    struct btz_log_bundle *out, struct btz_err *err);

#endif
