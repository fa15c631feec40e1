/* SPDX-License-Identifier: Apache-2.0 */
/* test_admit.c - who comes in by VPN, over the policy of image.h. */
#include "support/cmocka_all.h"

#include <stdio.h>

#include "vpn/admit.h"
#include "vpn/image.h"

#define URI(name) "URI:spiffe://box.test/home/user/" name

static const uint8_t issuers[2][BTZ_SHA256_LEN] = { { 1 }, { 2 } };
static struct btz_policy *policy;

static int
load(void **state)
{
	(void)state;
	return vpn_policy(&policy) == BTZ_OK ? 0 : -1;
}

static int
unload(void **state)
{
	(void)state;
	btz_policy_put(policy);
	return 0;
}

static struct btz_vpn
vpn_of(const char *name, const char *tenant)
{
	return (struct btz_vpn){ .name = S(name),
		.tenant = S(tenant),
		.issuers = issuers,
		.n_issuers = 2 };
}

static struct btz_mgmt_env
env_of(const char *serial_of, const char *san, uint8_t issuer)
{
	struct btz_mgmt_env e = { .has_serial = true,
		.has_digest = true,
		.has_issuer = true,
		.issuer = { issuer } };
	uint8_t hash[BTZ_SHA256_LEN];

	key_of(serial_of, hash);
	memcpy(e.serial, hash, sizeof(e.serial));
	(void)snprintf(e.san, sizeof(e.san), "%s", san);
	return e;
}

#define NOT_HERE "certificate is not from this tenant's issuing key"
#define NO_NAME "certificate does not name one SPIFFE id"
#define OTHER "certificate names another than its key belongs to"
#define UNKNOWN "credential is not registered"

static const struct {
	const char *name, *serial_of, *san;
	uint8_t issuer;
	const char *vpn, *tenant;
	uint64_t now;
	const char *why;
	size_t roles; /* 0: denied */
} rows[] = {
	{ "issuing key of another tenant", "alice", URI("alice"), 3, "main",
	    "home", T_NOW, NOT_HERE, 0 },
	{ "no name", "alice", "", 1, "main", "home", T_NOW, NO_NAME, 0 },
	{ "a name beside it", "alice", URI("alice") ", DNS:x", 1, "main",
	    "home", T_NOW, NO_NAME, 0 },
	{ "another kind of name", "alice",
	    "DNS:spiffe://box.test/home/user/alice", 1, "main", "home", T_NOW,
	    NO_NAME, 0 },
	{ "a URI that is no SPIFFE id", "alice", "URI:https://box.test/", 1,
	    "main", "home", T_NOW, NO_NAME, 0 },
	{ "name of another", "alice", URI("bob"), 1, "main", "home", T_NOW,
	    OTHER, 0 },
	{ "another trust domain", "alice",
	    "URI:spiffe://box2.test/home/user/alice", 1, "main", "home", T_NOW,
	    OTHER, 0 },
	{ "unknown serial", "mallory", URI("alice"), 1, "main", "home", T_NOW,
	    UNKNOWN, 0 },
	{ "serial of two keys", "twin", URI("alice"), 1, "main", "home", T_NOW,
	    UNKNOWN, 0 },
	{ "serial of another tenant", "eve",
	    "URI:spiffe://box.test/shop/user/eve", 1, "main", "home", T_NOW,
	    UNKNOWN, 0 },
	{ "removed user", "gone", URI("alice"), 1, "main", "home", T_NOW,
	    UNKNOWN, 0 },
	{ "revoked", "alice-old", URI("alice"), 1, "main", "home", T_NOW,
	    "credential is revoked", 0 },
	{ "expired", "alice", URI("alice"), 1, "main", "home", T_CERT + 1,
	    "credential has expired", 0 },
	{ "disabled user", "dave", URI("dave"), 1, "main", "home", T_NOW,
	    "user or device is disabled", 0 },
	{ "role without connect", "carol", URI("carol"), 1, "main", "home",
	    T_NOW, "role does not permit this action", 0 },
	{ "only by HTTPS", "web", URI("web"), 1, "main", "home", T_NOW,
	    "grant is not for this way in", 0 },
	{ "grant expired this second", "bob", URI("bob"), 1, "main", "home",
	    T_BOB, "grant has expired", 0 },
	{ "another VPN", "alice", URI("alice"), 1, "lab", "home", T_NOW,
	    "no such VPN", 0 },
	{ "VPN of another tenant", "alice", URI("alice"), 1, "main", "shop",
	    T_NOW, UNKNOWN, 0 },
	{ "VPN of no tenant", "alice", URI("alice"), 1, "main", "", T_NOW,
	    UNKNOWN, 0 },
	{ "VPN whose name is none", "alice", URI("alice"), 1, "Main", "home",
	    T_NOW, "name of the VPN is not a name", 0 },
	{ "alice: two roles with connect", "alice", URI("alice"), 1, "main",
	    "home", T_NOW, "granted by role", 2 },
	{ "bob, and the same serial in another tenant", "bob", URI("bob"), 2,
	    "main", "home", T_NOW, "granted by role", 1 },
	{ "eve at shop", "eve", "URI:spiffe://box.test/shop/user/eve", 1,
	    "main", "shop", T_NOW, "granted by role", 1 },
};

