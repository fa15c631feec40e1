/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind of key takes which input; names there and back. */
#include "wire/alg.h"

#include <string.h>

#include "support/cmocka_all.h"

static void
test_kind_takes(void **state)
{
	/* rows: inputs 1..7, one string per kind 1..7; 'y' is taken */
	static const char *const want[] = { "yynnnnn", "nnyynnn", "nnnynnn",
		"nnnnynn", "nnnnnny", "nnnnnnn", "nnnnnnn" };

	(void)state;
	for (uint8_t kind = 1; kind <= 7; kind++)
		for (uint8_t in = 1; in <= 7; in++) {
			print_message("# kind %u input %u\n", kind, in);
			assert_int_equal(btz_kind_takes(kind, in),
			    want[kind - 1][in - 1] == 'y');
		}
	assert_false(btz_kind_takes(0, 1));
	assert_false(btz_kind_takes(200, 1));
	assert_false(btz_kind_takes(1, 0));
	assert_false(btz_kind_takes(1, 33));
}

static void
test_sig_fits(void **state)
{
	(void)state;
	assert_true(btz_sig_fits(BTZ_ALG_EC_P256, BTZ_SIG_ECDSA_SHA256));
	assert_true(btz_sig_fits(BTZ_ALG_RSA_2048, BTZ_SIG_RSA_PSS_SHA256));
	assert_false(btz_sig_fits(BTZ_ALG_EC_P256, BTZ_SIG_RSA_PKCS1_SHA256));
	assert_false(btz_sig_fits(BTZ_ALG_RSA_2048, BTZ_SIG_ECDSA_SHA256));
	assert_false(btz_sig_fits(BTZ_ALG_EC_P256, 0));
	assert_false(btz_sig_fits(0, BTZ_SIG_ECDSA_SHA256));
}

static void
test_names(void **state)
{
	(void)state;
	for (uint8_t i = 1; i <= 4; i++) {
		const char *n = btz_alg_name(i);

		assert_int_equal(btz_alg_by_name(n, strlen(n)), i);
	}
	for (uint8_t i = 1; i <= 7; i++) {
		const char *n = btz_kind_name(i);

		assert_int_equal(btz_kind_by_name(n, strlen(n)), i);
	}
	assert_int_equal(btz_kind_by_name("plainx", 6), 0);
	assert_int_equal(btz_kind_by_name("plain", 4), 0);
	assert_string_equal(btz_protection_name(99), "?");
	assert_string_equal(btz_key_state_name(BTZ_KEY_DISABLED), "disabled");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind_takes),
		cmocka_unit_test(test_sig_fits),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
