/* SPDX-License-Identifier: Apache-2.0 */
/* ecdsa.c - r || s and back; contract in ecdsa.h. */
#include "parsec/ecdsa.h"

#include <string.h>

#include "der/der.h"
#include "wire/alg.h"

size_t
btz_ecdsa_half(uint8_t key_alg)
{
	return btz_family(key_alg) == BTZ_FAMILY_EC
		   ? (btz_alg_bits(key_alg) + 7) / 8
		   : 0;
}

static bool
put_half(struct btz_span v, size_t half, uint8_t *out)
{
	if (v.len > 0 && v.p[0] == 0) {
		v.p++;
		v.len--;
	}
	if (v.len > half)
		return false;
	memset(out, 0, half - v.len);
	memcpy(out + half - v.len, v.p, v.len);
	return true;
}

bool
btz_ecdsa_to_raw(struct btz_span der, size_t half, uint8_t *out)
{
	struct btz_rd rd, in;
	struct btz_span r, s;

	btz_rd_span(&rd, der);
	return btz_der_enter(&rd, BTZ_DER_SEQ, &in) && btz_rd_end(&rd) &&
	       btz_der_positive(&in, &r) && btz_der_positive(&in, &s) &&
	       btz_rd_end(&in) && put_half(r, half, out) &&
	       put_half(s, half, out + half);
}

static bool
all_zero(const uint8_t *p, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum |= p[i];
	return sum == 0;
}

bool
btz_ecdsa_to_der(struct btz_span raw, size_t half, struct btz_wr *wr)
{
	size_t seq;

	if (half == 0 || raw.len != 2 * half || all_zero(raw.p, half) ||
	    all_zero(raw.p + half, half))
		return false;
	seq = btz_der_begin(wr, BTZ_DER_SEQ);
	btz_der_put_uint(wr, btz_span_of(raw.p, half));
	btz_der_put_uint(wr, btz_span_of(raw.p + half, half));
	btz_der_end(wr, seq);
	return btz_wr_ok(wr);
}
