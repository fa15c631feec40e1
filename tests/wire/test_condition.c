/* SPDX-License-Identifier: Apache-2.0 */
/* Ways in and windows of the week: what is taken, how it is written again, and
 * which minutes are inside. */
#include "wire/condition.h"

#include <string.h>

#include "support/cmocka_all.h"

#define WORK 0x3e /* Monday to Friday */

static const struct {
	const char *text;
	uint8_t days; /* 0: refused */
	uint16_t from, to;
	const char *back; /* NULL: the same text */
} windows[] = {
	{ "", 0, 0, 0, NULL },
	{ "Mon-Fri", 0, 0, 0, NULL },
	{ "08:00-18:00", 0, 0, 0, NULL },
	{ " 08:00-18:00", 0, 0, 0, NULL },
	{ "Mon-Fri 08:00", 0, 0, 0, NULL },
	{ "Mon-Fri 08:00-", 0, 0, 0, NULL },
	{ "Mon-Fri 8:00-18:00", 0, 0, 0, NULL },
	{ "Mon-Fri 08:00-18:00 ", 0, 0, 0, NULL },
	{ "Mon-Fri  08:00-18:00", 0, 0, 0, NULL },
	{ "Mon-Fri 08:00-18:60", 0, 0, 0, NULL },
	{ "Mon-Fri 08:00-24:01", 0, 0, 0, NULL },
	{ "Mon-Fri 24:00-08:00", 0, 0, 0, NULL },
	{ "Mon-Fri 08:00-08:00", 0, 0, 0, NULL },
	{ "Mon-Fri 08.00-18.00", 0, 0, 0, NULL },
	{ "Mon-Fri 0x:00-18:00", 0, 0, 0, NULL },
	{ "Mon- 08:00-18:00", 0, 0, 0, NULL },
	{ "-Mon 08:00-18:00", 0, 0, 0, NULL },
	{ "Mon-Wed-Fri 08:00-18:00", 0, 0, 0, NULL },
	{ "Mon, 08:00-18:00", 0, 0, 0, NULL },
	{ ",Mon 08:00-18:00", 0, 0, 0, NULL },
	{ "Monday 08:00-18:00", 0, 0, 0, NULL },
	{ "Mo-Fr 08:00-18:00", 0, 0, 0, NULL },
	{ "Daily 08:00-18:00", 0, 0, 0, NULL },
	{ "Mon-Fri 08:00-18:00", WORK, 480, 1080, NULL },
	{ "mon-FRI 08:00-18:00", WORK, 480, 1080, "Mon-Fri 08:00-18:00" },
	{ "Sat,Sun 00:00-24:00", 0x41, 0, 1440, NULL },
	{ "Sun,Sat,Sun 00:00-24:00", 0x41, 0, 1440, "Sat,Sun 00:00-24:00" },
	{ "Fri-Mon 09:05-09:06", 0x63, 545, 546, "Mon,Fri-Sun 09:05-09:06" },
	{ "Mon,Wed,Fri-Sun 23:59-24:00", 0x6b, 1439, 1440, NULL },
	{ "Mon-Sun 01:00-02:00", 0x7f, 60, 120, "daily 01:00-02:00" },
	{ "daily 22:00-06:00", 0x7f, 1320, 360, NULL },
	{ "Thu 22:00-00:00", 0x10, 1320, 1440, "Thu 22:00-24:00" },
};

static void
test_windows(void **state)
{
	struct btz_window w, again;
	char text[BTZ_WINDOW_TEXT];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(windows); i++) {
		bool ok = windows[i].days != 0;
		const char *back = windows[i].back == NULL ? windows[i].text
							   : windows[i].back;

		print_message("# window: '%s'\n", windows[i].text);
		assert_int_equal(
		    btz_window_parse(btz_span_str(windows[i].text), &w), ok);
		assert_int_equal(w.days, windows[i].days);
		assert_int_equal(w.from, windows[i].from);
		assert_int_equal(w.to, windows[i].to);
		btz_window_text(&w, text);
		assert_string_equal(text, ok ? back : "");
		if (ok) {
			assert_true(
			    btz_window_parse(btz_span_str(text), &again));
			assert_memory_equal(&w, &again, sizeof(w));
		}
	}
}

