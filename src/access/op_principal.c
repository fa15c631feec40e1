/* SPDX-License-Identifier: Apache-2.0 */
/* op_principal.c - changes of users and devices: the same but for the word. */
#include <string.h>

#include "access/access.h"
#include "wire/msg_change.h"
#include "wire/name.h"

static enum btz_rc
begin(struct btz_access *a, const struct btz_change *m, const char *kind,
    struct btz_tenant_row *t, struct btz_outcome *o, struct btz_err *err)
{
	enum btz_rc rc = btz_store_tenant(a->db, m->tenant, t, err);

	o->policy = true;
	if (rc != BTZ_OK)
		return rc;
	if (!btz_name_ok(m->name))
		return BTZ_FAIL(err, BTZ_E_NAME, "%s", kind);
	btz_text_put(o->tenant, sizeof(o->tenant), btz_span_str(t->name));
	btz_text_put(o->detail, sizeof(o->detail), btz_span_str(t->name));
	rc = btz_store_uri(a->db, t->name, kind, m->name, o->id, err);
	(void)snprintf(o->object, sizeof(o->object), "%s/%.*s", kind,
	    (int)m->name.len, (const char *)m->name.p);
	return rc;
}

static enum btz_rc
find(struct btz_access *a, const struct btz_change *m, const char *kind,
    struct btz_principal_row *p, struct btz_outcome *o, struct btz_err *err)
{
	struct btz_tenant_row t;
	enum btz_rc rc = begin(a, m, kind, &t, o, err);

	memset(p, 0, sizeof(*p));
	if (rc != BTZ_OK)
		return rc;
	return btz_store_principal(a->db, &t, btz_span_str(o->object), p, err);
}

static enum btz_rc
add(struct btz_access *a, const struct btz_change *m, const char *kind,
    struct btz_outcome *o, struct btz_err *err)
{
	struct btz_tenant_row t;
	enum btz_rc rc = begin(a, m, kind, &t, o, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_run(a->db, err,
	    "INSERT INTO principals (tenant, kind, name, enabled, created) "
	    "VALUES (?, ?, ?, 1, ?)",
	    "isti", t.id, kind, m->name, (int64_t)a->now);
	if (rc == BTZ_E_EXIST)
		return BTZ_FAIL(err, rc, "%s '%s'", kind, o->object);
	return rc;
}

/* Credentials stay as disabled rows: their keys never come back. */
static enum btz_rc
take_away(struct btz_access *a, const struct btz_change *m, const char *kind,
    struct btz_outcome *o, struct btz_err *err)
{
	struct btz_principal_row p;
	enum btz_rc rc = find(a, m, kind, &p, o, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_run(a->db, err,
	    "UPDATE credentials SET state=2, changed=?2 "
	    "WHERE principal=?1 AND state=1",
	    "ii", p.id, (int64_t)a->now);
	if (rc == BTZ_OK && btz_db_changes(a->db) > 0)
		(void)snprintf(o->why, sizeof(o->why), "with %d credentials",
		    btz_db_changes(a->db));
	if (rc != BTZ_OK)
		return rc;
	return btz_db_run(
	    a->db, err, "DELETE FROM principals WHERE id=?", "i", p.id);
}

static enum btz_rc
enable(struct btz_access *a, const struct btz_change *m, const char *kind,
    bool on, struct btz_outcome *o, struct btz_err *err)
{
	struct btz_principal_row p;
	enum btz_rc rc = find(a, m, kind, &p, o, err);

	if (rc != BTZ_OK)
		return rc;
	o->same = p.enabled == on;
	return btz_db_run(a->db, err,
	    "UPDATE principals SET enabled=? WHERE id=?", "ii", (int64_t)on,
	    p.id);
}

#define VERBS(kind)                                                            \
	enum btz_rc btz_apply_##kind##_add(struct btz_access *a,               \
	    const void *msg, struct btz_outcome *o, struct btz_err *err)       \
	{                                                                      \
		return add(a, msg, #kind, o, err);                             \
	}                                                                      \
	enum btz_rc btz_apply_##kind##_remove(struct btz_access *a,            \
	    const void *msg, struct btz_outcome *o, struct btz_err *err)       \
	{                                                                      \
		return take_away(a, msg, #kind, o, err);                       \
	}                                                                      \
	enum btz_rc btz_apply_##kind##_enable(struct btz_access *a,            \
	    const void *msg, struct btz_outcome *o, struct btz_err *err)       \
	{                                                                      \
		return enable(a, msg, #kind, true, o, err);                    \
	}                                                                      \
	enum btz_rc btz_apply_##kind##_disable(struct btz_access *a,           \
	    const void *msg, struct btz_outcome *o, struct btz_err *err)       \
	{                                                                      \
		return enable(a, msg, #kind, false, o, err);                   \
	}

VERBS(user)
VERBS(device)
