/* SPDX-License-Identifier: Apache-2.0 */
/* field.c - encoder and decoder of all message bodies; see field.h. */
#include "wire/field.h"

#include <string.h>

static bool
text_ok(struct btz_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool
read_u8(struct btz_rd *rd, const struct btz_field *f, void *at)
{
	uint8_t *v = at;

	return btz_rd_u8(rd, v) && (f->max == 0 || *v <= f->max);
}

static bool
read_field(struct btz_rd *rd, const struct btz_field *f, void *at)
{
	switch ((enum btz_field_type)f->type) {
	case BTZ_FT_U8:
		return read_u8(rd, f, at);
	case BTZ_FT_U16:
		return btz_rd_u16(rd, at);
	case BTZ_FT_U32:
		return btz_rd_u32(rd, at);
	case BTZ_FT_U64:
		return btz_rd_u64(rd, at);
	case BTZ_FT_RAW:
		return btz_rd_copy(rd, at, f->max);
	case BTZ_FT_BYTES:
		return btz_rd_bytes32(rd, at, f->max);
	case BTZ_FT_TEXT:
		return btz_rd_bytes16(rd, at, f->max) &&
		    text_ok(*(const struct btz_span *)at);
	}
	return false;
}

bool
btz_msg_read(const struct btz_msgdef *def, struct btz_rd *rd, void *msg)
{
	memset(msg, 0, def->size);
	for (size_t i = 0; i < def->n; i++) {
		const struct btz_field *f = &def->fields[i];

		if (!read_field(rd, f, (uint8_t *)msg + f->offset)) {
			memset(msg, 0, def->size);
			return false;
		}
	}
	return true;
}

bool
btz_msg_decode(const struct btz_msgdef *def, struct btz_span in, void *msg)
{
	struct btz_rd rd;

	btz_rd_span(&rd, in);
	if (!btz_msg_read(def, &rd, msg))
		return false;
	if (btz_rd_end(&rd))
		return true;
	memset(msg, 0, def->size);
	return false;
}

static void
write_span(struct btz_wr *wr, const struct btz_field *f, struct btz_span s)
{
	if (s.len > f->max || (f->type == BTZ_FT_TEXT && !text_ok(s)))
		wr->failed = true;
	else if (f->type == BTZ_FT_TEXT)
		btz_wr_bytes16(wr, s);
	else
		btz_wr_bytes32(wr, s);
}

static void
write_field(struct btz_wr *wr, const struct btz_field *f, const void *at)
{
	switch ((enum btz_field_type)f->type) {
	case BTZ_FT_U8:
		if (f->max != 0 && *(const uint8_t *)at > f->max)
			wr->failed = true;
		btz_wr_u8(wr, *(const uint8_t *)at);
		break;
	case BTZ_FT_U16:
		btz_wr_u16(wr, *(const uint16_t *)at);
		break;
	case BTZ_FT_U32:
		btz_wr_u32(wr, *(const uint32_t *)at);
		break;
	case BTZ_FT_U64:
		btz_wr_u64(wr, *(const uint64_t *)at);
		break;
	case BTZ_FT_RAW:
		btz_wr_raw(wr, at, f->max);
		break;
	case BTZ_FT_BYTES:
	case BTZ_FT_TEXT:
		write_span(wr, f, *(const struct btz_span *)at);
		break;
	}
}

void
btz_msg_write(const struct btz_msgdef *def, const void *msg, struct btz_wr *wr)
{
	for (size_t i = 0; i < def->n; i++) {
		const struct btz_field *f = &def->fields[i];

		write_field(wr, f, (const uint8_t *)msg + f->offset);
	}
}
