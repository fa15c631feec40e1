/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - appending and group commit; contract in log.h. */
#include "audit/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "audit/files.h"
#include "audit/log_int.h"
#include "prim/prim.h"

/*
 * Bundles grow by zeroes in such steps: a sync that does not change the file's
 * size is one write without the file system's journal.
 */
#define STEP BTZ_LOG_STEP

static void
sha256(void *ctx, const struct btz_span *parts, size_t n, uint8_t *out)
{
	(void)ctx;
	btz_sha256_parts(parts, n, out);
}

const struct btz_tlog_hash btz_log_hash = { sha256, NULL };

enum btz_rc
btz_log_open(const char *dir, struct btz_log **out,
    struct btz_log_recovery *found, struct btz_err *err)
{
	struct btz_log *log = calloc(1, sizeof(*log));
	enum btz_rc rc = BTZ_OK;

	*out = NULL;
	if (log == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "log");
	log->fd = -1;
	log->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (log->dir < 0)
		rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "open '%s'", dir);
	else if (flock(log->dir, LOCK_EX | LOCK_NB) != 0)
		rc = BTZ_FAIL_SYS(err, BTZ_E_AGAIN, "lock '%s'", dir);
	else
		rc = btz_log_recover(log, found, err);
	if (rc != BTZ_OK) {
		btz_log_free(log);
		return btz_err_wrap(err, "log '%s'", dir);
	}
	*out = log;
	return BTZ_OK;
}

void
btz_log_free(struct btz_log *log)
{
	if (log == NULL)
		return;
	if (log->fd >= 0)
		(void)close(log->fd);
	if (log->dir >= 0)
		(void)close(log->dir);
	free(log);
}

/* Encodes the record at the end of the group; 0: does not fit. */
static size_t
encode(struct btz_log *log, struct btz_record *r)
{
	size_t left = sizeof(log->group) - log->group_len;
	struct btz_wr wr;
	size_t mark;

	r->seq = log->now.tree.size;
	memcpy(r->prev, log->now.prev, sizeof(r->prev));
	btz_wr_init(&wr, log->group + log->group_len,
	    left < BTZ_LOG_ENTRY_MAX ? left : BTZ_LOG_ENTRY_MAX);
	mark = btz_wr_mark16(&wr);
	btz_record_write(&wr, r);
	btz_wr_patch16(&wr, mark);
	return btz_wr_ok(&wr) ? wr.len : 0;
}

enum btz_rc
btz_log_add(struct btz_log *log, struct btz_record *r, struct btz_err *err)
{
	struct btz_log_level *l0 = &log->levels[0];
	struct btz_span entry;
	enum btz_rc rc;
	size_t n;

	if (log->broken)
		return BTZ_FAIL(err, BTZ_E_IO, "an earlier sync failed");
	if (sizeof(log->group) - log->group_len < BTZ_LOG_ENTRY_MAX ||
	    (l0->n == BTZ_TILE_WIDTH && log->group_n > 0))
		return BTZ_FAIL(err, BTZ_E_AGAIN, "group is full");
	if (l0->n == BTZ_TILE_WIDTH && (rc = btz_log_roll(log, err)) != BTZ_OK)
		return rc;
	n = encode(log, r);
	if (n == 0)
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "record");
	entry = btz_span_of(log->group + log->group_len + 2, n - 2);
	btz_tlog_leaf(&btz_log_hash, entry, l0->hash[l0->n]);
	rc = btz_tlog_append(&btz_log_hash, &log->now.tree, l0->hash[l0->n]);
	if (rc != BTZ_OK)
		return BTZ_FAIL(err, rc, "log is full");
	btz_sha256(entry, log->now.prev);
	l0->n++;
	log->group_len += n;
	log->group_n++;
	return BTZ_OK;
}

size_t
btz_log_pending(const struct btz_log *log)
{
	return log->group_n;
}

/* Zeroes on disk up to at least `end`. */
static bool
make_room(struct btz_log *log, uint64_t end)
{
	static const uint8_t zeroes[STEP];

	while (log->room < end) {
		uint64_t to = (log->room / STEP + 1) * STEP;

		if (!btz_files_pwrite(
			log->fd, zeroes, (size_t)(to - log->room), log->room))
			return false;
		log->room = to;
	}
	return true;
}

/* The group's records were never there. */
static void
drop_group(struct btz_log *log)
{
	log->levels[0].n -= (unsigned)log->group_n;
	log->now = log->durable;
	log->group_n = log->group_len = 0;
}

static enum btz_rc
undo_write(struct btz_log *log, int why, struct btz_err *err)
{
	drop_group(log);
	log->room = log->end;
	if (ftruncate(log->fd, (off_t)log->end) != 0) {
		log->broken = true;
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "truncate after failure");
	}
	errno = why;
	return BTZ_FAIL_SYS(err, btz_files_rc(why), "append to bundle");
}

enum btz_rc
btz_log_commit(struct btz_log *log, struct btz_err *err)
{
	if (log->group_n == 0)
		return BTZ_OK;
	if (log->broken) {
		drop_group(log);
		return BTZ_FAIL(err, BTZ_E_IO, "an earlier sync failed");
	}
	if (!make_room(log, log->end + log->group_len) ||
	    !btz_files_pwrite(log->fd, log->group, log->group_len, log->end))
		return undo_write(log, errno, err);
	if (fdatasync(log->fd) != 0) {
		/* the kernel may have dropped the pages: do not trust them */
		log->broken = true;
		drop_group(log);
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "sync bundle");
	}
	log->syncs++;
	log->end += log->group_len;
	log->durable = log->now;
	log->group_n = log->group_len = 0;
	return BTZ_OK;
}

void
btz_log_head(const struct btz_log *log, struct btz_tlog_head *out)
{
	out->size = log->durable.tree.size;
	btz_tlog_root(&btz_log_hash, &log->durable.tree, out->root);
}

uint64_t
btz_log_size(const struct btz_log *log)
{
	return log->durable.tree.size;
}

uint64_t
btz_log_syncs(const struct btz_log *log)
{
	return log->syncs;
}

int
btz_log_dir(const struct btz_log *log)
{
	return log->dir;
}
