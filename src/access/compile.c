/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compile.c - reads the whole database into a policy image. Start at
 * btz_compile; one function per table, each remembers where its rows went.
 */
#include <stdlib.h>
#include <string.h>

#include "access/access.h"
#include "policy/build.h"

/* A credential that expired this long ago is not written any more. */
#define FORGET_S 86400

/* Database id -> index in the builder; rows come in the order of ids. */
struct map {
	struct pair {
		int64_t id;
		uint32_t index;
	} * v;
	size_t n, cap;
};

struct work {
	struct btz_db *db;
	struct btz_policy_build *b;
	struct map tenants, principals, roles, shares, windows;
	uint64_t made;
	struct btz_err *err;
};

static enum btz_rc
put(struct work *w, struct map *m, int64_t id, uint32_t index)
{
	if (m->n == m->cap) {
		size_t cap = m->cap == 0 ? 64 : 2 * m->cap;
		struct pair *v = realloc(m->v, cap * sizeof(*v));

		if (v == NULL)
			return BTZ_FAIL(w->err, BTZ_E_NOMEM, "policy");
		m->v = v;
		m->cap = cap;
	}
	m->v[m->n++] = (struct pair){ id, index };
	return BTZ_OK;
}

static uint32_t
get(const struct map *m, int64_t id)
{
	size_t lo = 0, hi = m->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->v[mid].id == id)
			return m->v[mid].index;
		if (m->v[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return BTZ_POLICY_NONE;
}

static enum btz_rc
tenant(struct work *w, sqlite3_stmt *st)
{
	struct btz_span id = btz_db_span(st, 1);
	uint8_t raw[BTZ_ID_LEN] = { 0 };

	if (id.len == sizeof(raw))
		memcpy(raw, id.p, id.len);
	return put(w, &w->tenants, btz_db_int(st, 0),
	    btz_policy_add_tenant(w->b, btz_db_span(st, 2), raw));
}

static enum btz_rc
principal(struct work *w, sqlite3_stmt *st)
{
	return put(w, &w->principals, btz_db_int(st, 0),
	    btz_policy_add_principal(w->b, get(&w->tenants, btz_db_int(st, 1)),
		btz_db_span(st, 2), btz_db_span(st, 3),
		btz_db_int(st, 4) != 0));
}

static enum btz_rc
role(struct work *w, sqlite3_stmt *st)
{
	return put(w, &w->roles, btz_db_int(st, 0),
	    btz_policy_add_role(w->b, get(&w->tenants, btz_db_int(st, 1)),
		btz_db_span(st, 2), (uint32_t)btz_db_int(st, 3)));
}

static enum btz_rc
share(struct work *w, sqlite3_stmt *st)
{
	return put(w, &w->shares, btz_db_int(st, 0),
	    btz_policy_add_share(
		w->b, get(&w->tenants, btz_db_int(st, 1)), btz_db_span(st, 2)));
}

static enum btz_rc
window(struct work *w, sqlite3_stmt *st)
{
	int64_t packed = btz_db_int(st, 0);
	struct btz_window win = btz_store_window(packed);

	return put(w, &w->windows, packed,
	    btz_policy_add_window(w->b, win.days, win.from, win.to));
}

static enum btz_rc
binding(struct work *w, sqlite3_stmt *st)
{
	int64_t packed = btz_db_int(st, 5);
	uint32_t win = packed == 0 ? BTZ_POLICY_NONE : get(&w->windows, packed);

	(void)btz_policy_add_binding(w->b,
	    get(&w->principals, btz_db_int(st, 0)),
	    get(&w->shares, btz_db_int(st, 1)),
	    get(&w->roles, btz_db_int(st, 2)), (uint64_t)btz_db_int(st, 3),
	    (uint8_t)btz_db_int(st, 4), win);
	return BTZ_OK;
}

static enum btz_rc
credential(struct work *w, sqlite3_stmt *st)
{
	struct btz_span spki = btz_db_span(st, 0), serial = btz_db_span(st, 1);
	uint64_t not_after = (uint64_t)btz_db_int(st, 3);
	uint8_t hash[BTZ_SHA256_LEN], raw[BTZ_ID_LEN];
	uint32_t who = get(&w->principals, btz_db_int(st, 2));

	if (spki.len != sizeof(hash) || serial.len != sizeof(raw))
		return BTZ_FAIL(w->err, BTZ_E_CORRUPT, "credential row");
	if (not_after + FORGET_S < w->made)
		return BTZ_OK;
	memcpy(hash, spki.p, sizeof(hash));
	memcpy(raw, serial.p, sizeof(raw));
	(void)btz_policy_add_credential(w->b, hash, raw, who, not_after,
	    btz_db_int(st, 4) == 1 && who != BTZ_POLICY_NONE);
	return BTZ_OK;
}

/* In an order in which what is referred to comes first. */
static const struct {
	const char *sql;
	enum btz_rc (*row)(struct work *w, sqlite3_stmt *st);
} tables[] = {
	{ "SELECT id, tenant_id, name FROM tenants ORDER BY id", tenant },
	{ "SELECT id, tenant, kind, name, enabled FROM principals ORDER BY id",
	    principal },
	{ "SELECT id, tenant, name, permissions FROM roles ORDER BY id", role },
	{ "SELECT id, tenant, name FROM shares ORDER BY id", share },
	{ "SELECT DISTINCT " BTZ_SQL_WINDOW " AS w FROM bindings b "
	  "WHERE b.days<>0 ORDER BY w",
	    window },
	{ "SELECT principal, share, role, expires, via, " BTZ_SQL_WINDOW
	  " FROM bindings b",
	    binding },
	{ "SELECT spki, serial, principal, not_after, state FROM credentials",
	    credential },
};

static enum btz_rc
read_table(struct work *w, size_t t)
{
	sqlite3_stmt *st;
	enum btz_rc rc = btz_db_query(w->db, &st, w->err, tables[t].sql, "");

	if (rc != BTZ_OK)
		return rc;
	while ((rc = btz_db_step(w->db, st, w->err)) == BTZ_OK)
		if ((rc = tables[t].row(w, st)) != BTZ_OK)
			break;
	btz_db_done(st);
	return rc == BTZ_E_NOENT ? BTZ_OK : rc;
}

enum btz_rc
btz_compile(struct btz_db *db, uint64_t generation, uint64_t made,
    uint8_t **out, size_t *len, struct btz_err *err)
{
	struct work w = { .db = db, .made = made, .err = err };
	char domain[254];
	enum btz_rc rc;

	*out = NULL;
	*len = 0;
	if ((rc = btz_store_domain(db, domain, err)) != BTZ_OK ||
	    (rc = btz_policy_build_new(btz_span_str(domain), &w.b, err)) !=
		BTZ_OK)
		return rc;
	for (size_t t = 0; rc == BTZ_OK && t < BTZ_COUNT(tables); t++)
		rc = read_table(&w, t);
	if (rc == BTZ_OK)
		rc = btz_policy_build_finish(
		    w.b, generation, made, out, len, err);
	btz_policy_build_free(w.b);
	free(w.tenants.v);
	free(w.principals.v);
	free(w.roles.v);
	free(w.shares.v);
	free(w.windows.v);
	return rc;
}
