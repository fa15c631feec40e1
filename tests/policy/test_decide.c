/* SPDX-License-Identifier: Apache-2.0 */
/* test_decide.c - decisions over the small policy of image.h. */
#include "support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "policy/image.h"
#include "wire/msg_audit.h"

#define URI(name) "spiffe://box.test/home/user/" name
#define CAM "spiffe://box.test/home/device/cam"
#define RD BTZ_ACT_READ
#define WR BTZ_ACT_WRITE
#define NIGHT_END (T_NOW + 800) /* Sunday 02:00 */
#define EDIT (BTZ_ROLE_EDITOR & ~BTZ_ACT_CONNECT)
#define THURSDAY (T_NOW - 3u * 86400u)
#define SUNDAY_3 (T_NOW + 3600u) /* 02:46 */

static struct btz_policy *policy;

static int
load(void **state)
{
	struct btz_err err;
	uint8_t *image;
	size_t len;
	enum btz_rc rc;

	(void)state;
	if (small_image(9, &image, &len) != BTZ_OK)
		return -1;
	rc = btz_policy_from_bytes(btz_span_of(image, len), &policy, &err);
	free(image);
	return rc == BTZ_OK ? 0 : -1;
}

static int
unload(void **state)
{
	(void)state;
	btz_policy_put(policy);
	return 0;
}

