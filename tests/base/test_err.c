/* SPDX-License-Identifier: Apache-2.0 */
/* Errors keep context and never overflow. */
#include "base/err.h"

#include <errno.h>
#include <string.h>

#include "support/cmocka_all.h"

static void
test_wrap(void **state)
{
	struct btz_err e;
	char big[600];

	(void)state;
	assert_int_equal(
	    BTZ_FAIL(&e, BTZ_E_NOENT, "key '%s'", "k1"), BTZ_E_NOENT);
	assert_int_equal(btz_err_wrap(&e, "open %d", 7), BTZ_E_NOENT);
	assert_string_equal(e.msg, "open 7: key 'k1'");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(btz_err_wrap(&e, "%s", big), BTZ_E_NOENT);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	assert_int_equal(BTZ_FAIL(NULL, BTZ_E_IO, "nobody listens"), BTZ_E_IO);
}

static void
test_sys(void **state)
{
	struct btz_err e;

	(void)state;
	errno = ENOENT;
	assert_int_equal(BTZ_FAIL_SYS(&e, BTZ_E_IO, "open"), BTZ_E_IO);
	assert_string_equal(e.msg, "open: No such file or directory");
	assert_non_null(strstr(e.where, "test_err.c:"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_sys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
