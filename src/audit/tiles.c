/* SPDX-License-Identifier: Apache-2.0 */
/* tiles.c - tiles and bundles as files: written when full, partial at
 * checkpoints, read for proofs. Contract in log.h. */
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

void
btz_log_tile_path(
    unsigned level, uint64_t index, unsigned width, char out[BTZ_TILE_PATH_MAX])
{
	struct btz_tile t = { level, index, width };
	struct btz_wr wr;

	btz_wr_init(&wr, out, BTZ_TILE_PATH_MAX);
	btz_tile_write_path(&wr, &t);
	btz_wr_u8(&wr, 0);
	if (!btz_wr_ok(&wr)) /* no file has this name */
		out[0] = '\0';
}

/*
 * A full last tile stays in memory until the next record needs room (its files
 * may not be writable now), yet its root counts in the level above. Puts it
 * behind the last hash there; returns up to which level that was done.
 */
static unsigned
root_above(struct btz_log *log)
{
	struct btz_tile_ref all = { .count = BTZ_TILE_WIDTH };
	unsigned top = 0;

	if (log->levels[0].n < BTZ_TILE_WIDTH)
		return 0;
	do {
		struct btz_log_level *up = &log->levels[top + 1];

		if (btz_tile_fold(&btz_log_hash,
			btz_span_of(log->levels[top].hash, BTZ_TILE_BYTES),
			&all, up->hash[up->n]) != BTZ_OK)
			break; /* cannot be: the tile is full */
		top++;
	} while (top + 1 < BTZ_TILE_LEVELS &&
		 log->levels[top].n + 1 == BTZ_TILE_WIDTH);
	return top;
}

enum btz_rc
btz_log_source_node(
    void *arg, unsigned level, uint64_t index, uint8_t out[BTZ_TLOG_HASH])
{
	uint8_t tile[BTZ_TILE_BYTES];
	char path[BTZ_TILE_PATH_MAX];
	struct btz_log *log = arg;
	struct btz_log_level *l;
	struct btz_tile_ref ref;
	enum btz_rc rc;
	size_t len;

	btz_tile_locate(level, index, &ref);
	if (ref.level >= BTZ_TILE_LEVELS)
		return BTZ_E_RANGE;
	l = &log->levels[ref.level];
	if (ref.index == l->index) {
		bool more = ref.level > 0 && ref.level <= root_above(log);

		return btz_tile_fold(&btz_log_hash,
		    btz_span_of(l->hash, (l->n + more) * BTZ_TLOG_HASH), &ref,
		    out);
	}
	btz_log_tile_path(ref.level, ref.index, BTZ_TILE_WIDTH, path);
	rc = btz_files_read(log->dir, path, tile, sizeof(tile), &len, NULL);
	if (rc != BTZ_OK)
		return rc;
	return btz_tile_fold(&btz_log_hash, btz_span_of(tile, len), &ref, out);
}

static struct btz_tlog_source
source(struct btz_log *log)
{
	return (struct btz_tlog_source){ btz_log_source_node, log };
}

enum btz_rc
btz_log_extends(
    struct btz_log *log, const struct btz_tlog_head *head, struct btz_err *err)
{
	struct btz_tlog_source src = source(log);
	uint8_t root[BTZ_TLOG_HASH];
	uint64_t size = btz_log_size(log);
	enum btz_rc rc;

	if (head->size > size)
		return BTZ_FAIL(err, BTZ_E_LOG_SMALLER,
		    "log has %llu records, %llu were signed",
		    (unsigned long long)size, (unsigned long long)head->size);
	rc = btz_tlog_source_root(&btz_log_hash, &src, head->size, root);
	if (rc != BTZ_OK)
		return BTZ_FAIL(
		    err, BTZ_E_LOG_TREE, "a tile is missing or short");
	if (memcmp(root, head->root, sizeof(root)) != 0)
		return BTZ_FAIL(err, BTZ_E_LOG_FORKED,
		    "root of the first %llu records is not the signed one",
		    (unsigned long long)head->size);
	return BTZ_OK;
}

