/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db.h - SQLite the way we use it: WAL, synchronous=FULL, one connection, a
 * numbered list of schema steps. Texts and blobs are bound, never pasted.
 */
#ifndef BTZ_BASE_DB_H
#define BTZ_BASE_DB_H

#include <sqlite3.h>

#include "base/err.h"
#include "wire/cursor.h"

struct btz_db;

/* steps[i] brings the schema from version i to i + 1 (PRAGMA user_version).
 * A newer database than the program: BTZ_E_VERSION. File mode 0600. */
BTZ_MUST_CHECK enum btz_rc btz_db_open(const char *path,
    const char *const *steps, int n_steps, struct btz_db **out,
    struct btz_err *err);
void btz_db_close(struct btz_db *db); /* NULL is fine */
sqlite3 *btz_db_handle(struct btz_db *db);

BTZ_MUST_CHECK enum btz_rc btz_db_begin(struct btz_db *db, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_db_commit(struct btz_db *db,
    struct btz_err *err); /* failed: rolled back */
void btz_db_rollback(struct btz_db *db);

/* A prepared statement from the connection's cache (by the address of the
 * literal sql). Bind by order with fmt: i int64, t text span, b blob span,
 * s C string, n NULL. E.g. btz_db_query(db, &st, err, "SELECT ...", "ib",
 * (int64_t)7, span). Always end it with btz_db_done. */
BTZ_MUST_CHECK enum btz_rc btz_db_query(struct btz_db *db, sqlite3_stmt **out,
    struct btz_err *err, const char *sql, const char *fmt, ...);
/* Next row: BTZ_OK a row, BTZ_E_NOENT no more rows, else an error. */
BTZ_MUST_CHECK enum btz_rc btz_db_step(struct btz_db *db, sqlite3_stmt *st,
    struct btz_err *err);
void btz_db_done(sqlite3_stmt *st);
/* Runs to the end; a broken uniqueness constraint is BTZ_E_EXIST. */
BTZ_MUST_CHECK enum btz_rc btz_db_run(struct btz_db *db, struct btz_err *err,
    const char *sql, const char *fmt, ...);
/* Rows changed by the last run. */
int btz_db_changes(struct btz_db *db);
/* Columns; borrowed until the next step or done. */
struct btz_span btz_db_span(sqlite3_stmt *st, int col); /* text or blob */
int64_t btz_db_int(sqlite3_stmt *st, int col);

#endif
