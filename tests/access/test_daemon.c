/* SPDX-License-Identifier: Apache-2.0 */
/* test_daemon.c - the daemon with a fake audit and a fake ca. */
#include "access/harness.h"

#define ALICE "spiffe://box.test/home/user/alice"
#define BOB "spiffe://box.test/home/user/bob"
#define YEAR (365u * 86400u)

static const struct row {
	const char *name;
	uint8_t noun, verb;
	const char *tenant, *what, *a, *b, *c;
	uint64_t n;
	enum btz_rc want;
} bad[] = {
	{ "noun 0", 0, 1, "", "x", "", "", "", 0, BTZ_E_UNSUPPORTED },
	{ "verb 9", BTZ_NOUN_USER, 9, "", "x", "", "", "", 0,
	    BTZ_E_UNSUPPORTED },
	{ "credentials are the ca's", BTZ_NOUN_CREDENTIAL, BTZ_VERB_ADD, "",
	    "x", "", "", "", 0, BTZ_E_UNSUPPORTED },
	{ "tenant again", BTZ_NOUN_TENANT, 1, "", "home", "", "", "", 0,
	    BTZ_E_EXIST },
	{ "tenant name", BTZ_NOUN_TENANT, 1, "", "Home", "", "", "", 0,
	    BTZ_E_NAME },
	{ "tenant name dots", BTZ_NOUN_TENANT, 1, "", "a..b", "", "", "", 0,
	    BTZ_E_NAME },
	{ "tenant name empty", BTZ_NOUN_TENANT, 1, "", "", "", "", "", 0,
	    BTZ_E_NAME },
	{ "remove no tenant", BTZ_NOUN_TENANT, 2, "", "", "", "", "", 0,
	    BTZ_E_NAME },
	{ "remove absent tenant", BTZ_NOUN_TENANT, 2, "", "shop", "", "", "", 0,
	    BTZ_E_NOENT },
	{ "user in absent tenant", BTZ_NOUN_USER, 1, "shop", "eve", "", "", "",
	    0, BTZ_E_NOENT },
	{ "user again", BTZ_NOUN_USER, 1, "home", "alice", "", "", "", 0,
	    BTZ_E_EXIST },
	{ "user with a slash", BTZ_NOUN_USER, 1, "", "a/b", "", "", "", 0,
	    BTZ_E_NAME },
	{ "remove absent user", BTZ_NOUN_USER, 2, "", "eve", "", "", "", 0,
	    BTZ_E_NOENT },
	{ "remove user as device", BTZ_NOUN_DEVICE, 2, "", "alice", "", "", "",
	    0, BTZ_E_NOENT },
	{ "role without permissions", BTZ_NOUN_ROLE, 1, "", "r", "", "", "", 0,
	    BTZ_E_INVAL },
	{ "role with a word", BTZ_NOUN_ROLE, 1, "", "r", "read,fly", "", "", 0,
	    BTZ_E_INVAL },
	{ "role again", BTZ_NOUN_ROLE, 1, "", "viewer", "read", "", "", 0,
	    BTZ_E_EXIST },
	{ "remove predefined role", BTZ_NOUN_ROLE, 2, "", "viewer", "", "", "",
	    0, BTZ_E_STATE },
	{ "remove absent role", BTZ_NOUN_ROLE, 2, "", "r", "", "", "", 0,
	    BTZ_E_NOENT },
	{ "remove absent share", BTZ_NOUN_SHARE, 2, "", "music", "", "", "", 0,
	    BTZ_E_NOENT },
	{ "share as a VPN", BTZ_NOUN_SHARE, 1, "", "vpn.main", "", "", "", 0,
	    BTZ_E_NAME },
	{ "share as a VPN, written", BTZ_NOUN_SHARE, 1, "", "vpn:main", "", "",
	    "", 0, BTZ_E_NAME },
	{ "VPN with its prefix", BTZ_NOUN_VPN, 1, "", "vpn:main", "", "", "", 0,
	    BTZ_E_NAME },
	{ "VPN without a name", BTZ_NOUN_VPN, 1, "", "", "", "", "", 0,
	    BTZ_E_NAME },
	{ "remove absent VPN", BTZ_NOUN_VPN, 2, "", "main", "", "", "", 0,
	    BTZ_E_NOENT },
	{ "remove a share as a VPN", BTZ_NOUN_VPN, 2, "", "photos", "", "", "",
	    0, BTZ_E_NOENT },
	{ "disable a VPN", BTZ_NOUN_VPN, 4, "", "main", "", "", "", 0,
	    BTZ_E_UNSUPPORTED },
	{ "grant on absent VPN", BTZ_NOUN_BINDING, 1, "", "bob", "viewer",
	    "vpn:main", "", 0, BTZ_E_NOENT },
	{ "grant by the stored name", BTZ_NOUN_BINDING, 1, "", "bob", "viewer",
	    "vpn.main", "", 0, BTZ_E_NAME },
	{ "grant on no name", BTZ_NOUN_BINDING, 1, "", "bob", "viewer", "", "",
	    0, BTZ_E_NAME },
	{ "grant to nobody", BTZ_NOUN_BINDING, 1, "", "eve", "viewer", "photos",
	    "", 0, BTZ_E_NOENT },
	{ "grant absent role", BTZ_NOUN_BINDING, 1, "", "bob", "r", "photos",
	    "", 0, BTZ_E_NOENT },
	{ "grant on absent share", BTZ_NOUN_BINDING, 1, "", "bob", "viewer",
	    "music", "", 0, BTZ_E_NOENT },
	{ "grant in the past", BTZ_NOUN_BINDING, 1, "", "bob", "viewer",
	    "photos", "", 1000, BTZ_E_RANGE },
	{ "grant with no condition known", BTZ_NOUN_BINDING, 1, "", "bob",
	    "viewer", "photos", "via=vpn", 0, BTZ_E_INVAL },
	{ "grant by an unknown way", BTZ_NOUN_BINDING, 1, "", "bob", "viewer",
	    "photos", "fax;", 0, BTZ_E_INVAL },
	{ "grant in no window", BTZ_NOUN_BINDING, 1, "", "bob", "viewer",
	    "photos", ";Mon-Fri", 0, BTZ_E_INVAL },
	{ "grant on files by cli", BTZ_NOUN_BINDING, 1, "", "bob", "viewer",
	    "photos", "cli;", 0, BTZ_E_INVAL },
	{ "grant on a VPN by https", BTZ_NOUN_BINDING, 1, "", "bob", "viewer",
	    "vpn:main", "https;", 0, BTZ_E_INVAL },
	{ "revoke what is not granted", BTZ_NOUN_BINDING, 2, "", "alice",
	    "viewer", "photos", "", 0, BTZ_E_NOENT },
	{ "invite for nobody", BTZ_NOUN_INVITE, 1, "", "eve", "", "", "", 0,
	    BTZ_E_NOENT },
	{ "invite for a year", BTZ_NOUN_INVITE, 1, "", "alice", "", "", "",
	    8760, BTZ_E_RANGE },
	{ "cancel by a wildcard", BTZ_NOUN_INVITE, 2, "", "%%%%", "", "", "", 0,
	    BTZ_E_INVAL },
	{ "cancel by two digits", BTZ_NOUN_INVITE, 2, "", "ab", "", "", "", 0,
	    BTZ_E_INVAL },
	{ "cancel absent invite", BTZ_NOUN_INVITE, 2, "", "abcd", "", "", "", 0,
	    BTZ_E_NOENT },
};

