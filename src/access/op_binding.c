/* SPDX-License-Identifier: Apache-2.0 */
/* op_binding.c - a role on a share is granted to a user or device, or taken. */
#include <inttypes.h>
#include <string.h>

#include "access/access.h"
#include "policy/format.h"
#include "wire/condition.h"
#include "wire/msg_audit.h"
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

/* A condition that nobody could meet is a mistake: a VPN is entered by VPN,
 * files are reached by HTTPS, also through a tunnel. */
static enum btz_rc
take_condition(
    const struct btz_change *m, struct btz_condition *out, struct btz_err *err)
{
	uint8_t fits = 1u << BTZ_VIA_VPN;
	char stored[BTZ_NAME_MAX + 1];

	if (!btz_condition_parse(m->c, out))
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "condition: 'vpn,https;Mon-Fri 08:00-18:00'");
	if (!btz_resource_parse(m->b, stored) ||
	    !btz_is_vpn(btz_span_str(stored)))
		fits |= 1u << BTZ_VIA_HTTPS;
	if (out->via != 0 && (out->via & fits) == 0)
		return BTZ_FAIL(err, BTZ_E_INVAL, "no such way in there");
	return BTZ_OK;
}

/* What the record says of it beside role and share. */
static void
tell_condition(
    const struct btz_condition *c, uint64_t expires, struct btz_outcome *o)
{
	char ways[BTZ_VIA_TEXT], hours[BTZ_WINDOW_TEXT];
	char until[32] = "";
	size_t n = strlen(o->why);

	btz_via_text(c->via, ways);
	btz_window_text(&c->window, hours);
	if (expires != 0)
		(void)snprintf(
		    until, sizeof(until), " until %" PRIu64, expires);
	(void)snprintf(o->why + n, sizeof(o->why) - n, "%s%s%s%s%s%s",
	    ways[0] == '\0' ? "" : " only by ", ways,
	    hours[0] == '\0' ? "" : " within ", hours,
	    hours[0] == '\0' ? "" : " UTC", until);
}

/* Granting again sets expiry and conditions anew. */
enum btz_rc
btz_apply_binding_add(struct btz_access *a, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	const struct btz_change *m = msg;
	struct btz_condition cond;
	struct parts p;
	enum btz_rc rc = take_condition(m, &cond, err);

	if (rc != BTZ_OK)
		return rc;
	if (m->n != 0 && (m->n <= a->now || m->n > INT64_MAX))
		return BTZ_FAIL(
		    err, BTZ_E_RANGE, "expiry is not in the future");
	if ((rc = find_parts(a, m, &p, o, err)) != BTZ_OK)
		return rc;
	tell_condition(&cond, m->n, o);
	rc = btz_db_run(a->db, err,
	    "INSERT INTO bindings (principal, share, role, expires, created, "
	    "via, days, from_minute, to_minute) "
	    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
	    "ON CONFLICT (principal, share, role) DO UPDATE SET "
	    "expires=excluded.expires, via=excluded.via, days=excluded.days, "
	    "from_minute=excluded.from_minute, to_minute=excluded.to_minute",
	    "iiiiiiiii", p.principal.id, p.share, p.role, (int64_t)m->n,
	    (int64_t)a->now, (int64_t)cond.via, (int64_t)cond.window.days,
	    (int64_t)cond.window.from, (int64_t)cond.window.to);
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
