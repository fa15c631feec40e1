/* SPDX-License-Identifier: Apache-2.0 */
/* op_tenant.c - changes of tenants, their roles, shares and VPNs. */
#include <string.h>

#include "access/access.h"
#include "policy/action.h"
#include "prim/prim.h"
#include "wire/msg_change.h"
#include "wire/name.h"
#include "wire/resource.h"

static const struct {
	const char *name;
	uint32_t permissions;
} predefined[] = {
	{ "viewer", BTZ_ROLE_VIEWER },
	{ "editor", BTZ_ROLE_EDITOR },
	{ "owner", BTZ_ROLE_OWNER },
};

static enum btz_rc
check_name(struct btz_span name, const char *what, struct btz_err *err)
{
	if (!btz_name_ok(name))
		return BTZ_FAIL(err, BTZ_E_NAME, "%s", what);
	return BTZ_OK;
}

static enum btz_rc
exists(
    enum btz_rc rc, const char *what, struct btz_span name, struct btz_err *err)
{
	if (rc == BTZ_E_EXIST)
		return BTZ_FAIL(err, rc, "%s '%.*s'", what, (int)name.len,
		    (const char *)name.p);
	return rc;
}

/* None was there to remove. */
static enum btz_rc
must_change(struct btz_access *a, enum btz_rc rc, const char *what,
    struct btz_span name, struct btz_err *err)
{
	if (rc == BTZ_OK && btz_db_changes(a->db) == 0)
		return BTZ_FAIL(err, BTZ_E_NOENT, "%s '%.*s'", what,
		    (int)name.len, name.len ? (const char *)name.p : "");
	return rc;
}

enum btz_rc
btz_apply_tenant_add(struct btz_access *a, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	const struct btz_change *m = msg;
	uint8_t id[BTZ_ID_LEN];
	char domain[254];
	enum btz_rc rc;
	int64_t row;

	btz_text_put(o->object, sizeof(o->object), m->name);
	o->policy = true;
	if ((rc = check_name(m->name, "tenant", err)) != BTZ_OK ||
	    (rc = btz_store_domain(a->db, domain, err)) != BTZ_OK)
		return rc;
	btz_random(id, sizeof(id));
	btz_hex(id, sizeof(id), o->id);
	rc = btz_db_run(a->db, err,
	    "INSERT INTO tenants (tenant_id, name, created) VALUES (?, ?, ?)",
	    "bti", btz_span_of(id, sizeof(id)), m->name, (int64_t)a->now);
	row = sqlite3_last_insert_rowid(btz_db_handle(a->db));
	for (size_t i = 0; rc == BTZ_OK && i < BTZ_COUNT(predefined); i++)
		rc = btz_db_run(a->db, err,
		    "INSERT INTO roles (tenant, name, permissions, predefined) "
		    "VALUES (?, ?, ?, 1)",
		    "isi", row, predefined[i].name,
		    (int64_t)predefined[i].permissions);
	return exists(rc, "tenant", m->name, err);
}

enum btz_rc
btz_apply_tenant_remove(struct btz_access *a, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	const struct btz_change *m = msg;
	struct btz_tenant_row t;
	enum btz_rc rc = check_name(m->name, "tenant", err);

	o->policy = true;
	btz_text_put(o->object, sizeof(o->object), m->name);
	if (rc != BTZ_OK ||
	    (rc = btz_store_tenant(a->db, m->name, &t, err)) != BTZ_OK)
		return rc;
	rc = btz_db_run(a->db, err,
	    "UPDATE credentials SET state=2, changed=?2 WHERE principal IN "
	    "(SELECT id FROM principals WHERE tenant=?1) AND state=1",
	    "ii", t.id, (int64_t)a->now);
	if (rc != BTZ_OK)
		return rc;
	return btz_db_run(
	    a->db, err, "DELETE FROM tenants WHERE id=?", "i", t.id);
}

/* Common to roles and shares: the tenant, and the record's fields. */
static enum btz_rc
begin(struct btz_access *a, const struct btz_change *m, const char *what,
    struct btz_tenant_row *t, struct btz_outcome *o, struct btz_err *err)
{
	enum btz_rc rc = btz_store_tenant(a->db, m->tenant, t, err);

	o->policy = true;
	if (rc != BTZ_OK)
		return rc;
	btz_text_put(o->tenant, sizeof(o->tenant), btz_span_str(t->name));
	btz_text_put(o->object, sizeof(o->object), m->name);
	btz_text_put(o->id, sizeof(o->id), m->name);
	btz_text_put(o->detail, sizeof(o->detail), btz_span_str(t->name));
	return check_name(m->name, what, err);
}

