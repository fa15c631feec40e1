/* SPDX-License-Identifier: Apache-2.0 */
/* test_labels.c - one label set, replaced, taken out. */
#include "crypto/labels.h"

#include <string.h>

#include "support/cmocka_all.h"

static const struct {
	const char *name, *have, *change, *want;
	enum btz_rc rc;
} cases[] = {
	{ "no name", "", "=x", "", BTZ_E_NAME },
	{ "no label", "a=1\n", "", "", BTZ_E_NAME },
	{ "not a name", "", "A=1", "", BTZ_E_NAME },
	{ "takes out what is not there", "ab=1\n", "a", "", BTZ_E_NOENT },
	{ "first", "", "a=1", "a=1\n", BTZ_OK },
	{ "another", "a=1\n", "ab=2", "a=1\nab=2\n", BTZ_OK },
	{ "replaces", "a=1\nab=2\n", "a=3=4", "ab=2\na=3=4\n", BTZ_OK },
	{ "empty value", "a=1\n", "a=", "a=\n", BTZ_OK },
	{ "takes out", "a=1\nab=2\nc=3\n", "ab", "a=1\nc=3\n", BTZ_OK },
	{ "takes out the last", "a=1\n", "a", "", BTZ_OK },
};

static void
test_set(void **state)
{
	uint8_t room[BTZ_LABELS_MAX];
	struct btz_span out;
	struct btz_err err;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		print_message("# case: %s\n", cases[i].name);
		assert_int_equal(
		    btz_labels_set(btz_span_str(cases[i].have),
			btz_span_str(cases[i].change), room, &out, &err),
		    cases[i].rc);
		if (cases[i].rc == BTZ_OK)
			assert_true(
			    btz_span_eq(out, btz_span_str(cases[i].want)));
	}
}

static void
test_full(void **state)
{
	uint8_t have[BTZ_LABELS_MAX], room[BTZ_LABELS_MAX];
	struct btz_span out;
	struct btz_err err;

	(void)state;
	memset(have, 'x', sizeof(have));
	memcpy(have, "a=", 2);
	have[sizeof(have) - 5] = '\n';
	assert_int_equal(btz_labels_set(btz_span_of(have, sizeof(have) - 4),
			     btz_span_str("b=12"), room, &out, &err),
	    BTZ_E_TOOBIG);
	assert_int_equal(btz_labels_set(btz_span_of(have, sizeof(have) - 4),
			     btz_span_str("b=1"), room, &out, &err),
	    BTZ_OK);
	assert_int_equal(out.len, BTZ_LABELS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
