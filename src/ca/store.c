/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - the CA's tables; contract in store.h. */
#include "ca/store.h"

#include <stdlib.h>
#include <string.h>

#include "prim/prim.h"

#define ROOT "root" /* the ca_id of its list */

static const char *const steps[] = {
	"CREATE TABLE ca (ca_id TEXT PRIMARY KEY, trust_domain TEXT NOT NULL,"
	" box TEXT NOT NULL, base_url TEXT NOT NULL, root_key BLOB NOT NULL,"
	" issuing_key BLOB NOT NULL, constraints BLOB NOT NULL,"
	" root BLOB NOT NULL, issuing BLOB NOT NULL) STRICT;"
	"CREATE TABLE certificates (n INTEGER PRIMARY KEY AUTOINCREMENT,"
	" serial BLOB NOT NULL UNIQUE, ca_id TEXT NOT NULL,"
	" tenant TEXT NOT NULL, principal TEXT NOT NULL,"
	" profile INTEGER NOT NULL, id TEXT NOT NULL, spki BLOB NOT NULL,"
	" not_before INTEGER NOT NULL, not_after INTEGER NOT NULL,"
	" state INTEGER NOT NULL, confirmed INTEGER NOT NULL,"
	" revoked_at INTEGER NOT NULL, reason INTEGER NOT NULL,"
	" der BLOB NOT NULL) STRICT;"
	"CREATE INDEX certificates_id ON certificates (id, n);"
	"CREATE INDEX certificates_revoked ON certificates (not_after)"
	" WHERE state = 3;"
	"CREATE TABLE crl (ca_id TEXT PRIMARY KEY, number INTEGER NOT NULL,"
	" this_update INTEGER NOT NULL, next_update INTEGER NOT NULL,"
	" der BLOB NOT NULL) STRICT;"
	"CREATE TABLE crl_pending (ca_id TEXT PRIMARY KEY,"
	" tbs BLOB NOT NULL) STRICT;",
	/* renewals.h */
	"CREATE TABLE issuing (serial BLOB PRIMARY KEY, ca_id TEXT NOT NULL,"
	" state INTEGER NOT NULL, not_before INTEGER NOT NULL,"
	" not_after INTEGER NOT NULL, der BLOB NOT NULL) STRICT;",
};

#define CERT_COLUMNS                                                           \
	"serial, spki, tenant, principal, profile, not_before, not_after,"     \
	" state, confirmed, revoked_at, reason, der"

enum btz_rc
btz_store_open(const char *path, struct btz_db **out, struct btz_err *err)
{
	enum btz_rc rc = btz_db_open(
	    path, steps, (int)BTZ_COUNT(steps), out, err);

	if (rc != BTZ_OK)
		return rc;
	if (sqlite3_exec(btz_db_handle(*out),
		"CREATE TEMP TABLE seen (spki BLOB PRIMARY KEY,"
		" state INTEGER NOT NULL, done INTEGER NOT NULL);"
		"CREATE TEMP TABLE mine (spki BLOB PRIMARY KEY)",
		NULL, NULL, NULL) != SQLITE_OK) {
		btz_db_close(*out);
		*out = NULL;
		return BTZ_FAIL(err, BTZ_E_IO, "temporary table");
	}
	return BTZ_OK;
}

const char *
btz_cert_state_name(int64_t state)
{
	static const char *const names[] = { "?", "pending", "active",
		"revoked" };

	return state > 0 && state < (int64_t)BTZ_COUNT(names) ? names[state]
							      : names[0];
}

/* Text or blob of a column into memory of cap bytes; len NULL: text. */
static bool
take(sqlite3_stmt *st, int col, void *out, size_t cap, size_t *len)
{
	struct btz_span s = btz_db_span(st, col);

	if (s.len > cap || (len == NULL && s.len == cap))
		return false;
	if (s.len > 0)
		memcpy(out, s.p, s.len);
	if (len != NULL)
		*len = s.len;
	else
		((char *)out)[s.len] = '\0';
	return true;
}

static bool
take_fixed(sqlite3_stmt *st, int col, void *out, size_t len)
{
	size_t got;

	return take(st, col, out, len, &got) && got == len;
}

