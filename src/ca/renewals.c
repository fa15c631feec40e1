/* SPDX-License-Identifier: Apache-2.0 */
/* renewals.c - the table of issuing certificates; contract in renewals.h. */
#include "ca/renewals.h"

#include <string.h>

#define COLUMNS "serial, state, not_before, not_after, der"

const char *
btz_issuing_state_name(uint8_t state)
{
	static const char *const names[] = { "?", "asked", "made", "replaced" };

	return state < BTZ_COUNT(names) ? names[state] : names[0];
}

static bool
take(sqlite3_stmt *st, struct btz_issuing_row *r)
{
	struct btz_span serial = btz_db_span(st, 0), der = btz_db_span(st, 4);

	if (serial.len != BTZ_ID_LEN || der.len > sizeof(r->der))
		return false;
	memcpy(r->serial, serial.p, serial.len);
	r->state = (uint8_t)btz_db_int(st, 1);
	r->not_before = (uint64_t)btz_db_int(st, 2);
	r->not_after = (uint64_t)btz_db_int(st, 3);
	if (der.len > 0)
		memcpy(r->der, der.p, der.len);
	r->der_len = der.len;
	return true;
}

static enum btz_rc
step(struct btz_db *db, sqlite3_stmt *st, struct btz_issuing_row *out,
    struct btz_err *err)
{
	enum btz_rc rc = btz_db_step(db, st, err);

	if (rc == BTZ_OK && !take(st, out))
		rc = BTZ_FAIL(err, BTZ_E_CORRUPT, "row of a renewal");
	return rc;
}

enum btz_rc
btz_renewals_find(struct btz_db *db, const uint8_t serial[BTZ_ID_LEN],
    struct btz_issuing_row *out, struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	rc = btz_db_query(db, &st, err,
	    "SELECT " COLUMNS " FROM issuing WHERE serial = ?", "b",
	    btz_span_of(serial, BTZ_ID_LEN));
	if (rc != BTZ_OK)
		return rc;
	rc = step(db, st, out, err);
	btz_db_done(st);
	return rc;
}

static enum btz_rc
one(struct btz_db *db, const char *query, struct btz_issuing_row *out,
    struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	rc = btz_db_query(db, &st, err, query, "");
	if (rc != BTZ_OK)
		return rc;
	rc = step(db, st, out, err);
	btz_db_done(st);
	return rc;
}

enum btz_rc
btz_renewals_made(
    struct btz_db *db, struct btz_issuing_row *out, struct btz_err *err)
{
	return one(
	    db, "SELECT " COLUMNS " FROM issuing WHERE state = 2", out, err);
}

enum btz_rc
btz_renewals_asked(
    struct btz_db *db, struct btz_issuing_row *out, struct btz_err *err)
{
	return one(db,
	    "SELECT " COLUMNS " FROM issuing WHERE state = 1"
	    " ORDER BY rowid DESC LIMIT 1",
	    out, err);
}

static enum btz_rc
check_room(struct btz_db *db, struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc = btz_db_query(
	    db, &st, err, "SELECT count(*) FROM issuing", "");

	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_step(db, st, err);
	if (rc == BTZ_OK && btz_db_int(st, 0) >= (int64_t)BTZ_RENEWALS_MAX)
		rc = BTZ_FAIL(err, BTZ_E_QUOTA,
		    "%u issuing certificates that have not expired",
		    BTZ_RENEWALS_MAX);
	btz_db_done(st);
	return rc;
}

enum btz_rc
btz_renewals_ask(struct btz_db *db, const uint8_t serial[BTZ_ID_LEN],
    uint64_t not_after, uint64_t now, struct btz_err *err)
{
	enum btz_rc rc = btz_db_run(db, err,
	    "DELETE FROM issuing WHERE not_after < ? AND state <> 2", "i",
	    (int64_t)now);

	if (rc == BTZ_OK)
		rc = check_room(db, err);
	if (rc != BTZ_OK)
		return rc;
	return btz_db_run(db, err,
	    "INSERT INTO issuing (serial, ca_id, state, not_before, not_after,"
	    " der) VALUES (?, ?, 1, ?, ?, x'') ON CONFLICT (serial) DO NOTHING",
	    "bsii", btz_span_of(serial, BTZ_ID_LEN), BTZ_CA_ID, (int64_t)now,
	    (int64_t)not_after);
}

enum btz_rc
btz_renewals_forget(
    struct btz_db *db, const uint8_t serial[BTZ_ID_LEN], struct btz_err *err)
{
	return btz_db_run(db, err,
	    "DELETE FROM issuing WHERE serial = ? AND state = 1", "b",
	    btz_span_of(serial, BTZ_ID_LEN));
}

static enum btz_rc
put(struct btz_db *db, const struct btz_x509 *x, enum btz_issuing_state state,
    struct btz_err *err)
{
	return btz_db_run(db, err,
	    "INSERT OR REPLACE INTO issuing (serial, ca_id, state, not_before,"
	    " not_after, der) VALUES (?, ?, ?, ?, ?, ?)",
	    "bsiiib", x->serial, BTZ_CA_ID, (int64_t)state,
	    (int64_t)x->not_before, (int64_t)x->not_after, x->der);
}

enum btz_rc
btz_renewals_store(
    struct btz_db *db, const struct btz_x509 *made, struct btz_err *err)
{
	return put(db, made, BTZ_ISSUING_MADE, err);
}

/* old: NULL: there is none. */
static enum btz_rc
in_force(struct btz_db *db, const struct btz_ca_row *row,
    const struct btz_x509 *made, const struct btz_x509 *old,
    struct btz_err *err)
{
	enum btz_rc rc = btz_db_begin(db, err);

	if (rc != BTZ_OK)
		return rc;
	if (old != NULL)
		rc = put(db, old, BTZ_ISSUING_REPLACED, err);
	if (rc == BTZ_OK && (rc = btz_store_ca_save(db, row, err)) == BTZ_OK &&
	    (rc = btz_db_run(db, err, "DELETE FROM issuing WHERE serial = ?",
		 "b", made->serial)) == BTZ_OK)
		return btz_db_commit(db, err);
	btz_db_rollback(db);
	return rc;
}

enum btz_rc
btz_renewals_swap(struct btz_db *db, const struct btz_ca_row *row,
    const struct btz_x509 *made, const struct btz_x509 *old,
    struct btz_err *err)
{
	return in_force(db, row, made, old, err);
}

enum btz_rc
btz_renewals_first(struct btz_db *db, const struct btz_ca_row *row,
    const struct btz_x509 *made, struct btz_err *err)
{
	return in_force(db, row, made, NULL, err);
}

enum btz_rc
btz_renewals_each(struct btz_db *db, uint64_t now, btz_renewals_fn *fn,
    void *arg, struct btz_err *err)
{
	static struct btz_issuing_row row;
	sqlite3_stmt *st;
	enum btz_rc rc;

	rc = btz_db_query(db, &st, err,
	    "SELECT " COLUMNS " FROM issuing WHERE not_after >= ?"
	    " ORDER BY not_before, serial",
	    "i", (int64_t)now);
	if (rc != BTZ_OK)
		return rc;
	while ((rc = step(db, st, &row, err)) == BTZ_OK)
		fn(&row, arg);
	btz_db_done(st);
	return rc == BTZ_E_NOENT ? BTZ_OK : rc;
}
