/* SPDX-License-Identifier: Apache-2.0 */
/* rsa_key.c - reading, writing and checking the numbers; rsa_key.h. */
#include "rsa_key.h"

#include <string.h>

#include "der/der.h"

static bool
take(struct btz_rd *rd, struct btz_span *out)
{
	if (!btz_der_positive(rd, out))
		return false;
	if (out->p[0] == 0)
		*out = btz_span_of(out->p + 1, out->len - 1);
	return out->len <= TA_RSA_MAX;
}

bool
ta_rsa_read(struct btz_span in, struct ta_rsa *out)
{
	struct btz_rd rd, key;
	uint64_t version;

	memset(out, 0, sizeof(*out));
	btz_rd_span(&rd, in);
	if (!btz_der_enter(&rd, BTZ_DER_SEQ, &key) || !btz_rd_end(&rd) ||
	    !btz_der_u64(&key, &version) || version != 0)
		return false;
	for (size_t i = 0; i < TA_RSA_NUMBERS; i++)
		if (!take(&key, &out->v[i]))
			return false;
	return btz_rd_end(&key);
}

void
ta_rsa_write(struct btz_wr *wr, const struct ta_rsa *k)
{
	const size_t mark = btz_der_begin(wr, BTZ_DER_SEQ);

	btz_der_put_u64(wr, 0);
	for (size_t i = 0; i < TA_RSA_NUMBERS; i++)
		btz_der_put_uint(wr, k->v[i]);
	btz_der_end(wr, mark);
}

static bool
full(struct btz_span v, size_t len)
{
	return v.len == len && (v.p[0] & 0x80) != 0 && (v.p[len - 1] & 1) == 1;
}

/* Column by column, the low one first; a column of 256 products and what is
 * carried stay far below 2^32. */
static bool
product_is(struct btz_span p, struct btz_span q, struct btz_span n)
{
	uint32_t sum = 0;
	uint8_t diff = 0;

	for (size_t col = 0; col < n.len; col++) {
		const size_t from = col < q.len ? 0 : col - q.len + 1;

		for (size_t i = from; i <= col && i < p.len; i++)
			sum += (uint32_t)p.p[p.len - 1 - i] *
			       q.p[q.len - 1 - (col - i)];
		diff |= (uint8_t)(sum ^ n.p[n.len - 1 - col]);
		sum >>= 8;
	}
	return diff == 0 && sum == 0;
}

bool
ta_rsa_sound(const struct ta_rsa *k, size_t bits)
{
	const size_t len = bits / 8, half = len / 2;
	const struct btz_span e = k->v[TA_RSA_E], d = k->v[TA_RSA_D];
	const struct btz_span p = k->v[TA_RSA_P], q = k->v[TA_RSA_Q];

	if (!full(k->v[TA_RSA_N], len) || !full(p, half) || !full(q, half) ||
	    btz_span_eq(p, q))
		return false;
	/* 2^16 < e < 2^256 */
	if (e.len < 3 || e.len > 32 || (e.p[e.len - 1] & 1) == 0 || d.len > len)
		return false;
	for (size_t i = TA_RSA_Q + 1; i < TA_RSA_NUMBERS; i++)
		if (k->v[i].len > half)
			return false;
	return product_is(p, q, k->v[TA_RSA_N]);
}
