/* SPDX-License-Identifier: Apache-2.0 */
/* test_utf8.c - tlog/utf8: what RFC 3629 3 allows and nothing else. */
#include "tlog/utf8.h"

#include "support/cmocka_all.h"

static const struct {
	const char *name, *in;
	bool ok;
	uint32_t want;
} rows[] = {
	{ "lone continuation", "\x80", false, 0 },
	{ "overlong 2", "\xc0\x80", false, 0 },
	{ "overlong 2b", "\xc1\xbf", false, 0 },
	{ "overlong 3", "\xe0\x9f\xbf", false, 0 },
	{ "overlong 4", "\xf0\x8f\xbf\xbf", false, 0 },
	{ "surrogate", "\xed\xa0\x80", false, 0 },
	{ "above the last", "\xf4\x90\x80\x80", false, 0 },
	{ "f5", "\xf5\x80\x80\x80", false, 0 },
	{ "cut off", "\xe2\x80", false, 0 },
	{ "bad continuation", "\xe2\x80\x41", false, 0 },
	{ "ascii", "A", true, 'A' },
	{ "two", "\xc2\x85", true, 0x85 },
	{ "em dash", "\xe2\x80\x94", true, 0x2014 },
	{ "last below surrogates", "\xed\x9f\xbf", true, 0xd7ff },
	{ "four", "\xf0\x9f\x94\x91", true, 0x1f511 },
	{ "last", "\xf4\x8f\xbf\xbf", true, 0x10ffff },
};

static void
code_points(void **state)
{
	struct btz_rd rd;
	uint32_t c;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: %s\n", rows[i].name);
		btz_rd_span(&rd, btz_span_str(rows[i].in));
		assert_int_equal(btz_utf8_next(&rd, &c), rows[i].ok);
		if (!rows[i].ok)
			continue;
		assert_int_equal(c, rows[i].want);
		assert_true(btz_rd_end(&rd));
	}
}

static void
spaces(void **state)
{
	static const uint32_t yes[] = { 9, 10, 13, 32, 0x85, 0xa0, 0x1680,
		0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000 };
	static const uint32_t no[] = { 0, 8, 14, 31, 33, 'x', 0x84, 0x86,
		0x200b, 0x2014, 0x3001, 0xfeff };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(yes); i++)
		assert_true(btz_utf8_space(yes[i]));
	for (size_t i = 0; i < BTZ_COUNT(no); i++)
		assert_false(btz_utf8_space(no[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_points),
		cmocka_unit_test(spaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
