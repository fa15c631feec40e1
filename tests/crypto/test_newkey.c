/* SPDX-License-Identifier: Apache-2.0 */
/* test_newkey.c - which keys that were not stored are given back to their
 * backend. */
#include "crypto/newkey.h"

#include <string.h>

#include "support/cmocka_all.h"

static unsigned given_back;

static enum btz_rc
count_destroy(void *st, struct btz_span blob, struct btz_err *err)
{
	(void)st;
	assert_true(btz_span_eq(blob, btz_span_str("blob")));
	given_back++;
	return BTZ_FAIL(err, BTZ_E_IO, "told to nobody");
}

static const struct {
	const char *name;
	enum btz_rc rc;
	bool away; /* the backend */
	unsigned back;
} cases[] = {
	{ "stored", BTZ_OK, false, 0 },
	{ "perhaps stored", BTZ_E_IO, false, 0 },
	{ "backend away", BTZ_E_FULL, true, 0 },
	{ "no space", BTZ_E_FULL, false, 1 },
	{ "too many keys", BTZ_E_KEYS_MAX, false, 1 },
	{ "lease ended", BTZ_E_LEASE, false, 1 },
};

static void
test_drop(void **state)
{
	static struct btz_backend_key key = { .blob_len = 4 };
	struct btz_backend_ops ops = { .destroy = count_destroy };
	struct btz_backend be = { &ops, NULL };

	(void)state;
	memcpy(key.blob, "blob", 4);
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		struct btz_core core = { .be = cases[i].away ? NULL : &be };

		print_message("# case: %s\n", cases[i].name);
		given_back = 0;
		btz_newkey_drop(&core, &key, cases[i].rc);
		assert_int_equal(given_back, cases[i].back);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_drop) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