static const struct row {
	const char *name, *cred, *uri, *tenant, *share;
	uint32_t actions;
	uint8_t via;
	uint64_t now;
	enum btz_verdict want;
	const char *reason;
} rows[] = {
	{ "unknown key", "mallory", URI("alice"), "home", "photos", RD, 1,
	    T_NOW, BTZ_DENY_CREDENTIAL, "credential is not registered" },
	{ "disabled credential", "alice-old", URI("alice"), "home", "photos",
	    RD, 1, T_NOW, BTZ_DENY_CREDENTIAL, "credential is revoked" },
	{ "credential of a removed user", "gone", URI("alice"), "home",
	    "photos", RD, 1, T_NOW, BTZ_DENY_CREDENTIAL,
	    "credential is revoked" },
	{ "credential of a removed user, no URI", "gone", "", "home", "photos",
	    RD, 1, T_NOW, BTZ_DENY_CREDENTIAL, "credential is revoked" },
	{ "after notAfter", "alice", URI("alice"), "home", "photos", RD, 1,
	    T_CERT + 1, BTZ_DENY_CREDENTIAL, "credential has expired" },
	{ "URI of another", "bob", URI("alice"), "home", "photos", RD, 1, T_NOW,
	    BTZ_DENY_CREDENTIAL,
	    "certificate names another than its key belongs to" },
	{ "URI longer by one", "bob", URI("bobb"), "home", "photos", RD, 1,
	    T_NOW, BTZ_DENY_CREDENTIAL,
	    "certificate names another than its key belongs to" },
	{ "no URI", "bob", "", "home", "photos", RD, 1, T_NOW,
	    BTZ_DENY_CREDENTIAL,
	    "certificate names another than its key belongs to" },
	{ "URI of another domain", "bob", "spiffe://box2.test/home/user/bob",
	    "home", "photos", RD, 1, T_NOW, BTZ_DENY_CREDENTIAL,
	    "certificate names another than its key belongs to" },
	{ "disabled user", "dave", URI("dave"), "home", "photos", RD, 1, T_NOW,
	    BTZ_DENY_CREDENTIAL, "user or device is disabled" },
	{ "other tenant", "alice", URI("alice"), "shop", "photos", RD, 1, T_NOW,
	    BTZ_DENY_ABSENT, "not a member of this tenant" },
	{ "no tenant", "alice", URI("alice"), "", "photos", RD, 1, T_NOW,
	    BTZ_DENY_ABSENT, "not a member of this tenant" },
	{ "prefix of tenant", "alice", URI("alice"), "hom", "photos", RD, 1,
	    T_NOW, BTZ_DENY_ABSENT, "not a member of this tenant" },
	{ "same share name elsewhere", "eve", "spiffe://box.test/shop/user/eve",
	    "home", "photos", RD, 1, T_NOW, BTZ_DENY_ABSENT,
	    "not a member of this tenant" },
	{ "absent share", "alice", URI("alice"), "home", "music", RD, 1, T_NOW,
	    BTZ_DENY_ABSENT, "no such share" },
	{ "prefix of a share", "alice", URI("alice"), "home", "photo", RD, 1,
	    T_NOW, BTZ_DENY_ABSENT, "no such share" },
	{ "empty share", "alice", URI("alice"), "home", "", RD, 1, T_NOW,
	    BTZ_DENY_ABSENT, "no such share" },
	{ "no grant", "carol", URI("carol"), "home", "photos", RD, 1, T_NOW,
	    BTZ_DENY_ABSENT, "no grant on this share" },
	{ "no grant on the other share", "bob", URI("bob"), "home", "papers",
	    RD, 1, T_NOW, BTZ_DENY_ABSENT, "no grant on this share" },
	{ "role without permissions", "alice", URI("alice"), "home", "papers",
	    RD, 1, T_NOW, BTZ_DENY_ABSENT, "role permits nothing" },
	{ "grant expired this second", "bob", URI("bob"), "home", "photos", RD,
	    1, T_BOB, BTZ_DENY_ABSENT, "grant has expired" },
	{ "viewer writes", "bob", URI("bob"), "home", "photos", WR, 1, T_NOW,
	    BTZ_DENY, "role does not permit this action" },
	{ "viewer reads and writes", "bob", URI("bob"), "home", "photos",
	    RD | WR, 1, T_NOW, BTZ_DENY, "role does not permit this action" },
	{ "editor manages", "alice", URI("alice"), "home", "photos",
	    BTZ_ACT_MANAGE, 1, T_NOW, BTZ_DENY,
	    "role does not permit this action" },
	{ "unknown action bit", "alice", URI("alice"), "home", "photos",
	    1u << 31, 1, T_NOW, BTZ_DENY, "role does not permit this action" },
	{ "no action", "alice", URI("alice"), "home", "photos", 0, 1, T_NOW,
	    BTZ_DENY, "role does not permit this action" },
	{ "device by another way in", "cam", CAM, "home", "photos", WR, 1,
	    T_NOW, BTZ_DENY_ABSENT, "grant is not for this way in" },
	{ "device, way in out of range", "cam", CAM, "home", "photos", WR, 34,
	    T_NOW, BTZ_DENY_ABSENT, "grant is not for this way in" },
	{ "device on another day", "cam", CAM, "home", "photos", WR, 2,
	    THURSDAY, BTZ_DENY_ABSENT, "grant is not for this time" },
	{ "device at another hour", "cam", CAM, "home", "photos", WR, 2,
	    T_NOW + 800, BTZ_DENY_ABSENT, "grant is not for this time" },
	{ "device as a user", "cam", URI("cam"), "home", "photos", WR, 2, T_NOW,
	    BTZ_DENY_CREDENTIAL,
	    "certificate names another than its key belongs to" },
	{ "device in its window", "cam", CAM, "home", "photos", WR, 2, T_NOW,
	    BTZ_ALLOW, "granted by role" },
	{ "viewer reads", "bob", URI("bob"), "home", "photos", RD, 1, T_NOW,
	    BTZ_ALLOW, "granted by role" },
	{ "viewer, last second", "bob", URI("bob"), "home", "photos", RD, 1,
	    T_BOB - 1, BTZ_ALLOW, "granted by role" },
	{ "editor, all at once", "alice", URI("alice"), "home", "photos", EDIT,
	    1, T_NOW, BTZ_ALLOW, "granted by role" },
	{ "editor connects to files", "alice", URI("alice"), "home", "photos",
	    BTZ_ACT_CONNECT, 2, T_NOW, BTZ_DENY,
	    "role does not permit this action" },
	{ "viewer reads a VPN", "bob", URI("bob"), "home", "vpn.main", RD, 2,
	    T_NOW, BTZ_DENY, "role does not permit this action" },
	{ "no grant on the VPN", "carol", URI("carol"), "home", "vpn.main",
	    BTZ_ACT_CONNECT, 2, T_NOW, BTZ_DENY_ABSENT,
	    "no grant on this VPN" },
	{ "absent VPN", "bob", URI("bob"), "home", "vpn.lab", BTZ_ACT_CONNECT,
	    2, T_NOW, BTZ_DENY_ABSENT, "no such VPN" },
	{ "role without connect", "alice", URI("alice"), "home", "vpn.main",
	    BTZ_ACT_CONNECT, 2, T_NOW, BTZ_DENY_ABSENT,
	    "role does not permit this action" },
	{ "before the night's window", "cam", CAM, "home", "vpn.main",
	    BTZ_ACT_CONNECT, 2, T_NOW - 4 * 3600, BTZ_DENY_ABSENT,
	    "grant is not for this time" },
	{ "after the night's window", "cam", CAM, "home", "vpn.main",
	    BTZ_ACT_CONNECT, 2, NIGHT_END, BTZ_DENY_ABSENT,
	    "grant is not for this time" },
	{ "in the night's window, next day", "cam", CAM, "home", "vpn.main",
	    BTZ_ACT_CONNECT, 2, NIGHT_END - 1, BTZ_ALLOW, "granted by role" },
	{ "in the night's window, first day", "cam", CAM, "home", "vpn.main",
	    BTZ_ACT_CONNECT, 2, T_NOW - 3 * 3600, BTZ_ALLOW,
	    "granted by role" },
	{ "viewer connects", "bob", URI("bob"), "home", "vpn.main",
	    BTZ_ACT_CONNECT, 2, T_NOW, BTZ_ALLOW, "granted by role" },
	{ "editor at notAfter", "alice", URI("alice"), "home", "photos", WR, 1,
	    T_CERT, BTZ_ALLOW, "granted by role" },
};

