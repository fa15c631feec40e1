/* SPDX-License-Identifier: Apache-2.0 */
/* test_shamir.c - any k of n give the secret, others something else. */
#include "prim/shamir.h"

#include <string.h>

#include "prim/prim.h"
#include "support/cmocka_all.h"

#define LEN 32u

static void
test_limits(void **state)
{
	static const struct {
		unsigned k, n;
		size_t len;
	} bad[] = { { 1, 3, LEN }, { 0, 3, LEN }, { 4, 3, LEN },
		{ 2, BTZ_SHAMIR_MAX + 1, LEN }, { 2, 3, 0 },
		{ 2, 3, BTZ_SHAMIR_SECRET_MAX + 1 } };
	uint8_t secret[80] = { 0 }, shares[17 * 80];
	uint8_t twice[] = { 1, 2, 1 }, zero[] = { 1, 0 };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad); i++)
		assert_false(btz_shamir_split(
		    secret, bad[i].len, bad[i].k, bad[i].n, shares));
	assert_false(btz_shamir_join(twice, shares, LEN, 3, secret));
	assert_false(btz_shamir_join(zero, shares, LEN, 2, secret));
	assert_false(btz_shamir_join(twice, shares, LEN, 1, secret));
}

/* Every k-subset of n shares, by the bits of a number. */
static void
subsets(unsigned k, unsigned n, const uint8_t *secret, const uint8_t *shares)
{
	uint8_t numbers[BTZ_SHAMIR_MAX], some[BTZ_SHAMIR_MAX * LEN], out[LEN];

	for (unsigned set = 0; set < 1u << n; set++) {
		unsigned m = 0;

		for (unsigned i = 0; i < n; i++) {
			if ((set & 1u << i) == 0)
				continue;
			numbers[m] = (uint8_t)(i + 1);
			memcpy(some + m++ * LEN, shares + i * LEN, LEN);
		}
		if (m < 2)
			continue;
		assert_true(btz_shamir_join(numbers, some, LEN, m, out));
		if (m >= k)
			assert_memory_equal(out, secret, LEN);
		else
			assert_memory_not_equal(out, secret, LEN);
	}
}

static void
test_subsets(void **state)
{
	uint8_t secret[LEN], shares[BTZ_SHAMIR_MAX * LEN];

	(void)state;
	for (unsigned n = 2; n <= 7; n++)
		for (unsigned k = 2; k <= n; k++) {
			btz_random(secret, sizeof(secret));
			assert_true(
			    btz_shamir_split(secret, LEN, k, n, shares));
			subsets(k, n, secret, shares);
		}
}

/* Known: over GF(2^8) of AES, f(x) = 0x2a + c x; two shares of it. */
static void
test_known(void **state)
{
	/* c = 0x53: f(1) = 2a ^ 53 = 79, f(2) = 2a ^ a6 = 8c,
	 * f(0xca): 53 * ca = 01 (FIPS 197 4.2), so 2b */
	static const uint8_t numbers[][2] = { { 1, 2 }, { 0xca, 1 },
		{ 2, 0xca } };
	static const uint8_t shares[][2] = { { 0x79, 0x8c }, { 0x2b, 0x79 },
		{ 0x8c, 0x2b } };
	uint8_t out;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(numbers); i++) {
		assert_true(btz_shamir_join(numbers[i], shares[i], 1, 2, &out));
		assert_int_equal(out, 0x2a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_subsets),
		cmocka_unit_test(test_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
