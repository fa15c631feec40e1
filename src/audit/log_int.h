/* SPDX-License-Identifier: Apache-2.0 */
/* log_int.h - inside of struct btz_log: log.c, tiles.c, recover.c. */
#ifndef BTZ_AUDIT_LOG_INT_H
#define BTZ_AUDIT_LOG_INT_H

#include "audit/log.h"
#include "tlog/tile.h"

#define BTZ_LOG_GROUP_MAX (512u * 1024u)
#define BTZ_LOG_STEP 65536u /* bundles grow by zeroes in such steps */
#define BTZ_LOG_ENTRY_MAX (2u + BTZ_RECORD_MAX)
#define BTZ_LOG_BUNDLE_MAX (BTZ_TILE_WIDTH * BTZ_LOG_ENTRY_MAX)

/* The tile of each level that is not full yet (level 0: or just became so). */
struct btz_log_level {
	uint64_t index;
	unsigned n;
	uint8_t hash[BTZ_TILE_WIDTH][BTZ_TLOG_HASH];
};

struct btz_log_state { /* what a failed commit goes back to */
	struct btz_tlog_tree tree;
	uint8_t prev[BTZ_TLOG_HASH];
};

struct btz_log {
	int dir;
	int fd;	       /* the last bundle, index levels[0].index */
	uint64_t end;  /* its committed bytes */
	uint64_t room; /* its size on disk; zeroes from end on */
	uint64_t syncs;
	bool broken; /* a sync failed: what is on disk is not known */
	struct btz_log_state now, durable;
	struct btz_log_level levels[BTZ_TILE_LEVELS];
	size_t group_n, group_len;
	uint8_t group[BTZ_LOG_GROUP_MAX];
};

/* NUL-terminated path of a tile or bundle. */
void btz_log_tile_path(unsigned level, uint64_t index, unsigned width,
    char out[BTZ_TILE_PATH_MAX]);
/* A tile's hashes: from memory, else from its file. */
enum btz_rc btz_log_source_node(
    void *log, unsigned level, uint64_t index, uint8_t out[BTZ_TLOG_HASH]);
/* Full last bundle: its tiles are written, the next bundle is begun. */
enum btz_rc btz_log_roll(struct btz_log *log, struct btz_err *err);
/* Creates or opens the last bundle file. */
enum btz_rc btz_log_open_bundle(
    struct btz_log *log, uint64_t index, int *fd, struct btz_err *err);
enum btz_rc btz_log_recover(
    struct btz_log *log, struct btz_log_recovery *found, struct btz_err *err);
/* Next entry of a bundle; false: no further whole entry. */
bool btz_log_next_entry(struct btz_rd *rd, struct btz_span *out);

#endif
