/* SPDX-License-Identifier: Apache-2.0 */
/* der.c - the strict DER reader; contract in der.h. Start at btz_der_any. */
#include "der/der.h"

/* X.690 8.1.3.4/5 with the minimal form of 10.1; at most 4 length octets. */
static bool
length(struct btz_rd *rd, size_t *out)
{
	uint8_t b;

	*out = 0;
	if (!btz_rd_u8(rd, &b))
		return false;
	if (b < 0x80) {
		*out = b;
		return true;
	}
	if (b == 0x80 || b > 0x84)
		return false;
	for (unsigned n = b & 0x7fu; n > 0; n--) {
		if (!btz_rd_u8(rd, &b) || (*out == 0 && b == 0))
			return false;
		*out = *out << 8 | b;
	}
	return *out >= 0x80;
}

bool
btz_der_any(struct btz_rd *rd, uint8_t *tag, struct btz_span *content,
    struct btz_span *whole)
{
	const uint8_t *from = rd->p;
	struct btz_span c = { NULL, 0 };
	size_t len;
	bool ok;

	/* A tag number of 31 would go on in further octets. */
	ok = btz_rd_u8(rd, tag) && (*tag & 0x1fu) != 0x1fu &&
	     length(rd, &len) && btz_rd_raw(rd, &c, len);
	if (content != NULL)
		*content = c;
	if (whole != NULL)
		*whole = ok ? btz_span_of(from, (size_t)(rd->p - from))
			    : btz_span_of(NULL, 0);
	return ok;
}

bool
btz_der_peek(const struct btz_rd *rd, uint8_t tag)
{
	return !btz_rd_end(rd) && *rd->p == tag;
}

bool
btz_der_get(struct btz_rd *rd, uint8_t tag, struct btz_span *content)
{
	uint8_t t;

	*content = btz_span_of(NULL, 0);
	return btz_der_peek(rd, tag) && btz_der_any(rd, &t, content, NULL);
}

bool
btz_der_whole(struct btz_rd *rd, uint8_t tag, struct btz_span *whole)
{
	uint8_t t;

	*whole = btz_span_of(NULL, 0);
	return btz_der_peek(rd, tag) && btz_der_any(rd, &t, NULL, whole);
}

bool
btz_der_enter(struct btz_rd *rd, uint8_t tag, struct btz_rd *inner)
{
	struct btz_span content;
	bool ok = btz_der_get(rd, tag, &content);

	btz_rd_span(inner, content);
	return ok;
}

static bool
bool_ok(struct btz_span c)
{
	return c.len == 1 && (c.p[0] == 0 || c.p[0] == 0xff);
}

bool
btz_der_bool_default(struct btz_rd *rd, bool *out)
{
	struct btz_span c;

	*out = false;
	if (!btz_der_peek(rd, BTZ_DER_BOOL))
		return true;
	/* X.690 11.5: a value equal to the default is left out. */
	*out = btz_der_get(rd, BTZ_DER_BOOL, &c) && c.len == 1 &&
	       c.p[0] == 0xff;
	return *out;
}

static bool
int_ok(struct btz_span c)
{
	if (c.len == 0)
		return false;
	return c.len == 1 || !((c.p[0] == 0 && (c.p[1] & 0x80) == 0) ||
				 (c.p[0] == 0xff && (c.p[1] & 0x80) != 0));
}

bool
btz_der_int(struct btz_rd *rd, struct btz_span *out)
{
	return btz_der_get(rd, BTZ_DER_INT, out) && int_ok(*out);
}

bool
btz_der_positive(struct btz_rd *rd, struct btz_span *out)
{
	return btz_der_int(rd, out) && (out->p[0] & 0x80) == 0 &&
	       !(out->len == 1 && out->p[0] == 0);
}

bool
btz_der_u64_of(struct btz_span c, uint64_t *out)
{
	*out = 0;
	if (!int_ok(c) || (c.p[0] & 0x80) != 0 || c.len > 9 ||
	    (c.len == 9 && c.p[0] != 0))
		return false;
	for (size_t i = 0; i < c.len; i++)
		*out = *out << 8 | c.p[i];
	return true;
}

bool
btz_der_u64(struct btz_rd *rd, uint64_t *out)
{
	struct btz_span c;

	*out = 0;
	return btz_der_get(rd, BTZ_DER_INT, &c) && btz_der_u64_of(c, out);
}

