/* SPDX-License-Identifier: Apache-2.0 */
/* audit_walk.h - inside of audit_verify.c and audit_tiles.c. */
#ifndef BTZ_CLI_AUDIT_WALK_H
#define BTZ_CLI_AUDIT_WALK_H

#include "cli/audit_verify.h"
#include "tlog/checkpoint.h"
#include "tlog/record.h"
#include "tlog/tile.h"

#define BTZ_WALK_BUNDLE_MAX (BTZ_TILE_WIDTH * (2u + BTZ_RECORD_MAX) + 65536u)
#define BTZ_WALK_BUCKETS 4096u

struct btz_walk_open; /* a decision whose outcome has not come */

/* Hashes of one level since its last full tile, as the records have them. */
struct btz_walk_level {
	uint64_t index;
	unsigned n;
	uint8_t hash[BTZ_TILE_WIDTH][BTZ_TLOG_HASH];
	/* the same as the tile below says, where that is another value */
	uint8_t alt[BTZ_TILE_WIDTH][BTZ_TLOG_HASH];
};

struct btz_walk {
	struct btz_verify *v;
	int dir;	  /* of this log */
	const char *name; /* "0001" */
	struct btz_tlog_tree tree;
	uint8_t prev[BTZ_TLOG_HASH];
	bool prev_known;
	uint64_t wrong; /* findings in this log */
	/* No bundle follows the one at hand: when it is full, the tiles that
	 * became full with it may not be written yet (src/audit/tiles.c). */
	bool last;
	bool has_checkpoint, root_seen, root_ok;
	struct btz_tlog_head head; /* signed */
	struct btz_walk_level levels[BTZ_TILE_LEVELS];
	struct btz_walk_open *open[BTZ_WALK_BUCKETS];
	uint8_t bundle[BTZ_WALK_BUNDLE_MAX];
	uint8_t part[BTZ_WALK_BUNDLE_MAX];
};

extern const struct btz_tlog_hash btz_walk_hash;

void btz_walk_say(struct btz_walk *w, enum btz_finding what, enum btz_rc rc,
    const char *where, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Whole file; -1: it is not there, -2: cannot be read or too long. */
long btz_walk_read(
    struct btz_walk *w, const char *path, uint8_t *buf, size_t cap);
void btz_walk_path(unsigned level, uint64_t index, unsigned width,
    char out[BTZ_TILE_PATH_MAX]);

/*
 * Reads the tile of the records whose leaves are in levels[0] (256 wide: it
 * must be there; a partial one may be absent). same[i]: its hash i is that of
 * record i; *have false: there is nothing to compare.
 */
void btz_walk_tile0(struct btz_walk *w, const char *path, unsigned width,
    bool same[BTZ_TILE_WIDTH], bool *have);
/* After a full bundle: tiles of the levels above that became full. */
void btz_walk_roll(struct btz_walk *w);
/* Partial tiles and bundles that lie beside the last ones. */
void btz_walk_partials(struct btz_walk *w, size_t bundle_len);

/* Extension lines of a signed checkpoint (audit_epoch.c). */
void btz_walk_epoch(struct btz_walk *w, struct btz_span lines);

#endif
