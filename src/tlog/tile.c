/* SPDX-License-Identifier: Apache-2.0 */
/* tile.c - tile names, sizes and contents; contract in tile.h. */
#include "tlog/tile.h"

#include <string.h>

#include "tlog/b64.h"

#define TILE_BITS 8u

static void
write_str(struct btz_wr *wr, const char *s)
{
	btz_wr_raw(wr, s, strlen(s));
}

static void
write_group(struct btz_wr *wr, unsigned n)
{
	btz_wr_u8(wr, (uint8_t)('0' + n / 100));
	btz_wr_u8(wr, (uint8_t)('0' + n / 10 % 10));
	btz_wr_u8(wr, (uint8_t)('0' + n % 10));
}

/* Groups of three digits, all but the last with an 'x': x001/x234/067. */
static void
write_index(struct btz_wr *wr, uint64_t index)
{
	uint64_t unit = 1;

	while (index / unit >= 1000)
		unit *= 1000;
	for (; unit > 1; unit /= 1000) {
		btz_wr_u8(wr, 'x');
		write_group(wr, (unsigned)(index / unit % 1000));
		btz_wr_u8(wr, '/');
	}
	write_group(wr, (unsigned)(index % 1000));
}

void
btz_tile_write_path(struct btz_wr *wr, const struct btz_tile *t)
{
	if (t->width == 0 || t->width > BTZ_TILE_WIDTH)
		wr->failed = true;
	write_str(wr, "tile/");
	if (t->level == BTZ_TILE_ENTRIES)
		write_str(wr, "entries");
	else
		btz_decimal_write(wr, t->level);
	btz_wr_u8(wr, '/');
	write_index(wr, t->index);
	if (t->width < BTZ_TILE_WIDTH) {
		write_str(wr, ".p/");
		btz_decimal_write(wr, t->width);
	}
}

uint64_t
btz_tile_hashes(unsigned level, uint64_t size)
{
	if (level == BTZ_TILE_ENTRIES)
		return size;
	return level < BTZ_TILE_LEVELS ? size >> (level * TILE_BITS) : 0;
}

unsigned
btz_tile_width(unsigned level, uint64_t index, uint64_t size)
{
	uint64_t n = btz_tile_hashes(level, size);

	if (index < n / BTZ_TILE_WIDTH)
		return BTZ_TILE_WIDTH;
	return index == n / BTZ_TILE_WIDTH ? (unsigned)(n % BTZ_TILE_WIDTH) : 0;
}

void
btz_tile_locate(
    unsigned node_level, uint64_t node_index, struct btz_tile_ref *out)
{
	unsigned sub = node_level % TILE_BITS;
	uint64_t first = node_index << sub;

	out->level = node_level / TILE_BITS;
	out->index = first / BTZ_TILE_WIDTH;
	out->first = (unsigned)(first % BTZ_TILE_WIDTH);
	out->count = 1u << sub;
}

enum btz_rc
btz_tile_fold(const struct btz_tlog_hash *h, struct btz_span hashes,
    const struct btz_tile_ref *ref, uint8_t out[BTZ_TLOG_HASH])
{
	uint8_t stack[TILE_BITS + 1][BTZ_TLOG_HASH];
	const uint8_t *p;

	memset(out, 0, BTZ_TLOG_HASH);
	if (ref->count == 0 || ref->first > BTZ_TILE_WIDTH ||
	    ref->count > BTZ_TILE_WIDTH - ref->first ||
	    (ref->first + ref->count) * BTZ_TLOG_HASH > hashes.len)
		return BTZ_E_RANGE;
	p = hashes.p + ref->first * BTZ_TLOG_HASH;
	for (unsigned i = 0; i < ref->count; i++, p += BTZ_TLOG_HASH) {
		unsigned level = 0;

		memcpy(out, p, BTZ_TLOG_HASH);
		for (; (i >> level & 1) != 0; level++)
			btz_tlog_node(h, stack[level], out, out);
		memcpy(stack[level], out, BTZ_TLOG_HASH);
	}
	return BTZ_OK;
}
