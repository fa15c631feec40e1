/* SPDX-License-Identifier: Apache-2.0 */
/* test_dertime.c - RFC 5280 4.1.2.5, both forms, both ways. */
#include "der/dertime.h"
#include "der_help.h"

#include <string.h>
#include <time.h>

static const struct {
	const char *name;
	uint8_t tag;
	const char *text;
	bool ok;
	uint64_t t;
} cases[] = {
	{ "no seconds", 0x17, "2401010000Z", false, 0 },
	{ "offset instead of Z", 0x17, "240101000000+0000", false, 0 },
	{ "no Z", 0x17, "240101000000", false, 0 },
	{ "small z", 0x17, "240101000000z", false, 0 },
	{ "trailing byte", 0x17, "240101000000ZZ", false, 0 },
	{ "month 0", 0x17, "240001000000Z", false, 0 },
	{ "month 13", 0x17, "241301000000Z", false, 0 },
	{ "day 0", 0x17, "240100000000Z", false, 0 },
	{ "30 February", 0x17, "240230000000Z", false, 0 },
	{ "29 February of a common year", 0x17, "230229000000Z", false, 0 },
	{ "hour 24", 0x17, "240101240000Z", false, 0 },
	{ "minute 60", 0x17, "240101006000Z", false, 0 },
	{ "leap second", 0x17, "161231235960Z", false, 0 },
	{ "a sign for a digit", 0x17, "24-101000000Z", false, 0 },
	{ "before 1970", 0x17, "691231235959Z", false, 0 },
	{ "GeneralizedTime before 2050", 0x18, "20491231235959Z", false, 0 },
	{ "fractions", 0x18, "20500101000000.5Z", false, 0 },
	{ "29 February 2100", 0x18, "21000229000000Z", false, 0 },
	{ "another type", 0x04, "240101000000Z", false, 0 },
	{ "epoch", 0x17, "700101000000Z", true, 0 },
	{ "1999", 0x17, "991231235959Z", true, 946684799 },
	{ "29 February", 0x17, "240229120000Z", true, 1709208000 },
	{ "last UTCTime", 0x17, "491231235959Z", true, 2524607999 },
	{ "first GeneralizedTime", 0x18, "20500101000000Z", true, 2524608000 },
	{ "29 February 2400", 0x18, "24000229000000Z", true, 13574563200 },
	{ "no expiry", 0x18, "99991231235959Z", true, BTZ_TIME_MAX },
};

static void
test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		uint8_t buf[32], again[32];
		struct btz_wr wr;
		struct btz_rd rd;
		uint64_t t;

		print_message("# case: %s\n", cases[i].name);
		btz_wr_init(&wr, buf, sizeof(buf));
		btz_der_put(&wr, cases[i].tag, btz_span_str(cases[i].text));
		btz_rd_span(&rd, btz_wr_span(&wr));
		assert_int_equal(btz_der_time(&rd, &t), cases[i].ok);
		if (!cases[i].ok)
			continue;
		assert_true(t == cases[i].t);
		assert_true(btz_rd_end(&rd));
		struct btz_wr back;
		btz_wr_init(&back, again, sizeof(again));
		btz_der_put_time(&back, t);
		assert_true(btz_span_eq(btz_wr_span(&wr), btz_wr_span(&back)));
	}
}

/* Every 9.3 days or so until 9999, against the C library. */
static void
test_against_libc(void **state)
{
	(void)state;
	for (uint64_t t = 0; t <= BTZ_TIME_MAX; t += 803557) {
		time_t tt = (time_t)t;
		struct btz_date d;
		uint64_t back;
		struct tm tm;

		gmtime_r(&tt, &tm);
		btz_date_from_unix(t, &d);
		if (d.year != (uint32_t)tm.tm_year + 1900 ||
		    d.month != (uint32_t)tm.tm_mon + 1 ||
		    d.day != (uint32_t)tm.tm_mday ||
		    d.hour != (uint32_t)tm.tm_hour ||
		    d.minute != (uint32_t)tm.tm_min ||
		    d.second != (uint32_t)tm.tm_sec)
			fail_msg("differs at %llu", (unsigned long long)t);
		assert_true(btz_date_to_unix(&d, &back) && back == t);
	}
}

static void
test_too_late(void **state)
{
	uint8_t buf[32];
	struct btz_wr wr;

	(void)state;
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_der_put_time(&wr, BTZ_TIME_MAX + 1);
	assert_false(btz_wr_ok(&wr));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_against_libc),
		cmocka_unit_test(test_too_late),
	};

	return cmocka_run_group_tests_name("dertime", tests, NULL, NULL);
}
