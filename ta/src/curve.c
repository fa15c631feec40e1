/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curve.c - is (x, y) a point of P-256? The GlobalPlatform API has no such
 * question and TEE_DeriveKey may panic on a wrong answer, so that a false
 * TPM could end the TA. Public values only: not constant time.
 * y^2 = x^3 - 3x + b mod p, numbers as 8 words of 32 bits, low first.
 */
#include <string.h>

#include "crypt.h"

#define WORDS 8u

struct num {
	uint32_t w[WORDS];
};

static const struct num prime = { { 0xffffffff, 0xffffffff, 0xffffffff, 0, 0, 0,
    1, 0xffffffff } };
static const struct num coeff_b = { { 0x27d2604b, 0x3bce3c3e, 0xcc53b0f6,
    0x651d06b0, 0x769886bc, 0xb3ebbd55, 0xaa3a93e7, 0x5ac635d8 } };

static void
from_bytes(struct num *n, const uint8_t in[32])
{
	for (size_t i = 0; i < WORDS; i++) {
		const uint8_t *p = in + 28 - 4 * i;

		n->w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
			  (uint32_t)p[2] << 8 | p[3];
	}
}

static bool
less(const struct num *a, const struct num *b)
{
	for (size_t i = WORDS; i-- > 0;)
		if (a->w[i] != b->w[i])
			return a->w[i] < b->w[i];
	return false;
}

/* a - b, returns the borrow. */
static uint32_t
sub_raw(struct num *out, const struct num *a, const struct num *b)
{
	uint64_t borrow = 0;

	for (size_t i = 0; i < WORDS; i++) {
		uint64_t d = (uint64_t)a->w[i] - b->w[i] - borrow;

		out->w[i] = (uint32_t)d;
		borrow = d >> 63;
	}
	return (uint32_t)borrow;
}

static void
add_mod(struct num *out, const struct num *a, const struct num *b)
{
	uint64_t carry = 0;

	for (size_t i = 0; i < WORDS; i++) {
		uint64_t s = (uint64_t)a->w[i] + b->w[i] + carry;

		out->w[i] = (uint32_t)s;
		carry = s >> 32;
	}
	if (carry != 0 || !less(out, &prime))
		(void)sub_raw(out, out, &prime);
}

static void
sub_mod(struct num *out, const struct num *a, const struct num *b)
{
	if (sub_raw(out, a, b) == 0)
		return;
	/* Below zero: add the prime once; the carry cancels the borrow. */
	uint64_t carry = 0;

	for (size_t i = 0; i < WORDS; i++) {
		uint64_t s = (uint64_t)out->w[i] + prime.w[i] + carry;

		out->w[i] = (uint32_t)s;
		carry = s >> 32;
	}
}

/* Double and add, high bit first: 256 steps, twice per session at most. */
static void
mul_mod(struct num *out, const struct num *a, const struct num *b)
{
	struct num r = { { 0 } };

	for (size_t i = 256; i-- > 0;) {
		add_mod(&r, &r, &r);
		if ((b->w[i / 32] >> (i % 32) & 1) != 0)
			add_mod(&r, &r, a);
	}
	*out = r;
}

bool
ta_ec_on_curve(const uint8_t x_bytes[32], const uint8_t y_bytes[32])
{
	struct num x, y, left, right;

	from_bytes(&x, x_bytes);
	from_bytes(&y, y_bytes);
	if (!less(&x, &prime) || !less(&y, &prime))
		return false;
	mul_mod(&left, &y, &y);
	mul_mod(&right, &x, &x);
	mul_mod(&right, &right, &x);
	for (int i = 0; i < 3; i++)
		sub_mod(&right, &right, &x);
	add_mod(&right, &right, &coeff_b);
	return memcmp(&left, &right, sizeof(left)) == 0;
}
