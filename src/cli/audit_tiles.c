/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_tiles.c - tiles of a copied log against the hashes of its records;
 * part of audit_verify.c.
 *
 * A hash of a higher tile is right when it is that of the records or that of
 * the tile below as it lies there: when only one of these fits, something
 * below was altered and has been said already.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/audit_walk.h"

void
btz_walk_path(
    unsigned level, uint64_t index, unsigned width, char out[BTZ_TILE_PATH_MAX])
{
	struct btz_tile t = { level, index, width };
	struct btz_wr wr;

	btz_wr_init(&wr, out, BTZ_TILE_PATH_MAX);
	btz_tile_write_path(&wr, &t);
	btz_wr_u8(&wr, 0);
	if (!btz_wr_ok(&wr))
		out[0] = '\0';
}

static bool
same(const uint8_t a[BTZ_TLOG_HASH], const uint8_t b[BTZ_TLOG_HASH])
{
	return memcmp(a, b, BTZ_TLOG_HASH) == 0;
}

/* A tile of that width; false: said what is wrong with it, if anything. */
static bool
read_tile(struct btz_walk *w, const char *path, unsigned width,
    uint8_t tile[BTZ_TILE_WIDTH][BTZ_TLOG_HASH])
{
	static uint8_t buf[BTZ_TILE_BYTES + 1];
	long n = btz_walk_read(w, path, buf, sizeof(buf));

	if (n == (long)width * (long)BTZ_TLOG_HASH) {
		memcpy(tile, buf, (size_t)n);
		return true;
	}
	if (width < BTZ_TILE_WIDTH) /* judged with the other partial files */
		return false;
	if (n == -1 && w->last)
		return false;
	if (n == -1)
		btz_walk_say(w, BTZ_FOUND_WRONG, BTZ_E_LOG_TREE, path,
		    "tile is missing");
	else
		btz_walk_say(w, BTZ_FOUND_WRONG, BTZ_E_LOG_TREE, path,
		    "tile has not %u bytes", BTZ_TILE_BYTES);
	return false;
}

void
btz_walk_tile0(struct btz_walk *w, const char *path, unsigned width,
    bool same_as[BTZ_TILE_WIDTH], bool *have)
{
	static uint8_t tile[BTZ_TILE_WIDTH][BTZ_TLOG_HASH];
	struct btz_walk_level *l0 = &w->levels[0];

	memcpy(l0->alt, l0->hash, sizeof(l0->alt));
	*have = read_tile(w, path, width, tile);
	if (!*have)
		return;
	memcpy(l0->alt, tile, width * BTZ_TLOG_HASH);
	for (unsigned i = 0; i < width; i++)
		same_as[i] = same(tile[i], l0->hash[i]);
}

static void
fold(uint8_t hashes[BTZ_TILE_WIDTH][BTZ_TLOG_HASH], uint8_t out[BTZ_TLOG_HASH])
{
	struct btz_tile_ref all = { .count = BTZ_TILE_WIDTH };

	/* the tile is whole: this cannot fail */
	(void)!btz_tile_fold(
	    &btz_walk_hash, btz_span_of(hashes, BTZ_TILE_BYTES), &all, out);
}

/* A full tile above level 0 against both values that its hashes may have. */
static void
check_tile(struct btz_walk *w, unsigned level)
{
	static uint8_t tile[BTZ_TILE_WIDTH][BTZ_TLOG_HASH];
	struct btz_walk_level *l = &w->levels[level];
	char path[BTZ_TILE_PATH_MAX];

	btz_walk_path(level, l->index, BTZ_TILE_WIDTH, path);
	if (!read_tile(w, path, BTZ_TILE_WIDTH, tile)) {
		memcpy(l->alt, l->hash, sizeof(l->alt));
		return;
	}
	for (unsigned i = 0; i < BTZ_TILE_WIDTH; i++)
		if (!same(tile[i], l->hash[i]) && !same(tile[i], l->alt[i]))
			btz_walk_say(w, BTZ_FOUND_WRONG, BTZ_E_LOG_TREE, path,
			    "hash %u at byte %u is not that of the tile below",
			    i, i * BTZ_TLOG_HASH);
	memcpy(l->alt, tile, sizeof(l->alt));
}