enum btz_rc
btz_log_prove(struct btz_log *log, uint64_t old_size, uint64_t new_size,
    struct btz_tlog_proof *out, struct btz_err *err)
{
	struct btz_tlog_source src = source(log);
	enum btz_rc rc;

	if (new_size > btz_log_size(log))
		return BTZ_FAIL(
		    err, BTZ_E_RANGE, "proof for unwritten records");
	rc = btz_tlog_prove_consistency(
	    &btz_log_hash, &src, old_size, new_size, out);
	return rc == BTZ_OK ? rc : BTZ_FAIL(err, rc, "consistency proof");
}

enum btz_rc
btz_log_open_bundle(
    struct btz_log *log, uint64_t index, int *fd, struct btz_err *err)
{
	char path[BTZ_TILE_PATH_MAX];
	enum btz_rc rc;

	*fd = -1;
	btz_log_tile_path(BTZ_TILE_ENTRIES, index, BTZ_TILE_WIDTH, path);
	if ((rc = btz_files_mkdirs(log->dir, path, err)) != BTZ_OK)
		return rc;
	*fd = openat(log->dir, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return BTZ_FAIL_SYS(
		    err, btz_files_rc(errno), "open '%s'", path);
	/* what is acknowledged must be found again under this name */
	rc = btz_files_sync_parent(log->dir, path, err);
	if (rc != BTZ_OK) {
		(void)close(*fd);
		*fd = -1;
	}
	return rc;
}

static enum btz_rc
write_tile(struct btz_log *log, unsigned level, struct btz_err *err)
{
	struct btz_log_level *l = &log->levels[level];
	char path[BTZ_TILE_PATH_MAX];

	btz_log_tile_path(level, l->index, BTZ_TILE_WIDTH, path);
	/* level 0 can be computed again from its bundle, higher ones only
	 * from many files */
	return btz_files_write(log->dir, path,
	    btz_span_of(l->hash, sizeof(l->hash)),
	    level == 0 ? BTZ_FILES_DATA : BTZ_FILES_FULL, err);
}

static void
remove_partials(struct btz_log *log, unsigned level, uint64_t index)
{
	char tile[BTZ_TILE_PATH_MAX], path[BTZ_TILE_PATH_MAX + 2];

	btz_log_tile_path(level, index, BTZ_TILE_WIDTH, tile);
	(void)snprintf(path, sizeof(path), "%s.p", tile);
	btz_files_remove_dir(log->dir, path);
}

void
btz_log_forget_partials(struct btz_log *log)
{
	for (unsigned l = 0; l <= BTZ_TILE_LEVELS; l++) {
		const bool entries = l == BTZ_TILE_LEVELS;
		const uint64_t i = log->levels[entries ? 0 : l].index;
		const unsigned level = entries ? BTZ_TILE_ENTRIES : l;

		remove_partials(log, level, i);
		if (i > 0) /* their removal may be undone, too */
			remove_partials(log, level, i - 1);
	}
}

/* After success: `top` levels were full and begin anew. */
static void
advance(struct btz_log *log, unsigned top)
{
	for (unsigned l = 0; l < top; l++) {
		remove_partials(log, l, log->levels[l].index);
		log->levels[l].index++;
		log->levels[l].n = 0;
	}
	log->levels[top].n++;
}

enum btz_rc
btz_log_roll(struct btz_log *log, struct btz_err *err)
{
	enum btz_rc rc;
	int fd;
	unsigned top = root_above(log);

	for (unsigned l = 0; l < top; l++)
		if ((rc = write_tile(log, l, err)) != BTZ_OK)
			return rc;
	rc = btz_log_open_bundle(log, log->levels[0].index + 1, &fd, err);
	if (rc != BTZ_OK)
		return rc;
	(void)!ftruncate(log->fd, (off_t)log->end); /* else at next start */
	(void)close(log->fd);
	remove_partials(log, BTZ_TILE_ENTRIES, log->levels[0].index);
	log->fd = fd;
	log->end = log->room = 0;
	advance(log, top);
	return BTZ_OK;
}

bool
btz_log_next_entry(struct btz_rd *rd, struct btz_span *out)
{
	return btz_rd_bytes16(rd, out, BTZ_RECORD_MAX) && out->len > 0;
}

enum btz_rc
btz_log_bundle(struct btz_log *log, uint64_t index, struct btz_log_bundle *out,
    struct btz_err *err)
{
	uint64_t size = btz_log_size(log);
	char path[BTZ_TILE_PATH_MAX];
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	out->entries = btz_tile_width(BTZ_TILE_ENTRIES, index, size);
	if (out->entries == 0)
		return BTZ_FAIL(err, BTZ_E_NOENT, "no such bundle");
	out->bytes = malloc(BTZ_LOG_BUNDLE_MAX + BTZ_LOG_STEP);
	if (out->bytes == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "bundle");
	btz_log_tile_path(BTZ_TILE_ENTRIES, index, BTZ_TILE_WIDTH, path);
	rc = btz_files_read(log->dir, path, out->bytes,
	    BTZ_LOG_BUNDLE_MAX + BTZ_LOG_STEP, &out->len, err);
	if (rc != BTZ_OK) {
		free(out->bytes);
		memset(out, 0, sizeof(*out));
	}
	return rc;
}

/* Bytes of the first `width` entries; 0: not all there. */
static size_t
prefix_len(const struct btz_log_bundle *b, unsigned width)
{
	struct btz_span entry;
	struct btz_rd rd;

	btz_rd_init(&rd, b->bytes, b->len);
	for (unsigned i = 0; i < width; i++)
		if (!btz_log_next_entry(&rd, &entry))
			return 0;
	return btz_rd_offset(&rd);
}

static enum btz_rc
publish_bundle(
    struct btz_log *log, uint64_t index, unsigned width, struct btz_err *err)
{
	char path[BTZ_TILE_PATH_MAX];
	struct btz_log_bundle b;
	enum btz_rc rc = btz_log_bundle(log, index, &b, err);
	size_t len;