static void
test_decide(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		struct btz_policy_answer a;
		uint8_t hash[BTZ_SHA256_LEN];
		struct btz_policy_ask ask = { .spki_hash = hash,
			.uri = S(r->uri),
			.tenant = S(r->tenant),
			.share = S(r->share),
			.actions = r->actions,
			.via = r->via };

		printf("# %s\n", r->name);
		cred_of(r->cred, hash);
		btz_policy_decide(policy, r->now, &ask, &a);
		assert_string_equal(a.reason, r->reason);
		assert_int_equal(a.verdict, r->want);
		assert_int_equal(a.generation, 9);
		if (r->want == BTZ_ALLOW)
			assert_true(btz_span_eq(a.who, S(r->uri)));
	}
}

static void
test_who(void **state)
{
	struct btz_policy_answer a;
	uint8_t hash[BTZ_SHA256_LEN];
	struct btz_policy_ask ask = { .spki_hash = hash,
		.uri = S(URI("bob")),
		.tenant = S("home"),
		.share = S("photos"),
		.actions = WR };

	(void)state;
	cred_of("alice-old", hash);
	btz_policy_decide(policy, T_NOW, &ask, &a);
	assert_true(btz_span_eq(a.who, S(URI("alice")))); /* for the record */
	assert_true(btz_span_eq(a.tenant, S("home")));
	cred_of("gone", hash);
	btz_policy_decide(policy, T_NOW, &ask, &a);
	assert_int_equal(a.who.len, 0);
	cred_of("bob", hash);
	btz_policy_decide(policy, T_NOW, &ask, &a);
	assert_int_equal(a.granted, BTZ_ACT_LIST | BTZ_ACT_READ);
}

static void
test_no_policy(void **state)
{
	struct btz_policy_answer a;
	struct btz_policy_ask ask = { .spki_hash = NULL };

	(void)state;
	btz_policy_decide(NULL, T_NOW, &ask, &a);
	assert_int_equal(a.verdict, BTZ_DENY_CREDENTIAL);
	btz_policy_decide(policy, T_NOW, &ask, &a);
	assert_int_equal(a.verdict, BTZ_DENY_CREDENTIAL);
}

