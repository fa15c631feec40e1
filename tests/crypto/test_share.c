/* SPDX-License-Identifier: Apache-2.0 */
/* test_share.c - grants in memory, and what a lease reaches by them. */
#include "crypto/share.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/lease.h"
#include "support/cmocka_all.h"
#include "wire/alg.h"

static struct btz_core core;
static struct btz_err err;

static int
setup(void **state)
{
	struct btz_keystore *ks;

	(void)state;
	assert_int_equal(btz_keystore_open(":memory:", &ks, &err), BTZ_OK);
	assert_int_equal(btz_shares_new(ks, &core.shares, &err), BTZ_OK);
	btz_keystore_close(ks);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	btz_shares_free(core.shares);
	core.shares = NULL;
	return 0;
}

static enum btz_rc
set(uint8_t id, const char *application, uint32_t uses)
{
	struct btz_share m = { .id = { id },
		.application = btz_span_str(application),
		.uses = uses };

	return btz_shares_set(core.shares, &m, &err);
}

static void
test_table(void **state)
{
	static const uint8_t one[BTZ_ID_LEN] = { 1 }, two[BTZ_ID_LEN] = { 2 };

	(void)state;
	assert_int_equal(btz_shares_uses(NULL, one, "a"), 0);
	assert_int_equal(set(1, "", 1), BTZ_E_QUOTA);
	assert_int_equal(set(1, "a", BTZ_USE_SIGN), BTZ_OK);
	assert_int_equal(set(1, "b", BTZ_USE_VERIFY), BTZ_OK);
	assert_int_equal(btz_shares_uses(core.shares, one, "a"), BTZ_USE_SIGN);
	assert_int_equal(btz_shares_uses(core.shares, one, "ab"), 0);
	assert_int_equal(btz_shares_uses(core.shares, two, "a"), 0);
	assert_int_equal(set(1, "a", BTZ_USE_VERIFY), BTZ_OK);
	assert_int_equal(
	    btz_shares_uses(core.shares, one, "a"), BTZ_USE_VERIFY);
	assert_int_equal(set(1, "a", 0), BTZ_OK);
	assert_int_equal(btz_shares_uses(core.shares, one, "a"), 0);
	assert_int_equal(
	    btz_shares_uses(core.shares, one, "b"), BTZ_USE_VERIFY);
	btz_shares_drop(core.shares, one);
	assert_int_equal(btz_shares_uses(core.shares, one, "b"), 0);
}

/* As key_info has them: uses, length, name; what does not fit is one with no
 * uses at the end. */
static void
test_of_key(void **state)
{
	static const uint8_t id[BTZ_ID_LEN] = { 9 };
	static uint8_t buf[BTZ_SHARES_TEXT_MAX];
	char name[BTZ_NAME_MAX + 1];
	struct btz_span s = btz_shares_of(core.shares, id, buf), app;
	struct btz_rd rd;
	uint32_t uses = 1;
	size_t n = 0;

	(void)state;
	assert_int_equal(s.len, 0);
	assert_int_equal(btz_shares_of(NULL, id, buf).len, 0);
	assert_int_equal(set(10, "other", 1), BTZ_OK);
	assert_int_equal(set(9, "web", BTZ_USE_VERIFY), BTZ_OK);
	s = btz_shares_of(core.shares, id, buf);
	assert_int_equal(s.len, 9);
	assert_memory_equal(s.p, "\0\0\0\2\0\3web", 9);
	memset(name, 'n', sizeof(name));
	name[BTZ_NAME_MAX] = '\0';
	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, 4, "%03d", i);
		name[3] = 'n';
		assert_int_equal(set(9, name, 1), BTZ_OK);
	}
	btz_rd_span(&rd, btz_shares_of(core.shares, id, buf));
	while (uses != 0) {
		assert_true(btz_rd_u32(&rd, &uses));
		assert_true(btz_rd_bytes16(&rd, &app, BTZ_NAME_MAX));
		n++;
	}
	assert_int_equal(app.len, 0);
	assert_true(btz_rd_end(&rd));
	assert_true(n > 100 && n < 200);
}

static void
test_full(void **state)
{
	struct btz_share m = { .application = btz_span_str("a"), .uses = 1 };

	(void)state;
	for (size_t i = 0; i < BTZ_SHARES_MAX; i++) {
		assert_true(btz_shares_room(core.shares));
		m.id[0] = (uint8_t)i;
		m.id[1] = (uint8_t)(i >> 8);
		assert_int_equal(btz_shares_set(core.shares, &m, &err), BTZ_OK);
	}
	assert_false(btz_shares_room(core.shares));
	m.id[2] = 1;
	assert_int_equal(btz_shares_set(core.shares, &m, &err), BTZ_E_QUOTA);
}

static const struct {
	const char *name;
	uint32_t asked;
	uint8_t id;
	bool scoped, read_only, ok;
} reach_cases[] = {
	{ "for something else", BTZ_USE_VERIFY, 1, false, false, false },
	{ "another key", BTZ_USE_SIGN, 2, false, false, false },
	{ "destroy", BTZ_USE_DESTROY, 1, false, false, false },
	{ "outside the scope of the lease", BTZ_USE_SIGN, 1, true, false,
	    false },
	{ "for that and more",
	    (uint32_t)BTZ_USE_SIGN | (uint32_t)BTZ_USE_VERIFY, 1, false, false,
	    false },
	{ "for what is shared", BTZ_USE_SIGN, 1, false, false, true },
	{ "reading", BTZ_USE_LIST, 1, false, true, true },
	{ "reading another", BTZ_USE_LIST, 2, false, true, false },
};

static void
test_reach(void **state)
{
	struct btz_leased l = {
		.core = &core, .application = "guest", .role = "app"
	};

	(void)state;
	assert_int_equal(set(1, "guest", BTZ_USE_SIGN), BTZ_OK);
	for (size_t i = 0; i < BTZ_COUNT(reach_cases); i++) {
		const uint8_t id[BTZ_ID_LEN] = { reach_cases[i].id };

		print_message("# case: %s\n", reach_cases[i].name);
		l.asked = reach_cases[i].asked;
		l.scope = reach_cases[i].scoped;
		assert_int_equal(btz_leased_reaches(
				     &l, id, "owner", reach_cases[i].read_only),
		    reach_cases[i].ok);
		assert_false(btz_leased_manages(&l, id, "owner"));
	}
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_table),
		WITH(test_of_key),
		WITH(test_full),
		WITH(test_reach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
