/* SPDX-License-Identifier: Apache-2.0 */
/* pkcs1.c - RSAES-PKCS1-v1_5 without an oracle; contract in pkcs1.h. Masks are
 * all ones for true. */
#include "wire/pkcs1.h"

#include <string.h>

#define LENGTHS 256u  /* bytes of 128 candidates for a length */
#define FIRST_END 10u /* 0, 2, eight bytes that are not zero */

static uint32_t
is_zero(uint32_t x)
{
	return ((x | (0u - x)) >> 31) - 1u;
}

/* Of numbers below 2^31. */
static uint32_t
is_less(uint32_t a, uint32_t b)
{
	return 0u - ((a - b) >> 31);
}

static uint32_t
choose(uint32_t mask, uint32_t a, uint32_t b)
{
	return (mask & a) | (~mask & b);
}

/* The draft's IRPRF: blocks of 32 bytes, so out has room for that. */
static bool
stretch(
    btz_pkcs1_prf *prf, void *arg, const char *label, uint8_t *out, size_t len)
{
	uint8_t in[2 + 7 + 2];
	struct btz_wr wr;

	for (size_t i = 0; 32 * i < len; i++) {
		btz_wr_init(&wr, in, sizeof(in));
		btz_wr_u16(&wr, (uint16_t)i);
		btz_wr_raw(&wr, label, strlen(label));
		btz_wr_u16(&wr, (uint16_t)(8 * len));
		if (wr.failed || !prf(arg, btz_wr_span(&wr), out + 32 * i))
			return false;
	}
	return true;
}

/* The last candidate that is short enough. */
static uint32_t
alt_length(const uint8_t *candidates, uint32_t limit)
{
	uint32_t bits = limit, len = 0;

	for (unsigned shift = 1; shift < 16; shift *= 2)
		bits |= bits >> shift;
	for (size_t i = 0; i < LENGTHS; i += 2) {
		const uint32_t n = ((uint32_t)candidates[i] << 8 |
				       candidates[i + 1]) &
				   bits;

		len = choose(is_less(n, limit), n, len);
	}
	return len;
}

/* EM = 0 || 2 || at least eight bytes || 0 || M; *end: of the padding. */
static uint32_t
is_padded(const uint8_t *em, size_t k, uint32_t *end)
{
	uint32_t found = 0;

	*end = 0;
	for (uint32_t i = 2; i < k; i++) {
		const uint32_t zero = is_zero(em[i]);

		*end = choose(zero & ~found, i, *end);
		found |= zero;
	}
	return is_zero(em[0]) & is_zero(em[1] ^ 2u) & ~is_less(*end, FIRST_END);
}

/* Moves everything to the front by any distance below k. */
static void
shift_down(uint8_t *em, size_t k, uint32_t distance)
{
	for (uint32_t step = 1; step < k; step *= 2) {
		const uint32_t mask = ~is_zero(distance & step);

		for (size_t i = 0; i < k; i++)
			em[i] = (uint8_t)choose(
			    mask, i + step < k ? em[i + step] : 0, em[i]);
	}
}

bool
btz_pkcs1_open(struct btz_pkcs1 *p, btz_pkcs1_prf *prf, void *arg, size_t *len)
{
	const uint32_t k = (uint32_t)p->k;
	uint32_t good, end, alt;

	*len = 0;
	if (p->k < 64 || p->k > BTZ_PKCS1_MAX ||
	    !stretch(prf, arg, "length", p->alt, LENGTHS))
		return false;
	alt = alt_length(p->alt, k - FIRST_END);
	if (!stretch(prf, arg, "message", p->alt, p->k))
		return false;
	good = is_padded(p->em, p->k, &end);
	for (size_t i = 0; i < p->k; i++)
		p->em[i] = (uint8_t)choose(good, p->em[i], p->alt[i]);
	/* alt may be 0: then there is nothing to move */
	*len = choose(good, k - 1 - end, alt);
	shift_down(p->em, p->k, k - (uint32_t)*len);
	return true;
}