static void
test_bad_changes(void **state)
{
	struct box *b = *state;
	unsigned before;

	box_fill(b);
	before = b->decisions;
	for (size_t i = 0; i < BTZ_COUNT(bad); i++) {
		const struct row *r = &bad[i];
		struct btz_change m = { .noun = r->noun,
			.verb = r->verb,
			.tenant = S(r->tenant),
			.name = S(r->what),
			.a = S(r->a),
			.b = S(r->b),
			.c = S(r->c),
			.n = r->n };
		struct btz_change_ok ok;

		printf("# %s\n", r->name);
		assert_int_equal(box_change(b, &m, &ok), r->want);
	}
	assert_int_equal(b->decisions, before); /* nothing decided */
	assert_int_equal(
	    box_do(b, BTZ_NOUN_TENANT, BTZ_VERB_ADD, "shop", "", "", 0),
	    BTZ_OK);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_USER, BTZ_VERB_ADD, "eve", "", "", 0),
	    BTZ_E_AMBIGUOUS); /* which tenant? */
}

static void
test_init(void **state)
{
	struct box *b = *state;

	assert_int_equal(
	    box_do(b, BTZ_NOUN_TENANT, BTZ_VERB_ADD, "home", "", "", 0),
	    BTZ_E_UNPROVISIONED);
	assert_int_equal(box_init(b, "Box"), BTZ_E_NAME);
	assert_int_equal(box_init(b, "box.test"), BTZ_OK);
	assert_int_equal(box_init(b, "box.test"), BTZ_OK);
	assert_int_equal(box_init(b, "other.test"), BTZ_E_PROVISIONED);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_TENANT, BTZ_VERB_ADD, "home", "", "", 0),
	    BTZ_OK);
}

static void
test_roles_of_askers(void **state)
{
	struct box *b = *state;
	struct btz_change m = { .noun = BTZ_NOUN_TENANT, .verb = 1 };
	struct btz_invite_reserve r = { { 0 }, { 0 } };
	struct btz_credential_add add = { .principal = S(ALICE) };
	struct btz_credential_ref ref = { .reason = 1 };
	struct btz_list l = { .noun = BTZ_NOUN_USER };
	static const struct {
		const char *name;
		bool ca;
		uint16_t op;
	} rows[] = {
		{ "ca changes", true, BTZ_OP_CHANGE },
		{ "administrator reserves", false, BTZ_OP_INVITE_RESERVE },
		{ "administrator adds", false, BTZ_OP_CREDENTIAL_ADD },
		{ "administrator disables", false, BTZ_OP_CREDENTIAL_DISABLE },
		{ "administrator compares", false, BTZ_OP_CREDENTIAL_STATES },
		{ "ca lists", true, BTZ_OP_LIST },
	};
	const struct btz_msgdef *defs[] = { &btz_def_change,
		&btz_def_invite_reserve, &btz_def_credential_add,
		&btz_def_credential_ref, &btz_def_list, &btz_def_list };
	const void *msgs[] = { &m, &r, &add, &ref, &l, &l };

	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		printf("# %s\n", rows[i].name);
		assert_int_equal(box_ask(b, rows[i].ca ? b->ca : b->admin,
				     rows[i].op, defs[i], msgs[i], NULL, NULL),
		    BTZ_E_DENIED);
	}
}

