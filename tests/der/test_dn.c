/* SPDX-License-Identifier: Apache-2.0 */
/* test_dn.c - Names as bytes. */
#include "der/dn.h"
#include "der_help.h"

#include <string.h>

#define CN 0x06, 3, 0x55, 4, 3
#define OU 0x06, 3, 0x55, 4, 11

static const struct {
	const char *name;
	struct btz_span in;
	bool ok, cn;
} cases[] = {
	{ "nothing", { NULL, 0 }, false, false },
	{ "a SET", BYTES(0x31, 0), false, false },
	{ "trailing byte", BYTES(0x30, 0, 0), false, false },
	{ "empty RDN", BYTES(0x30, 2, 0x31, 0), false, false },
	{ "attribute without value", BYTES(0x30, 9, 0x31, 7, 0x30, 5, CN),
	    false, false },
	{ "attribute with two values",
	    BYTES(0x30, 15, 0x31, 13, 0x30, 11, CN, 0x0c, 1, 'a', 0x0c, 1, 'b'),
	    false, false },
	{ "multi-valued RDN out of order",
	    BYTES(0x30, 22, 0x31, 20, 0x30, 8, OU, 0x0c, 1, 'a', 0x30, 8, CN,
		0x0c, 1, 'a'),
	    false, false },
	{ "multi-valued RDN",
	    BYTES(0x30, 22, 0x31, 20, 0x30, 8, CN, 0x0c, 1, 'a', 0x30, 8, OU,
		0x0c, 1, 'a'),
	    true, false },
	{ "two RDNs",
	    BYTES(0x30, 24, 0x31, 10, 0x30, 8, CN, 0x0c, 1, 'a', 0x31, 10, 0x30,
		8, CN, 0x0c, 1, 'b'),
	    true, false },
	{ "another attribute",
	    BYTES(0x30, 12, 0x31, 10, 0x30, 8, OU, 0x0c, 1, 'a'), true, false },
	{ "a CN as IA5String",
	    BYTES(0x30, 12, 0x31, 10, 0x30, 8, CN, 0x16, 1, 'a'), true, false },
	{ "an empty CN", BYTES(0x30, 11, 0x31, 9, 0x30, 7, CN, 0x0c, 0), true,
	    false },
	{ "empty", BYTES(0x30, 0), true, false },
	{ "one CN", BYTES(0x30, 12, 0x31, 10, 0x30, 8, CN, 0x0c, 1, 'a'), true,
	    true },
	{ "one CN, PrintableString",
	    BYTES(0x30, 12, 0x31, 10, 0x30, 8, CN, 0x13, 1, 'a'), true, true },
};

static void
test_table(void **state)
{
	struct btz_span cn;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		print_message("# case: %s\n", cases[i].name);
		assert_int_equal(btz_dn_check(cases[i].in), cases[i].ok);
		assert_int_equal(btz_dn_cn(cases[i].in, &cn), cases[i].cn);
		assert_int_equal(cn.len, cases[i].cn ? 1 : 0);
	}
}

static void
test_put(void **state)
{
	static const char name[] = "edge-1 issuing CA 1";
	char too_long[BTZ_CN_MAX + 1];
	struct btz_span cn;
	struct btz_wr wr;
	X509_NAME *theirs;
	uint8_t buf[128];
	const uint8_t *p = buf;
	char text[64];

	(void)state;
	memset(too_long, 'a', sizeof(too_long));
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_dn_put(&wr, btz_span_of(too_long, sizeof(too_long)));
	assert_false(btz_wr_ok(&wr));
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_dn_put(&wr, btz_span_of(NULL, 0));
	assert_true(btz_dn_empty(btz_wr_span(&wr)));
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_dn_put(&wr, btz_span_str(name));
	assert_true(btz_dn_cn(btz_wr_span(&wr), &cn));
	assert_true(btz_span_eq(cn, btz_span_str(name)));
	theirs = d2i_X509_NAME(NULL, &p, (long)wr.len);
	assert_non_null(theirs);
	X509_NAME_get_text_by_NID(theirs, NID_commonName, text, sizeof(text));
	assert_string_equal(text, name);
	X509_NAME_free(theirs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_put),
	};

	return cmocka_run_group_tests_name("dn", tests, NULL, NULL);
}
