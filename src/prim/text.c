/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - hex and base64url; contract in prim.h. */
#include <string.h>

#include "prim/prim.h"

static const char hex_digits[] = "0123456789abcdef";
static const char b64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
btz_hex(const void *in, size_t len, char *out)
{
	const uint8_t *b = in;

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = hex_digits[b[i] >> 4];
		out[2 * i + 1] = hex_digits[b[i] & 15];
	}
	out[2 * len] = '\0';
}

static int
digit(const char *set, uint8_t c)
{
	const char *at = c == 0 ? NULL : strchr(set, c);

	return at == NULL ? -1 : (int)(at - set);
}

bool
btz_unhex(struct btz_span in, void *out, size_t len)
{
	uint8_t *b = out;

	if (in.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int hi = digit(hex_digits, in.p[2 * i]);
		int lo = digit(hex_digits, in.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		b[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

size_t
btz_base64url(struct btz_span in, char *out, size_t cap)
{
	size_t n = 0;
	uint32_t acc = 0;
	unsigned bits = 0;

	if (cap == 0 || (in.len * 8 + 5) / 6 + 1 > cap)
		return 0;
	for (size_t i = 0; i < in.len; i++) {
		acc = acc << 8 | in.p[i];
		for (bits += 8; bits >= 6; bits -= 6)
			out[n++] = b64[acc >> (bits - 6) & 63];
	}
	if (bits > 0)
		out[n++] = b64[acc << (6 - bits) & 63];
	out[n] = '\0';
	return n;
}

bool
btz_base64url_decode(struct btz_span in, void *out, size_t cap, size_t *len)
{
	uint8_t *b = out;
	uint32_t acc = 0;
	unsigned bits = 0;

	*len = 0;
	for (size_t i = 0; i < in.len; i++) {
		int v = digit(b64, in.p[i]);

		if (v < 0)
			return false;
		acc = acc << 6 | (uint32_t)v;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (*len == cap)
			return false;
		b[(*len)++] = (uint8_t)(acc >> bits);
	}
	/* what is left over must be padding zeros, less than one digit */
	return bits < 6 && (acc & ((1u << bits) - 1)) == 0;
}
