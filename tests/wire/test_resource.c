/* SPDX-License-Identifier: Apache-2.0 */
/* What a role is granted on: as written and as stored. */
#include "wire/resource.h"

#include <string.h>

#include "support/cmocka_all.h"

#define A59 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *text;
	const char *stored; /* NULL: refused */
} cases[] = {
	{ "", NULL },
	{ "vpn:", NULL },
	{ "vpn:.", NULL },
	{ "vpn:Main", NULL },
	{ "vpn:a:b", NULL },
	{ "vpn:a..b", NULL },
	{ "vpn:vpn:a", NULL },
	{ "vpn.main", NULL }, /* the stored form is nobody's to write */
	{ "vpn.", NULL },
	{ "VPN:main", NULL },
	{ "photos:a", NULL },
	{ "vpn:" A59 "a", NULL },
	{ "vpn:" A59, "vpn." A59 },
	{ "vpn:main", "vpn.main" },
	{ "vpn:vpn.a", "vpn.vpn.a" },
	{ "vpn", "vpn" },
	{ "vpns", "vpns" },
	{ "photos", "photos" },
};

static void
test_parse(void **state)
{
	char out[BTZ_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		bool ok = cases[i].stored != NULL;

		print_message("# case: '%s'\n", cases[i].text);
		memset(out, 'x', sizeof(out));
		assert_int_equal(
		    btz_resource_parse(btz_span_str(cases[i].text), out), ok);
		assert_string_equal(out, ok ? cases[i].stored : "");
		if (ok)
			assert_int_equal(btz_is_vpn(btz_span_str(out)),
			    strncmp(cases[i].text, "vpn:", 4) == 0);
	}
	assert_false(btz_is_vpn(btz_span_of(NULL, 0)));
	assert_false(btz_is_vpn(btz_span_str("vpn")));
	assert_true(btz_is_vpn(btz_span_str("vpn.")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
