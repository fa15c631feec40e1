/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recover.c - opening a log after any kind of end; start at btz_log_recover.
 *
 * The last bundle is read record by record. What follows the last whole
 * record that continues the chain was written by a commit that never
 * finished, so nobody was told of it: it is copied to torn-<seq> and cut off.
 * Hashes come from the bundles, tiles of level 0 that are missing are made
 * again. Whether the result fits the last signed checkpoint is judged by the
 * caller (btz_log_extends).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/files.h"
#include "audit/log.h"
#include "audit/log_int.h"
#include "prim/prim.h"

static bool
bundle_exists(const struct btz_log *log, uint64_t index)
{
	char path[BTZ_TILE_PATH_MAX];

	btz_log_tile_path(BTZ_TILE_ENTRIES, index, BTZ_TILE_WIDTH, path);
	return faccessat(log->dir, path, F_OK, 0) == 0;
}

/* Bundles are numbered without gaps: doubling steps, then halving. */
static uint64_t
last_bundle(const struct btz_log *log)
{
	uint64_t have = 0, step = 1;

	while (bundle_exists(log, have + step))
		step *= 2;
	for (; step > 0; step /= 2)
		while (bundle_exists(log, have + step))
			have += step;
	return have;
}

static enum btz_rc
read_bundle(const struct btz_log *log, uint64_t index, uint8_t **bytes,
    size_t *len, struct btz_err *err)
{
	const size_t cap = BTZ_LOG_BUNDLE_MAX + BTZ_LOG_STEP;
	char path[BTZ_TILE_PATH_MAX];
	enum btz_rc rc;

	*bytes = malloc(cap);
	if (*bytes == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "bundle");
	btz_log_tile_path(BTZ_TILE_ENTRIES, index, BTZ_TILE_WIDTH, path);
	rc = btz_files_read(log->dir, path, *bytes, cap, len, err);
	if (rc != BTZ_OK) {
		free(*bytes);
		*bytes = NULL;
	}
	return rc;
}

/* Does this entry stand where it should? prev NULL: not compared. */
static bool
continues(struct btz_span entry, uint64_t seq, const uint8_t *prev)
{
	struct btz_record r;

	return btz_record_parse(entry, &r, NULL) == BTZ_OK && r.seq == seq &&
	       (prev == NULL || memcmp(r.prev, prev, sizeof(r.prev)) == 0);
}

/* Hash of the last record of a full bundle, and its leaves if asked. */
static enum btz_rc
read_full(const struct btz_log *log, uint64_t index, uint8_t *prev,
    uint8_t (*leaves)[BTZ_TLOG_HASH], struct btz_err *err)
{
	struct btz_span entry;
	struct btz_rd rd;
	uint8_t *bytes = NULL;
	unsigned n = 0;
	size_t len = 0;
	enum btz_rc rc = read_bundle(log, index, &bytes, &len, err);

	if (rc != BTZ_OK)
		return rc;
	btz_rd_init(&rd, bytes, len);
	for (; n < BTZ_TILE_WIDTH; n++) {
		if (!btz_log_next_entry(&rd, &entry) ||
		    !continues(entry, index * BTZ_TILE_WIDTH + n, NULL))
			break;
		if (prev != NULL)
			btz_sha256(entry, prev);
		if (leaves != NULL)
			btz_tlog_leaf(&btz_log_hash, entry, leaves[n]);
	}
	free(bytes);
	if (n < BTZ_TILE_WIDTH)
		return BTZ_FAIL(err, BTZ_E_CORRUPT,
		    "bundle %llu is damaged at its record %u",
		    (unsigned long long)index, n);
	return BTZ_OK;
}

static enum btz_rc
read_tile0(struct btz_log *log, uint64_t index,
    uint8_t hashes[BTZ_TILE_WIDTH][BTZ_TLOG_HASH], struct btz_err *err)
{
	char path[BTZ_TILE_PATH_MAX];
	enum btz_rc rc;
	size_t len;

	btz_log_tile_path(0, index, BTZ_TILE_WIDTH, path);
	rc = btz_files_read(log->dir, path, hashes, BTZ_TILE_BYTES, &len, NULL);
	if (rc == BTZ_OK && len == BTZ_TILE_BYTES)
		return BTZ_OK;
	rc = read_full(log, index, NULL, hashes, err);
	if (rc != BTZ_OK)
		return rc;
	return btz_files_write(log->dir, path,
	    btz_span_of(hashes, BTZ_TILE_BYTES), BTZ_FILES_DATA, err);
}

static enum btz_rc
read_tile(struct btz_log *log, unsigned level, uint64_t index,
    uint8_t hashes[BTZ_TILE_WIDTH][BTZ_TLOG_HASH], struct btz_err *err)
{
	char path[BTZ_TILE_PATH_MAX];
	enum btz_rc rc;
	size_t len;

	if (level == 0)
		return read_tile0(log, index, hashes, err);
	btz_log_tile_path(level, index, BTZ_TILE_WIDTH, path);
	rc = btz_files_read(log->dir, path, hashes, BTZ_TILE_BYTES, &len, err);
	if (rc == BTZ_OK && len != BTZ_TILE_BYTES)
		rc = BTZ_FAIL(err, BTZ_E_CORRUPT, "'%s' is short", path);
	return rc;
}

/* The open tile of a level: one hash per full tile below. */
static enum btz_rc
load_level(struct btz_log *log, unsigned level, struct btz_err *err)
{
	struct btz_log_level *l = &log->levels[level];
	struct btz_tile_ref all = { .count = BTZ_TILE_WIDTH };
	uint8_t below[BTZ_TILE_WIDTH][BTZ_TLOG_HASH];
	enum btz_rc rc = BTZ_OK;

	for (unsigned i = 0; rc == BTZ_OK && i < l->n; i++) {
		rc = read_tile(
		    log, level - 1, l->index * BTZ_TILE_WIDTH + i, below, err);
		if (rc == BTZ_OK)
			rc = btz_tile_fold(&btz_log_hash,
			    btz_span_of(below, sizeof(below)), &all,
			    l->hash[i]);
	}
	return rc;
}