static void
test_record_first(void **state)
{
	struct box *b = *state;

	box_fill(b);
	assert_int_equal(b->decisions, 5);
	assert_int_equal(b->outcomes, 5);
	b->mode = AUDIT_REFUSES;
	assert_int_equal(
	    box_do(b, BTZ_NOUN_USER, BTZ_VERB_ADD, "eve", "", "", 0),
	    BTZ_E_NO_LOG);
	assert_string_equal(b->last[0], "user.add");
	assert_string_equal(b->last[1], "user/eve");
	assert_int_equal(strncmp(b->last[2], "uid:", 4), 0);
	b->mode = AUDIT_GONE;
	assert_int_equal(
	    box_do(b, BTZ_NOUN_USER, BTZ_VERB_ADD, "eve", "", "", 0),
	    BTZ_E_NO_LOG);
	/* Neither left anything behind. */
	assert_int_equal(
	    box_do(b, BTZ_NOUN_USER, BTZ_VERB_REMOVE, "eve", "", "", 0),
	    BTZ_E_NOENT);
}

/* Invites */

static void
invite(struct box *b, const char *who, uint64_t hours, uint8_t hash[32])
{
	struct btz_change m = { .noun = BTZ_NOUN_INVITE,
		.verb = BTZ_VERB_ADD,
		.name = S(who),
		.n = hours };
	struct btz_change_ok ok;
	uint8_t token[16];
	size_t len;

	assert_int_equal(box_change(b, &m, &ok), BTZ_OK);
	assert_true(btz_base64url_decode(ok.id, token, sizeof(token), &len));
	assert_int_equal(len, 16);
	btz_sha256(btz_span_of(token, len), hash);
}

static enum btz_rc
reserve(struct box *b, const uint8_t hash[32], const char *key)
{
	struct btz_invite_reserve m;
	struct btz_invite_reserve_ok ok;
	enum btz_rc rc;

	memcpy(m.token_hash, hash, 32);
	btz_sha256(S(key), m.spki_hash);
	rc = box_ask(b, b->ca, BTZ_OP_INVITE_RESERVE, &btz_def_invite_reserve,
	    &m, &btz_def_invite_reserve_ok, &ok);
	if (rc == BTZ_OK) {
		assert_true(btz_span_eq(ok.tenant, S("home")));
		assert_true(btz_span_eq(ok.kind, S("user")));
	}
	return rc;
}

static enum btz_rc
add(struct box *b, const uint8_t *hash, const char *key, const char *uri,
    uint8_t serial)
{
	struct btz_credential_add m = { .principal = S(uri),
		.serial = { serial },
		.not_before = btz_unix_now() - 10,
		.not_after = btz_unix_now() + YEAR };
	struct btz_credential_ok ok;

	if (hash != NULL)
		memcpy(m.token_hash, hash, 32);
	btz_sha256(S(key), m.spki_hash);
	return box_ask(b, b->ca, BTZ_OP_CREDENTIAL_ADD, &btz_def_credential_add,
	    &m, &btz_def_credential_ok, &ok);
}

static enum btz_rc
disable(struct box *b, const char *key)
{
	struct btz_credential_ref m = { .reason = 4 };
	struct btz_credential_ok ok;

	btz_sha256(S(key), m.spki_hash);
	return box_ask(b, b->ca, BTZ_OP_CREDENTIAL_DISABLE,
	    &btz_def_credential_ref, &m, &btz_def_credential_ok, &ok);
}

static enum btz_verdict
verdict(struct box *b, const char *key, const char *uri, uint32_t actions)
{
	uint8_t spki[32];

	btz_sha256(S(key), spki);
	return box_decide(b, spki, uri, actions).verdict;
}