/* X.690 8.6.2, 11.2.1: unused bits are zero, none in an empty string. */
static bool
bits_ok(struct btz_span c)
{
	if (c.len == 0 || c.p[0] > 7)
		return false;
	if (c.len == 1)
		return c.p[0] == 0;
	return (c.p[c.len - 1] & ((1u << c.p[0]) - 1u)) == 0;
}

bool
btz_der_bits(struct btz_rd *rd, struct btz_span *out, uint8_t *unused)
{
	*unused = 0;
	if (!btz_der_get(rd, BTZ_DER_BITS, out) || !bits_ok(*out)) {
		*out = btz_span_of(NULL, 0);
		return false;
	}
	*unused = out->p[0];
	*out = btz_span_of(out->p + 1, out->len - 1);
	return true;
}

bool
btz_der_bit_octets(struct btz_rd *rd, struct btz_span *out)
{
	uint8_t unused;

	return btz_der_bits(rd, out, &unused) && unused == 0;
}

/* X.690 8.19.2: no subidentifier starts with 0x80, the last one ends. */
static bool
oid_ok(struct btz_span c)
{
	bool first = true;

	if (c.len == 0 || (c.p[c.len - 1] & 0x80) != 0)
		return false;
	for (size_t i = 0; i < c.len; i++) {
		if (first && c.p[i] == 0x80)
			return false;
		first = (c.p[i] & 0x80) == 0;
	}
	return true;
}

bool
btz_der_oid(struct btz_rd *rd, struct btz_span *out)
{
	return btz_der_get(rd, BTZ_DER_OID, out) && oid_ok(*out);
}

/* Primitives of the universal class that have a canonical form; strings and
 * the like are primitive in DER (X.690 10.2), SEQUENCE and SET never. */
static bool
universal_ok(uint8_t tag, struct btz_span c)
{
	switch (tag) {
	case BTZ_DER_BOOL:
		return bool_ok(c);
	case BTZ_DER_INT:
	case BTZ_DER_ENUM:
		return int_ok(c);
	case BTZ_DER_BITS:
		return bits_ok(c);
	case BTZ_DER_NULL:
		return c.len == 0;
	case BTZ_DER_OID:
		return oid_ok(c);
	case 0: /* end-of-contents: only in the indefinite form */
	case BTZ_DER_SEQ & 0x1f:
	case BTZ_DER_SET & 0x1f:
		return false;
	default:
		return true;
	}
}

static bool
element_ok(uint8_t tag, struct btz_span c)
{
	if ((tag & 0xc0) != 0)
		return true;
	if ((tag & 0x20) == 0)
		return universal_ok(tag, c);
	return tag == BTZ_DER_SEQ || tag == BTZ_DER_SET;
}

bool
btz_der_check(struct btz_span in)
{
	const uint8_t *ends[BTZ_DER_DEPTH_MAX];
	struct btz_span c;
	struct btz_rd rd;
	size_t depth = 0;
	uint8_t tag;

	btz_rd_span(&rd, in);
	ends[depth++] = rd.end;
	do {
		if (!btz_der_any(&rd, &tag, &c, NULL) || !element_ok(tag, c) ||
		    (depth == 1 && rd.p != ends[0]))
			return false;
		if ((tag & 0x20) != 0 && c.len > 0) {
			if (depth == BTZ_DER_DEPTH_MAX)
				return false;
			ends[depth++] = c.p + c.len;
			rd.end = c.p + c.len;
			rd.p = c.p;
		}
		while (depth > 0 && rd.p == ends[depth - 1])
			if (--depth > 0)
				rd.end = ends[depth - 1];
	} while (depth > 0);
	return true;
}

bool
btz_der_signed(struct btz_span der, struct btz_span *tbs, struct btz_span *alg,
    struct btz_span *signature)
{
	struct btz_rd rd, in;

	btz_rd_span(&rd, der);
	return btz_der_check(der) && btz_der_enter(&rd, BTZ_DER_SEQ, &in) &&
	       btz_der_whole(&in, BTZ_DER_SEQ, tbs) &&
	       btz_der_whole(&in, BTZ_DER_SEQ, alg) &&
	       btz_der_bit_octets(&in, signature) && btz_rd_end(&in);
}