static bool
take_ca(sqlite3_stmt *st, struct btz_ca_row *r)
{
	return take(st, 0, r->ca_id, sizeof(r->ca_id), NULL) &&
	       take(st, 1, r->trust_domain, sizeof(r->trust_domain), NULL) &&
	       take(st, 2, r->box, sizeof(r->box), NULL) &&
	       take(st, 3, r->base_url, sizeof(r->base_url), NULL) &&
	       take_fixed(st, 4, r->root_key, sizeof(r->root_key)) &&
	       take_fixed(st, 5, r->issuing_key, sizeof(r->issuing_key)) &&
	       take(st, 6, r->constraints, sizeof(r->constraints),
		   &r->constraints_len) &&
	       take(st, 7, r->root, sizeof(r->root), &r->root_len) &&
	       take(st, 8, r->issuing, sizeof(r->issuing), &r->issuing_len);
}

enum btz_rc
btz_store_ca_load(
    struct btz_db *db, struct btz_ca_row *out, struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	rc = btz_db_query(db, &st, err,
	    "SELECT ca_id, trust_domain, box, base_url, root_key, issuing_key,"
	    " constraints, root, issuing FROM ca WHERE ca_id = ?",
	    "s", BTZ_CA_ID);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_step(db, st, err);
	if (rc == BTZ_OK && !take_ca(st, out))
		rc = BTZ_FAIL(err, BTZ_E_CORRUPT, "row of the CA");
	out->present = rc == BTZ_OK;
	out->ready = rc == BTZ_OK && out->issuing_len > 0;
	btz_db_done(st);
	return rc == BTZ_E_NOENT ? BTZ_OK : rc;
}

enum btz_rc
btz_store_ca_save(
    struct btz_db *db, const struct btz_ca_row *r, struct btz_err *err)
{
	return btz_db_run(db, err,
	    "INSERT OR REPLACE INTO ca (ca_id, trust_domain, box, base_url,"
	    " root_key, issuing_key, constraints, root, issuing)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    "ssssbbbbb", r->ca_id, r->trust_domain, r->box, r->base_url,
	    btz_span_of(r->root_key, BTZ_ID_LEN),
	    btz_span_of(r->issuing_key, BTZ_ID_LEN),
	    btz_span_of(r->constraints, r->constraints_len),
	    btz_span_of(r->root, r->root_len),
	    btz_span_of(r->issuing, r->issuing_len));
}

enum btz_rc
btz_store_cert_add(
    struct btz_db *db, const struct btz_cert_row *r, struct btz_err *err)
{
	char id[2 * BTZ_SHA256_LEN + 1];

	btz_hex(r->spki_hash, BTZ_SHA256_LEN, id);
	return btz_db_run(db, err,
	    "INSERT INTO certificates (serial, ca_id, tenant, principal,"
	    " profile, id, spki, not_before, not_after, state, confirmed,"
	    " revoked_at, reason, der)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    "bsssisbiiiiiib", btz_span_of(r->serial, BTZ_ID_LEN), BTZ_CA_ID,
	    r->tenant, r->principal, (int64_t)r->profile, id,
	    btz_span_of(r->spki_hash, BTZ_SHA256_LEN), (int64_t)r->not_before,
	    (int64_t)r->not_after, (int64_t)r->state, (int64_t)r->confirmed,
	    (int64_t)r->revoked_at, (int64_t)r->reason,
	    btz_span_of(r->der, r->der_len));
}

static bool
take_cert(sqlite3_stmt *st, struct btz_cert_row *r)
{
	r->profile = (uint8_t)btz_db_int(st, 4);
	r->not_before = (uint64_t)btz_db_int(st, 5);
	r->not_after = (uint64_t)btz_db_int(st, 6);
	r->state = (uint8_t)btz_db_int(st, 7);
	r->confirmed = btz_db_int(st, 8) != 0;
	r->revoked_at = (uint64_t)btz_db_int(st, 9);
	r->reason = (uint8_t)btz_db_int(st, 10);
	return take_fixed(st, 0, r->serial, sizeof(r->serial)) &&
	       take_fixed(st, 1, r->spki_hash, sizeof(r->spki_hash)) &&
	       take(st, 2, r->tenant, sizeof(r->tenant), NULL) &&
	       take(st, 3, r->principal, sizeof(r->principal), NULL) &&
	       take(st, 11, r->der, sizeof(r->der), &r->der_len);
}