/* Every set of days comes back from its own text. */
static void
test_days(void **state)
{
	(void)state;
	for (unsigned days = 1; days < 128; days++) {
		struct btz_window w = { (uint8_t)days, 1439, 1438 }, again;
		char text[BTZ_WINDOW_TEXT];

		btz_window_text(&w, text);
		assert_true(strlen(text) < sizeof(text));
		assert_true(btz_window_parse(btz_span_str(text), &again));
		assert_memory_equal(&w, &again, sizeof(w));
	}
}

static const struct {
	const char *text;
	uint8_t via; /* 0: refused */
	const char *back;
} vias[] = {
	{ "", 0, "" },
	{ ",", 0, "" },
	{ "vpn,", 0, "" },
	{ ",vpn", 0, "" },
	{ "VPN", 0, "" },
	{ "internal", 0, "" },
	{ "vpn https", 0, "" },
	{ "vpn", 4, "vpn" },
	{ "https", 2, "https" },
	{ "cli,vpn,https", 14, "https,vpn,cli" },
	{ "vpn,vpn", 4, "vpn" },
};

static void
test_via(void **state)
{
	char text[BTZ_VIA_TEXT];
	uint8_t via;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(vias); i++) {
		print_message("# ways: '%s'\n", vias[i].text);
		assert_int_equal(
		    btz_via_parse(btz_span_str(vias[i].text), &via),
		    vias[i].via != 0);
		assert_int_equal(via, vias[i].via);
		btz_via_text(via, text);
		assert_string_equal(text, vias[i].back);
	}
}

static const struct {
	const char *text;
	bool ok;
	uint8_t via, days;
} conditions[] = {
	{ "vpn", false, 0, 0 },
	{ "via=vpn", false, 0, 0 },
	{ "Mon 08:00-18:00", false, 0, 0 },
	{ "vpn;;", false, 0, 0 },
	{ "vpn;soon", false, 0, 0 },
	{ "fax;", false, 0, 0 },
	{ "", true, 0, 0 },
	{ ";", true, 0, 0 },
	{ "vpn;", true, 4, 0 },
	{ ";Mon-Fri 08:00-18:00", true, 0, WORK },
	{ "vpn,https;Mon-Fri 08:00-18:00", true, 6, WORK },
};

static void
test_conditions(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(conditions); i++) {
		struct btz_condition c;

		print_message("# condition: '%s'\n", conditions[i].text);
		assert_int_equal(
		    btz_condition_parse(btz_span_str(conditions[i].text), &c),
		    conditions[i].ok);
		assert_int_equal(c.via, conditions[i].via);
		assert_int_equal(c.window.days, conditions[i].days);
	}
}

#define FRIDAY 1000425600u /* 2001-09-14 00:00:00 UTC */
#define AT(d, h, m) (FRIDAY + (d)*86400 + (h)*3600 + (m)*60)

static const struct {
	const char *window;
	uint64_t now;
	bool in;
} times[] = {
	{ "Fri 08:00-18:00", AT(0, 8, 0) - 1, false },
	{ "Fri 08:00-18:00", AT(0, 8, 0), true },
	{ "Fri 08:00-18:00", AT(0, 18, 0) - 1, true },
	{ "Fri 08:00-18:00", AT(0, 18, 0), false },
	{ "Fri 08:00-18:00", AT(1, 9, 0), false },
	{ "Fri 22:00-06:00", AT(0, 5, 0), false }, /* Thursday's night */
	{ "Fri 22:00-06:00", AT(0, 22, 0) - 1, false },
	{ "Fri 22:00-06:00", AT(0, 22, 0), true },
	{ "Fri 22:00-06:00", AT(1, 6, 0) - 1, true },
	{ "Fri 22:00-06:00", AT(1, 6, 0), false },
	{ "Fri 22:00-06:00", AT(1, 22, 0), false },
	{ "Sat 23:00-01:00", AT(2, 0, 30), true }, /* into Sunday */
	{ "Fri 00:00-24:00", AT(1, 0, 0) - 1, true },
	{ "Fri 00:00-24:00", AT(1, 0, 0), false },
};

static void
test_times(void **state)
{
	const struct btz_window any = { .days = 0 };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(times); i++) {
		struct btz_window w;

		print_message("# %s, row %zu\n", times[i].window, i);
		assert_true(
		    btz_window_parse(btz_span_str(times[i].window), &w));
		assert_int_equal(btz_window_has(&w, times[i].now), times[i].in);
	}
	assert_true(btz_window_has(&any, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_via),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
