/* SPDX-License-Identifier: Apache-2.0 */
/* test_keystore.c - rows of keys: order, owners, what destroy leaves. */
#include "crypto/keystore.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "wire/alg.h"

static char dir[] = "/tmp/btz-test-XXXXXX";
static char path[64];
static struct btz_keystore *ks;
static struct btz_err err;

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/btz-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/keys.db", dir);
	assert_int_equal(btz_keystore_open(path, &ks, &err), BTZ_OK);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char file[80];

	(void)state;
	btz_keystore_close(ks);
	for (size_t i = 0; i < BTZ_COUNT(ends); i++) {
		(void)snprintf(file, sizeof(file), "%s%s", path, ends[i]);
		(void)unlink(file);
	}
	assert_int_equal(rmdir(dir), 0);
	return 0;
}

static enum btz_rc
add(uint8_t id, const char *owner, const char *label)
{
	struct btz_key_row row = { .info = { .id = { id },
				       .owner = btz_span_str(owner),
				       .label = btz_span_str(label),
				       .alg = BTZ_ALG_EC_P256,
				       .kind = BTZ_KIND_PLAIN,
				       .protection = BTZ_PROT_SOFT,
				       .state = BTZ_KEY_ENABLED,
				       .usage = BTZ_USE_SIGN,
				       .created = 11,
				       .not_after = 12,
				       .spki = btz_span_str("spki") },
		.tenant_id = { 9 },
		.blob = btz_span_str("very secret blob") };

	return btz_keystore_add(ks, &row, &err);
}

static bool
count_all(const struct btz_key_row *row, void *arg)
{
	uint8_t *seen = arg;

	seen[++seen[0]] = row->info.id[0];
	return seen[0] < 3;
}

static void
test_rows(void **state)
{
	static const uint8_t zero[BTZ_ID_LEN], two[BTZ_ID_LEN] = { 2 };
	static const uint8_t none[BTZ_ID_LEN] = { 77 };
	struct btz_key_row row;
	uint8_t seen[8] = { 0 };
	uint64_t n;

	(void)state;
	assert_int_equal(btz_keystore_get(ks, none, &row, &err), BTZ_E_NOENT);
	assert_int_equal(add(3, "one", "c"), BTZ_OK);
	assert_int_equal(add(2, "one", "b"), BTZ_OK);
	assert_int_equal(add(1, "two", "b"), BTZ_OK);
	assert_int_equal(add(2, "one", "again"), BTZ_E_EXIST);
	assert_int_equal(btz_keystore_get(ks, two, &row, &err), BTZ_OK);
	assert_true(btz_span_eq(row.info.owner, btz_span_str("one")));
	assert_true(btz_span_eq(row.info.label, btz_span_str("b")));
	assert_true(btz_span_eq(row.info.spki, btz_span_str("spki")));
	assert_int_equal(row.info.created, 11);
	assert_int_equal(row.info.not_after, 12);
	assert_int_equal(row.tenant_id[0], 9);
	assert_int_equal(btz_keystore_count(ks, "one", &n, &err), BTZ_OK);
	assert_int_equal(n, 2);
	assert_int_equal(btz_keystore_list(ks, NULL, zero, btz_span_of(NULL, 0),
			     count_all, seen, &err),
	    BTZ_OK);
	assert_memory_equal(seen, "\3\1\2\3", 4);
	seen[0] = 0;
	assert_int_equal(btz_keystore_list(ks, "one", two, btz_span_of(NULL, 0),
			     count_all, seen, &err),
	    BTZ_OK);
	assert_memory_equal(seen, "\1\3", 2);
	seen[0] = 0;
	assert_int_equal(btz_keystore_list(ks, "one", zero, btz_span_str("b"),
			     count_all, seen, &err),
	    BTZ_OK);
	assert_memory_equal(seen, "\1\2", 2);
}

