/* SPDX-License-Identifier: Apache-2.0 */
/* cursor.c - bounded big-endian readers and writers; contract in cursor.h. */
#include "wire/cursor.h"

#include <string.h>

struct btz_span
btz_span_of(const void *p, size_t len)
{
	return (struct btz_span){ .p = p, .len = len };
}

struct btz_span
btz_span_str(const char *s)
{
	return btz_span_of(s, s == NULL ? 0 : strlen(s));
}

bool
btz_span_eq(struct btz_span a, struct btz_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

void
btz_rd_init(struct btz_rd *rd, const void *p, size_t len)
{
	static const uint8_t none[1];

	rd->start = rd->p = len == 0 ? none : p;
	rd->end = rd->p + len;
}

void
btz_rd_span(struct btz_rd *rd, struct btz_span s)
{
	btz_rd_init(rd, s.p, s.len);
}

size_t
btz_rd_left(const struct btz_rd *rd)
{
	return (size_t)(rd->end - rd->p);
}

size_t
btz_rd_offset(const struct btz_rd *rd)
{
	return (size_t)(rd->p - rd->start);
}

bool
btz_rd_raw(struct btz_rd *rd, struct btz_span *out, size_t len)
{
	if (btz_rd_left(rd) < len) {
		*out = btz_span_of(NULL, 0);
		return false;
	}
	*out = btz_span_of(rd->p, len);
	rd->p += len;
	return true;
}

bool
btz_rd_copy(struct btz_rd *rd, void *out, size_t len)
{
	struct btz_span s;

	if (!btz_rd_raw(rd, &s, len)) {
		memset(out, 0, len);
		return false;
	}
	if (len > 0)
		memcpy(out, s.p, len);
	return true;
}

static bool
read_be(struct btz_rd *rd, unsigned n, uint64_t *out)
{
	*out = 0;
	if (btz_rd_left(rd) < n)
		return false;
	for (unsigned i = 0; i < n; i++)
		*out = *out << 8 | *rd->p++;
	return true;
}

bool
btz_rd_u8(struct btz_rd *rd, uint8_t *out)
{
	uint64_t v;
	bool ok = read_be(rd, 1, &v);

	*out = (uint8_t)v;
	return ok;
}

bool
btz_rd_u16(struct btz_rd *rd, uint16_t *out)
{
	uint64_t v;
	bool ok = read_be(rd, 2, &v);

	*out = (uint16_t)v;
	return ok;
}

bool
btz_rd_u32(struct btz_rd *rd, uint32_t *out)
{
	uint64_t v;
	bool ok = read_be(rd, 4, &v);

	*out = (uint32_t)v;
	return ok;
}

bool
btz_rd_u64(struct btz_rd *rd, uint64_t *out)
{
	return read_be(rd, 8, out);
}

bool
btz_rd_bytes16(struct btz_rd *rd, struct btz_span *out, size_t max)
{
	uint16_t n;

	*out = btz_span_of(NULL, 0);
	return btz_rd_u16(rd, &n) && n <= max && btz_rd_raw(rd, out, n);
}

bool
btz_rd_bytes32(struct btz_rd *rd, struct btz_span *out, size_t max)
{
	uint32_t n;

	*out = btz_span_of(NULL, 0);
	return btz_rd_u32(rd, &n) && n <= max && btz_rd_raw(rd, out, n);
}

bool
btz_rd_end(const struct btz_rd *rd)
{
	return rd->p == rd->end;
}

void
btz_wr_init(struct btz_wr *wr, void *buf, size_t cap)
{
	*wr = (struct btz_wr){ .buf = buf, .cap = cap };
}

void
btz_wr_raw(struct btz_wr *wr, const void *p, size_t len)
{
	if (wr->failed || wr->cap - wr->len < len) {
		wr->failed = true;
		return;
	}
	if (len > 0)
		memcpy(wr->buf + wr->len, p, len);
	wr->len += len;
}

static void
write_be(struct btz_wr *wr, uint64_t v, unsigned n)
{
	uint8_t b[8];

	for (unsigned i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	btz_wr_raw(wr, b, n);
}

void
btz_wr_u8(struct btz_wr *wr, uint8_t v)
{
	write_be(wr, v, 1);
}

void
btz_wr_u16(struct btz_wr *wr, uint16_t v)
{
	write_be(wr, v, 2);
}

void
btz_wr_u32(struct btz_wr *wr, uint32_t v)
{
	write_be(wr, v, 4);
}

void
btz_wr_u64(struct btz_wr *wr, uint64_t v)
{
	write_be(wr, v, 8);
}

void
btz_wr_bytes16(struct btz_wr *wr, struct btz_span s)
{
	if (s.len > UINT16_MAX)
		wr->failed = true;
	btz_wr_u16(wr, (uint16_t)s.len);
	btz_wr_raw(wr, s.p, s.len);
}

void
btz_wr_bytes32(struct btz_wr *wr, struct btz_span s)
{
	if (s.len > UINT32_MAX)
		wr->failed = true;
	btz_wr_u32(wr, (uint32_t)s.len);
	btz_wr_raw(wr, s.p, s.len);
}

size_t
btz_wr_mark16(struct btz_wr *wr)
{
	size_t mark = wr->len;

	btz_wr_u16(wr, 0);
	return mark;
}

void
btz_wr_patch16(struct btz_wr *wr, size_t mark)
{
	size_t n;

	if (wr->failed)
		return;
	n = wr->len - mark - 2;
	if (n > UINT16_MAX) {
		wr->failed = true;
		return;
	}
	wr->buf[mark] = (uint8_t)(n >> 8);
	wr->buf[mark + 1] = (uint8_t)n;
}

bool
btz_wr_ok(const struct btz_wr *wr)
{
	return !wr->failed;
}

struct btz_span
btz_wr_span(const struct btz_wr *wr)
{
	return btz_span_of(wr->buf, wr->failed ? 0 : wr->len);
}

void
btz_wipe(void *p, size_t len)
{
	if (len > 0)
		memset(p, 0, len);
	/* The memory is "used" here: the compiler keeps the zeroes. */
	__asm__ volatile("" : : "r"(p) : "memory");
}