/* Everything before the last bundle, which has number `last`. */
static enum btz_rc
load_levels(struct btz_log *log, uint64_t last, struct btz_err *err)
{
	struct btz_tlog_source src = { btz_log_source_node, log };
	uint64_t index = last;
	enum btz_rc rc = BTZ_OK;

	log->levels[0].index = last;
	for (unsigned l = 1; l < BTZ_TILE_LEVELS; l++) {
		log->levels[l].index = index / BTZ_TILE_WIDTH;
		log->levels[l].n = (unsigned)(index % BTZ_TILE_WIDTH);
		index /= BTZ_TILE_WIDTH;
	}
	for (unsigned l = 1; rc == BTZ_OK && l < BTZ_TILE_LEVELS; l++)
		rc = load_level(log, l, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_tlog_tree_load(&log->now.tree, &src, last * BTZ_TILE_WIDTH);
	if (rc != BTZ_OK)
		return BTZ_FAIL(err, rc, "a tile is missing");
	return last > 0 ? read_full(log, last - 1, log->now.prev, NULL, err)
			: BTZ_OK;
}

static enum btz_rc
take_entry(struct btz_log *log, struct btz_span entry, struct btz_err *err)
{
	struct btz_log_level *l0 = &log->levels[0];
	enum btz_rc rc;

	btz_tlog_leaf(&btz_log_hash, entry, l0->hash[l0->n]);
	rc = btz_tlog_append(&btz_log_hash, &log->now.tree, l0->hash[l0->n]);
	if (rc != BTZ_OK)
		return BTZ_FAIL(err, rc, "log is full");
	btz_sha256(entry, log->now.prev);
	l0->n++;
	return BTZ_OK;
}

/* Keeps what is cut off for whoever wants to look; zeroes are not worth it. */
static enum btz_rc
set_aside(struct btz_log *log, struct btz_span rest, uint64_t *cut,
    struct btz_err *err)
{
	char path[64];

	while (rest.len > 0 && rest.p[rest.len - 1] == 0)
		rest.len--;
	*cut = rest.len;
	if (rest.len == 0)
		return BTZ_OK;
	(void)snprintf(path, sizeof(path), "torn-%llu",
	    (unsigned long long)log->now.tree.size);
	return btz_files_write(log->dir, path, rest, BTZ_FILES_FULL, err);
}

/* Takes whole records, cuts off the rest, syncs what stays. */
static enum btz_rc
load_last(struct btz_log *log, uint64_t *cut, struct btz_err *err)
{
	struct btz_span entry;
	enum btz_rc rc;
	struct btz_rd rd;
	uint8_t *bytes = NULL;
	size_t len = 0;

	rc = read_bundle(log, log->levels[0].index, &bytes, &len, err);
	if (rc != BTZ_OK)
		return rc;
	btz_rd_init(&rd, bytes, len);
	while (rc == BTZ_OK && log->levels[0].n < BTZ_TILE_WIDTH) {
		if (!btz_log_next_entry(&rd, &entry) ||
		    !continues(entry, log->now.tree.size, log->now.prev))
			break;
		log->end += 2 + entry.len;
		rc = take_entry(log, entry, err);
	}
	if (rc == BTZ_OK)
		rc = set_aside(log,
		    btz_span_of(bytes + log->end, len - (size_t)log->end), cut,
		    err);
	free(bytes);
	log->room = log->end;
	if (rc == BTZ_OK &&
	    (ftruncate(log->fd, (off_t)log->end) != 0 || fsync(log->fd) != 0))
		rc = BTZ_FAIL_SYS(err, btz_files_rc(errno), "cut bundle");
	return rc;
}

/* A full bundle may still have the zeroes that it grew with. */
static void
trim_full(struct btz_log *log, uint64_t index)
{
	char path[BTZ_TILE_PATH_MAX];
	struct btz_span entry;
	struct btz_rd rd;
	uint8_t *bytes = NULL;
	size_t len = 0;

	if (read_bundle(log, index, &bytes, &len, NULL) != BTZ_OK)
		return;
	btz_rd_init(&rd, bytes, len);
	for (unsigned i = 0; i < BTZ_TILE_WIDTH; i++)
		if (!btz_log_next_entry(&rd, &entry))
			len = 0;
	if (len > btz_rd_offset(&rd)) {
		int fd;

		btz_log_tile_path(
		    BTZ_TILE_ENTRIES, index, BTZ_TILE_WIDTH, path);
		fd = openat(log->dir, path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0) {
			(void)!ftruncate(fd, (off_t)btz_rd_offset(&rd));
			(void)close(fd);
		}
	}
	free(bytes);
}

enum btz_rc
btz_log_recover(
    struct btz_log *log, struct btz_log_recovery *found, struct btz_err *err)
{
	uint64_t last = last_bundle(log);
	enum btz_rc rc;

	memset(found, 0, sizeof(*found));
	rc = load_levels(log, last, err);
	if (rc == BTZ_OK)
		rc = btz_log_open_bundle(log, last, &log->fd, err);
	if (rc == BTZ_OK)
		rc = load_last(log, &found->cut, err);
	if (rc != BTZ_OK)
		return rc;
	if (last > 0)
		trim_full(log, last - 1);
	log->durable = log->now;
	found->records = log->now.tree.size;
	return BTZ_OK;
}
