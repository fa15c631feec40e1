/* SPDX-License-Identifier: Apache-2.0 */
/* db.c - SQLite with our settings; contract in db.h. */
#include "base/db.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CACHE_MAX 96

struct btz_db {
	sqlite3 *h;
	size_t n;
	struct {
		const char *sql;
		sqlite3_stmt *st;
	} cache[CACHE_MAX];
};

static enum btz_rc
fail(struct btz_db *db, struct btz_err *err, const char *what)
{
	switch (sqlite3_errcode(db->h)) {
	case SQLITE_CONSTRAINT:
		return BTZ_FAIL(
		    err, BTZ_E_EXIST, "%s: %s", what, sqlite3_errmsg(db->h));
	case SQLITE_FULL:
		return BTZ_FAIL(err, BTZ_E_FULL, "%s", what);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return BTZ_FAIL(err, BTZ_E_AGAIN, "%s: locked", what);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return BTZ_FAIL(
		    err, BTZ_E_CORRUPT, "%s: %s", what, sqlite3_errmsg(db->h));
	default:
		return BTZ_FAIL(
		    err, BTZ_E_IO, "%s: %s", what, sqlite3_errmsg(db->h));
	}
}

static enum btz_rc
exec(struct btz_db *db, const char *sql, struct btz_err *err)
{
	if (sqlite3_exec(db->h, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(db, err, sql);
	return BTZ_OK;
}

static enum btz_rc
user_version(struct btz_db *db, int *out, struct btz_err *err)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(db->h, "PRAGMA user_version", -1, &st, NULL) !=
	    SQLITE_OK)
		return fail(db, err, "user_version");
	*out = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int(st, 0) : -1;
	(void)sqlite3_finalize(st);
	return *out < 0 ? fail(db, err, "user_version") : BTZ_OK;
}

static enum btz_rc
migrate(struct btz_db *db, const char *const *steps, int n_steps,
    struct btz_err *err)
{
	enum btz_rc rc;
	int v = 0;

	if ((rc = user_version(db, &v, err)) != BTZ_OK)
		return rc;
	if (v > n_steps)
		return BTZ_FAIL(err, BTZ_E_VERSION,
		    "schema version %d is "
		    "newer than this program's %d",
		    v, n_steps);
	for (; v < n_steps; v++) {
		char set[48];

		(void)snprintf(
		    set, sizeof(set), "PRAGMA user_version=%d", v + 1);
		if ((rc = btz_db_begin(db, err)) != BTZ_OK)
			return rc;
		if ((rc = exec(db, steps[v], err)) != BTZ_OK ||
		    (rc = exec(db, set, err)) != BTZ_OK) {
			btz_db_rollback(db);
			return rc;
		}
		if ((rc = btz_db_commit(db, err)) != BTZ_OK)
			return rc;
	}
	return BTZ_OK;
}

enum btz_rc
btz_db_open(const char *path, const char *const *steps, int n_steps,
    struct btz_db **out, struct btz_err *err)
{
	struct btz_db *db = calloc(1, sizeof(*db));
	mode_t old = umask(077);
	enum btz_rc rc = BTZ_OK;

	*out = NULL;
	if (db == NULL) {
		(void)umask(old);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "database");
	}
	if (sqlite3_open_v2(path, &db->h,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
		    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
		NULL) != SQLITE_OK)
		rc = fail(db, err, path);
	if (rc == BTZ_OK)
		rc = exec(db,
		    "PRAGMA journal_mode=WAL;"
		    "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
		    "PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;"
		    "PRAGMA cache_size=-512",
		    err);
	if (rc == BTZ_OK)
		rc = migrate(db, steps, n_steps, err);
	(void)umask(old);
	if (rc != BTZ_OK) {
		btz_db_close(db);
		return btz_err_wrap(err, "database '%s'", path);
	}
	*out = db;
	return BTZ_OK;
}

void
btz_db_close(struct btz_db *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; i < db->n; i++)
		(void)sqlite3_finalize(db->cache[i].st);
	(void)sqlite3_close(db->h);
	free(db);
}

sqlite3 *
btz_db_handle(struct btz_db *db)
{
	return db->h;
}

enum btz_rc
btz_db_begin(struct btz_db *db, struct btz_err *err)
{
	return exec(db, "BEGIN IMMEDIATE", err);
}

enum btz_rc
btz_db_commit(struct btz_db *db, struct btz_err *err)
{
	enum btz_rc rc = exec(db, "COMMIT", err);

	if (rc != BTZ_OK)
		btz_db_rollback(db);
	return rc;
}

