/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.c - the access database: schema and look-ups. Changes are in op_*.c.
 * Names are unique within what they belong to; rows of users, devices, roles
 * and shares take their grants with them when they go. Credentials stay, so
 * that a key once seen is never taken for somebody else's.
 */
#include <string.h>

#include "access/access.h"
#include "wire/name.h"

static const char *const steps[] = {
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE tenants (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" tenant_id BLOB NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE,"
	" created INTEGER NOT NULL) STRICT;"
	"CREATE TABLE principals (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" tenant INTEGER NOT NULL REFERENCES tenants ON DELETE CASCADE,"
	" kind TEXT NOT NULL CHECK (kind IN ('user', 'device')),"
	" name TEXT NOT NULL, enabled INTEGER NOT NULL,"
	" created INTEGER NOT NULL, UNIQUE (tenant, kind, name)) STRICT;"
	"CREATE TABLE roles (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" tenant INTEGER NOT NULL REFERENCES tenants ON DELETE CASCADE,"
	" name TEXT NOT NULL, permissions INTEGER NOT NULL,"
	" predefined INTEGER NOT NULL, UNIQUE (tenant, name)) STRICT;"
	"CREATE TABLE shares (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" tenant INTEGER NOT NULL REFERENCES tenants ON DELETE CASCADE,"
	" name TEXT NOT NULL, created INTEGER NOT NULL,"
	" UNIQUE (tenant, name)) STRICT;"
	"CREATE TABLE bindings (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" principal INTEGER NOT NULL REFERENCES principals ON DELETE CASCADE,"
	" share INTEGER NOT NULL REFERENCES shares ON DELETE CASCADE,"
	" role INTEGER NOT NULL REFERENCES roles ON DELETE CASCADE,"
	" expires INTEGER NOT NULL, created INTEGER NOT NULL,"
	" UNIQUE (principal, share, role)) STRICT;"
	"CREATE INDEX bindings_share ON bindings (share);"
	"CREATE INDEX bindings_role ON bindings (role);"
	"CREATE TABLE credentials (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" spki BLOB NOT NULL UNIQUE, serial BLOB NOT NULL,"
	" principal INTEGER REFERENCES principals ON DELETE SET NULL,"
	" uri TEXT NOT NULL, not_before INTEGER NOT NULL,"
	" not_after INTEGER NOT NULL, state INTEGER NOT NULL,"
	" reason INTEGER NOT NULL, changed INTEGER NOT NULL) STRICT;"
	"CREATE INDEX credentials_principal ON credentials (principal);"
	"CREATE TABLE invites (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" public_id TEXT NOT NULL UNIQUE, token_hash BLOB NOT NULL UNIQUE,"
	" principal INTEGER NOT NULL REFERENCES principals ON DELETE CASCADE,"
	" created INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" reserved_spki BLOB, reserved_until INTEGER NOT NULL,"
	" used INTEGER NOT NULL) STRICT;"
	"CREATE INDEX invites_principal ON invites (principal);",
	/* 1 to 2: predefined roles let into VPNs (32: BTZ_ACT_CONNECT). */
	"UPDATE roles SET permissions=permissions|32 WHERE predefined=1;",
	/* 2 to 3: conditions of grants (struct btz_condition); 0: none. */
	"ALTER TABLE bindings ADD COLUMN via INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE bindings ADD COLUMN days INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE bindings ADD COLUMN from_minute INTEGER NOT NULL DEFAULT "
	"0;"
	"ALTER TABLE bindings ADD COLUMN to_minute INTEGER NOT NULL DEFAULT 0;",
};

enum btz_rc
btz_store_open(const char *path, struct btz_db **out, struct btz_err *err)
{
	return btz_db_open(path, steps, (int)BTZ_COUNT(steps), out, err);
}

struct btz_window
btz_store_window(int64_t packed)
{
	return (struct btz_window){ .days = (uint8_t)(packed >> 24 & 0x7f),
		.from = (uint16_t)(packed >> 12 & 0xfff),
		.to = (uint16_t)(packed & 0xfff) };
}

void
btz_text_put(char *out, size_t cap, struct btz_span s)
{
	size_t n = s.len < cap ? s.len : cap - 1;

	if (n > 0)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

/* One row of a query, or BTZ_E_NOENT with what was looked for. */
static enum btz_rc
one(struct btz_db *db, sqlite3_stmt *st, const char *what, struct btz_span name,
    struct btz_err *err)
{
	enum btz_rc rc = btz_db_step(db, st, err);

	if (rc == BTZ_E_NOENT)
		return BTZ_FAIL(err, rc, "%s '%.*s'", what, (int)name.len,
		    name.len == 0 ? "" : (const char *)name.p);
	return rc;
}

enum btz_rc
btz_store_text(struct btz_db *db, const char *key, char *out, size_t cap,
    struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc;

	out[0] = '\0';
	rc = btz_db_query(
	    db, &st, err, "SELECT value FROM meta WHERE key=?", "s", key);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_step(db, st, err);
	if (rc == BTZ_OK)
		btz_text_put(out, cap, btz_db_span(st, 0));
	btz_db_done(st);
	return rc == BTZ_E_NOENT ? BTZ_OK : rc;
}

enum btz_rc
btz_store_set_text(struct btz_db *db, const char *key, struct btz_span value,
    struct btz_err *err)
{
	return btz_db_run(db, err, "INSERT OR REPLACE INTO meta VALUES (?, ?)",
	    "st", key, value);
}

enum btz_rc
btz_store_num(
    struct btz_db *db, const char *key, uint64_t *out, struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc;

	*out = 0;
	rc = btz_db_query(
	    db, &st, err, "SELECT value FROM meta WHERE key=?1", "s", key);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_step(db, st, err);
	if (rc == BTZ_OK)
		*out = (uint64_t)btz_db_int(st, 0);
	btz_db_done(st);
	return rc == BTZ_E_NOENT ? BTZ_OK : rc;
}

enum btz_rc
btz_store_set_num(
    struct btz_db *db, const char *key, uint64_t value, struct btz_err *err)
{
	return btz_db_run(db, err,
	    "INSERT OR REPLACE INTO meta VALUES (?1, ?2)", "si", key,
	    (int64_t)value);
}

enum btz_rc
btz_store_domain(struct btz_db *db, char out[254], struct btz_err *err)
{
	enum btz_rc rc = btz_store_text(db, "trust_domain", out, 254, err);

	if (rc == BTZ_OK && out[0] == '\0')
		rc = BTZ_FAIL(err, BTZ_E_UNPROVISIONED, "no trust domain yet");
	return rc;
}

static void
take_tenant(sqlite3_stmt *st, struct btz_tenant_row *out)
{
	struct btz_span id = btz_db_span(st, 2);

	out->id = btz_db_int(st, 0);
	btz_text_put(out->name, sizeof(out->name), btz_db_span(st, 1));
	if (id.len == sizeof(out->tenant_id))
		memcpy(out->tenant_id, id.p, id.len);
}

static enum btz_rc
only_tenant(struct btz_db *db, struct btz_tenant_row *out, struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc = btz_db_query(db, &st, err,
	    "SELECT id, name, tenant_id FROM tenants LIMIT 2", "");

	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_step(db, st, err);
	if (rc == BTZ_OK) {
		take_tenant(st, out);
		rc = btz_db_step(db, st, err);
		rc = rc == BTZ_E_NOENT ? BTZ_OK
		     : rc == BTZ_OK    ? BTZ_FAIL(err, BTZ_E_AMBIGUOUS,
					     "several tenants: name one")
				       : rc;
	} else if (rc == BTZ_E_NOENT) {
		rc = BTZ_FAIL(err, rc, "there is no tenant yet");
	}
	btz_db_done(st);
	return rc;
}

enum btz_rc
btz_store_tenant(struct btz_db *db, struct btz_span name,
    struct btz_tenant_row *out, struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	if (name.len == 0)
		return only_tenant(db, out, err);
	rc = btz_db_query(db, &st, err,
	    "SELECT id, name, tenant_id FROM tenants WHERE name=?", "t", name);
	if (rc != BTZ_OK)
		return rc;
	rc = one(db, st, "tenant", name, err);
	if (rc == BTZ_OK)
		take_tenant(st, out);
	btz_db_done(st);
	return rc;
}

enum btz_rc
btz_store_uri(struct btz_db *db, const char *tenant, const char *kind,
    struct btz_span name, char out[BTZ_URI_MAX + 1], struct btz_err *err)
{
	char domain[254];
	enum btz_rc rc = btz_store_domain(db, domain, err);
	int n;

	if (rc != BTZ_OK)
		return rc;
	n = snprintf(out, BTZ_URI_MAX + 1, "spiffe://%s/%s/%s/%.*s", domain,
	    tenant, kind, (int)name.len, (const char *)name.p);
	if (n < 0 || n > (int)BTZ_URI_MAX)
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "URI of '%s'", tenant);
	return BTZ_OK;
}

/* kind empty: a user, else a device. */
static enum btz_rc
find_principal(struct btz_db *db, const struct btz_tenant_row *tenant,
    struct btz_span kind, struct btz_span name, struct btz_principal_row *out,
    struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc = btz_db_query(db, &st, err,
	    "SELECT id, kind, name, enabled FROM principals WHERE tenant=?1 "
	    "AND (kind=?2 OR ?2='') AND name=?3 ORDER BY kind DESC LIMIT 1",
	    "itt", tenant->id, kind, name);

	memset(out, 0, sizeof(*out));
	if (rc != BTZ_OK)
		return rc;
	rc = one(db, st, "user or device", name, err);
	if (rc == BTZ_OK) {
		out->id = btz_db_int(st, 0);
		btz_text_put(out->kind, sizeof(out->kind), btz_db_span(st, 1));
		btz_text_put(out->name, sizeof(out->name), btz_db_span(st, 2));
		out->enabled = btz_db_int(st, 3) != 0;
	}
	btz_db_done(st);
	return rc != BTZ_OK ? rc
			    : btz_store_uri(db, tenant->name, out->kind,
				  btz_span_str(out->name), out->uri, err);
}

enum btz_rc
btz_store_principal(struct btz_db *db, const struct btz_tenant_row *tenant,
    struct btz_span text, struct btz_principal_row *out, struct btz_err *err)
{
	const uint8_t *slash = text.len == 0 ? NULL
					     : memchr(text.p, '/', text.len);
	struct btz_span kind = btz_span_of(NULL, 0);

	if (slash != NULL) {
		kind = btz_span_of(text.p, (size_t)(slash - text.p));
		text.len -= kind.len + 1;
		text.p = slash + 1;
	}
	return find_principal(db, tenant, kind, text, out, err);
}

enum btz_rc
btz_store_by_uri(struct btz_db *db, struct btz_span uri,
    struct btz_tenant_row *tenant, struct btz_principal_row *out,
    struct btz_err *err)
{
	struct btz_spiffe id;
	char domain[254];
	enum btz_rc rc = btz_store_domain(db, domain, err);

	memset(out, 0, sizeof(*out));
	memset(tenant, 0, sizeof(*tenant));
	if (rc != BTZ_OK)
		return rc;
	if (!btz_spiffe_parse(uri, &id) ||
	    !btz_span_eq(id.domain, btz_span_str(domain)))
		return BTZ_FAIL(err, BTZ_E_INVAL, "not a URI of %s", domain);
	if ((rc = btz_store_tenant(db, id.tenant, tenant, err)) != BTZ_OK)
		return rc;
	return find_principal(db, tenant, id.kind, id.name, out, err);
}
