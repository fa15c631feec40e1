/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tile.h - which file holds which hash (C2SP tlog-tiles).
 *
 * A tile holds up to 256 hashes of one tile level; hash i of tile n at level l
 * is the root of the perfect subtree of leaves
 * [(n * 256 + i) * 256^l, (n * 256 + i + 1) * 256^l). Level 0 holds leaf
 * hashes. Entry bundles are named like level-0 tiles, under tile/entries.
 */
#ifndef BTZ_TLOG_TILE_H
#define BTZ_TLOG_TILE_H

#include "tlog/merkle.h"

#define BTZ_TILE_WIDTH 256u
#define BTZ_TILE_BYTES (BTZ_TILE_WIDTH * BTZ_TLOG_HASH)
#define BTZ_TILE_LEVELS 8u   /* enough for BTZ_TLOG_SIZE_MAX */
#define BTZ_TILE_ENTRIES 64u /* the "level" of entry bundles in paths */
#define BTZ_TILE_PATH_MAX 64u

struct btz_tile {
	unsigned level; /* 0 .. BTZ_TILE_LEVELS - 1, or BTZ_TILE_ENTRIES */
	uint64_t index;
	unsigned width; /* hashes or entries in it, 1 .. 256 */
};

/* "tile/0/x001/067" or "tile/entries/000.p/12", without a NUL. */
void btz_tile_write_path(struct btz_wr *wr, const struct btz_tile *t);
/* How many hashes of this level a tree of `size` entries has. */
uint64_t btz_tile_hashes(unsigned level, uint64_t size);
/* Width of tile `index` at that size; 0: there is no such tile. */
unsigned btz_tile_width(unsigned level, uint64_t index, uint64_t size);

/* A node of the tree: the tile, the first hash in it, how many (2^n). */
struct btz_tile_ref {
	unsigned level;
	uint64_t index;
	unsigned first, count;
};
/* node: level and index as in struct btz_tlog_source. */
void btz_tile_locate(
    unsigned node_level, uint64_t node_index, struct btz_tile_ref *out);
/*
 * Root of hashes[first .. first + count) of a tile, count a power of 2.
 * BTZ_E_RANGE: they are not all in it.
 */
enum btz_rc btz_tile_fold(const struct btz_tlog_hash *h, struct btz_span hashes,
    const struct btz_tile_ref *ref, uint8_t out[BTZ_TLOG_HASH]) BTZ_MUST_CHECK;

#endif
