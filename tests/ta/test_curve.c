/* SPDX-License-Identifier: Apache-2.0 */
/* test_curve.c - which pairs are points of the NIST curves; libcrypto makes them. */
#include "support/cmocka_all.h"

#include <string.h>

#include "ec.h"

static void
points_of(uint8_t alg)
{
	const struct ta_ec *e = ta_ec_of(alg);
	const size_t n = e->sig_len / 2;

	for (size_t i = 0; i < 20; i++) {
		uint8_t d[TA_EC_SECRET_MAX];
		uint8_t p[TA_EC_PUB_MAX] = { 0 }, other[TA_EC_PUB_MAX];
		uint8_t bit = (uint8_t)(1u << (i % 8));

		assert_int_equal(e->generate(e, d, p), BTZ_OK);
		assert_true(ta_ec_on_curve(n, p + 1, p + 1 + n));
		memcpy(other, p, sizeof(p));
		other[1 + i] ^= bit;
		assert_false(ta_ec_on_curve(n, other + 1, other + 1 + n));
		memcpy(other, p, sizeof(p));
		other[2 * n - i] ^= bit;
		assert_false(ta_ec_on_curve(n, other + 1, other + 1 + n));
		assert_false(ta_ec_on_curve(n, p + 1 + n, p + 1));
	}
}

static void
test_points(void **state)
{
	(void)state;
	points_of(BTZ_ALG_EC_P256);
	points_of(BTZ_ALG_EC_P384);
	points_of(BTZ_ALG_EC_P521);
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
	static const uint8_t prime384[48] = { 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff,
		0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };
	uint8_t zero[66] = { 0 }, prime521[66];

	(void)state;
	assert_true(ta_ec_on_curve(32, zero, y0));
	assert_false(ta_ec_on_curve(32, prime, y0)); /* x = p is not x = 0 */
	assert_false(ta_ec_on_curve(32, zero, zero));
	assert_false(ta_ec_on_curve(32, prime, prime));
	/* P-384 (D.1.2.4) */
	assert_false(ta_ec_on_curve(48, zero, zero));
	assert_false(ta_ec_on_curve(48, prime384, zero));
	/* P-521 (D.1.2.5) */
	memset(prime521, 0xff, sizeof(prime521));
	prime521[0] = 1;
	assert_false(ta_ec_on_curve(66, zero, zero));
	assert_false(ta_ec_on_curve(66, prime521, zero));
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
