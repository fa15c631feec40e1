/* SPDX-License-Identifier: Apache-2.0 */
/* test_record.c - tlog/record: one spelling per record, nothing else read. */
#include "tlog/record.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "support/cmocka_all.h"
#include "wire/msg_audit.h"

#define HEAD                                                                   \
	"{\"v\":1,\"seq\":7,\"time\":\"2026-11-23T22:15:01.042Z\","            \
	"\"boot\":\"b-1\",\"src\":\"ca\",\"ph\":\"event\","                    \
	"\"req\":\"00000000000000ff\""
#define PREV                                                                   \
	",\"prev\":\"00112233445566778899aabbccddeeff"                         \
	"00112233445566778899aabbccddeeff\"}"
#define FULL                                                                   \
	HEAD ",\"tenant\":\"home\",\"who\":\"uid:0 login:root\","              \
	     "\"cred\":\"ab\",\"via\":\"https\",\"from\":\"[::1]:9\","         \
	     "\"act\":\"MOVE\",\"obj\":\"/a%20b%22\",\"dst\":\"/c%25\","       \
	     "\"dec\":\"allow\",\"why\":\"role editor\",\"pol\":3,"            \
	     "\"out\":\"201\",\"n\":0,\"cut\":true" PREV

static const struct {
	const char *name, *in;
	bool ok;
} rows[] = {
	{ "empty", "", false },
	{ "no prev", HEAD "}", false },
	{ "other version", "{\"v\":2,\"seq\":7}", false },
	{ "trailing LF", HEAD PREV "\n", false },
	{ "space", "{ \"v\":1" PREV, false },
	{ "twice", HEAD ",\"act\":\"a\",\"act\":\"a\"" PREV, false },
	{ "out of order", HEAD ",\"dst\":\"/a\",\"obj\":\"/a\"" PREV, false },
	{ "unknown key", HEAD ",\"x\":1" PREV, false },
	{ "empty text", HEAD ",\"act\":\"\"" PREV, false },
	{ "escape", HEAD ",\"act\":\"\\n\"" PREV, false },
	{ "lower-case percent", HEAD ",\"obj\":\"/%2f%0a\"" PREV, false },
	{ "needless percent", HEAD ",\"obj\":\"/%41\"" PREV, false },
	{ "space in path", HEAD ",\"obj\":\"/a b\"" PREV, false },
	{ "encoded space in text", HEAD ",\"why\":\"a%20b\"" PREV, false },
	{ "raw UTF-8", HEAD ",\"obj\":\"/\xc3\xa4\"" PREV, false },
	{ "cut percent", HEAD ",\"obj\":\"/%2\"" PREV, false },
	{ "leading zero", HEAD ",\"pol\":03" PREV, false },
	{ "pol 0", HEAD ",\"pol\":0" PREV, false },
	{ "cut false", HEAD ",\"cut\":false" PREV, false },
	{ "unknown decision", HEAD ",\"dec\":\"maybe\"" PREV, false },
	{ "phase missing",
	    "{\"v\":1,\"seq\":7,"
	    "\"time\":\"2026-11-23T22:15:01.042Z\",\"boot\":\"b\","
	    "\"src\":\"ca\",\"req\":\"00000000000000ff\"" PREV,
	    false },
	{ "13th month",
	    "{\"v\":1,\"seq\":7,"
	    "\"time\":\"2026-13-01T22:15:01.042Z\",\"boot\":\"b\","
	    "\"src\":\"ca\",\"ph\":\"event\","
	    "\"req\":\"00000000000000ff\"" PREV,
	    false },
	{ "30 February",
	    "{\"v\":1,\"seq\":7,"
	    "\"time\":\"2026-02-30T22:15:01.042Z\",\"boot\":\"b\","
	    "\"src\":\"ca\",\"ph\":\"event\","
	    "\"req\":\"00000000000000ff\"" PREV,
	    false },
	{ "24 o'clock",
	    "{\"v\":1,\"seq\":7,"
	    "\"time\":\"2026-02-01T24:00:00.000Z\",\"boot\":\"b\","
	    "\"src\":\"ca\",\"ph\":\"event\","
	    "\"req\":\"00000000000000ff\"" PREV,
	    false },
	{ "upper-case hash",
	    HEAD ",\"prev\":\"00112233445566778899AABBCCDDEEFF"
		 "00112233445566778899aabbccddeeff\"}",
	    false },
	{ "short hash", HEAD ",\"prev\":\"0011\"}", false },
	{ "seq over 64 bit", "{\"v\":1,\"seq\":18446744073709551616" PREV,
	    false },
	{ "smallest", HEAD PREV, true },
	{ "every key", FULL, true },
};

