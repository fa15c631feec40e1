/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite wrapper: schema steps, binding, uniqueness, newer schema, damage. */
#include "base/db.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/cmocka_all.h"

static char dir[64], path[96];
static const char *const steps[] = {
	"CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB UNIQUE)",
	"ALTER TABLE t ADD COLUMN c TEXT",
};

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/btz-db-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/x.db", dir);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const tails[] = { "", "-wal", "-shm" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char p[128];

		(void)snprintf(p, sizeof(p), "%s%s", path, tails[i]);
		(void)unlink(p);
	}
	return rmdir(dir);
}

static struct btz_db *
open_db(int n)
{
	struct btz_db *db;
	struct btz_err err;

	assert_int_equal(btz_db_open(path, steps, n, &db, &err), BTZ_OK);
	return db;
}

static void
test_damaged(void **state)
{
	struct btz_db *db;
	struct btz_err err;
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	static const char junk[4096] = "this is not a database at all";

	(void)state;
	assert_int_equal(write(fd, junk, sizeof(junk)), sizeof(junk));
	(void)close(fd);
	assert_int_equal(btz_db_open(path, steps, 2, &db, &err), BTZ_E_CORRUPT);
	assert_null(db);
}

static void
test_newer_schema(void **state)
{
	struct btz_db *db = open_db(2);
	struct btz_err err;

	(void)state;
	btz_db_close(db);
	assert_int_equal(btz_db_open(path, steps, 1, &db, &err), BTZ_E_VERSION);
}

static void
test_step_by_step(void **state)
{
	struct btz_db *db = open_db(1);
	struct btz_err err;

	(void)state;
	btz_db_close(db);
	db = open_db(2);
	assert_int_equal(
	    btz_db_run(db, &err, "INSERT INTO t(c) VALUES(?)", "s", "x"),
	    BTZ_OK);
	btz_db_close(db);
}

static void
test_rows(void **state)
{
	static const char insert[] = "INSERT INTO t(a, b, c) VALUES(?, ?, ?)";
	struct btz_db *db = open_db(2);
	struct btz_err err;
	sqlite3_stmt *st;
	struct stat sb;

	(void)state;
	assert_int_equal(
	    btz_db_run(db, &err, insert, "ibt", (int64_t)1,
		btz_span_of("\0\1", 2), btz_span_str("'; DROP TABLE t; --")),
	    BTZ_OK);
	assert_int_equal(btz_db_run(db, &err, insert, "ibn", (int64_t)2,
			     btz_span_of("\0\1", 2)),
	    BTZ_E_EXIST);
	assert_int_equal(btz_db_begin(db, &err), BTZ_OK);
	assert_int_equal(btz_db_run(db, &err, insert, "ibn", (int64_t)3,
			     btz_span_of("\2", 1)),
	    BTZ_OK);
	btz_db_rollback(db);
	assert_int_equal(
	    btz_db_query(db, &st, &err, "SELECT a, b, c FROM t", ""), BTZ_OK);
	assert_int_equal(btz_db_step(db, st, &err), BTZ_OK);
	assert_int_equal(btz_db_int(st, 0), 1);
	assert_true(btz_span_eq(btz_db_span(st, 1), btz_span_of("\0\1", 2)));
	assert_true(btz_span_eq(
	    btz_db_span(st, 2), btz_span_str("'; DROP TABLE t; --")));
	assert_int_equal(btz_db_step(db, st, &err), BTZ_E_NOENT);
	btz_db_done(st);
	btz_db_close(db);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_damaged),
		ROW(test_newer_schema),
		ROW(test_step_by_step),
		ROW(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
