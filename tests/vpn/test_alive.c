/* SPDX-License-Identifier: Apache-2.0 */
/* test_alive.c - an OpenVPN that says nothing for a whole period after it was
 * asked is hung; one that waits for our signature, or that we did not look at
 * in time, is not. */
#include "vpn/alive.h"

#include "support/cmocka_all.h"
#include "wire/cursor.h"

enum what { END, LOOK, SIGNING, HEARD, SIGNED };
#define T0 1000000u

static const struct {
	const char *name;
	struct {
		enum what what;
		uint32_t ms; /* after the step before */
		enum btz_alive_do is;
	} step[12];
} cases[] = {
	{ "hangs from the beginning",
	    { { LOOK, 5000, BTZ_ALIVE_ASK }, { LOOK, 5000, BTZ_ALIVE_HUNG } } },
	{ "hangs later", { { LOOK, 5000, BTZ_ALIVE_ASK }, { HEARD, 1, 0 },
			     { LOOK, 4999, BTZ_ALIVE_ASK }, { HEARD, 1, 0 },
			     { LOOK, 4999, BTZ_ALIVE_ASK },
			     { LOOK, 5000, BTZ_ALIVE_HUNG } } },
	{ "a timer that is early",
	    { { LOOK, 4996, BTZ_ALIVE_ASK }, { LOOK, 4997, BTZ_ALIVE_HUNG } } },
	{ "hangs although it once waited for a signature",
	    { { LOOK, 5000, BTZ_ALIVE_ASK }, { SIGNED, 10, 0 },
		{ LOOK, 4990, BTZ_ALIVE_HUNG } } },
	{ "what it sent before it hung counts once",
	    { { HEARD, 1, 0 }, { LOOK, 4999, BTZ_ALIVE_ASK },
		{ LOOK, 5000, BTZ_ALIVE_HUNG } } },
	{ "answers", { { LOOK, 5000, BTZ_ALIVE_ASK }, { HEARD, 100, 0 },
			 { LOOK, 4900, BTZ_ALIVE_ASK }, { HEARD, 4000, 0 },
			 { LOOK, 1000, BTZ_ALIVE_ASK } } },
	{ "waits for our signature",
	    { { LOOK, 5000, BTZ_ALIVE_ASK }, { SIGNING, 5000, BTZ_ALIVE_WAIT },
		{ SIGNING, 5000, BTZ_ALIVE_WAIT },
		{ LOOK, 5000, BTZ_ALIVE_HUNG } } },
	{ "the signature came just now",
	    { { LOOK, 5000, BTZ_ALIVE_ASK }, { SIGNED, 2000, 0 },
		{ LOOK, 3000, BTZ_ALIVE_WAIT },
		{ LOOK, 5000, BTZ_ALIVE_HUNG } } },
	{ "we slept: what it said lies there unread",
	    { { LOOK, 5000, BTZ_ALIVE_ASK }, { LOOK, 3600000, BTZ_ALIVE_WAIT },
		{ HEARD, 0, 0 }, { LOOK, 5000, BTZ_ALIVE_ASK } } },
	{ "we slept, and it hangs",
	    { { LOOK, 5000, BTZ_ALIVE_ASK }, { LOOK, 60000, BTZ_ALIVE_WAIT },
		{ LOOK, 5000, BTZ_ALIVE_HUNG } } },
};

static void
test_looks(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		struct btz_alive a;
		uint64_t now = T0;

		print_message("# case: %s\n", cases[i].name);
		btz_alive_start(&a, now);
		for (size_t k = 0; k < BTZ_COUNT(cases[i].step); k++) {
			const enum what what = cases[i].step[k].what;

			now += cases[i].step[k].ms;
			if (what == HEARD)
				btz_alive_heard(&a);
			else if (what == SIGNED)
				btz_alive_signed(&a, now);
			else if (what != END)
				assert_int_equal(
				    btz_alive_look(&a, now, what == SIGNING),
				    cases[i].step[k].is);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_looks) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