static void
parse_and_write(void **state)
{
	uint8_t buf[BTZ_RECORD_MAX];
	struct btz_record r;
	struct btz_wr wr;
	size_t where;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		struct btz_span in = btz_span_str(rows[i].in);

		print_message("# case: %s\n", rows[i].name);
		assert_int_equal(btz_record_parse(in, &r, &where),
		    rows[i].ok ? BTZ_OK : BTZ_E_LOG_RECORD);
		assert_true(where <= in.len);
		btz_wr_init(&wr, buf, sizeof(buf));
		btz_record_write(&wr, &r);
		assert_int_equal(btz_wr_ok(&wr), rows[i].ok);
		if (rows[i].ok)
			assert_true(btz_span_eq(btz_wr_span(&wr), in));
	}
}

/* Every byte of a full record replaced: refused, or another record. */
static void
every_byte_matters(void **state)
{
	char in[sizeof(FULL)];
	uint8_t buf[BTZ_RECORD_MAX];
	struct btz_record r;
	struct btz_wr wr;

	(void)state;
	for (size_t i = 0; i < sizeof(FULL) - 1; i++) {
		for (int c = 0; c < 256; c += 5) {
			memcpy(in, FULL, sizeof(FULL));
			in[i] = (char)c;
			if (btz_record_parse(btz_span_of(in, sizeof(in) - 1),
				&r, NULL) != BTZ_OK)
				continue;
			btz_wr_init(&wr, buf, sizeof(buf));
			btz_record_write(&wr, &r);
			assert_true(btz_span_eq(
			    btz_wr_span(&wr), btz_span_of(in, sizeof(in) - 1)));
		}
	}
}

static void
where_it_breaks(void **state)
{
	struct btz_record r;
	size_t where;

	(void)state;
	assert_int_equal(
	    btz_record_parse(btz_span_str(HEAD ",\"obj\":\"/\x01"), &r, &where),
	    BTZ_E_LOG_RECORD);
	assert_int_equal(where, strlen(HEAD ",\"obj\":\"/"));
}

static void
times(void **state)
{
	static const uint64_t at[] = { 0, 951782400, 951868800, 1709164800,
		1767225599, 4102444800, 4107542400, 253402300799 };
	char got[BTZ_RECORD_TIME_LEN + 1] = "", want[64], day[32];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(at); i++) {
		time_t t = (time_t)at[i];
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
		(void)snprintf(
		    want, sizeof(want), "%s.%03uZ", day, (unsigned)i);
		btz_record_time(at[i] * 1000 + i, got);
		assert_string_equal(got, want);
	}
}

static void
encoding(void **state)
{
	static const struct {
		const char *raw, *want;
		bool path;
		size_t max;
		bool whole;
	} enc[] = {
		{ "a\nb", "a", false, 3, false },
		{ "abc", "ab", true, 2, false },
		{ "", "", true, 0, true },
		{ "a b", "a b", false, 9, true },
		{ "a b", "a%20b", true, 9, true },
		{ "\xc3\xa4%\"\\\x7f", "%C3%A4%25%22%5C%7F", true, 99, true },
	};
	uint8_t buf[64];
	struct btz_wr wr;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(enc); i++) {
		print_message("# case: %s\n", enc[i].want);
		btz_wr_init(&wr, buf, sizeof(buf));
		assert_int_equal(
		    btz_record_encode(
			&wr, btz_span_str(enc[i].raw), enc[i].path, enc[i].max),
		    enc[i].whole);
		assert_true(
		    btz_span_eq(btz_wr_span(&wr), btz_span_str(enc[i].want)));
	}
}

static void
names(void **state)
{
	(void)state;
	assert_string_equal(btz_record_phase_name(0), "");
	assert_string_equal(btz_record_phase_name(200), "");
	assert_string_equal(btz_record_phase_name(BTZ_PH_OUTCOME), "outcome");
	assert_string_equal(btz_record_via_name(BTZ_VIA_INTERNAL), "internal");
	assert_string_equal(btz_record_decision_name(BTZ_DEC_DENY), "deny");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_and_write),
		cmocka_unit_test(every_byte_matters),
		cmocka_unit_test(where_it_breaks),
		cmocka_unit_test(times),
		cmocka_unit_test(encoding),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
