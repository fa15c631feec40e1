/* SPDX-License-Identifier: Apache-2.0 */
/* pem.c - textual encoding (RFC 7468 3, strict); contract in pem.h. */
#include "der/pem.h"

#include <string.h>

#define LINE 64u

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool
word(struct btz_rd *rd, const char *w)
{
	struct btz_span s;

	return btz_rd_raw(rd, &s, strlen(w)) && btz_span_eq(s, btz_span_str(w));
}

/* A line end: the kind seen first counts for the whole text. */
static bool
line_end(struct btz_rd *rd, bool crlf)
{
	return word(rd, crlf ? "\r\n" : "\n");
}

static bool
boundary(struct btz_rd *rd, const char *what, const char *label)
{
	return word(rd, "-----") && word(rd, what) && word(rd, " ") &&
	       word(rd, label) && word(rd, "-----");
}

static int
sextet(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters to 1..3 octets; 0: not canonical. */
static size_t
quad(const uint8_t *c, uint8_t out[3])
{
	size_t n = c[3] != '=' ? 3 : c[2] != '=' ? 2 : 1;
	uint32_t v = 0;

	for (size_t i = 0; i < 4; i++) {
		int s = i <= n ? sextet(c[i]) : 0;

		if (s < 0)
			return 0;
		v = v << 6 | (uint32_t)s;
	}
	for (size_t i = 0; i < 3; i++)
		out[i] = (uint8_t)(v >> (16 - 8 * i));
	/* RFC 4648 3.5: pad bits are zero */
	return (n < 3 && out[n] != 0) ? 0 : n;
}

/* One line of base64 without its end; *last: it was shorter or padded. */
static bool
base64_line(struct btz_rd *rd, struct btz_wr *out, bool *last)
{
	struct btz_span line;
	uint8_t b[3];
	size_t n = 0;

	while (n < LINE && n < btz_rd_left(rd) && rd->p[n] != '\r' &&
	       rd->p[n] != '\n')
		n++;
	if (n == 0 || n % 4 != 0 || !btz_rd_raw(rd, &line, n))
		return false;
	*last = n < LINE;
	for (size_t i = 0; i < n; i += 4) {
		size_t got = quad(line.p + i, b);

		if (got == 0 || (got < 3 && i + 4 != n))
			return false;
		*last = *last || got < 3;
		btz_wr_raw(out, b, got);
	}
	return true;
}

static enum btz_rc
body(struct btz_rd *rd, bool crlf, struct btz_wr *out)
{
	bool last = false;

	do {
		if (last || !base64_line(rd, out, &last) || !line_end(rd, crlf))
			return BTZ_E_PEM;
	} while (!btz_der_peek(rd, '-'));
	return btz_wr_ok(out) ? BTZ_OK : BTZ_E_TOOBIG;
}

enum btz_rc
btz_pem_next(struct btz_rd *rd, const char *label, struct btz_wr *out)
{
	enum btz_rc rc;
	bool crlf;

	if (!boundary(rd, "BEGIN", label))
		return BTZ_E_PEM;
	crlf = btz_der_peek(rd, '\r');
	if (!line_end(rd, crlf))
		return BTZ_E_PEM;
	if ((rc = body(rd, crlf, out)) != BTZ_OK)
		return rc;
	if (!boundary(rd, "END", label) ||
	    (!btz_rd_end(rd) && !line_end(rd, crlf)))
		return BTZ_E_PEM;
	return BTZ_OK;
}

enum btz_rc
btz_pem_decode(struct btz_span text, const char *label, struct btz_wr *out)
{
	struct btz_rd rd;
	enum btz_rc rc;

	btz_rd_span(&rd, text);
	rc = btz_pem_next(&rd, label, out);
	return rc == BTZ_OK && !btz_rd_end(&rd) ? BTZ_E_PEM : rc;
}

static void
put_boundary(struct btz_wr *wr, const char *what, const char *label)
{
	btz_wr_raw(wr, "-----", 5);
	btz_wr_raw(wr, what, strlen(what));
	btz_wr_raw(wr, " ", 1);
	btz_wr_raw(wr, label, strlen(label));
	btz_wr_raw(wr, "-----\n", 6);
}

static void
put_quad(struct btz_wr *wr, const uint8_t *p, size_t n)
{
	uint32_t v = (uint32_t)p[0] << 16;
	char c[4];

	if (n > 1)
		v |= (uint32_t)p[1] << 8;
	if (n > 2)
		v |= p[2];
	for (unsigned i = 0; i < 4; i++)
		c[i] = i <= n ? alphabet[v >> (18 - 6 * i) & 63] : '=';
	btz_wr_raw(wr, c, 4);
}

void
btz_pem_encode(struct btz_wr *wr, const char *label, struct btz_span der)
{
	put_boundary(wr, "BEGIN", label);
	for (size_t i = 0; i < der.len; i += 3) {
		size_t left = der.len - i;

		put_quad(wr, der.p + i, left < 3 ? left : 3);
		if (i % 48 == 45 || left <= 3)
			btz_wr_u8(wr, '\n');
	}
	put_boundary(wr, "END", label);
}