void
btz_walk_roll(struct btz_walk *w)
{
	for (unsigned l = 0; l + 1 < BTZ_TILE_LEVELS; l++) {
		struct btz_walk_level *low = &w->levels[l];
		struct btz_walk_level *up = &w->levels[l + 1];

		if (low->n < BTZ_TILE_WIDTH)
			return;
		if (l > 0)
			check_tile(w, l);
		fold(low->hash, up->hash[up->n]);
		fold(low->alt, up->alt[up->n]);
		up->n++;
		low->n = 0;
		low->index++;
	}
}

/* One file of a *.p folder: a prefix of what is known, W items long. */
static void
check_partial(struct btz_walk *w, const char *path, struct btz_span want,
    struct btz_span alt)
{
	long n = btz_walk_read(w, path, w->part, sizeof(w->part));
	size_t i = 0;

	if (n < 0) {
		btz_walk_say(
		    w, BTZ_FOUND_WRONG, BTZ_E_LOG_TREE, path, "cannot be read");
		return;
	}
	while (i < (size_t)n && i < want.len &&
	       (w->part[i] == want.p[i] || w->part[i] == alt.p[i]))
		i++;
	if (i < want.len || (size_t)n != want.len)
		btz_walk_say(w, BTZ_FOUND_WRONG, BTZ_E_LOG_TREE, path,
		    "byte %zu differs from the records", i);
}

static size_t
entries_len(const struct btz_walk *w, size_t bundle_len, unsigned width)
{
	struct btz_span entry;
	struct btz_rd rd;

	btz_rd_init(&rd, w->bundle, bundle_len);
	for (unsigned i = 0; i < width; i++)
		if (!btz_rd_bytes16(&rd, &entry, BTZ_RECORD_MAX))
			return 0;
	return btz_rd_offset(&rd);
}

static void
check_width(struct btz_walk *w, unsigned level, uint64_t index, unsigned width,
    size_t bundle_len)
{
	char path[BTZ_TILE_PATH_MAX];
	struct btz_walk_level *l;
	size_t len;

	btz_walk_path(level, index, width, path);
	if (level == BTZ_TILE_ENTRIES) {
		len = entries_len(w, bundle_len, width);
		if (width > w->levels[0].n)
			len = 0;
		check_partial(w, path, btz_span_of(w->bundle, len),
		    btz_span_of(w->bundle, len));
		return;
	}
	l = &w->levels[level];
	len = width > l->n ? 0 : width * BTZ_TLOG_HASH;
	check_partial(w, path, btz_span_of(l->hash, len),
	    btz_span_of(level == 0 ? l->hash : l->alt, len));
}

static void
check_folder(struct btz_walk *w, unsigned level, uint64_t index, size_t len)
{
	char tile[BTZ_TILE_PATH_MAX], path[BTZ_TILE_PATH_MAX + 2];
	struct dirent *e;
	DIR *d;
	int fd;

	btz_walk_path(level, index, BTZ_TILE_WIDTH, tile);
	(void)snprintf(path, sizeof(path), "%s.p", tile);
	fd = openat(w->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		unsigned long width = strtoul(e->d_name, NULL, 10);

		if (width > 0 && width < BTZ_TILE_WIDTH &&
		    strchr(e->d_name, '.') == NULL)
			check_width(w, level, index, (unsigned)width, len);
	}
	(void)closedir(d);
}

void
btz_walk_partials(struct btz_walk *w, size_t bundle_len)
{
	check_folder(w, BTZ_TILE_ENTRIES, w->levels[0].index, bundle_len);
	for (unsigned l = 0; l < BTZ_TILE_LEVELS; l++)
		check_folder(w, l, w->levels[l].index, bundle_len);
}