void
btz_db_rollback(struct btz_db *db)
{
	(void)sqlite3_exec(db->h, "ROLLBACK", NULL, NULL, NULL);
}

static enum btz_rc
prepare(
    struct btz_db *db, const char *sql, sqlite3_stmt **out, struct btz_err *err)
{
	for (size_t i = 0; i < db->n; i++)
		if (db->cache[i].sql == sql) {
			*out = db->cache[i].st;
			return BTZ_OK;
		}
	*out = NULL;
	if (db->n == CACHE_MAX)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "too many statements");
	if (sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT, out,
		NULL) != SQLITE_OK)
		return fail(db, err, sql);
	db->cache[db->n].sql = sql;
	db->cache[db->n++].st = *out;
	return BTZ_OK;
}

static int
bind_span(sqlite3_stmt *st, int i, char type, struct btz_span s)
{
	static const uint8_t none[1];
	const void *p = s.len == 0 ? none : s.p;

	if (s.len > INT32_MAX)
		return SQLITE_TOOBIG;
	if (type == 't')
		return sqlite3_bind_text(
		    st, i, p, (int)s.len, SQLITE_TRANSIENT);
	return sqlite3_bind_blob(st, i, p, (int)s.len, SQLITE_TRANSIENT);
}

static int
bind_all(sqlite3_stmt *st, const char *fmt, va_list ap)
{
	int rc = SQLITE_OK;

	for (int i = 1; *fmt != '\0' && rc == SQLITE_OK; fmt++, i++) {
		switch (*fmt) {
		case 'i':
			rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
			break;
		case 't':
		case 'b':
			rc = bind_span(
			    st, i, *fmt, va_arg(ap, struct btz_span));
			break;
		case 's':
			rc = sqlite3_bind_text(st, i, va_arg(ap, const char *),
			    -1, SQLITE_TRANSIENT);
			break;
		case 'n':
			rc = sqlite3_bind_null(st, i);
			break;
		default:
			rc = SQLITE_MISUSE;
		}
	}
	return rc;
}

static enum btz_rc
query(struct btz_db *db, sqlite3_stmt **out, struct btz_err *err,
    const char *sql, const char *fmt, va_list ap)
{
	enum btz_rc rc = prepare(db, sql, out, err);

	if (rc != BTZ_OK)
		return rc;
	if (bind_all(*out, fmt, ap) != SQLITE_OK) {
		btz_db_done(*out);
		*out = NULL;
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "bind: %s", sql);
	}
	return BTZ_OK;
}

enum btz_rc
btz_db_query(struct btz_db *db, sqlite3_stmt **out, struct btz_err *err,
    const char *sql, const char *fmt, ...)
{
	enum btz_rc rc;
	va_list ap;

	va_start(ap, fmt);
	rc = query(db, out, err, sql, fmt, ap);
	va_end(ap);
	return rc;
}

enum btz_rc
btz_db_step(struct btz_db *db, sqlite3_stmt *st, struct btz_err *err)
{
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		return BTZ_OK;
	case SQLITE_DONE:
		return BTZ_E_NOENT;
	default:
		return fail(db, err, sqlite3_sql(st));
	}
}

void
btz_db_done(sqlite3_stmt *st)
{
	(void)sqlite3_reset(st);
	(void)sqlite3_clear_bindings(st);
}

enum btz_rc
btz_db_run(struct btz_db *db, struct btz_err *err, const char *sql,
    const char *fmt, ...)
{
	sqlite3_stmt *st;
	enum btz_rc rc;
	va_list ap;

	va_start(ap, fmt);
	rc = query(db, &st, err, sql, fmt, ap);
	va_end(ap);
	if (rc != BTZ_OK)
		return rc;
	do
		rc = btz_db_step(db, st, err);
	while (rc == BTZ_OK);
	btz_db_done(st);
	return rc == BTZ_E_NOENT ? BTZ_OK : rc;
}

int
btz_db_changes(struct btz_db *db)
{
	return sqlite3_changes(db->h);
}

struct btz_span
btz_db_span(sqlite3_stmt *st, int col)
{
	const void *p = sqlite3_column_blob(st, col);

	return btz_span_of(p, (size_t)sqlite3_column_bytes(st, col));
}

int64_t
btz_db_int(sqlite3_stmt *st, int col)
{
	return sqlite3_column_int64(st, col);
}