static bool
file_has(const char *text, size_t n)
{
	static char file[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t len;

	assert_non_null(f);
	len = fread(file, 1, sizeof(file), f);
	(void)fclose(f);
	assert_true(len > 0 && len < sizeof(file));
	return memmem(file, len, text, n) != NULL;
}

/* The wrapped key is not in any file of the database after destroy. */
static void
test_destroy(void **state)
{
	static const uint8_t id[BTZ_ID_LEN] = { 5 };
	struct btz_key_row row;

	(void)state;
	assert_int_equal(add(5, "one", "x"), BTZ_OK);
	assert_int_equal(btz_keystore_destroy(ks, id, &err), BTZ_OK);
	assert_int_equal(btz_keystore_get(ks, id, &row, &err), BTZ_OK);
	assert_int_equal(row.info.state, BTZ_KEY_DESTROYED);
	assert_int_equal(row.blob.len, 0);
	assert_int_equal(add(5, "one", "x"), BTZ_E_EXIST);
	btz_keystore_close(ks); /* checkpoints the write-ahead log */
	ks = NULL;
	assert_false(file_has("very secret blob", 16));
}

static void
test_survives(void **state)
{
	static const uint8_t id[BTZ_ID_LEN] = { 6 };
	struct btz_key_row row;
	struct stat sb;

	(void)state;
	assert_int_equal(add(6, "one", "x"), BTZ_OK);
	btz_keystore_close(ks);
	assert_int_equal(btz_keystore_open(path, &ks, &err), BTZ_OK);
	assert_int_equal(btz_keystore_get(ks, id, &row, &err), BTZ_OK);
	assert_true(btz_span_eq(row.blob, btz_span_str("very secret blob")));
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
}

/* keys-NAME.db of before versions: what a released program wrote. */
static const char before[] =
    "CREATE TABLE key ("
    " id BLOB PRIMARY KEY, owner TEXT NOT NULL, label TEXT NOT NULL,"
    " alg INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " protection INTEGER NOT NULL, state INTEGER NOT NULL,"
    " usage INTEGER NOT NULL, created INTEGER NOT NULL,"
    " not_after INTEGER NOT NULL, tenant_id BLOB NOT NULL,"
    " constraints BLOB NOT NULL, spki BLOB NOT NULL, blob BLOB NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE INDEX key_owner ON key (owner, id);"
    "INSERT INTO key VALUES"
    " (x'05000000000000000000000000000000', 'one', 'old', 1, 1, 1, 1, 3, 11,"
    "  12, x'09000000000000000000000000000000', x'', CAST('spki' AS BLOB),"
    "  CAST('very secret blob' AS BLOB)),"
    " (x'06000000000000000000000000000000', 'one', 'gone', 1, 1, 1, 3, 3, 11,"
    "  12, x'09000000000000000000000000000000', x'', x'', x'');"
    /* large enough for pages of its own, which are given up */
    "INSERT INTO key SELECT x'07000000000000000000000000000000', owner, label,"
    " alg, kind, protection, state, usage, created, not_after, tenant_id,"
    " constraints, spki, CAST(hex(zeroblob(3000)) || 'long secret blob' AS"
    " BLOB) FROM key WHERE label = 'old';"
    "PRAGMA user_version = 1;";

static void
make_before(void)
{
	sqlite3 *db;

	btz_keystore_close(ks);
	ks = NULL;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL), 0);
	assert_int_equal(sqlite3_exec(db, before, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(btz_keystore_open(path, &ks, &err), BTZ_OK);
}

static uint64_t
count(const char *owner)
{
	uint64_t n = 77;

	assert_int_equal(btz_keystore_count(ks, owner, &n, &err), BTZ_OK);
	return n;
}

/* And the blob leaves no second copy that DESTROY would miss. */
static void
test_migrates(void **state)
{
	static const uint8_t id[BTZ_ID_LEN] = { 5 }, gone[BTZ_ID_LEN] = { 6 },
			     big[BTZ_ID_LEN] = { 7 };
	struct btz_key_row row;

	(void)state;
	make_before();
	assert_int_equal(btz_keystore_get(ks, id, &row, &err), BTZ_OK);
	assert_true(btz_span_eq(row.blob, btz_span_str("very secret blob")));
	assert_true(btz_span_eq(row.info.spki, btz_span_str("spki")));
	assert_memory_equal(row.version_id, id, BTZ_ID_LEN);
	assert_int_equal(row.version_state, BTZ_KEY_ENABLED);
	assert_int_equal(row.info.version, 1);
	assert_int_equal(row.info.min_version, 1);
	assert_int_equal(row.info.created, 11);
	assert_int_equal(row.info.not_after, 12);
	assert_int_equal(row.tenant_id[0], 9);
	assert_int_equal(btz_keystore_get(ks, gone, &row, &err), BTZ_OK);
	assert_int_equal(row.info.state, BTZ_KEY_DESTROYED);
	assert_int_equal(row.version_state, BTZ_KEY_DESTROYED);
	assert_int_equal(count("one"), 2);
	assert_int_equal(btz_keystore_destroy(ks, id, &err), BTZ_OK);
	assert_int_equal(count("one"), 1);
	assert_int_equal(btz_keystore_destroy(ks, id, &err), BTZ_OK);
	assert_int_equal(btz_keystore_destroy(ks, big, &err), BTZ_OK);
	assert_int_equal(count("one"), 0);
	assert_int_equal(count("nobody"), 0);
	btz_keystore_close(ks);
	ks = NULL;
	assert_false(file_has("very secret blob", 16));
	assert_false(file_has("long secret blob", 16));
	assert_int_equal(btz_keystore_open(path, &ks, &err), BTZ_OK);
}

static struct btz_key_row
version_row(uint8_t key, uint8_t id, const char *blob)
{
	return (struct btz_key_row){ .info = { .id = { key },
					 .created = 20,
					 .spki = btz_span_str(blob) },
		.version_id = { id },
		.blob = btz_span_str(blob) };
}

static bool
note_version(const struct btz_key_row *row, void *arg)
{
	uint8_t *seen = arg;

	seen[++seen[0]] = (uint8_t)row->info.version;
	return true;
}

static void
assert_in_use(uint8_t key, uint32_t version, uint8_t id)
{
	const uint8_t k[BTZ_ID_LEN] = { key };
	struct btz_key_row row;

	assert_int_equal(btz_keystore_get(ks, k, &row, &err), BTZ_OK);
	assert_int_equal(row.info.version, version);
	assert_int_equal(row.version_id[0], id);
	assert_int_equal(row.info.id[0], key);
}

static void
test_versions(void **state)
{
	static const uint8_t id[BTZ_ID_LEN] = { 1 }, none[BTZ_ID_LEN] = { 77 };
	struct btz_key_row row = version_row(1, 11, "second"), at;
	uint8_t seen[8] = { 0 };
	uint64_t n;

	(void)state;
	assert_int_equal(add(1, "one", "a"), BTZ_OK);
	assert_int_equal(btz_keystore_rotate(ks, &row, &err), BTZ_OK);
	assert_int_equal(row.info.version, 2);
	assert_in_use(1, 2, 11);
	assert_int_equal(
	    btz_keystore_rotate(ks, &row, &err), BTZ_E_EXIST); /* its id */
	assert_in_use(1, 2, 11);
	row = version_row(77, 12, "of nothing");
	assert_int_equal(btz_keystore_rotate(ks, &row, &err), BTZ_E_NOENT);
	row = version_row(1, 13, "third");
	assert_int_equal(btz_keystore_rotate(ks, &row, &err), BTZ_OK);
	assert_int_equal(btz_keystore_count(ks, "one", &n, &err), BTZ_OK);
	assert_int_equal(n, 1); /* versions are no keys */
	assert_int_equal(
	    btz_keystore_versions(ks, id, 1, note_version, seen, &err), BTZ_OK);
	assert_memory_equal(seen, "\2\2\3", 3);
	assert_int_equal(btz_keystore_older(ks, id, 3, &at, &err), BTZ_OK);
	assert_int_equal(at.info.version, 2);
	assert_int_equal(btz_keystore_older(ks, id, 1, &at, &err), BTZ_E_NOENT);
	/* 3 off: 2 is in use; 2 off too: 1; all off: the newest. */
	assert_int_equal(btz_keystore_set_version(ks, id, 3, 2, &err), BTZ_OK);
	assert_in_use(1, 2, 11);
	assert_int_equal(btz_keystore_set_version(ks, id, 2, 2, &err), BTZ_OK);
	assert_in_use(1, 1, 1);
	assert_int_equal(btz_keystore_older(ks, id, 3, &at, &err), BTZ_OK);
	assert_int_equal(at.info.version, 1);
	assert_int_equal(btz_keystore_set_version(ks, id, 1, 2, &err), BTZ_OK);
	assert_in_use(1, 3, 13);
	assert_int_equal(btz_keystore_set_version(ks, id, 3, 1, &err), BTZ_OK);
	assert_in_use(1, 3, 13);
	assert_int_equal(
	    btz_keystore_set_version(ks, id, 4, 1, &err), BTZ_E_NOENT);
	assert_int_equal(
	    btz_keystore_set_version(ks, none, 1, 1, &err), BTZ_E_NOENT);
	assert_int_equal(btz_keystore_version(ks, id, 2, &at, &err), BTZ_OK);
	assert_true(btz_span_eq(at.blob, btz_span_str("second")));
	assert_int_equal(at.version_state, BTZ_KEY_DISABLED);
	assert_int_equal(btz_keystore_destroy(ks, id, &err), BTZ_OK);
	for (uint32_t v = 1; v <= 3; v++) {
		assert_int_equal(
		    btz_keystore_version(ks, id, v, &at, &err), BTZ_OK);
		assert_int_equal(at.blob.len, 0);
		assert_int_equal(at.version_state, BTZ_KEY_DESTROYED);
	}
}

/* min_version hides older ones; the labels are an index; a key that is doomed
 * is found by its time. */
static void
test_change(void **state)
{
	static const uint8_t one[BTZ_ID_LEN] = { 1 }, two[BTZ_ID_LEN] = { 2 },
			     zero[BTZ_ID_LEN];
	struct btz_key_row row = version_row(1, 11, "second"), at;
	uint8_t seen[8] = { 0 };
	struct btz_doomed due = { .time = 0 };

	(void)state;
	assert_int_equal(add(1, "one", "a"), BTZ_OK);
	assert_int_equal(add(2, "one", "b"), BTZ_OK);
	assert_int_equal(btz_keystore_rotate(ks, &row, &err), BTZ_OK);
	assert_int_equal(btz_keystore_get(ks, one, &row, &err), BTZ_OK);
	row.info.min_version = 2;
	row.info.labels = btz_span_str("env=prod\nteam=x\n");
	row.info.state = BTZ_KEY_DOOMED;
	row.info.destroy_at = 500;
	assert_int_equal(btz_keystore_change(ks, &row.info, &err), BTZ_OK);
	assert_int_equal(
	    btz_keystore_older(ks, one, 2, &at, &err), BTZ_E_NOENT);
	assert_int_equal(btz_keystore_get(ks, two, &row, &err), BTZ_OK);
	row.info.label = btz_span_str("renamed");
	row.info.labels = btz_span_str("env=test\n");
	row.info.state = BTZ_KEY_DOOMED;
	row.info.destroy_at = 400;
	assert_int_equal(btz_keystore_change(ks, &row.info, &err), BTZ_OK);
	assert_int_equal(btz_keystore_get(ks, two, &row, &err), BTZ_OK);
	assert_true(btz_span_eq(row.info.label, btz_span_str("renamed")));
	assert_true(btz_span_eq(row.info.labels, btz_span_str("env=test\n")));
	assert_int_equal(btz_keystore_list(ks, "one", zero,
			     btz_span_str("@env=prod"), count_all, seen, &err),
	    BTZ_OK);
	assert_memory_equal(seen, "\1\1", 2);
	seen[0] = 0;
	assert_int_equal(btz_keystore_list(ks, NULL, zero,
			     btz_span_str("@env=pro"), count_all, seen, &err),
	    BTZ_OK);
	assert_int_equal(seen[0], 0);
	assert_int_equal(btz_keystore_doomed(ks, &due, &err), BTZ_OK);
	assert_int_equal(due.id[0], 2);
	assert_int_equal(due.time, 400);
	/* The other one's turn, and the first again. */
	assert_int_equal(btz_keystore_doomed(ks, &due, &err), BTZ_OK);
	assert_int_equal(due.id[0], 1);
	assert_int_equal(btz_keystore_doomed(ks, &due, &err), BTZ_OK);
	assert_int_equal(due.id[0], 2);
	assert_int_equal(btz_keystore_destroy(ks, two, &err), BTZ_OK);
	assert_int_equal(btz_keystore_doomed(ks, &due, &err), BTZ_OK);
	assert_int_equal(due.id[0], 1);
	assert_int_equal(btz_keystore_destroy(ks, one, &err), BTZ_OK);
	assert_int_equal(btz_keystore_doomed(ks, &due, &err), BTZ_E_NOENT);
}

static void
note_share(const struct btz_share *s, void *arg)
{
	uint32_t *sum = arg;

	*sum += s->uses + 100u * (uint32_t)s->application.len;
}

static void
test_shares(void **state)
{
	static const uint8_t zero[BTZ_ID_LEN];
	struct btz_share s = { .id = { 2 },
		.application = btz_span_str("three"),
		.uses = BTZ_USE_SIGN };
	uint8_t seen[8] = { 0 };
	uint32_t sum = 0;

	(void)state;
	assert_int_equal(add(1, "three", "a"), BTZ_OK);
	assert_int_equal(add(2, "one", "b"), BTZ_OK);
	assert_int_equal(add(3, "one", "c"), BTZ_OK);
	assert_int_equal(btz_keystore_share(ks, &s, &err), BTZ_OK);
	s.uses = BTZ_USE_VERIFY;
	assert_int_equal(btz_keystore_share(ks, &s, &err), BTZ_OK);
	assert_int_equal(
	    btz_keystore_shares(ks, note_share, &sum, &err), BTZ_OK);
	assert_int_equal(sum, 500 + BTZ_USE_VERIFY);
	assert_int_equal(btz_keystore_list(ks, "three", zero,
			     btz_span_of(NULL, 0), count_all, seen, &err),
	    BTZ_OK);
	assert_memory_equal(seen, "\2\1\2", 3);
	s.uses = 0;
	assert_int_equal(btz_keystore_share(ks, &s, &err), BTZ_OK);
	sum = 0;
	assert_int_equal(
	    btz_keystore_shares(ks, note_share, &sum, &err), BTZ_OK);
	assert_int_equal(sum, 0);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_rows),
		WITH(test_destroy),
		WITH(test_survives),
		WITH(test_migrates),
		WITH(test_versions),
		WITH(test_change),
		WITH(test_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