static enum btz_rc
step_cert(struct btz_db *db, sqlite3_stmt *st, struct btz_cert_row *out,
    struct btz_err *err)
{
	enum btz_rc rc = btz_db_step(db, st, err);

	if (rc == BTZ_OK && !take_cert(st, out))
		rc = BTZ_FAIL(err, BTZ_E_CORRUPT, "row of a certificate");
	return rc;
}

enum btz_rc
btz_store_by_spki(struct btz_db *db, const uint8_t spki_hash[BTZ_SHA256_LEN],
    struct btz_cert_row *out, struct btz_err *err)
{
	char id[2 * BTZ_SHA256_LEN + 1];
	sqlite3_stmt *st;
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	btz_hex(spki_hash, BTZ_SHA256_LEN, id);
	rc = btz_db_query(db, &st, err,
	    "SELECT " CERT_COLUMNS " FROM certificates WHERE id = ?"
	    " ORDER BY n DESC LIMIT 1",
	    "s", id);
	if (rc != BTZ_OK)
		return rc;
	rc = step_cert(db, st, out, err);
	btz_db_done(st);
	return rc;
}

static bool
is_prefix(struct btz_span p)
{
	for (size_t i = 0; i < p.len; i++)
		if (!((p.p[i] >= '0' && p.p[i] <= '9') ||
			(p.p[i] >= 'a' && p.p[i] <= 'f')))
			return false;
	return p.len >= 1 && p.len <= (size_t)2 * BTZ_SHA256_LEN;
}

enum btz_rc
btz_store_by_prefix(struct btz_db *db, struct btz_span prefix,
    struct btz_cert_row *out, struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc, more;

	memset(out, 0, sizeof(*out));
	if (!is_prefix(prefix))
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "credential id is not 1 to 64 lower-case hex digits");
	/* 'g' sorts behind every hex digit */
	rc = btz_db_query(db, &st, err,
	    "SELECT " CERT_COLUMNS ", max(n) FROM certificates"
	    " WHERE id >= ?1 AND id < ?1 || 'g' GROUP BY id LIMIT 2",
	    "t", prefix);
	if (rc != BTZ_OK)
		return rc;
	rc = step_cert(db, st, out, err);
	if (rc == BTZ_OK && (more = btz_db_step(db, st, err)) != BTZ_E_NOENT)
		rc = more == BTZ_OK ? BTZ_FAIL(err, BTZ_E_AMBIGUOUS, "id")
				    : more;
	btz_db_done(st);
	return rc;
}

enum btz_rc
btz_store_activate(struct btz_db *db, const uint8_t spki_hash[BTZ_SHA256_LEN],
    struct btz_err *err)
{
	return btz_db_run(db, err,
	    "UPDATE certificates SET state = 2, confirmed = 1"
	    " WHERE spki = ? AND state = 1",
	    "b", btz_span_of(spki_hash, BTZ_SHA256_LEN));
}

enum btz_rc
btz_store_revoke(struct btz_db *db, const uint8_t spki_hash[BTZ_SHA256_LEN],
    uint64_t at, uint8_t reason, struct btz_err *err)
{
	return btz_db_run(db, err,
	    "UPDATE certificates SET state = 3, confirmed = 0,"
	    " revoked_at = ?, reason = ? WHERE spki = ? AND state <> 3",
	    "iib", (int64_t)at, (int64_t)reason,
	    btz_span_of(spki_hash, BTZ_SHA256_LEN));
}

enum btz_rc
btz_store_confirm(struct btz_db *db, const uint8_t spki_hash[BTZ_SHA256_LEN],
    struct btz_err *err)
{
	return btz_db_run(db, err,
	    "UPDATE certificates SET confirmed = 1 WHERE spki = ?", "b",
	    btz_span_of(spki_hash, BTZ_SHA256_LEN));
}

