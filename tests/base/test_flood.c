/* SPDX-License-Identifier: Apache-2.0 */
/* test_flood.c - what a flood of denials leaves. */
#include "base/flood.h"

#include "support/cmocka_all.h"

static void
test_flood(void **state)
{
	struct btz_flood f = { .at_ms = 0 };
	uint64_t report, admitted = 0;

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		admitted += btz_flood_admit(&f, 1000000, &report) ? 1 : 0;
	assert_int_equal(admitted, 40);
	assert_false(btz_flood_admit(&f, 1000049, &report));
	assert_true(btz_flood_admit(&f, 1000099, &report));
	assert_int_equal(report, 961);
	assert_false(btz_flood_admit(&f, 1000099, &report));
	assert_false(btz_flood_admit(&f, 5, &report)); /* clock went back */
	for (uint64_t t = 2000000, n = 0; t < 2010000; t++) {
		n += btz_flood_admit(&f, t, &report) ? 1 : 0;
		assert_true(n <= 40 + (t - 2000000) / 50 + 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