/* Moves the clock of the database instead of ours. */
static void
sql(struct box *b, const char *text)
{
	sqlite3 *db;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/lib/access/access.db", b->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

static void
test_invite_reserve(void **state)
{
	struct box *b = *state;
	uint8_t hash[32], other[32] = { 9 };

	box_fill(b);
	invite(b, "alice", 0, hash);
	assert_int_equal(reserve(b, other, "k1"), BTZ_E_INVITE); /* unknown */
	assert_int_equal(reserve(b, hash, "k1"), BTZ_OK);
	assert_int_equal(reserve(b, hash, "k1"), BTZ_OK); /* same key */
	assert_int_equal(reserve(b, hash, "k2"), BTZ_E_INVITE);
	assert_int_equal(add(b, hash, "k2", ALICE, 1), BTZ_E_INVITE);
	assert_int_equal(add(b, hash, "k1", BOB, 1), BTZ_E_INVITE);
	assert_int_equal(add(b, other, "k1", ALICE, 1), BTZ_E_INVITE);
	sql(b, "UPDATE invites SET reserved_until=1"); /* 10 min passed */
	assert_int_equal(reserve(b, hash, "k2"), BTZ_OK);
	assert_int_equal(add(b, hash, "k1", ALICE, 1), BTZ_E_INVITE);
	assert_int_equal(add(b, hash, "k2", ALICE, 1), BTZ_OK);
	assert_int_equal(reserve(b, hash, "k2"), BTZ_E_INVITE); /* replayed */
	assert_int_equal(reserve(b, hash, "k3"), BTZ_E_INVITE);
	assert_int_equal(add(b, hash, "k3", ALICE, 1), BTZ_E_INVITE);
	assert_int_equal(verdict(b, "k2", ALICE, BTZ_ACT_WRITE), BTZ_ALLOW);
	assert_int_equal(
	    verdict(b, "k1", ALICE, BTZ_ACT_WRITE), BTZ_DENY_CREDENTIAL);
}

static void
test_invite_ends(void **state)
{
	struct box *b = *state;
	uint8_t expired[32], cancelled[32], gone[32], off[32];

	box_fill(b);
	invite(b, "alice", 1, expired);
	sql(b, "UPDATE invites SET expires=created+1, created=1");
	sql(b, "UPDATE invites SET expires=strftime('%s','now')");
	assert_int_equal(reserve(b, expired, "k1"), BTZ_E_INVITE);
	sql(b, "DELETE FROM invites");
	invite(b, "alice", 1, cancelled);
	sql(b, "UPDATE invites SET public_id='abcd000000000000'");
	assert_int_equal(
	    box_do(b, BTZ_NOUN_INVITE, BTZ_VERB_REMOVE, "abcd", "", "", 0),
	    BTZ_OK);
	assert_int_equal(reserve(b, cancelled, "k1"), BTZ_E_INVITE);
	invite(b, "alice", 1, off);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_USER, BTZ_VERB_DISABLE, "alice", "", "", 0),
	    BTZ_OK);
	assert_int_equal(reserve(b, off, "k1"), BTZ_E_INVITE);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_INVITE, BTZ_VERB_ADD, "alice", "", "", 0),
	    BTZ_E_STATE);
	invite(b, "bob", 1, gone);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_USER, BTZ_VERB_REMOVE, "bob", "", "", 0),
	    BTZ_OK);
	assert_int_equal(reserve(b, gone, "k1"), BTZ_E_INVITE);
}

static void
enrol(struct box *b, const char *who, const char *key, const char *uri)
{
	uint8_t hash[32];

	invite(b, who, 0, hash);
	assert_int_equal(reserve(b, hash, key), BTZ_OK);
	assert_int_equal(add(b, hash, key, uri, 1), BTZ_OK);
}

static void
test_credentials(void **state)
{
	struct box *b = *state;
	uint8_t hash[32];
	unsigned before;

	box_fill(b);
	enrol(b, "alice", "ka", ALICE);
	before = b->decisions;
	assert_int_equal(add(b, NULL, "ka", ALICE, 1), BTZ_OK); /* again */
	assert_int_equal(b->decisions, before); /* nothing changed */
	assert_int_equal(add(b, NULL, "ka", ALICE, 2), BTZ_OK); /* renewal */
	assert_int_equal(add(b, NULL, "ka", BOB, 3), BTZ_E_SPKI_SEEN);
	assert_int_equal(
	    add(b, NULL, "kx", "spiffe://box.test/home/user/eve", 3),
	    BTZ_E_NOENT);
	assert_int_equal(
	    add(b, NULL, "kx", "spiffe://evil.test/home/user/bob", 3),
	    BTZ_E_INVAL);
	invite(b, "bob", 0, hash);
	assert_int_equal(reserve(b, hash, "ka"), BTZ_E_SPKI_SEEN);
	assert_int_equal(verdict(b, "ka", ALICE, BTZ_ACT_WRITE), BTZ_ALLOW);
	assert_int_equal(disable(b, "nobody"), BTZ_E_NOENT);
	assert_int_equal(disable(b, "ka"), BTZ_OK);
	assert_int_equal(
	    verdict(b, "ka", ALICE, BTZ_ACT_WRITE), BTZ_DENY_CREDENTIAL);
	assert_int_equal(disable(b, "ka"), BTZ_OK); /* again */
	assert_int_equal(add(b, NULL, "ka", ALICE, 4), BTZ_E_SPKI_SEEN);
	invite(b, "alice", 0, hash);
	assert_int_equal(reserve(b, hash, "ka"), BTZ_E_SPKI_SEEN);
}

