/* SPDX-License-Identifier: Apache-2.0 */
/* test_tile.c - tlog/tile: names, widths, and nodes folded out of tiles. */
#include "tlog/tile.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "support/cmocka_all.h"

static void
paths(void **state)
{
	static const struct {
		struct btz_tile t;
		const char *want; /* NULL: refused */
	} rows[] = {
		{ { 0, 0, 0 }, NULL },
		{ { 0, 0, 257 }, NULL },
		{ { 0, 5, 256 }, "tile/0/005" },
		{ { 1, 999, 1 }, "tile/1/999.p/1" },
		{ { 0, 1000, 256 }, "tile/0/x001/000" },
		{ { 3, 1234067, 256 }, "tile/3/x001/x234/067" },
		{ { BTZ_TILE_ENTRIES, 67, 255 }, "tile/entries/067.p/255" },
		{ { 0, UINT64_C(1) << 54, 256 },
		    "tile/0/x018/x014/x398/x509/x481/984" },
	};
	uint8_t buf[BTZ_TILE_PATH_MAX];
	struct btz_wr wr;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: %s\n",
		    rows[i].want == NULL ? "refused" : rows[i].want);
		btz_wr_init(&wr, buf, sizeof(buf));
		btz_tile_write_path(&wr, &rows[i].t);
		assert_int_equal(btz_wr_ok(&wr), rows[i].want != NULL);
		if (rows[i].want != NULL)
			assert_true(btz_span_eq(
			    btz_wr_span(&wr), btz_span_str(rows[i].want)));
	}
}

/* The specification's example: 70000 entries. */
static void
widths(void **state)
{
	static const struct {
		unsigned level;
		uint64_t index, size;
		unsigned want;
	} rows[] = {
		{ 0, 0, 0, 0 },
		{ 0, 272, 70000, 256 },
		{ 0, 273, 70000, 112 },
		{ 0, 274, 70000, 0 },
		{ 1, 0, 70000, 256 },
		{ 1, 1, 70000, 17 },
		{ 2, 0, 70000, 1 },
		{ 3, 0, 70000, 0 },
		{ 0, 0, 256, 256 },
		{ 0, 1, 256, 0 },
		{ 1, 0, 256, 1 },
		{ BTZ_TILE_ENTRIES, 273, 70000, 112 },
		{ 9, 0, 70000, 0 },
	};

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# row %zu\n", i);
		assert_int_equal(
		    btz_tile_width(rows[i].level, rows[i].index, rows[i].size),
		    rows[i].want);
	}
}

#define N 70000u

static uint8_t (*level0)[BTZ_TLOG_HASH], (*level1)[BTZ_TLOG_HASH],
    (*level2)[BTZ_TLOG_HASH];

static enum btz_rc
node(void *ctx, unsigned level, uint64_t index, uint8_t *out)
{
	uint8_t(*const levels[])[BTZ_TLOG_HASH] = { level0, level1, level2 };
	struct btz_tile_ref ref;

	(void)ctx;
	btz_tile_locate(level, index, &ref);
	assert_true(ref.level < 3);
	return btz_tile_fold(&test_hash,
	    btz_span_of(levels[ref.level][ref.index * BTZ_TILE_WIDTH],
		btz_tile_width(ref.level, ref.index, N) * BTZ_TLOG_HASH),
	    &ref, out);
}

static void
fold_up(
    uint8_t (*from)[BTZ_TLOG_HASH], uint8_t (*to)[BTZ_TLOG_HASH], uint64_t n)
{
	struct btz_tile_ref all = { .count = BTZ_TILE_WIDTH };

	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(
		    btz_tile_fold(&test_hash,
			btz_span_of(from[i * BTZ_TILE_WIDTH], BTZ_TILE_BYTES),
			&all, to[i]),
		    BTZ_OK);
}

/* A tree of 70000 entries: appended and read from tiles gives one root. */
static void
tree_of_tiles(void **state)
{
	static const uint64_t sizes[] = { 1, 255, 256, 257, 65535, 65536, 65537,
		69999, N };
	static struct btz_tlog_tree t;
	struct btz_tlog_source src = { node, NULL };
	uint8_t want[BTZ_TLOG_HASH], got[BTZ_TLOG_HASH];
	size_t next = 0;

	(void)state;
	level0 = calloc(N, BTZ_TLOG_HASH);
	level1 = calloc(N / 256, BTZ_TLOG_HASH);
	level2 = calloc(1, BTZ_TLOG_HASH);
	for (uint32_t i = 0; i < N; i++)
		btz_tlog_leaf(
		    &test_hash, btz_span_of(&i, sizeof(i)), level0[i]);
	fold_up(level0, level1, N / 256);
	fold_up(level1, level2, 1);
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(
		    btz_tlog_append(&test_hash, &t, level0[i]), BTZ_OK);
		if (t.size != sizes[next])
			continue;
		next++;
		btz_tlog_root(&test_hash, &t, want);
		assert_int_equal(
		    btz_tlog_source_root(&test_hash, &src, t.size, got),
		    BTZ_OK);
		assert_memory_equal(got, want, BTZ_TLOG_HASH);
	}
	assert_int_equal(next, BTZ_COUNT(sizes));
	free(level0);
	free(level1);
	free(level2);
}

static void
fold_limits(void **state)
{
	uint8_t tile[3 * BTZ_TLOG_HASH] = { 0 }, out[BTZ_TLOG_HASH];
	struct btz_span s = btz_span_of(tile, sizeof(tile));
	struct btz_tile_ref four = { .count = 4 },
			    late = { .first = 300, .count = 1 },
			    two = { .count = 2 };

	(void)state;
	assert_int_equal(btz_tile_fold(&test_hash, s, &four, out), BTZ_E_RANGE);
	assert_int_equal(btz_tile_fold(&test_hash, s, &late, out), BTZ_E_RANGE);
	assert_int_equal(btz_tile_fold(&test_hash, s, &two, out), BTZ_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(widths),
		cmocka_unit_test(tree_of_tiles),
		cmocka_unit_test(fold_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
