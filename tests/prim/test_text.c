/* SPDX-License-Identifier: Apache-2.0 */
/* Hex and base64url: bad rows, RFC 4648 10 vectors. */
#include <string.h>

#include "prim/prim.h"
#include "support/cmocka_all.h"

static const char *const bad_hex[] = { "", "0", "0g", "0A", "000", " 0" };
static const char *const bad_b64[] = { "Z", "Zh", "Zg==", "Zm9=", "Z g", "Zm+v",
	"Zm/v", "Zm9\n" };
static const struct {
	const char *plain, *text;
} rows[] = {
	{ "", "" },
	{ "f", "Zg" },
	{ "fo", "Zm8" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg" },
	{ "\xff\xfe\xfd", "__79" },
};

static void
test_hex(void **state)
{
	uint8_t b;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad_hex); i++)
		assert_false(btz_unhex(btz_span_str(bad_hex[i]), &b, 1));
	assert_true(btz_unhex(btz_span_str("a9"), &b, 1));
	assert_int_equal(b, 0xa9);
}

static void
test_base64url(void **state)
{
	uint8_t out[32];
	char text[32];
	size_t n;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad_b64); i++) {
		print_message("# bad: %s\n", bad_b64[i]);
		assert_false(btz_base64url_decode(
		    btz_span_str(bad_b64[i]), out, sizeof(out), &n));
	}
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# row: %s\n", rows[i].text);
		assert_int_equal(btz_base64url(btz_span_str(rows[i].plain),
				     text, sizeof(text)),
		    strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
		assert_true(btz_base64url_decode(
		    btz_span_str(rows[i].text), out, sizeof(out), &n));
		assert_true(btz_span_eq(
		    btz_span_of(out, n), btz_span_str(rows[i].plain)));
	}
	assert_int_equal(btz_base64url(btz_span_str("foo"), text, 4), 0);
	assert_false(btz_base64url_decode(btz_span_str("Zm9v"), out, 2, &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_base64url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