enum btz_rc
btz_store_revoked(struct btz_db *db, uint64_t since, uint64_t since_revoked,
    btz_store_entry_fn *fn, void *arg, struct btz_err *err)
{
	uint8_t serial[BTZ_ID_LEN];
	sqlite3_stmt *st;
	enum btz_rc rc;

	rc = btz_db_query(db, &st, err,
	    "SELECT serial, revoked_at, reason FROM certificates"
	    " WHERE state = 3 AND (not_after > ? OR revoked_at >= ?)"
	    " ORDER BY n",
	    "ii", (int64_t)since, (int64_t)since_revoked);
	if (rc != BTZ_OK)
		return rc;
	while ((rc = btz_db_step(db, st, err)) == BTZ_OK) {
		if (!take_fixed(st, 0, serial, sizeof(serial))) {
			rc = BTZ_FAIL(err, BTZ_E_CORRUPT, "serial");
			break;
		}
		fn(serial, (uint64_t)btz_db_int(st, 1),
		    (uint8_t)btz_db_int(st, 2), arg);
	}
	btz_db_done(st);
	return rc == BTZ_E_NOENT ? BTZ_OK : rc;
}

static enum btz_rc
load_crl(struct btz_db *db, const char *id, struct btz_crl_row *out,
    struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc;

	*out = (struct btz_crl_row){ .number = 0 };
	rc = btz_db_query(db, &st, err,
	    "SELECT number, this_update, next_update, der FROM crl"
	    " WHERE ca_id = ?",
	    "s", id);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_step(db, st, err);
	if (rc == BTZ_OK) {
		struct btz_span der = btz_db_span(st, 3);

		out->der = malloc(der.len + 1);
		if (out->der != NULL) {
			memcpy(out->der, der.p, der.len);
			out->len = der.len;
			out->number = (uint64_t)btz_db_int(st, 0);
			out->this_update = (uint64_t)btz_db_int(st, 1);
			out->next_update = (uint64_t)btz_db_int(st, 2);
		} else {
			rc = BTZ_FAIL(err, BTZ_E_NOMEM, "CRL");
		}
	}
	btz_db_done(st);
	return rc == BTZ_E_NOENT ? BTZ_OK : rc;
}

enum btz_rc
btz_store_crl_load(
    struct btz_db *db, struct btz_crl_row *out, struct btz_err *err)
{
	return load_crl(db, BTZ_CA_ID, out, err);
}

enum btz_rc
btz_store_root_crl_load(
    struct btz_db *db, struct btz_crl_row *out, struct btz_err *err)
{
	return load_crl(db, ROOT, out, err);
}

static enum btz_rc
save_crl(struct btz_db *db, const char *id, const struct btz_crl_row *r,
    struct btz_err *err)
{
	/* A number never goes back, whatever the caller says. */
	enum btz_rc rc = btz_db_run(db, err,
	    "INSERT INTO crl (ca_id, number, this_update, next_update, der)"
	    " VALUES (?, ?, ?, ?, ?) ON CONFLICT (ca_id) DO UPDATE SET"
	    " number = excluded.number, this_update = excluded.this_update,"
	    " next_update = excluded.next_update, der = excluded.der"
	    " WHERE excluded.number > crl.number",
	    "siiib", id, (int64_t)r->number, (int64_t)r->this_update,
	    (int64_t)r->next_update, btz_span_of(r->der, r->len));

	if (rc == BTZ_OK && btz_db_changes(db) != 1)
		rc = BTZ_FAIL(err, BTZ_E_CRL_NUMBER, "number %llu",
		    (unsigned long long)r->number);
	return rc;
}

enum btz_rc
btz_store_crl_save(
    struct btz_db *db, const struct btz_crl_row *r, struct btz_err *err)
{
	enum btz_rc rc = btz_db_begin(db, err);

	if (rc != BTZ_OK)
		return rc;
	if ((rc = save_crl(db, BTZ_CA_ID, r, err)) == BTZ_OK)
		rc = btz_store_pending_drop(db, err);
	if (rc == BTZ_OK)
		return btz_db_commit(db, err);
	btz_db_rollback(db);
	return rc;
}

enum btz_rc
btz_store_root_crl_save(
    struct btz_db *db, const struct btz_crl_row *r, struct btz_err *err)
{
	return save_crl(db, ROOT, r, err);
}

enum btz_rc
btz_store_pending_save(
    struct btz_db *db, struct btz_span tbs, struct btz_err *err)
{
	return btz_db_run(db, err,
	    "INSERT OR REPLACE INTO crl_pending VALUES (?, ?)", "sb", BTZ_CA_ID,
	    tbs);
}

