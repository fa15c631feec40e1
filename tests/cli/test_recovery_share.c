/* SPDX-License-Identifier: Apache-2.0 */
/* test_recovery_share.c - the file with a share: what is written is read, and
 * nothing else. */
#include "cli/recovery_share.h"

#include <string.h>

#include "support/cmocka_all.h"

#define ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SHARE "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define FILE_OF(format, id, k, n, share)                                       \
	"{\"format\":\"" format "\",\"recovery\":\"" id "\",\"threshold\":" k  \
	",\"number\":" n ",\"share\":\"" share "\"}"

static const struct {
	const char *name, *text;
	bool ok;
} cases[] = {
	{ "empty", "", false },
	{ "no object", "[]", false },
	{ "other format", FILE_OF("bartizan-share/2", ID, "2", "1", SHARE),
	    false },
	{ "short id", FILE_OF("bartizan-share/1", "0011", "2", "1", SHARE),
	    false },
	{ "threshold 1", FILE_OF("bartizan-share/1", ID, "1", "1", SHARE),
	    false },
	{ "threshold 17", FILE_OF("bartizan-share/1", ID, "17", "1", SHARE),
	    false },
	{ "number 0", FILE_OF("bartizan-share/1", ID, "2", "0", SHARE), false },
	{ "number 258", FILE_OF("bartizan-share/1", ID, "2", "258", SHARE),
	    false },
	{ "number as text",
	    FILE_OF("bartizan-share/1", ID, "2", "\"1\"", SHARE), false },
	{ "short share", FILE_OF("bartizan-share/1", ID, "2", "1", "AAEC"),
	    false },
	{ "long share", FILE_OF("bartizan-share/1", ID, "2", "1", SHARE "AAEC"),
	    false },
	{ "something more",
	    "{\"format\":\"bartizan-share/1\",\"recovery\":\"" ID
	    "\",\"threshold\":2,\"number\":1,\"share\":\"" SHARE "\",\"x\":1}",
	    false },
	{ "good", FILE_OF("bartizan-share/1", ID, "2", "16", SHARE), true },
};

static void
test_parse(void **state)
{
	struct btz_recovery_share s;
	struct btz_err err;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		print_message("# case: %s\n", cases[i].name);
		assert_int_equal(btz_recovery_share_parse(
				     btz_span_str(cases[i].text), &s, &err),
		    cases[i].ok ? BTZ_OK : BTZ_E_INVAL);
	}
	assert_int_equal(s.number, 16);
	assert_int_equal(s.threshold, 2);
	assert_int_equal(s.recovery[1], 0x11);
	assert_int_equal(s.bytes[31], 0x1f);
}

static void
test_put(void **state)
{
	struct btz_recovery_share s = { .threshold = 3, .number = 5 }, back;
	uint8_t text[BTZ_SHARE_FILE_MAX];
	struct btz_err err;
	struct btz_wr wr;

	(void)state;
	memset(s.bytes, 0x5a, sizeof(s.bytes));
	memset(s.recovery, 0xa5, sizeof(s.recovery));
	btz_wr_init(&wr, text, sizeof(text));
	assert_int_equal(btz_recovery_share_put(&s, &wr, &err), BTZ_OK);
	assert_int_equal(
	    btz_recovery_share_parse(btz_wr_span(&wr), &back, &err), BTZ_OK);
	assert_memory_equal(&s, &back, sizeof(s));
	btz_wr_init(&wr, text, 20);
	assert_int_equal(btz_recovery_share_put(&s, &wr, &err), BTZ_E_TOOBIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
