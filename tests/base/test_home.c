/* SPDX-License-Identifier: Apache-2.0 */
/* test_home.c - places with and without a home, programs in a build folder. */
#include "base/home.h"

#include <stdlib.h>
#include <string.h>

#include "support/cmocka_all.h"

static const struct {
	const char *home, *rel, *expect; /* NULL: too long for 24 bytes */
} cases[] = {
	{ "/a", "run/longer/than/that/is", NULL },
	{ "/a", "run/up.lock", "/a/run/up.lock" },
	{ NULL, "etc/b.conf", "/etc/bartizan/b.conf" },
	{ NULL, "run/k.s", "/run/bartizan/k.s" },
	{ NULL, "log/x", "/var/log/bartizan/x" },
	{ NULL, "runx", "/var/lib/bartizan/runx" },
};

static void
test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		struct btz_err err = { .rc = BTZ_OK };
		char out[24];
		enum btz_rc rc;

		print_message("# case: %s\n", cases[i].rel);
		rc = btz_home_path(
		    cases[i].home, cases[i].rel, out, sizeof(out), &err);
		if (cases[i].expect == NULL) {
			assert_int_equal(rc, BTZ_E_TOOBIG);
			continue;
		}
		assert_int_equal(rc, BTZ_OK);
		assert_string_equal(out, cases[i].expect);
	}
}

static void
test_programs(void **state)
{
	struct btz_err err = { .rc = BTZ_OK };
	char out[64];

	(void)state;
	assert_int_equal(setenv("BARTIZAN_LIBEXEC", "/usr", 1), 0);
	assert_int_equal(
	    btz_home_program("bin", "no-such-program", out, sizeof(out), &err),
	    BTZ_E_NOENT);
	assert_non_null(strstr(err.msg, "no-such-program"));
	assert_int_equal(
	    btz_home_program("bin", "env", out, sizeof(out), &err), BTZ_OK);
	assert_string_equal(out, "/usr/bin/env");
	assert_int_equal(setenv("BARTIZAN_LIBEXEC", "/usr/bin", 1), 0);
	assert_int_equal(
	    btz_home_program("x", "env", out, sizeof(out), &err), BTZ_OK);
	assert_string_equal(out, "/usr/bin/env");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_programs),
	};

	return cmocka_run_group_tests_name("base/home", tests, NULL, NULL);
}
