/* SPDX-License-Identifier: Apache-2.0 */
/*
 * field.h - message bodies described as tables.
 *
 * Each msg_<verb>.h declares a plain struct; its msg_<verb>.c is one table of
 * fields in wire order. One encoder and one decoder serve all of them, so
 * they are written, tested and fuzzed once (all tables: msgs.h).
 *
 * Spans in a decoded struct borrow from the input. Decoding the bytes that
 * encoding gave yields the same struct, and the other way round.
 */
#ifndef BTZ_WIRE_FIELD_H
#define BTZ_WIRE_FIELD_H

#include "wire/cursor.h"

enum btz_field_type {
	BTZ_FT_U8,    /* uint8_t; max is the largest value, 0: any */
	BTZ_FT_U16,   /* uint16_t */
	BTZ_FT_U32,   /* uint32_t */
	BTZ_FT_U64,   /* uint64_t */
	BTZ_FT_RAW,   /* uint8_t[max], fixed length */
	BTZ_FT_BYTES, /* struct btz_span, u32 length, at most max */
	BTZ_FT_TEXT,  /* struct btz_span, u16 length, at most max, no bytes
	               * below 0x20 nor 0x7f */
};

struct btz_field {
	uint8_t type;
	uint16_t offset;
	uint32_t max;
};

struct btz_msgdef {
	const char *name;
	uint16_t size; /* sizeof the struct */
	uint16_t n;
	const struct btz_field *fields;
};

#define BTZ_FU8(s, m, max) { BTZ_FT_U8, offsetof(struct s, m), (max) }
#define BTZ_FU16(s, m) { BTZ_FT_U16, offsetof(struct s, m), 0 }
#define BTZ_FU32(s, m) { BTZ_FT_U32, offsetof(struct s, m), 0 }
#define BTZ_FU64(s, m) { BTZ_FT_U64, offsetof(struct s, m), 0 }
#define BTZ_FRAW(s, m, len) { BTZ_FT_RAW, offsetof(struct s, m), (len) }
#define BTZ_FBYTES(s, m, max) { BTZ_FT_BYTES, offsetof(struct s, m), (max) }
#define BTZ_FTEXT(s, m, max) { BTZ_FT_TEXT, offsetof(struct s, m), (max) }
/* Defines `const struct btz_msgdef btz_def_<name>` from btz_<name> fields. */
#define BTZ_MSGDEF(name, ...) \
	static const struct btz_field name##_fields[] = { __VA_ARGS__ }; \
	const struct btz_msgdef btz_def_##name = { #name, \
		sizeof(struct btz_##name), BTZ_COUNT(name##_fields), \
		name##_fields }

/* Decodes the whole of in; on failure *msg is zeroed. */
bool btz_msg_decode(const struct btz_msgdef *def, struct btz_span in,
    void *msg) BTZ_MUST_CHECK;
/* Takes one message from a reader (rows of a list). */
bool btz_msg_read(const struct btz_msgdef *def, struct btz_rd *rd,
    void *msg) BTZ_MUST_CHECK;
/* Failure (a value over its limit) is remembered in wr. */
void btz_msg_write(const struct btz_msgdef *def, const void *msg,
    struct btz_wr *wr);

#endif
