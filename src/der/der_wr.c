/* SPDX-License-Identifier: Apache-2.0 */
/* der_wr.c - the DER writer; contract in der.h. */
#include "der/der.h"

#include <string.h>

size_t
btz_der_begin(struct btz_wr *wr, uint8_t tag)
{
	btz_wr_u8(wr, tag);
	btz_wr_u8(wr, 0);
	return wr->len;
}

/* Octets that follow the first length octet. */
static size_t
extra(size_t len)
{
	size_t n = 0;

	if (len < 0x80)
		return 0;
	for (; len > 0; len >>= 8)
		n++;
	return n;
}

void
btz_der_end(struct btz_wr *wr, size_t mark)
{
	size_t len, n;

	if (wr->failed)
		return;
	len = wr->len - mark;
	n = extra(len);
	if (n == 0) {
		wr->buf[mark - 1] = (uint8_t)len;
		return;
	}
	if (wr->cap - wr->len < n) {
		wr->failed = true;
		return;
	}
	memmove(wr->buf + mark + n, wr->buf + mark, len);
	wr->len += n;
	wr->buf[mark - 1] = (uint8_t)(0x80u | n);
	for (size_t i = 0; i < n; i++)
		wr->buf[mark + i] = (uint8_t)(len >> (8 * (n - 1 - i)));
}

void
btz_der_put(struct btz_wr *wr, uint8_t tag, struct btz_span content)
{
	size_t mark = btz_der_begin(wr, tag);

	btz_wr_raw(wr, content.p, content.len);
	btz_der_end(wr, mark);
}

void
btz_der_put_uint(struct btz_wr *wr, struct btz_span v)
{
	size_t mark = btz_der_begin(wr, BTZ_DER_INT);

	while (v.len > 0 && v.p[0] == 0) {
		v.p++;
		v.len--;
	}
	if (v.len == 0 || (v.p[0] & 0x80) != 0)
		btz_wr_u8(wr, 0);
	btz_wr_raw(wr, v.p, v.len);
	btz_der_end(wr, mark);
}

void
btz_der_put_u64(struct btz_wr *wr, uint64_t v)
{
	uint8_t b[8];

	for (unsigned i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> (56 - 8 * i));
	btz_der_put_uint(wr, btz_span_of(b, sizeof(b)));
}

void
btz_der_put_bool(struct btz_wr *wr, bool v)
{
	uint8_t b = v ? 0xff : 0;

	btz_der_put(wr, BTZ_DER_BOOL, btz_span_of(&b, 1));
}

void
btz_der_put_bits(struct btz_wr *wr, struct btz_span octets)
{
	size_t mark = btz_der_begin(wr, BTZ_DER_BITS);

	btz_wr_u8(wr, 0);
	btz_wr_raw(wr, octets.p, octets.len);
	btz_der_end(wr, mark);
}

void
btz_der_put_named_bits(struct btz_wr *wr, uint16_t v)
{
	uint8_t b[3] = { 0, 0, 0 };
	unsigned last = 0;

	for (unsigned i = 0; i < 16; i++) {
		if (((unsigned)v >> i & 1u) == 0)
			continue;
		b[1 + i / 8] |= (uint8_t)(0x80u >> (i % 8));
		last = i;
	}
	b[0] = v == 0 ? 0 : (uint8_t)(7 - last % 8);
	btz_der_put(
	    wr, BTZ_DER_BITS, btz_span_of(b, v == 0 ? 1 : 2 + last / 8));
}