/* Revoked, but the policy cannot be written: never told as in force. */
static void
test_not_confirmed(void **state)
{
	struct box *b = *state;
	char path[128];

	box_fill(b);
	enrol(b, "alice", "ka", ALICE);
	(void)snprintf(path, sizeof(path), "%s/policy/next.tmp", b->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(disable(b, "ka"), BTZ_E_NOT_CONFIRMED);
	assert_int_equal(disable(b, "ka"), BTZ_E_NOT_CONFIRMED);
	assert_int_equal(verdict(b, "ka", ALICE, BTZ_ACT_WRITE), BTZ_ALLOW);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(disable(b, "ka"), BTZ_OK);
	assert_int_equal(
	    verdict(b, "ka", ALICE, BTZ_ACT_WRITE), BTZ_DENY_CREDENTIAL);
}

static void
test_removed_user(void **state)
{
	struct box *b = *state;

	box_fill(b);
	enrol(b, "alice", "ka", ALICE);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_USER, BTZ_VERB_DISABLE, "alice", "", "", 0),
	    BTZ_OK);
	assert_int_equal(
	    verdict(b, "ka", ALICE, BTZ_ACT_READ), BTZ_DENY_CREDENTIAL);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_USER, BTZ_VERB_ENABLE, "alice", "", "", 0),
	    BTZ_OK);
	assert_int_equal(verdict(b, "ka", ALICE, BTZ_ACT_READ), BTZ_ALLOW);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_USER, BTZ_VERB_REMOVE, "alice", "", "", 0),
	    BTZ_OK);
	assert_int_equal(
	    verdict(b, "ka", ALICE, BTZ_ACT_READ), BTZ_DENY_CREDENTIAL);
	/* A new alice does not inherit key or rights of the old one. */
	assert_int_equal(
	    box_do(b, BTZ_NOUN_USER, BTZ_VERB_ADD, "alice", "", "", 0), BTZ_OK);
	assert_int_equal(
	    verdict(b, "ka", ALICE, BTZ_ACT_READ), BTZ_DENY_CREDENTIAL);
	assert_int_equal(add(b, NULL, "ka", ALICE, 9), BTZ_E_SPKI_SEEN);
	enrol(b, "alice", "kb", ALICE);
	assert_int_equal(
	    verdict(b, "kb", ALICE, BTZ_ACT_READ), BTZ_DENY_ABSENT);
}

static void
test_grants(void **state)
{
	struct box *b = *state;

	box_fill(b);
	enrol(b, "bob", "kb", BOB);
	assert_int_equal(verdict(b, "kb", BOB, BTZ_ACT_READ), BTZ_DENY_ABSENT);
	assert_int_equal(box_do(b, BTZ_NOUN_BINDING, BTZ_VERB_ADD, "user/bob",
			     "viewer", "photos", btz_unix_now() + 100),
	    BTZ_OK);
	assert_int_equal(verdict(b, "kb", BOB, BTZ_ACT_READ), BTZ_ALLOW);
	assert_int_equal(verdict(b, "kb", BOB, BTZ_ACT_WRITE), BTZ_DENY);
	assert_int_equal(box_do(b, BTZ_NOUN_BINDING, BTZ_VERB_ADD, "bob",
			     "viewer", "photos", 0),
	    BTZ_OK); /* for good */
	assert_int_equal(box_do(b, BTZ_NOUN_BINDING, BTZ_VERB_REMOVE, "bob",
			     "viewer", "photos", 0),
	    BTZ_OK);
	assert_int_equal(verdict(b, "kb", BOB, BTZ_ACT_READ), BTZ_DENY_ABSENT);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_ROLE, BTZ_VERB_ADD, "dropbox", "write", "", 0),
	    BTZ_OK);
	assert_int_equal(box_do(b, BTZ_NOUN_BINDING, BTZ_VERB_ADD, "bob",
			     "dropbox", "photos", 0),
	    BTZ_OK);
	assert_int_equal(verdict(b, "kb", BOB, BTZ_ACT_WRITE), BTZ_ALLOW);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_ROLE, BTZ_VERB_REMOVE, "dropbox", "", "", 0),
	    BTZ_OK);
	assert_int_equal(verdict(b, "kb", BOB, BTZ_ACT_WRITE), BTZ_DENY_ABSENT);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_TENANT, BTZ_VERB_REMOVE, "home", "", "", 0),
	    BTZ_OK);
	assert_int_equal(
	    verdict(b, "kb", BOB, BTZ_ACT_READ), BTZ_DENY_CREDENTIAL);
}

/* The same decision as the VPN's (src/vpn/admit.c). */
static struct btz_policy_answer
may_connect(struct box *b, const char *key, const char *uri)
{
	struct btz_policy_ask ask = { .uri = S(uri),
		.tenant = S("home"),
		.share = S("vpn.main"),
		.actions = BTZ_ACT_CONNECT,
		.via = BTZ_VIA_VPN };
	struct btz_policy_answer a;
	uint8_t spki[BTZ_SHA256_LEN];

	btz_sha256(S(key), spki);
	ask.spki_hash = spki;
	box_ask_policy(b, &ask, &a);
	return a;
}

