/* SPDX-License-Identifier: Apache-2.0 */
/* test_curve.c - which pairs are points of P-256; libcrypto makes them. */
#include "support/cmocka_all.h"

#include <string.h>

#include "crypt.h"

static void
test_points(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		uint8_t d[32], p[65], other[65];
		uint8_t bit = (uint8_t)(1u << (i % 8));

		assert_int_equal(ta_ec_generate(d, p), BTZ_OK);
		assert_true(ta_ec_on_curve(p + 1, p + 33));
		memcpy(other, p, sizeof(p));
		other[1 + i] ^= bit;
		assert_false(ta_ec_on_curve(other + 1, other + 33));
		memcpy(other, p, sizeof(p));
		other[33 + i] ^= bit;
		assert_false(ta_ec_on_curve(other + 1, other + 33));
		assert_false(ta_ec_on_curve(p + 33, p + 1));
	}
}

static void
test_edges(void **state)
{
	/* p of FIPS 186-4 D.1.2.3: coordinates must be below it */
	static const uint8_t prime[32] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	/* sqrt(b): the point with x = 0 */
	static const uint8_t y0[32] = { 0x66, 0x48, 0x5c, 0x78, 0x0e, 0x2f,
		0x83, 0xd7, 0x24, 0x33, 0xbd, 0x5d, 0x84, 0xa0, 0x6b, 0xb6,
		0x54, 0x1c, 0x2a, 0xf3, 0x1d, 0xae, 0x87, 0x17, 0x28, 0xbf,
		0x85, 0x6a, 0x17, 0x4f, 0x93, 0xf4 };
	uint8_t zero[32] = { 0 };

	(void)state;
	assert_true(ta_ec_on_curve(zero, y0));
	assert_false(ta_ec_on_curve(prime, y0)); /* x = p is not x = 0 */
	assert_false(ta_ec_on_curve(zero, zero));
	assert_false(ta_ec_on_curve(prime, prime));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_points),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
