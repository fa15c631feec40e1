/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: one line each, foreign bytes escaped, level respected. */
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/cmocka_all.h"

static char out[4096];

/* Runs with stderr on a pipe; the text is in out. */
static void
capture(enum btz_log_level level, const char *msg)
{
	int p[2], old = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe(p), 0);
	(void)dup2(p[1], STDERR_FILENO);
	btz_log(level, 0x8f3a, "%s", msg);
	(void)dup2(old, STDERR_FILENO);
	(void)close(p[1]);
	(void)close(old);
	n = read(p[0], out, sizeof(out) - 1);
	out[n < 0 ? 0 : n] = '\0';
	(void)close(p[0]);
}

static void
test_line(void **state)
{
	static char big[4000];

	(void)state;
	btz_log_init("tester", BTZ_LOG_INFO);
	capture(BTZ_LOG_DEBUG, "not shown");
	assert_string_equal(out, "");
	capture(BTZ_LOG_ERROR, "a\nb\"c\\\x1b[31m");
	assert_non_null(strstr(out,
	    "prog=tester level=error "
	    "req=0000000000008f3a msg=\"a\\x0ab\\x22c\\x5c\\x1b[31m\"\n"));
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
	memset(big, '\n', sizeof(big) - 1);
	capture(BTZ_LOG_WARN, big);
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_line) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