static void
test_vpn(void **state)
{
	struct box *b = *state;

	box_fill(b);
	enrol(b, "bob", "kb", BOB);
	assert_string_equal(may_connect(b, "kb", BOB).reason, "no such VPN");
	assert_int_equal(
	    box_do(b, BTZ_NOUN_VPN, BTZ_VERB_ADD, "main", "", "", 0), BTZ_OK);
	assert_string_equal(b->last[0], "vpn.define");
	assert_int_equal(
	    box_do(b, BTZ_NOUN_VPN, BTZ_VERB_ADD, "main", "", "", 0),
	    BTZ_E_EXIST);
	assert_string_equal(
	    may_connect(b, "kb", BOB).reason, "no grant on this VPN");
	assert_int_equal(box_do(b, BTZ_NOUN_BINDING, BTZ_VERB_ADD, "bob",
			     "viewer", "vpn:main", 0),
	    BTZ_OK);
	assert_int_equal(may_connect(b, "kb", BOB).verdict, BTZ_ALLOW);
	assert_int_equal(may_connect(b, "kb", BOB).granted, BTZ_ACT_CONNECT);
	/* A VPN is no share of files, and the other way round. */
	assert_int_equal(
	    box_do(b, BTZ_NOUN_SHARE, BTZ_VERB_REMOVE, "vpn.main", "", "", 0),
	    BTZ_E_NAME);
	assert_int_equal(box_do(b, BTZ_NOUN_BINDING, BTZ_VERB_ADD, "bob",
			     "viewer", "photos", 0),
	    BTZ_OK);
	assert_int_equal(verdict(b, "kb", BOB, BTZ_ACT_CONNECT), BTZ_DENY);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_VPN, BTZ_VERB_REMOVE, "main", "", "", 0),
	    BTZ_OK);
	assert_string_equal(may_connect(b, "kb", BOB).reason, "no such VPN");
}

static enum btz_rc
grant_if(struct box *b, const char *who, const char *on, const char *condition)
{
	struct btz_change m = { .noun = BTZ_NOUN_BINDING,
		.verb = BTZ_VERB_ADD,
		.name = S(who),
		.a = S("viewer"),
		.b = S(on),
		.c = S(condition) };
	struct btz_change_ok ok;

	return box_change(b, &m, &ok);
}

/* In and out of the window that this minute is in. */
static void
windows_of_now(char in[BTZ_WINDOW_TEXT + 1], char out[BTZ_WINDOW_TEXT + 1])
{
	uint64_t now = btz_unix_now();
	uint16_t m = (uint16_t)(now / 60 % 1440);
	struct btz_window w = { 0x7f, (uint16_t)((m + 1435) % 1440),
		(uint16_t)((m + 10) % 1440) };

	w.to = w.to == 0 ? 1440 : w.to;
	in[0] = out[0] = ';';
	btz_window_text(&w, in + 1);
	w = (struct btz_window){ 0x7f, (uint16_t)((m + 60) % 1440),
		(uint16_t)((m + 70) % 1440) };
	w.to = w.to == 0 ? 1440 : w.to;
	btz_window_text(&w, out + 1);
}

static void
test_conditions(void **state)
{
	struct box *b = *state;
	char in[BTZ_WINDOW_TEXT + 1], out[BTZ_WINDOW_TEXT + 1];

	box_fill(b);
	enrol(b, "bob", "kb", BOB);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_VPN, BTZ_VERB_ADD, "main", "", "", 0), BTZ_OK);
	windows_of_now(in, out);
	assert_int_equal(grant_if(b, "bob", "vpn:main", out), BTZ_OK);
	assert_string_equal(
	    may_connect(b, "kb", BOB).reason, "grant is not for this time");
	assert_int_equal(grant_if(b, "bob", "vpn:main", in), BTZ_OK);
	assert_int_equal(may_connect(b, "kb", BOB).verdict, BTZ_ALLOW);
	/* Without a condition again. */
	assert_int_equal(grant_if(b, "bob", "vpn:main", out), BTZ_OK);
	assert_int_equal(grant_if(b, "bob", "vpn:main", ""), BTZ_OK);
	assert_int_equal(may_connect(b, "kb", BOB).verdict, BTZ_ALLOW);
	/* Files through a tunnel only; the harness asks by HTTPS. */
	assert_int_equal(grant_if(b, "bob", "photos", "vpn;"), BTZ_OK);
	assert_int_equal(verdict(b, "kb", BOB, BTZ_ACT_READ), BTZ_DENY_ABSENT);
	assert_int_equal(grant_if(b, "bob", "photos", "vpn,https;"), BTZ_OK);
	assert_int_equal(verdict(b, "kb", BOB, BTZ_ACT_READ), BTZ_ALLOW);
}

