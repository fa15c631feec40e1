/* SPDX-License-Identifier: Apache-2.0 */
/* What a name, a domain and a SPIFFE id may look like. */
#include "wire/name.h"

#include <string.h>

#include "support/cmocka_all.h"

#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *text;
	bool name, domain;
} cases[] = {
	{ "", false, false },
	{ ".", false, false },
	{ "..", false, false },
	{ "a..b", false, false },
	{ "-a", false, false },
	{ "_a", false, false },
	{ "A", false, false },
	{ "a/b", false, false },
	{ "a b", false, false },
	{ "a\x7f", false, false },
	{ "\xc3\xa4", false, false },
	{ A63 "a", false, true },
	{ "a.", true, false },
	{ "a-", true, false },
	{ "a-.b", true, false },
	{ "a_b", true, false },
	{ "a.b", true, true },
	{ "0", true, true },
	{ "box.bartizan.internal", true, true },
	{ A63, true, true },
};

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		struct btz_span s = btz_span_str(cases[i].text);

		print_message("# case: '%s'\n", cases[i].text);
		assert_int_equal(btz_name_ok(s), cases[i].name);
		assert_int_equal(btz_domain_ok(s), cases[i].domain);
	}
}

static const struct {
	const char *uri;
	bool ok;
} uris[] = {
	{ "", false },
	{ "spiffe://", false },
	{ "spiffe://d/t/user", false },
	{ "spiffe://d/t/user/", false },
	{ "spiffe://d/t/admin/a", false },
	{ "spiffe://d/t/user/a/b", false },
	{ "spiffe://d/../user/a", false },
	{ "spiffe:///t/user/a", false },
	{ "SPIFFE://d/t/user/a", false },
	{ "spiffe://d:1/t/user/a", false },
	{ "spiffe://u@d/t/user/a", false },
	{ "spiffe://d/t/user/a?x", false },
	{ "spiffe://d/t/user/A", false },
	{ "spiffe://box.internal/home/user/alice", true },
	{ "spiffe://d/t/device/cam-1", true },
};

static void
test_spiffe(void **state)
{
	struct btz_spiffe s;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(uris); i++) {
		print_message("# case: '%s'\n", uris[i].uri);
		assert_int_equal(
		    btz_spiffe_parse(btz_span_str(uris[i].uri), &s),
		    uris[i].ok);
	}
	assert_true(btz_span_eq(s.domain, btz_span_str("d")));
	assert_true(btz_span_eq(s.kind, btz_span_str("device")));
	assert_true(btz_span_eq(s.name, btz_span_str("cam-1")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_spiffe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