enum btz_rc
btz_apply_role_add(struct btz_access *a, const void *msg, struct btz_outcome *o,
    struct btz_err *err)
{
	const struct btz_change *m = msg;
	char text[BTZ_ACTIONS_TEXT];
	struct btz_tenant_row t;
	uint32_t bits;
	enum btz_rc rc = begin(a, m, "role", &t, o, err);

	if (rc != BTZ_OK)
		return rc;
	if (!btz_actions_parse(m->a, &bits))
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "permissions: list read write delete manage connect sign");
	btz_actions_text(bits, text, sizeof(text));
	(void)snprintf(o->why, sizeof(o->why), "permissions %s", text);
	rc = btz_db_run(a->db, err,
	    "INSERT INTO roles (tenant, name, permissions, predefined) "
	    "VALUES (?, ?, ?, 0)",
	    "iti", t.id, m->name, (int64_t)bits);
	return exists(rc, "role", m->name, err);
}

enum btz_rc
btz_apply_role_remove(struct btz_access *a, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	const struct btz_change *m = msg;
	struct btz_tenant_row t;
	enum btz_rc rc = begin(a, m, "role", &t, o, err);

	if (rc != BTZ_OK)
		return rc;
	for (size_t i = 0; i < BTZ_COUNT(predefined); i++)
		if (btz_span_eq(m->name, btz_span_str(predefined[i].name)))
			return BTZ_FAIL(err, BTZ_E_STATE,
			    "role '%s' is predefined and stays",
			    predefined[i].name);
	rc = btz_db_run(a->db, err,
	    "DELETE FROM roles WHERE tenant=? AND name=? AND predefined=0",
	    "it", t.id, m->name);
	return must_change(a, rc, "role", m->name, err);
}

/* Shares and VPNs lie in one table, told apart by the name (resource.h). */
static enum btz_rc
resource(struct btz_access *a, const struct btz_change *m, const char *what,
    const char *sql, const char *stored, struct btz_outcome *o,
    struct btz_err *err)
{
	struct btz_tenant_row t;
	enum btz_rc rc = begin(a, m, what, &t, o, err);

	if (rc != BTZ_OK)
		return rc;
	if (stored[0] == '\0')
		return BTZ_FAIL(err, BTZ_E_NAME, "%s", what);
	rc = btz_db_run(a->db, err, sql, "isi", t.id, stored, (int64_t)a->now);
	if (rc == BTZ_OK)
		return must_change(a, rc, what, m->name, err);
	return exists(rc, what, m->name, err);
}

#define RESOURCE_ADD                                                           \
	"INSERT INTO shares (tenant, name, created) VALUES (?1, ?2, ?3)"
#define RESOURCE_REMOVE "DELETE FROM shares WHERE tenant=?1 AND name=?2 AND ?3"

/* A name of a VPN is none of a share, in either form. */
static const char *
share_name(const struct btz_change *m, char buf[BTZ_NAME_MAX + 1])
{
	if (!btz_resource_parse(m->name, buf) || btz_is_vpn(btz_span_str(buf)))
		buf[0] = '\0';
	return buf;
}

static const char *
vpn_name(const struct btz_change *m, char buf[BTZ_NAME_MAX + 1])
{
	if (!btz_vpn_stored(m->name, buf))
		buf[0] = '\0';
	return buf;
}

enum btz_rc
btz_apply_share_add(struct btz_access *a, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	char s[BTZ_NAME_MAX + 1];

	return resource(
	    a, msg, "share", RESOURCE_ADD, share_name(msg, s), o, err);
}

enum btz_rc
btz_apply_share_remove(struct btz_access *a, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	char s[BTZ_NAME_MAX + 1];

	return resource(
	    a, msg, "share", RESOURCE_REMOVE, share_name(msg, s), o, err);
}

enum btz_rc
btz_apply_vpn_add(struct btz_access *a, const void *msg, struct btz_outcome *o,
    struct btz_err *err)
{
	char s[BTZ_NAME_MAX + 1];

	return resource(a, msg, "VPN", RESOURCE_ADD, vpn_name(msg, s), o, err);
}

enum btz_rc
btz_apply_vpn_remove(struct btz_access *a, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	char s[BTZ_NAME_MAX + 1];

	return resource(
	    a, msg, "VPN", RESOURCE_REMOVE, vpn_name(msg, s), o, err);
}