/* A role of one's own that permits connect and nothing else. */
static void
test_own_role(void **state)
{
	struct box *b = *state;

	box_fill(b);
	enrol(b, "bob", "kb", BOB);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_VPN, BTZ_VERB_ADD, "main", "", "", 0), BTZ_OK);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_ROLE, BTZ_VERB_ADD, "in", "connect", "", 0),
	    BTZ_OK);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_ROLE, BTZ_VERB_ADD, "no", "list,read", "", 0),
	    BTZ_OK);
	assert_int_equal(box_do(b, BTZ_NOUN_BINDING, BTZ_VERB_ADD, "bob", "no",
			     "vpn:main", 0),
	    BTZ_OK);
	assert_int_equal(may_connect(b, "kb", BOB).verdict, BTZ_DENY_ABSENT);
	assert_string_equal(may_connect(b, "kb", BOB).reason,
	    "role does not permit this action");
	assert_int_equal(box_do(b, BTZ_NOUN_BINDING, BTZ_VERB_ADD, "bob", "in",
			     "vpn:main", 0),
	    BTZ_OK);
	assert_int_equal(may_connect(b, "kb", BOB).verdict, BTZ_ALLOW);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_BINDING, BTZ_VERB_ADD, "bob", "in", "photos", 0),
	    BTZ_OK);
	assert_int_equal(verdict(b, "kb", BOB, BTZ_ACT_LIST), BTZ_DENY_ABSENT);
}

static size_t
count_rows(struct box *b, uint8_t noun, const char *filter)
{
	struct btz_list l = { .noun = noun, .filter = S(filter) };
	struct btz_table t;
	uint8_t after[64];
	size_t n = 0;

	do {
		struct btz_span cells[BTZ_TABLE_COLS_MAX];
		struct btz_table_rd rd;

		assert_int_equal(box_ask(b, b->admin, BTZ_OP_LIST,
				     &btz_def_list, &l, &btz_def_table, &t),
		    BTZ_OK);
		assert_true(btz_table_read(&rd, &t));
		while (btz_table_row(&rd, cells) == 1)
			n++;
		memcpy(after, t.next.p, t.next.len);
		l.after = btz_span_of(after, t.next.len);
	} while (l.after.len > 0);
	return n;
}

static void
test_lists(void **state)
{
	struct box *b = *state;
	struct btz_list l = { .noun = BTZ_NOUN_LEASE };
	static const struct {
		const char *name;
		uint8_t noun;
		const char *filter;
		size_t rows;
	} rows[] = {
		{ "absent user", BTZ_NOUN_USER, "eve", 0 },
		{ "devices", BTZ_NOUN_DEVICE, "", 0 },
		{ "tenants", BTZ_NOUN_TENANT, "", 1 },
		{ "one user", BTZ_NOUN_USER, "bob", 1 },
		{ "roles", BTZ_NOUN_ROLE, "", 3 },
		{ "grants", BTZ_NOUN_BINDING, "", 2 },
		{ "shares", BTZ_NOUN_SHARE, "", 1 },
		{ "one share", BTZ_NOUN_SHARE, "photos", 1 },
		{ "a VPN is no share", BTZ_NOUN_SHARE, "vpn.main", 0 },
		{ "VPNs", BTZ_NOUN_VPN, "", 1 },
		{ "one VPN", BTZ_NOUN_VPN, "main", 1 },
		{ "a share is no VPN", BTZ_NOUN_VPN, "photos", 0 },
		{ "grants on a VPN", BTZ_NOUN_BINDING, "vpn:main", 1 },
		{ "by the stored name", BTZ_NOUN_BINDING, "vpn.main", 0 },
		{ "invites", BTZ_NOUN_INVITE, "", 1 },
		{ "credentials", BTZ_NOUN_CREDENTIAL, "", 1 },
	};

	box_fill(b);
	enrol(b, "alice", "ka", ALICE);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_VPN, BTZ_VERB_ADD, "main", "", "", 0), BTZ_OK);
	assert_int_equal(box_do(b, BTZ_NOUN_BINDING, BTZ_VERB_ADD, "bob",
			     "viewer", "vpn:main", 0),
	    BTZ_OK);
	assert_int_equal(
	    box_ask(b, b->admin, BTZ_OP_LIST, &btz_def_list, &l, NULL, NULL),
	    BTZ_E_UNSUPPORTED);
	l.noun = BTZ_NOUN_USER;
	l.after = S("bad");
	assert_int_equal(
	    box_ask(b, b->admin, BTZ_OP_LIST, &btz_def_list, &l, NULL, NULL),
	    BTZ_E_INVAL);
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		printf("# %s\n", rows[i].name);
		assert_int_equal(
		    count_rows(b, rows[i].noun, rows[i].filter), rows[i].rows);
	}
	sql(b, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
	       "WHERE i<2000) INSERT INTO principals (tenant, kind, name, "
	       "enabled, created) SELECT 1, 'user', 'u' || i, 1, 5 FROM n");
	assert_int_equal(count_rows(b, BTZ_NOUN_USER, ""), 2002); /* pages */
}

