/* SPDX-License-Identifier: Apache-2.0 */
/* shamir.c - k-of-n over GF(2^8); contract in shamir.h. */
#include "prim/shamir.h"

#include "prim/prim.h"

/* x^8 + x^4 + x^3 + x + 1 (FIPS 197 4.2) */
static uint8_t
mul(uint8_t a, uint8_t b)
{
	uint8_t r = 0;

	for (int i = 0; i < 8; i++) {
		r ^= (uint8_t)(a & (uint8_t) - (b & 1));
		a = (uint8_t)(a << 1 ^ (0x1b & (uint8_t) - (a >> 7)));
		b >>= 1;
	}
	return r;
}

/* a^254, by squaring: 254 = 11111110b. */
static uint8_t
inverse(uint8_t a)
{
	uint8_t r = 1;

	for (int i = 0; i < 7; i++) {
		a = mul(a, a);
		r = mul(r, a);
	}
	return r;
}

bool
btz_shamir_split(
    const uint8_t *secret, size_t len, unsigned k, unsigned n, uint8_t *shares)
{
	uint8_t coef[BTZ_SHAMIR_MAX * BTZ_SHAMIR_SECRET_MAX];

	if (k < 2 || k > n || n > BTZ_SHAMIR_MAX || len == 0 ||
	    len > BTZ_SHAMIR_SECRET_MAX)
		return false;
	btz_random(coef, (k - 1) * len);
	for (unsigned i = 0; i < n; i++) {
		const uint8_t x = (uint8_t)(i + 1);

		for (size_t b = 0; b < len; b++) {
			uint8_t y = 0;

			/* Horner, the secret is the constant term */
			for (unsigned c = k - 1; c > 0; c--)
				y = mul(
				    (uint8_t)(y ^ coef[(c - 1) * len + b]), x);
			shares[i * len + b] = y ^ secret[b];
		}
	}
	btz_wipe(coef, sizeof(coef));
	return true;
}

/* Lagrange at 0: the product of x_j / (x_j - x_i), and - is ^ here. */
static uint8_t
weight(const uint8_t *numbers, unsigned k, unsigned i)
{
	uint8_t up = 1, down = 1;

	for (unsigned j = 0; j < k; j++) {
		if (j == i)
			continue;
		up = mul(up, numbers[j]);
		down = mul(down, numbers[j] ^ numbers[i]);
	}
	return mul(up, inverse(down));
}

bool
btz_shamir_join(const uint8_t *numbers, const uint8_t *shares, size_t len,
    unsigned k, uint8_t *secret)
{
	if (k < 2 || k > BTZ_SHAMIR_MAX || len == 0 ||
	    len > BTZ_SHAMIR_SECRET_MAX)
		return false;
	for (unsigned i = 0; i < k; i++)
		for (unsigned j = 0; j <= i; j++)
			if (numbers[i] == 0 ||
			    (j < i && numbers[i] == numbers[j]))
				return false;
	for (size_t b = 0; b < len; b++)
		secret[b] = 0;
	for (unsigned i = 0; i < k; i++) {
		const uint8_t w = weight(numbers, k, i);

		for (size_t b = 0; b < len; b++)
			secret[b] ^= mul(w, shares[i * len + b]);
	}
	return true;
}
