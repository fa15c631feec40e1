/* SPDX-License-Identifier: Apache-2.0 */
/* test_b64.c - tlog/b64: RFC 4648 10 vectors, other spellings refused. */
#include "tlog/b64.h"

#include <string.h>

#include "support/cmocka_all.h"

static void
b64_bad(void **state)
{
	static const char *const rows[] = { "A", "AA", "AAA",
		"Zg=", "Zh==", "Zm9=", "Zg==Zg==", "=m9v",
		"Z===", "====", "Zm 9", "Zm9v\n", "Zm-v", "Zm_v" };
	uint8_t buf[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: %s\n", rows[i]);
		assert_false(
		    btz_b64_read(btz_span_str(rows[i]), buf, sizeof(buf), &n));
	}
	assert_false(btz_b64_read(btz_span_str("Zm9v"), buf, 2, &n));
}

static void
b64_good(void **state)
{
	static const struct {
		const char *plain, *text;
	} rows[] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/" } };
	uint8_t buf[16];
	struct btz_wr wr;
	size_t n;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: %s\n", rows[i].text);
		btz_wr_init(&wr, buf, sizeof(buf));
		btz_b64_write(&wr, btz_span_str(rows[i].plain));
		assert_true(
		    btz_span_eq(btz_wr_span(&wr), btz_span_str(rows[i].text)));
		assert_true(btz_b64_read(btz_span_str(rows[i].text), buf,
		    strlen(rows[i].plain), &n));
		assert_int_equal(n, strlen(rows[i].plain));
		assert_memory_equal(buf, rows[i].plain, n);
	}
}

static void
decimals(void **state)
{
	static const char *const bad[] = { "", "00", "01", "-1", "+1", " 1",
		"1 ", "1a", "18446744073709551616", "99999999999999999999" };
	static const uint64_t good[] = { 0, 1, 10, 20852163, UINT64_MAX };
	uint8_t buf[24];
	struct btz_wr wr;
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad); i++) {
		print_message("# case: '%s'\n", bad[i]);
		assert_false(btz_decimal_read(btz_span_str(bad[i]), &n));
	}
	for (size_t i = 0; i < BTZ_COUNT(good); i++) {
		btz_wr_init(&wr, buf, sizeof(buf));
		btz_decimal_write(&wr, good[i]);
		assert_true(btz_decimal_read(btz_wr_span(&wr), &n));
		assert_true(n == good[i]);
	}
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_decimal_write(&wr, UINT64_MAX);
	assert_true(btz_span_eq(
	    btz_wr_span(&wr), btz_span_str("18446744073709551615")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(b64_bad),
		cmocka_unit_test(b64_good),
		cmocka_unit_test(decimals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
