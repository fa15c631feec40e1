/* SPDX-License-Identifier: Apache-2.0 */
/* test_lookup.c - serials and roles over the policy of tests/vpn. */
#include "support/cmocka_all.h"

#include "policy/lookup.h"
#include "vpn/image.h"
#include "wire/msg_audit.h"

static const struct {
	const char *name, *tenant, *serial_of;
	const char *key; /* NULL: not found */
} rows[] = {
	{ "unknown", "home", "mallory", NULL },
	{ "twice in the tenant", "home", "twin", NULL },
	{ "of another tenant", "home", "eve", NULL },
	{ "of nobody any more", "home", "gone", NULL },
	{ "no such tenant", "lab", "alice", NULL },
	{ "revoked", "home", "alice-old", "alice-old" },
	{ "the same in two tenants: home's", "home", "bob", "bob" },
	{ "the same in two tenants: shop's", "shop", "bob", "eve-as-bob" },
	{ "alice", "home", "alice", "alice" },
};

static void
finds_serials(void **state)
{
	static const uint8_t none[BTZ_SHA256_LEN];
	uint8_t serial[BTZ_SHA256_LEN], got[BTZ_SHA256_LEN],
	    key[BTZ_SHA256_LEN];

	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		bool found;

		print_message("# case: %s\n", rows[i].name);
		key_of(rows[i].serial_of, serial);
		memset(got, 0xaa, sizeof(got));
		found = btz_policy_by_serial(
		    *state, S(rows[i].tenant), serial, got);
		assert_int_equal(found, rows[i].key != NULL);
		if (rows[i].key != NULL)
			key_of(rows[i].key, key);
		assert_memory_equal(
		    got, rows[i].key != NULL ? key : none, sizeof(got));
	}
	assert_false(btz_policy_by_serial(NULL, S("home"), serial, got));
}

#define U(name) "spiffe://box.test/home/user/" name

static const struct {
	const char *name, *who, *tenant, *share;
	uint32_t actions;
	uint8_t via;
	size_t n;
} roles[] = {
	{ "unknown", U("mallory"), "home", "vpn.main", BTZ_ACT_CONNECT, 2, 0 },
	{ "no tenant", U("alice"), "", "vpn.main", BTZ_ACT_CONNECT, 2, 0 },
	{ "no share", U("alice"), "home", "vpn.lab", BTZ_ACT_CONNECT, 2, 0 },
	{ "other tenant", U("alice"), "shop", "vpn.main", BTZ_ACT_CONNECT, 2,
	    0 },
	{ "lacks the action", U("carol"), "home", "vpn.main", BTZ_ACT_CONNECT,
	    2, 0 },
	{ "both actions in one role", U("alice"), "home", "vpn.main",
	    BTZ_ACT_CONNECT | BTZ_ACT_LIST, 2, 1 },
	{ "one is not for this way in", U("alice"), "home", "vpn.main",
	    BTZ_ACT_CONNECT, 1, 1 },
	{ "both roles", U("alice"), "home", "vpn.main", BTZ_ACT_CONNECT, 2, 2 },
};

static void
finds_roles(void **state)
{
	for (size_t i = 0; i < BTZ_COUNT(roles); i++) {
		struct btz_policy_ask ask = { .tenant = S(roles[i].tenant),
			.share = S(roles[i].share),
			.actions = roles[i].actions,
			.via = roles[i].via };
		struct btz_span got[2] = { { NULL, 0 }, { NULL, 0 } };

		print_message("# case: %s\n", roles[i].name);
		assert_int_equal(btz_policy_roles(*state, T_NOW,
				     S(roles[i].who), &ask, got, 1),
		    roles[i].n);
		assert_null(got[1].p); /* not beyond cap */
	}
}

static int
load(void **state)
{
	return vpn_policy((struct btz_policy **)state) == BTZ_OK ? 0 : -1;
}

static int
unload(void **state)
{
	btz_policy_put(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_serials),
		cmocka_unit_test(finds_roles),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
