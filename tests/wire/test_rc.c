/* SPDX-License-Identifier: Apache-2.0 */
/* Result codes: unique, explained, with an exit status of the documented set. */
#include "wire/rc.h"

#include <string.h>

#include "support/cmocka_all.h"
#include "wire/cursor.h"

static const uint32_t all[] = {
#define ROW(name, num, ex, text, hint) num,
	BTZ_RC_LIST(ROW)
#undef ROW
};

static void
test_rows(void **state)
{
	static const int exits[] = { 0, 1, 2, 65, 69, 70, 75 };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(all); i++) {
		bool known = false;

		print_message("# %s\n", btz_rc_name(all[i]));
		for (size_t k = i + 1; k < BTZ_COUNT(all); k++)
			assert_int_not_equal(all[i], all[k]);
		for (size_t k = 0; k < BTZ_COUNT(exits); k++)
			known = known || btz_rc_exit(all[i]) == exits[k];
		assert_true(known);
		assert_true(strlen(btz_rc_text(all[i])) > 0);
		assert_true(all[i] == 0 || strlen(btz_rc_hint(all[i])) > 0);
		assert_int_equal(btz_rc_from_wire(all[i]), all[i]);
	}
}

static void
test_unknown(void **state)
{
	(void)state;
	assert_int_equal(btz_rc_from_wire(0xdeadbeef), BTZ_E_PROTO);
	assert_string_equal(btz_rc_name(0xdeadbeef), "E_UNKNOWN");
	assert_int_equal(btz_rc_exit(0xdeadbeef), 70);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
