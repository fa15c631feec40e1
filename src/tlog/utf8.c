/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c - strict UTF-8; contract in utf8.h. */
#include "tlog/utf8.h"

bool
btz_utf8_next(struct btz_rd *rd, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint8_t b;
	unsigned more;

	*out = 0;
	if (!btz_rd_u8(rd, &b))
		return false;
	if (b < 0x80) {
		*out = b;
		return true;
	}
	if (b < 0xc2 || b > 0xf4)
		return false;
	more = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : 1;
	*out = b & (0x3fu >> more);
	for (unsigned i = 0; i < more; i++) {
		if (!btz_rd_u8(rd, &b) || (b & 0xc0) != 0x80)
			return false;
		*out = *out << 6 | (b & 0x3fu);
	}
	return *out >= least[more] && *out <= 0x10ffff &&
	       (*out < 0xd800 || *out > 0xdfff);
}

bool
btz_utf8_space(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} spaces[] = {
		{ 0x09, 0x0d },
		{ 0x20, 0x20 },
		{ 0x85, 0x85 },
		{ 0xa0, 0xa0 },
		{ 0x1680, 0x1680 },
		{ 0x2000, 0x200a },
		{ 0x2028, 0x2029 },
		{ 0x202f, 0x202f },
		{ 0x205f, 0x205f },
		{ 0x3000, 0x3000 },
	};

	for (size_t i = 0; i < BTZ_COUNT(spaces); i++)
		if (c >= spaces[i].first && c <= spaces[i].last)
			return true;
	return false;
}