enum btz_rc
btz_store_pending_load(
    struct btz_db *db, struct btz_wr *out, struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc;

	rc = btz_db_query(db, &st, err,
	    "SELECT tbs FROM crl_pending WHERE ca_id = ?", "s", BTZ_CA_ID);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_step(db, st, err);
	if (rc == BTZ_OK) {
		struct btz_span tbs = btz_db_span(st, 0);

		btz_wr_raw(out, tbs.p, tbs.len);
	}
	btz_db_done(st);
	return rc;
}

enum btz_rc
btz_store_pending_drop(struct btz_db *db, struct btz_err *err)
{
	return btz_db_run(db, err, "DELETE FROM crl_pending", "");
}

void
btz_crl_row_end(struct btz_crl_row *row)
{
	free(row->der);
	*row = (struct btz_crl_row){ .number = 0 };
}

enum btz_rc
btz_store_seen_clear(struct btz_db *db, struct btz_err *err)
{
	enum btz_rc rc = btz_db_run(db, err, "DELETE FROM temp.seen", "");

	if (rc == BTZ_OK)
		rc = btz_db_run(db, err, "DELETE FROM temp.mine", "");
	/* Only what was active before access is asked can be missing there:
	 * enrolments go on meanwhile. */
	if (rc == BTZ_OK)
		rc = btz_db_run(db, err,
		    "INSERT INTO temp.mine SELECT DISTINCT spki FROM"
		    " certificates WHERE state = 2",
		    "");
	return rc;
}

enum btz_rc
btz_store_seen_add(struct btz_db *db, const uint8_t spki_hash[BTZ_SHA256_LEN],
    uint8_t state, struct btz_err *err)
{
	return btz_db_run(db, err,
	    "INSERT OR REPLACE INTO temp.seen VALUES (?, ?, 0)", "bi",
	    btz_span_of(spki_hash, BTZ_SHA256_LEN), (int64_t)state);
}

/* Profiles 3 and 4 are users and devices: only these are known to access.
 * Never ours or ours but revoked, and active there: disable. Disabled there
 * or gone, and active here: revoke. Active there, pending here: the answer to
 * CREDENTIAL_ADD was lost. */
static const char next_difference[] =
    "SELECT s.spki, 1 FROM temp.seen s WHERE s.done = 0 AND s.state = 1"
    " AND NOT EXISTS (SELECT 1 FROM certificates c WHERE c.spki = s.spki"
    " AND c.state IN (1, 2))"
    " UNION ALL SELECT c.spki, 2 FROM certificates c LEFT JOIN temp.seen s"
    " ON s.spki = c.spki WHERE c.state = 2 AND c.profile IN (3, 4)"
    " AND c.spki IN (SELECT spki FROM temp.mine) AND (s.spki IS NULL OR "
    "(s.state = 2 AND s.done = 0))"
    " UNION ALL SELECT c.spki, 3 FROM certificates c JOIN temp.seen s"
    " ON s.spki = c.spki WHERE c.state = 1 AND s.state = 1 AND s.done = 0"
    " UNION ALL SELECT c.spki, 4 FROM certificates c LEFT JOIN temp.seen s"
    " ON s.spki = c.spki WHERE c.state = 3 AND c.confirmed = 0"
    " AND c.profile IN (3, 4) AND (s.spki IS NULL OR s.state = 2)"
    " LIMIT 1";

enum btz_rc
btz_store_seen_next(struct btz_db *db, uint8_t spki_hash[BTZ_SHA256_LEN],
    enum btz_repair *what, struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc;

	*what = BTZ_REPAIR_DISABLE;
	rc = btz_db_query(db, &st, err, next_difference, "");
	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_step(db, st, err);
	if (rc == BTZ_OK) {
		*what = (enum btz_repair)btz_db_int(st, 1);
		if (!take_fixed(st, 0, spki_hash, BTZ_SHA256_LEN))
			rc = BTZ_FAIL(err, BTZ_E_CORRUPT, "credential id");
	}
	btz_db_done(st);
	return rc;
}

enum btz_rc
btz_store_seen_done(struct btz_db *db, const uint8_t spki_hash[BTZ_SHA256_LEN],
    struct btz_err *err)
{
	return btz_db_run(db, err,
	    "UPDATE temp.seen SET done = 1"
	    " WHERE spki = ?",
	    "b", btz_span_of(spki_hash, BTZ_SHA256_LEN));
}
