/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_compile.c - random databases, compiled and read back, against an
 * evaluator that asks the tables directly; and generations over crashes.
 */
#include "access/harness.h"

#define USERS 6
#define SHARES 4
#define ROLES 3
#define KEYS 12

static struct btz_access a;
static char dir[64];

static int
setup(void **state)
{
	char path[128];
	struct btz_err err;

	(void)state;
	memset(&a, 0, sizeof(a));
	strcpy(dir, "/tmp/btz-compile-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/a.db", dir);
	if (btz_store_open(path, &a.db, &err) != BTZ_OK)
		return -1;
	a.policy_dir = open(dir, O_RDONLY | O_DIRECTORY);
	a.invite_hours = 24;
	a.now = 1000000;
	return btz_store_set_text(a.db, "trust_domain", S("box.test"), &err) ==
		       BTZ_OK
		   ? 0
		   : -1;
}

static int
teardown(void **state)
{
	(void)state;
	btz_db_close(a.db);
	(void)close(a.policy_dir);
	return nftw(dir, box_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static enum btz_rc
apply_if(btz_apply_fn *fn, const char *tenant, const char *name, const char *x,
    const char *y, const char *condition, uint64_t n)
{
	struct btz_change m = { .tenant = S(tenant),
		.name = S(name),
		.a = S(x),
		.b = S(y),
		.c = S(condition),
		.n = n };
	struct btz_outcome o;
	struct btz_err err;
	enum btz_rc rc = btz_job_apply(&a, fn, &m, &o, &err);

	assert_int_not_equal(rc, BTZ_E_CORRUPT);
	return rc;
}

static enum btz_rc
apply(btz_apply_fn *fn, const char *tenant, const char *name, const char *x,
    const char *y, uint64_t n)
{
	return apply_if(fn, tenant, name, x, y, "", n);
}

static const char *const tenants[] = { "home", "shop" };

static void
name(char out[16], const char *prefix, int i)
{
	(void)snprintf(out, 16, "%s%d", prefix, i);
}

static void
key_hash(int i, uint8_t out[32])
{
	char text[16];

	name(text, "key", i);
	btz_sha256(S(text), out);
}

static void
build_tenant(const char *t)
{
	char n[16];

	assert_int_equal(apply(btz_apply_tenant_add, "", t, "", "", 0), 0);
	for (int i = 0; i < USERS; i++) {
		name(n, "u", i);
		assert_int_equal(apply(btz_apply_user_add, t, n, "", "", 0), 0);
	}
	for (int i = 0; i < SHARES; i++) {
		name(n, "s", i);
		assert_int_equal(
		    apply(btz_apply_share_add, t, n, "", "", 0), 0);
	}
}

static void
add_keys(void)
{
	for (int i = 0; i < KEYS; i++) {
		struct btz_credential_add m = { .serial = { (uint8_t)i },
			.not_after = a.now + (i % 4 == 3 ? 5 : 100000) };
		char uri[80];
		struct btz_outcome o;
		struct btz_err err;

		(void)snprintf(uri, sizeof(uri),
		    "spiffe://box.test/%s/user/u%d", tenants[i % 2],
		    rand() % USERS);
		m.principal = S(uri);
		key_hash(i, m.spki_hash);
		assert_int_equal(
		    btz_job_apply(&a, btz_apply_credential_add, &m, &o, &err),
		    BTZ_OK);
	}
}

/* a.now is 1970-01-12 13:46:40, a Monday. */
static const char *const conditions[] = { "", "", "", "https;", "vpn;",
	"vpn,https;", ";Mon 13:46-13:47", ";Mon 13:47-13:46",
	";Sun 20:00-14:00", "https;Tue-Sun 00:00-24:00" };

/* One random change; whether it is possible does not matter. */
static void
random_change(void)
{
	static const char *const roles[] = { "viewer", "editor", "owner" };
	const char *t = tenants[rand() % 2];
	char u[16], s[16];
	struct btz_credential_ref ref = { .reason = 1 };
	struct btz_outcome o;
	struct btz_err err;

	name(u, "u", rand() % USERS);
	name(s, "s", rand() % SHARES);
	switch (rand() % 12) {
	case 0:
		(void)apply(btz_apply_user_disable, t, u, "", "", 0);
		break;
	case 1:
		(void)apply(btz_apply_user_enable, t, u, "", "", 0);
		break;
	case 2:
		key_hash(rand() % KEYS, ref.spki_hash);
		if (rand() % 3 == 0)
			(void)!btz_job_apply(
			    &a, btz_apply_credential_disable, &ref, &o, &err);
		break;
	case 3:
		if (rand() % 4 == 0)
			(void)apply(btz_apply_user_remove, t, u, "", "", 0);
		break;
	case 4:
	case 5:
		(void)apply(btz_apply_binding_remove, t, u,
		    roles[rand() % ROLES], s, 0);
		break;
	default:
		(void)apply_if(btz_apply_binding_add, t, u,
		    roles[rand() % ROLES], s,
		    conditions[(unsigned)rand() % BTZ_COUNT(conditions)],
		    rand() % 3 == 0 ? a.now + 50 : 0);
	}
}

/* Minute by minute: the question is asked by HTTPS. */
static bool
naive_condition(sqlite3_stmt *st, uint64_t now)
{
	int64_t via = btz_db_int(st, 1), days = btz_db_int(st, 2);
	int64_t from = btz_db_int(st, 3), to = btz_db_int(st, 4);
	int64_t at = (int64_t)(now / 60), m = at;

	if (via != 0 && (via & 2) == 0)
		return false;
	if (days == 0)
		return true;
	/* Back to where a window begins without passing one's end. */
	for (; m > at - 1440; m--) {
		int64_t day = (m / 1440 + 4) % 7;

		if (m % 1440 == from)
			return (days >> day & 1) != 0;
		if (m % 1440 == to % 1440)
			return false;
	}
	return false;
}

/* The tables, asked in the plainest way: permissions, or -1 for a credential
 * that is no good. */
static int64_t
naive(const uint8_t *spki, const char *uri, const char *tenant,
    const char *share, uint64_t now)
{
	sqlite3_stmt *st;
	struct btz_err err;
	int64_t who = -1, bits = 0;

	assert_int_equal(btz_db_query(a.db, &st, &err,
			     "SELECT p.id FROM credentials c, principals p, "
			     "tenants t WHERE c.spki=?1 AND c.principal=p.id "
			     "AND p.tenant=t.id AND c.state=1 AND "
			     "c.not_after>=?2 AND p.enabled=1 AND "
			     "'spiffe://box.test/'||t.name||'/user/'||p.name"
			     "=?3",
			     "bis", btz_span_of(spki, 32), (int64_t)now, uri),
	    BTZ_OK);
	if (btz_db_step(a.db, st, &err) == BTZ_OK)
		who = btz_db_int(st, 0);
	btz_db_done(st);
	if (who < 0)
		return -1;
	assert_int_equal(btz_db_query(a.db, &st, &err,
			     "SELECT r.permissions, b.via, b.days, "
			     "b.from_minute, b.to_minute FROM bindings b, "
			     "roles r, "
			     "shares s, tenants t WHERE b.principal=?1 AND "
			     "b.role=r.id AND b.share=s.id AND s.tenant=t.id "
			     "AND s.name=?2 AND t.name=?3 AND (b.expires=0 OR "
			     "b.expires>?4)",
			     "issi", who, share, tenant, (int64_t)now),
	    BTZ_OK);
	while (btz_db_step(a.db, st, &err) == BTZ_OK)
		if (naive_condition(st, now))
			bits |= btz_db_int(st, 0) & ~32;
	btz_db_done(st);
	return bits;
}

static enum btz_verdict
expected(int64_t bits, uint32_t need)
{
	if (bits < 0)
		return BTZ_DENY_CREDENTIAL;
	if (bits == 0)
		return BTZ_DENY_ABSENT;
	return (need & ~(uint32_t)bits) == 0 ? BTZ_ALLOW : BTZ_DENY;
}

static unsigned
compare(const struct btz_policy *p, int key, uint64_t now)
{
	unsigned allowed = 0;
	uint8_t spki[32];

	key_hash(key, spki);
	for (int q = 0; q < 2 * USERS * 2 * SHARES; q++) {
		const char *t = tenants[q / (2 * USERS * SHARES)];
		uint32_t need = 1u << (rand() % 5);
		char uri[80], share[16];
		struct btz_policy_answer ans;
		struct btz_policy_ask ask = { .spki_hash = spki,
			.tenant = S(t),
			.actions = need,
			.via = BTZ_VIA_HTTPS };

		(void)snprintf(uri, sizeof(uri),
		    "spiffe://box.test/%s/user/u%d", tenants[q % 2],
		    q / 2 % USERS);
		name(share, "s", q / (2 * USERS) % SHARES);
		ask.uri = S(uri);
		ask.share = S(share);
		btz_policy_decide(p, now, &ask, &ans);
		assert_int_equal(ans.verdict,
		    expected(naive(spki, uri, t, share, now), need));
		allowed += ans.verdict == BTZ_ALLOW;
	}
	return allowed;
}

static void
test_against_naive(void **state)
{
	struct btz_policy_reader *r;
	struct btz_policy *p;
	struct btz_err err;
	unsigned allowed = 0;

	(void)state;
	srand(7);
	build_tenant("home");
	build_tenant("shop");
	add_keys();
	assert_int_equal(btz_policy_reader_new(dir, &r, &err), BTZ_OK);
	for (int round = 0; round < 40; round++) {
		for (int i = 0; i < 6; i++)
			random_change();
		assert_int_equal(btz_policy_get(r, &p, &err), BTZ_OK);
		for (int k = 0; k < KEYS; k++)
			allowed += compare(
			    p, k, a.now + (uint64_t)(rand() % 2) * 60);
		btz_policy_put(p);
	}
	printf("# %u allowed\n", allowed);
	assert_true(allowed > 50);
	btz_policy_reader_free(r);
}

static uint64_t
stored(void)
{
	uint64_t g;
	struct btz_err err;

	assert_int_equal(btz_store_num(a.db, "generation", &g, &err), BTZ_OK);
	return g;
}

/* Committed, never published: what kill -9 in between leaves. */
static void
commit_only(const char *user)
{
	struct btz_change m = { .name = S(user) };
	struct btz_outcome o = { .policy = false };
	struct btz_err err;
	uint64_t generation;
	uint8_t *image;
	size_t len;

	assert_int_equal(btz_db_begin(a.db, &err), BTZ_OK);
	assert_int_equal(btz_apply_user_add(&a, &m, &o, &err), BTZ_OK);
	assert_int_equal(
	    btz_publish_prepare(&a, &image, &len, &generation, &err), BTZ_OK);
	free(image);
	assert_int_equal(btz_db_commit(a.db, &err), BTZ_OK);
}

static const char *const as_it_was[] = {
	"UPDATE roles SET permissions=permissions&~32 WHERE predefined=1",
	"ALTER TABLE bindings DROP COLUMN via",
	"ALTER TABLE bindings DROP COLUMN days",
	"ALTER TABLE bindings DROP COLUMN from_minute",
	"ALTER TABLE bindings DROP COLUMN to_minute",
	"PRAGMA user_version=1",
};

static int64_t
permissions(const char *role)
{
	sqlite3_stmt *st;
	struct btz_err err;
	int64_t bits = -1;

	assert_int_equal(
	    btz_db_query(a.db, &st, &err,
		"SELECT permissions FROM roles WHERE name=?", "s", role),
	    BTZ_OK);
	if (btz_db_step(a.db, st, &err) == BTZ_OK)
		bits = btz_db_int(st, 0);
	btz_db_done(st);
	return bits;
}

static void
test_repair(void **state)
{
	struct btz_err err;
	uint64_t before;

	(void)state;
	assert_int_equal(
	    apply(btz_apply_tenant_add, "", "home", "", "", 0), BTZ_OK);
	before = stored();
	assert_int_equal(btz_policy_published(a.policy_dir), before);
	assert_int_equal(btz_publish_repair(&a, &err), BTZ_OK);
	assert_int_equal(stored(), before); /* nothing to repair */
	commit_only("alice");
	assert_int_equal(btz_policy_published(a.policy_dir), before);
	assert_int_equal(stored(), before + 1);
	assert_int_equal(btz_publish_repair(&a, &err), BTZ_OK);
	assert_int_equal(btz_policy_published(a.policy_dir), before + 1);
	assert_int_equal(stored(), before + 1);
}

/* A database of the first release: its predefined roles know no VPN. */
static void
test_upgrade(void **state)
{
	char path[128];
	struct btz_err err;
	uint64_t before;

	(void)state;
	assert_int_equal(
	    apply(btz_apply_tenant_add, "", "home", "", "", 0), BTZ_OK);
	assert_int_equal(
	    apply(btz_apply_role_add, "", "own", "read", "", 0), BTZ_OK);
	assert_int_equal(permissions("viewer"), BTZ_ROLE_VIEWER);
	assert_int_equal(btz_db_run(a.db, &err, as_it_was[0], ""), BTZ_OK);
	assert_int_equal(btz_publish_repair(&a, &err), BTZ_OK);
	for (size_t i = 1; i < BTZ_COUNT(as_it_was); i++)
		assert_int_equal(
		    btz_db_run(a.db, &err, as_it_was[i], ""), BTZ_OK);
	before = btz_policy_published(a.policy_dir);
	assert_int_equal(
	    permissions("viewer"), BTZ_ROLE_VIEWER & ~BTZ_ACT_CONNECT);
	btz_db_close(a.db);
	(void)snprintf(path, sizeof(path), "%s/a.db", dir);
	assert_int_equal(btz_store_open(path, &a.db, &err), BTZ_OK);
	assert_int_equal(permissions("viewer"), BTZ_ROLE_VIEWER);
	assert_int_equal(permissions("owner"), BTZ_ROLE_OWNER);
	assert_int_equal(permissions("own"), BTZ_ACT_READ);
	/* In force without anybody doing anything. */
	assert_int_equal(btz_publish_repair(&a, &err), BTZ_OK);
	assert_int_equal(btz_policy_published(a.policy_dir), before + 1);
}

/* An older database was put back: generations go on from what was shown. */
static void
test_never_back(void **state)
{
	struct btz_err err;

	(void)state;
	for (int i = 0; i < 5; i++) {
		char n[16];

		name(n, "t", i);
		assert_int_equal(
		    apply(btz_apply_tenant_add, "", n, "", "", 0), BTZ_OK);
	}
	assert_int_equal(btz_policy_published(a.policy_dir), 5);
	assert_int_equal(
	    btz_store_set_num(a.db, "generation", 2, &err), BTZ_OK);
	assert_int_equal(btz_publish_repair(&a, &err), BTZ_OK);
	assert_int_equal(btz_policy_published(a.policy_dir), 6);
	/* The same number, other contents. */
	assert_int_equal(
	    btz_db_run(a.db, &err, "DELETE FROM tenants", ""), BTZ_OK);
	assert_int_equal(btz_publish_repair(&a, &err), BTZ_OK);
	assert_int_equal(btz_policy_published(a.policy_dir), 7);
}

static void
test_publication_fails(void **state)
{
	struct btz_err err;
	int good = a.policy_dir;

	(void)state;
	assert_int_equal(
	    apply(btz_apply_tenant_add, "", "home", "", "", 0), BTZ_OK);
	a.policy_dir = open("/proc", O_RDONLY | O_DIRECTORY);
	assert_int_equal(apply(btz_apply_user_add, "", "alice", "", "", 0),
	    BTZ_E_NOT_CONFIRMED);
	(void)close(a.policy_dir);
	a.policy_dir = good;
	assert_int_equal(btz_publish_repair(&a, &err), BTZ_OK);
	assert_int_equal(btz_policy_published(a.policy_dir), stored());
	assert_int_equal(
	    apply(btz_apply_user_add, "", "alice", "", "", 0), BTZ_E_EXIST);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_against_naive),
		T(test_repair),
		T(test_upgrade),
		T(test_never_back),
		T(test_publication_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
