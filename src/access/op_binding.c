/* SPDX-License-Identifier: Apache-2.0 */
/* op_binding.c - a role on a share is granted to a user or device, or taken. */
#include <inttypes.h>
#include <string.h>

#include "access/access.h"
#include "policy/format.h"
#include "wire/msg_change.h"
#include "wire/resource.h"

struct parts {
	struct btz_tenant_row tenant;
	struct btz_principal_row principal;
	int64_t role, share;
};

static enum btz_rc
find_id(struct btz_access *a, const char *sql, int64_t tenant, const char *what,
    struct btz_span name, int64_t *out, struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc = btz_db_query(a->db, &st, err, sql, "it", tenant, name);

	*out = 0;
	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_step(a->db, st, err);
	if (rc == BTZ_OK)
		*out = btz_db_int(st, 0);
	btz_db_done(st);
	if (rc == BTZ_E_NOENT)
		return BTZ_FAIL(err, rc, "%s '%.*s'", what, (int)name.len,
		    name.len ? (const char *)name.p : "");
	return rc;
}

static enum btz_rc
find_parts(struct btz_access *a, const struct btz_change *m, struct parts *p,
    struct btz_outcome *o, struct btz_err *err)
{
	char stored[BTZ_NAME_MAX + 1];
	enum btz_rc rc;

	o->policy = true;
	if (!btz_resource_parse(m->b, stored))
		return BTZ_FAIL(err, BTZ_E_NAME, "share or vpn:NAME");
	if ((rc = btz_store_tenant(a->db, m->tenant, &p->tenant, err)) !=
		BTZ_OK ||
	    (rc = btz_store_principal(
		 a->db, &p->tenant, m->name, &p->principal, err)) != BTZ_OK ||
	    (rc = find_id(a, "SELECT id FROM roles WHERE tenant=? AND name=?",
		 p->tenant.id, "role", m->a, &p->role, err)) != BTZ_OK ||
	    (rc = find_id(a, "SELECT id FROM shares WHERE tenant=? AND name=?",
		 p->tenant.id, "share or VPN", btz_span_str(stored), &p->share,
		 err)) != BTZ_OK)
		return rc;
	btz_text_put(
	    o->tenant, sizeof(o->tenant), btz_span_str(p->tenant.name));
	btz_text_put(
	    o->detail, sizeof(o->detail), btz_span_str(p->tenant.name));
	btz_text_put(o->id, sizeof(o->id), btz_span_str(p->principal.uri));
	(void)snprintf(o->object, sizeof(o->object), "%s/%s", p->principal.kind,
	    p->principal.name);
	(void)snprintf(o->why, sizeof(o->why), "role %.*s on %s%.*s",
	    (int)m->a.len, (const char *)m->a.p,
	    btz_is_vpn(btz_span_str(stored)) ? "" : "share ", (int)m->b.len,
	    (const char *)m->b.p);
	return BTZ_OK;
}

static enum btz_rc
check_count(struct btz_access *a, const struct parts *p, struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc = btz_db_query(a->db, &st, err,
	    "SELECT count(*) FROM bindings WHERE principal=? AND share=?", "ii",
	    p->principal.id, p->share);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_step(a->db, st, err);
	if (rc == BTZ_OK && btz_db_int(st, 0) > (int64_t)BTZ_POLICY_GRANTS_MAX)
		rc = BTZ_FAIL(err, BTZ_E_QUOTA,
		    "more than %u roles for one user on one share",
		    BTZ_POLICY_GRANTS_MAX);
	btz_db_done(st);
	return rc;
}

/* Granting again changes the expiry. */
enum btz_rc
btz_apply_binding_add(struct btz_access *a, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	const struct btz_change *m = msg;
	struct parts p;
	enum btz_rc rc;
	size_t n;

	if (m->c.len != 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "conditions");
	if (m->n != 0 && (m->n <= a->now || m->n > INT64_MAX))
		return BTZ_FAIL(
		    err, BTZ_E_RANGE, "expiry is not in the future");
	if ((rc = find_parts(a, m, &p, o, err)) != BTZ_OK)
		return rc;
	n = strlen(o->why);
	if (m->n != 0)
		(void)snprintf(
		    o->why + n, sizeof(o->why) - n, " until %" PRIu64, m->n);
	rc = btz_db_run(a->db, err,
	    "INSERT INTO bindings (principal, share, role, expires, created) "
	    "VALUES (?, ?, ?, ?, ?) ON CONFLICT (principal, share, role) "
	    "DO UPDATE SET expires=excluded.expires",
	    "iiiii", p.principal.id, p.share, p.role, (int64_t)m->n,
	    (int64_t)a->now);
	return rc == BTZ_OK ? check_count(a, &p, err) : rc;
}

enum btz_rc
btz_apply_binding_remove(struct btz_access *a, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	const struct btz_change *m = msg;
	struct parts p;
	enum btz_rc rc = find_parts(a, m, &p, o, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_run(a->db, err,
	    "DELETE FROM bindings WHERE principal=? AND share=? AND role=?",
	    "iii", p.principal.id, p.share, p.role);
	if (rc == BTZ_OK && btz_db_changes(a->db) == 0)
		return BTZ_FAIL(err, BTZ_E_NOENT, "grant: %s", o->why);
	return rc;
}