/* gone: alice was removed, so that the ca can revoke what is left of her. */
static void
expect_states(struct box *b, bool gone)
{
	struct btz_list l = { .noun = BTZ_NOUN_CREDENTIAL };
	struct btz_credential_rows ok;
	struct btz_credential_row row;
	struct btz_rd rd;
	size_t n = 0, disabled = 0;

	assert_int_equal(box_ask(b, b->ca, BTZ_OP_CREDENTIAL_STATES,
			     &btz_def_list, &l, &btz_def_credential_rows, &ok),
	    BTZ_OK);
	assert_int_equal(ok.next.len, 0);
	btz_rd_span(&rd, ok.rows);
	while (!btz_rd_end(&rd)) {
		assert_true(btz_msg_read(&btz_def_credential_row, &rd, &row));
		n++;
		disabled += row.state == 2;
	}
	assert_int_equal(n, 2);
	assert_int_equal(disabled, gone ? 2 : 1);
}

static void
test_states(void **state)
{
	struct box *b = *state;

	box_fill(b);
	enrol(b, "alice", "ka", ALICE);
	enrol(b, "bob", "kb", BOB);
	assert_int_equal(disable(b, "kb"), BTZ_OK);
	expect_states(b, false);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_USER, BTZ_VERB_REMOVE, "alice", "", "", 0),
	    BTZ_OK);
	expect_states(b, true);
}

static void
test_explain_and_status(void **state)
{
	struct box *b = *state;
	struct btz_table t;
	static const struct {
		const char *name, *who, *action, *object;
		enum btz_rc rc;
		bool allow;
		const char *why;
		uint8_t via;
		uint64_t at;
	} rows[] = {
		{ "nobody", "eve", "read", "photos", BTZ_E_NOENT, false, "" },
		{ "no action", "alice", "fly", "photos", BTZ_E_INVAL, false,
		    "" },
		{ "half a path", "alice", "read", "/home", BTZ_E_INVAL, false,
		    "" },
		{ "other tenant", "alice", "read", "/shop/photos/x",
		    BTZ_E_NOENT, false, "" },
		{ "bob reads", "bob", "read", "photos", BTZ_OK, false,
		    "no grant on this share" },
		{ "alice manages", "alice", "manage", "photos", BTZ_OK, false,
		    "role does not permit this action; role editor permits "
		    "list,read,write,delete" },
		{ "no name of a VPN", "alice", "connect", "vpn.main",
		    BTZ_E_NAME, false, "" },
		{ "no such VPN", "alice", "connect", "vpn:lab", BTZ_OK, false,
		    "no such VPN" },
		{ "bob connects on a Friday", "bob", "connect", "vpn:main",
		    BTZ_OK, true,
		    "granted by role; role viewer permits connect only by vpn "
		    "within Mon-Fri 08:00-18:00 UTC (decides)",
		    0, 1000425600 + 8 * 3600 },
		{ "bob connects on a Sunday", "bob", "connect", "vpn:main",
		    BTZ_OK, false,
		    "grant is not for this time; role viewer permits connect "
		    "only by vpn within Mon-Fri 08:00-18:00 UTC (not at this "
		    "time)",
		    0, 1000000000 },
		{ "bob connects by HTTPS", "bob", "connect", "vpn:main", BTZ_OK,
		    false,
		    "grant is not for this way in; role viewer permits connect "
		    "only by vpn within Mon-Fri 08:00-18:00 UTC (not for this "
		    "way in)",
		    BTZ_VIA_HTTPS, 1000425600 + 8 * 3600 },
		{ "alice writes", ALICE, "write", "/home/photos/a/b.jpg",
		    BTZ_OK, true,
		    "granted by role; role editor permits "
		    "list,read,write,delete (decides)" },
		{ "alice at all", "alice", "", "photos", BTZ_OK, true,
		    "granted by role; role editor permits "
		    "list,read,write,delete (decides)" },
	};

	box_fill(b);
	assert_int_equal(
	    box_do(b, BTZ_NOUN_VPN, BTZ_VERB_ADD, "main", "", "", 0), BTZ_OK);
	assert_int_equal(
	    grant_if(b, "bob", "vpn:main", "vpn;mon-fri 08:00-18:00"), BTZ_OK);
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		struct btz_explain m = { .principal = S(rows[i].who),
			.action = S(rows[i].action),
			.object = S(rows[i].object),
			.via = rows[i].via,
			.at = rows[i].at };
		struct btz_explain_ok ok = { .allow = 0 };

		printf("# %s\n", rows[i].name);
		assert_int_equal(
		    box_ask(b, b->admin, BTZ_OP_EXPLAIN, &btz_def_explain, &m,
			&btz_def_explain_ok, &ok),
		    rows[i].rc);
		assert_int_equal(ok.allow, rows[i].allow);
		assert_true(btz_span_eq(ok.why, S(rows[i].why)));
	}
	assert_int_equal(
	    box_ask(b, b->admin, BTZ_OP_STATUS, NULL, NULL, &btz_def_table, &t),
	    BTZ_OK);
}

#define T(f) cmocka_unit_test_setup_teardown(f, box_setup, box_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_bad_changes),
		T(test_init),
		T(test_roles_of_askers),
		T(test_record_first),
		T(test_invite_reserve),
		T(test_invite_ends),
		T(test_credentials),
		T(test_not_confirmed),
		T(test_removed_user),
		T(test_grants),
		T(test_vpn),
		T(test_own_role),
		T(test_conditions),
		T(test_lists),
		T(test_states),
		T(test_explain_and_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
