/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor.h - bounded readers and writers over caller memory.
 *
 * A reader (btz_rd) fails at once and never reads past its end; every decoder
 * ends with btz_rd_end() (trailing bytes are an error). A writer (btz_wr)
 * remembers failure, so a chain of puts needs one check at the end.
 * All integers are big-endian. No allocation, no I/O, usable in the TA.
 */
#ifndef BTZ_WIRE_CURSOR_H
#define BTZ_WIRE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BTZ_MUST_CHECK __attribute__((warn_unused_result))
#define BTZ_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Always borrows: never frees, valid as long as what it points into. */
struct btz_span {
	const uint8_t *p;
	size_t len;
};

struct btz_rd {
	const uint8_t *p;   /* next byte */
	const uint8_t *end; /* one past the last */
	const uint8_t *start;
};

struct btz_wr {
	uint8_t *buf;
	size_t len; /* written so far */
	size_t cap;
	bool failed;
};

struct btz_span btz_span_of(const void *p, size_t len);
struct btz_span btz_span_str(const char *s); /* without the NUL; NULL: empty */
bool btz_span_eq(struct btz_span a, struct btz_span b); /* not constant time */

void btz_rd_init(struct btz_rd *rd, const void *p, size_t len);
void btz_rd_span(struct btz_rd *rd, struct btz_span s);
size_t btz_rd_left(const struct btz_rd *rd);
size_t btz_rd_offset(const struct btz_rd *rd); /* bytes consumed, for errors */
bool btz_rd_u8(struct btz_rd *rd, uint8_t *out) BTZ_MUST_CHECK;
bool btz_rd_u16(struct btz_rd *rd, uint16_t *out) BTZ_MUST_CHECK;
bool btz_rd_u32(struct btz_rd *rd, uint32_t *out) BTZ_MUST_CHECK;
bool btz_rd_u64(struct btz_rd *rd, uint64_t *out) BTZ_MUST_CHECK;
/* Exactly len bytes: borrowed, or copied to out. */
bool btz_rd_raw(struct btz_rd *rd, struct btz_span *out,
    size_t len) BTZ_MUST_CHECK;
bool btz_rd_copy(struct btz_rd *rd, void *out, size_t len) BTZ_MUST_CHECK;
/* A length (u16 or u32) and that many bytes, at most max; borrowed. */
bool btz_rd_bytes16(struct btz_rd *rd, struct btz_span *out,
    size_t max) BTZ_MUST_CHECK;
bool btz_rd_bytes32(struct btz_rd *rd, struct btz_span *out,
    size_t max) BTZ_MUST_CHECK;
bool btz_rd_end(const struct btz_rd *rd) BTZ_MUST_CHECK;

void btz_wr_init(struct btz_wr *wr, void *buf, size_t cap);
void btz_wr_u8(struct btz_wr *wr, uint8_t v);
void btz_wr_u16(struct btz_wr *wr, uint16_t v);
void btz_wr_u32(struct btz_wr *wr, uint32_t v);
void btz_wr_u64(struct btz_wr *wr, uint64_t v);
void btz_wr_raw(struct btz_wr *wr, const void *p, size_t len);
void btz_wr_bytes16(struct btz_wr *wr, struct btz_span s);
void btz_wr_bytes32(struct btz_wr *wr, struct btz_span s);
/* Room for a u16 length to be set by btz_wr_patch16 when it is known. */
size_t btz_wr_mark16(struct btz_wr *wr);
void btz_wr_patch16(struct btz_wr *wr, size_t mark);
bool btz_wr_ok(const struct btz_wr *wr) BTZ_MUST_CHECK;
struct btz_span btz_wr_span(const struct btz_wr *wr); /* empty when failed */

/* Zeroes memory in a way the compiler keeps. */
void btz_wipe(void *p, size_t len);

#endif
