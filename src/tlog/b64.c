/* SPDX-License-Identifier: Apache-2.0 */
/* b64.c - strict base64 and decimal numbers; contract in b64.h. */
#include "tlog/b64.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
btz_b64_write(struct btz_wr *wr, struct btz_span bytes)
{
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
		uint32_t v = (uint32_t)bytes.p[i] << 16;

		if (n > 1)
			v |= (uint32_t)bytes.p[i + 1] << 8;
		if (n > 2)
			v |= bytes.p[i + 2];
		btz_wr_u8(wr, (uint8_t)digits[v >> 18]);
		btz_wr_u8(wr, (uint8_t)digits[v >> 12 & 63]);
		btz_wr_u8(wr, n > 1 ? (uint8_t)digits[v >> 6 & 63] : '=');
		btz_wr_u8(wr, n > 2 ? (uint8_t)digits[v & 63] : '=');
	}
}

static int
value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters to at most three bytes; unused bits must be zero. */
static bool
read_group(const uint8_t *c, size_t n, struct btz_wr *wr)
{
	uint32_t v = 0;

	for (size_t i = 0; i < 4; i++) {
		int d = i <= n ? value(c[i]) : c[i] == '=' ? 0 : -1;

		if (d < 0)
			return false;
		v = v << 6 | (uint32_t)d;
	}
	if (n < 3 && (v & (n == 1 ? 0xffffu : 0xffu)) != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		btz_wr_u8(wr, (uint8_t)(v >> (16 - 8 * i)));
	return btz_wr_ok(wr);
}

bool
btz_b64_read(struct btz_span text, void *buf, size_t cap, size_t *len)
{
	struct btz_wr wr;

	*len = 0;
	btz_wr_init(&wr, buf, cap);
	if (text.len % 4 != 0)
		return false;
	for (size_t i = 0; i < text.len; i += 4) {
		const uint8_t *c = text.p + i;
		size_t n = 3;

		if (i + 4 == text.len && c[3] == '=')
			n = c[2] == '=' ? 1 : 2;
		if (!read_group(c, n, &wr))
			return false;
	}
	*len = wr.len;
	return true;
}

void
btz_decimal_write(struct btz_wr *wr, uint64_t n)
{
	uint8_t buf[20];
	size_t at = sizeof(buf);

	do {
		buf[--at] = (uint8_t)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	btz_wr_raw(wr, buf + at, sizeof(buf) - at);
}

bool
btz_decimal_read(struct btz_span text, uint64_t *out)
{
	uint64_t n = 0;

	*out = 0;
	if (text.len == 0 || (text.p[0] == '0' && text.len > 1))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t d = (uint8_t)(text.p[i] - '0');

		if (d > 9 || n > (UINT64_MAX - d) / 10)
			return false;
		n = n * 10 + d;
	}
	*out = n;
	return true;
}