static void
judges(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		struct btz_vpn vpn = vpn_of(rows[i].vpn, rows[i].tenant);
		struct btz_mgmt_env env = env_of(
		    rows[i].serial_of, rows[i].san, rows[i].issuer);
		struct btz_vpn_decision d;

		print_message("# case: %s\n", rows[i].name);
		btz_vpn_admit(&vpn, policy, rows[i].now, &env, &d);
		assert_string_equal(d.why, rows[i].why);
		assert_int_equal(d.allow, rows[i].roles > 0);
		assert_int_equal(d.n_roles, rows[i].roles);
		assert_int_equal(d.generation, 9);
	}
}

/* A block that lacks anything, or is bad, is denied, whatever else is in it. */
static void
denies_incomplete(void **state)
{
	struct btz_vpn vpn = vpn_of("main", "home");
	struct btz_mgmt_env good = env_of("alice", URI("alice"), 1), e;
	struct btz_vpn_decision d;

	(void)state;
	e = good;
	e.bad = "a field came twice";
	btz_vpn_admit(&vpn, policy, T_NOW, &e, &d);
	assert_false(d.allow);
	assert_string_equal(d.why, "a field came twice");
	for (int i = 0; i < 3; i++) {
		e = good;
		*(i == 0     ? &e.has_serial
		    : i == 1 ? &e.has_digest
			     : &e.has_issuer) = false;
		btz_vpn_admit(&vpn, policy, T_NOW, &e, &d);
		assert_false(d.allow);
	}
	btz_vpn_admit(&vpn, NULL, T_NOW, &good, &d);
	assert_false(d.allow);
	assert_string_equal(d.why, "no policy in force");
	vpn.n_issuers = 0;
	btz_vpn_admit(&vpn, policy, T_NOW, &good, &d);
	assert_false(d.allow);
}

/* The record links to HTTPS by the same credential and name. */
static void
names_who(void **state)
{
	struct btz_vpn vpn = vpn_of("main", "home");
	struct btz_mgmt_env env = env_of("alice", URI("alice"), 1);
	struct btz_vpn_decision d;
	uint8_t key[BTZ_SHA256_LEN];

	(void)state;
	btz_vpn_admit(&vpn, policy, T_NOW, &env, &d);
	key_of("alice", key);
	assert_true(d.allow && d.has_cred);
	assert_memory_equal(d.cred, key, sizeof(key));
	assert_true(btz_span_eq(d.who, S("spiffe://box.test/home/user/alice")));
	assert_true(btz_span_eq(d.roles[0], S("family")));
	assert_true(btz_span_eq(d.roles[1], S("guest")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(denies_incomplete),
		cmocka_unit_test(names_who),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