	if (rc != BTZ_OK)
		return rc;
	len = prefix_len(&b, width);
	btz_log_tile_path(BTZ_TILE_ENTRIES, index, width, path);
	if (len == 0)
		rc = BTZ_FAIL(err, BTZ_E_CORRUPT, "bundle %llu is short",
		    (unsigned long long)index);
	else
		rc = btz_files_write(log->dir, path, btz_span_of(b.bytes, len),
		    BTZ_FILES_LAZY, err);
	free(b.bytes);
	return rc;
}

static enum btz_rc
publish_level(
    struct btz_log *log, unsigned level, uint64_t size, struct btz_err *err)
{
	uint64_t index = btz_tile_hashes(level, size) / BTZ_TILE_WIDTH;
	unsigned width = btz_tile_width(level, index, size);
	struct btz_log_level *l = &log->levels[level];
	char path[BTZ_TILE_PATH_MAX];

	if (width == 0 || l->index != index) /* none, or full by now */
		return BTZ_OK;
	btz_log_tile_path(level, index, width, path);
	return btz_files_write(log->dir, path,
	    btz_span_of(l->hash, width * BTZ_TLOG_HASH), BTZ_FILES_LAZY, err);
}

enum btz_rc
btz_log_publish(struct btz_log *log, uint64_t size, struct btz_err *err)
{
	uint64_t index = size / BTZ_TILE_WIDTH;
	enum btz_rc rc = BTZ_OK;

	if (size > btz_log_size(log))
		return BTZ_FAIL(err, BTZ_E_RANGE, "unwritten records");
	if (log->levels[0].n == BTZ_TILE_WIDTH && log->group_n == 0)
		rc = btz_log_roll(log, err);
	if (rc == BTZ_OK && size % BTZ_TILE_WIDTH != 0 &&
	    index == log->levels[0].index)
		rc = publish_bundle(
		    log, index, (unsigned)(size % BTZ_TILE_WIDTH), err);
	for (unsigned l = 0; rc == BTZ_OK && l < BTZ_TILE_LEVELS; l++)
		rc = publish_level(log, l, size, err);
	return rc;
}