static const struct {
	const char *name, *uri, *share, *why;
	uint32_t actions;
	size_t cap;
	bool allow;
	uint8_t via; /* 0: https */
} explained[] = {
	{ "nobody", URI("nobody"), "photos", "no such user or device", RD, 200,
	    false, 0 },
	{ "no grant", URI("carol"), "photos", "no grant on this share", RD, 200,
	    false, 0 },
	{ "cut", URI("carol"), "photos", "no ", RD, 4, false, 0 },
	{ "viewer writes", URI("bob"), "photos",
	    "role does not permit this action; role viewer permits list,read "
	    "until 2001-09-09T01:48:20Z",
	    WR, 200, false, 0 },
	{ "one expired, one not", URI("alice"), "photos",
	    "granted by role; role editor permits list,read,write,delete "
	    "(decides); role viewer permits list,read until "
	    "2001-09-09T01:46:39Z "
	    "(expired)",
	    WR, 200, true, 0 },
	{ "not by this way", CAM, "photos",
	    "grant is not for this way in; role editor permits "
	    "list,read,write,delete only by vpn within Sun 01:00-02:00 UTC "
	    "(not for this way in)",
	    WR, 200, false, BTZ_VIA_HTTPS },
	{ "by this way and now", CAM, "photos",
	    "granted by role; role editor permits list,read,write,delete "
	    "only by vpn within Sun 01:00-02:00 UTC (decides)",
	    WR, 200, true, BTZ_VIA_VPN },
	{ "on a VPN only connect counts", URI("bob"), "vpn.main",
	    "granted by role; role viewer permits connect (decides)",
	    BTZ_ACT_CONNECT, 200, true, BTZ_VIA_VPN },
	{ "a role that means nothing there", URI("alice"), "vpn.main",
	    "role does not permit this action; role reader permits none",
	    BTZ_ACT_CONNECT, 200, false, BTZ_VIA_VPN },
	{ "over midnight", CAM, "vpn.main",
	    "granted by role; role viewer permits connect within "
	    "Sat 22:00-02:00 UTC (decides)",
	    BTZ_ACT_CONNECT, 200, true, BTZ_VIA_VPN },
};

static void
test_explain(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(explained); i++) {
		struct btz_policy_answer a;
		struct btz_policy_ask ask = { .uri = S(explained[i].uri),
			.tenant = S("home"),
			.share = S(explained[i].share),
			.actions = explained[i].actions,
			.via = explained[i].via };
		char why[200];

		if (ask.via == 0)
			ask.via = BTZ_VIA_HTTPS;

		printf("# %s\n", explained[i].name);
		btz_policy_explain(
		    policy, T_NOW, &ask, &a, why, explained[i].cap);
		assert_string_equal(why, explained[i].why);
		assert_int_equal(a.verdict == BTZ_ALLOW, explained[i].allow);
	}
}

static void
test_actions(void **state)
{
	static const struct {
		const char *text;
		uint32_t bits;
		const char *back;
	} rows2[] = {
		{ "", 0, "none" },
		{ ",", 0, "none" },
		{ "reads", 0, "none" },
		{ "read,", BTZ_ACT_READ, "read" },
		{ "list read", BTZ_ACT_LIST | BTZ_ACT_READ, "list,read" },
		{ "connect delete,list,read,write,manage", BTZ_ROLE_OWNER,
		    "list,read,write,delete,manage,connect" },
	};

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows2); i++) {
		char text[BTZ_ACTIONS_TEXT];
		uint32_t bits;
		bool ok;

		printf("# '%s'\n", rows2[i].text);
		ok = btz_actions_parse(S(rows2[i].text), &bits);
		assert_int_equal(ok, rows2[i].bits != 0);
		assert_int_equal(bits, rows2[i].bits);
		btz_actions_text(bits, text, sizeof(text));
		assert_string_equal(text, rows2[i].back);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decide),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_no_policy),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_actions),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
