/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curve.c - is (x, y) a point of P-256, P-384, P-521? The GlobalPlatform API has
 * no such question and TEE_DeriveKey may panic on a wrong answer, so that a
 * false TPM could end the TA. Public values only: not constant time.
 * y^2 = x^3 - 3x + b mod p, numbers as 8, 12 or 17 words of 32 bits, low first.
 */
#include <string.h>

#include "ec.h"

#define WORDS_MAX 17u

struct num {
	uint32_t w[WORDS_MAX];
};

struct field {
	size_t coord, words;
	struct num prime, b;
};

/* SEC 2, 2.4.2, 2.5.1 and 2.6.1 */
static const struct field fields[] = {
	{ 32, 8,
	    { { 0xffffffff, 0xffffffff, 0xffffffff, 0, 0, 0, 1, 0xffffffff } },
	    { { 0x27d2604b, 0x3bce3c3e, 0xcc53b0f6, 0x651d06b0, 0x769886bc,
		0xb3ebbd55, 0xaa3a93e7, 0x5ac635d8 } } },
	{ 48, 12,
	    { { 0xffffffff, 0, 0, 0xffffffff, 0xfffffffe, 0xffffffff,
		0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
		0xffffffff } },
	    { { 0xd3ec2aef, 0x2a85c8ed, 0x8a2ed19d, 0xc656398d, 0x5013875a,
		0x0314088f, 0xfe814112, 0x181d9c6e, 0xe3f82d19, 0x988e056b,
		0xe23ee7e4, 0xb3312fa7 } } },
	{ 66, 17,
	    { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
		0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
		0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
		0xffffffff, 0x1ff } },
	    { { 0x6b503f00, 0xef451fd4, 0x3d2c34f1, 0x3573df88, 0x3bb1bf07,
		0x1652c0bd, 0xec7e937b, 0x56193951, 0x8ef109e1, 0xb8b48991,
		0x99b315f3, 0xa2da725b, 0xb68540ee, 0x929a21a0, 0x8e1c9a1f,
		0x953eb961, 0x00000051 } } },
};

static void
from_bytes(const struct field *f, struct num *n, const uint8_t *in)
{
	for (size_t i = 0; i < f->coord; i++)
		n->w[i / 4] |= (uint32_t)in[f->coord - 1 - i] << (8 * (i % 4));
}

static bool
less(const struct field *f, const struct num *a, const struct num *b)
{
	for (size_t i = f->words; i-- > 0;)
		if (a->w[i] != b->w[i])
			return a->w[i] < b->w[i];
	return false;
}

/* a - b, returns the borrow. */
static uint32_t
sub_raw(const struct field *f, struct num *out, const struct num *a,
    const struct num *b)
{
	uint64_t borrow = 0;

	for (size_t i = 0; i < f->words; i++) {
		uint64_t d = (uint64_t)a->w[i] - b->w[i] - borrow;

		out->w[i] = (uint32_t)d;
		borrow = d >> 63;
	}
	return (uint32_t)borrow;
}

static void
add_mod(const struct field *f, struct num *out, const struct num *a,
    const struct num *b)
{
	uint64_t carry = 0;

	for (size_t i = 0; i < f->words; i++) {
		uint64_t s = (uint64_t)a->w[i] + b->w[i] + carry;

		out->w[i] = (uint32_t)s;
		carry = s >> 32;
	}
	if (carry != 0 || !less(f, out, &f->prime))
		(void)sub_raw(f, out, out, &f->prime);
}

static void
sub_mod(const struct field *f, struct num *out, const struct num *a,
    const struct num *b)
{
	if (sub_raw(f, out, a, b) == 0)
		return;
	/* Below zero: add the prime once; the carry cancels the borrow. */
	uint64_t carry = 0;

	for (size_t i = 0; i < f->words; i++) {
		uint64_t s = (uint64_t)out->w[i] + f->prime.w[i] + carry;

		out->w[i] = (uint32_t)s;
		carry = s >> 32;
	}
}

/* Double and add, high bit first. */
static void
mul_mod(const struct field *f, struct num *out, const struct num *a,
    const struct num *b)
{
	struct num r = { { 0 } };

	for (size_t i = 32 * f->words; i-- > 0;) {
		add_mod(f, &r, &r, &r);
		if ((b->w[i / 32] >> (i % 32) & 1) != 0)
			add_mod(f, &r, &r, a);
	}
	*out = r;
}

bool
ta_ec_on_curve(size_t coord, const uint8_t *x_bytes, const uint8_t *y_bytes)
{
	const struct field *f = fields;
	struct num x = { { 0 } }, y = { { 0 } }, left, right;

	while (f->coord != coord)
		f++;
	from_bytes(f, &x, x_bytes);
	from_bytes(f, &y, y_bytes);
	if (!less(f, &x, &f->prime) || !less(f, &y, &f->prime))
		return false;
	mul_mod(f, &left, &y, &y);
	mul_mod(f, &right, &x, &x);
	mul_mod(f, &right, &right, &x);
	for (int i = 0; i < 3; i++)
		sub_mod(f, &right, &right, &x);
	add_mod(f, &right, &right, &f->b);
	return memcmp(&left, &right, sizeof(left)) == 0;
}
