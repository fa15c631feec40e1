/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_invite.c - invites: made by the administrator, held by the ca for one
 * key, used up when that key's credential is added (op_credential.c). Only
 * the SHA-256 of a token is stored.
 *
 *	free -> reserved (10 min; the same key may repeat) -> used
 *	reserved, time over -> free
 */
#include <inttypes.h>
#include <string.h>

#include "access/access.h"
#include "prim/prim.h"
#include "wire/msg_change.h"
#include "wire/msg_invite.h"

#define TOKEN_LEN 16
#define HOURS_MAX 720
#define KEEP_S (7 * 86400) /* old invites in listings */
#define PREFIX_MIN 4

static enum btz_rc
store_invite(struct btz_access *a, const struct btz_principal_row *p,
    uint64_t hours, struct btz_outcome *o, struct btz_err *err)
{
	uint8_t token[TOKEN_LEN], hash[BTZ_SHA256_LEN], id[8];
	enum btz_rc rc;

	btz_random(token, sizeof(token));
	btz_random(id, sizeof(id));
	btz_hex(id, sizeof(id), o->detail);
	btz_sha256(btz_span_of(token, sizeof(token)), hash);
	(void)btz_base64url(
	    btz_span_of(token, sizeof(token)), o->id, sizeof(o->id));
	btz_wipe(token, sizeof(token));
	rc = btz_db_run(a->db, err,
	    "INSERT INTO invites (public_id, token_hash, principal, created, "
	    "expires, reserved_until, used) VALUES (?, ?, ?, ?, ?, 0, 0)",
	    "sbiii", o->detail, btz_span_of(hash, sizeof(hash)), p->id,
	    (int64_t)a->now, (int64_t)(a->now + hours * 3600));
	if (rc == BTZ_OK)
		rc = btz_db_run(a->db, err,
		    "DELETE FROM invites WHERE expires < ?", "i",
		    (int64_t)a->now - KEEP_S);
	return rc;
}

enum btz_rc
btz_apply_invite_add(struct btz_access *a, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	const struct btz_change *m = msg;
	uint64_t hours = m->n == 0 ? (uint64_t)a->invite_hours : m->n;
	struct btz_tenant_row t;
	struct btz_principal_row p;
	enum btz_rc rc;

	if (hours == 0 || hours > HOURS_MAX)
		return BTZ_FAIL(err, BTZ_E_RANGE, "hours: 1 to %d", HOURS_MAX);
	if ((rc = btz_store_tenant(a->db, m->tenant, &t, err)) != BTZ_OK ||
	    (rc = btz_store_principal(a->db, &t, m->name, &p, err)) != BTZ_OK)
		return rc;
	if (!p.enabled)
		return BTZ_FAIL(err, BTZ_E_STATE, "%s is disabled", p.uri);
	btz_text_put(o->tenant, sizeof(o->tenant), btz_span_str(t.name));
	(void)snprintf(o->object, sizeof(o->object), "%s/%s", p.kind, p.name);
	(void)snprintf(
	    o->why, sizeof(o->why), "good for %" PRIu64 " hours", hours);
	return store_invite(a, &p, hours, o, err);
}

/* LIKE would see '_' and '%' in what was typed: ids are hex only. */
static bool
prefix_ok(struct btz_span s)
{
	if (s.len < PREFIX_MIN || s.len > 16)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') &&
		    !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	return true;
}

static enum btz_rc
find_by_prefix(struct btz_access *a, struct btz_span prefix, int64_t *id,
    struct btz_outcome *o, struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc = btz_db_query(a->db, &st, err,
	    "SELECT i.id, i.public_id, t.name, p.kind || '/' || p.name "
	    "FROM invites i JOIN principals p ON p.id=i.principal "
	    "JOIN tenants t ON t.id=p.tenant "
	    "WHERE substr(i.public_id, 1, ?2)=?1 LIMIT 2",
	    "ti", prefix, (int64_t)prefix.len);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_step(a->db, st, err);
	if (rc == BTZ_OK) {
		*id = btz_db_int(st, 0);
		btz_text_put(o->id, sizeof(o->id), btz_db_span(st, 1));
		btz_text_put(o->tenant, sizeof(o->tenant), btz_db_span(st, 2));
		btz_text_put(o->object, sizeof(o->object), btz_db_span(st, 3));
		if (btz_db_step(a->db, st, err) == BTZ_OK)
			rc = BTZ_FAIL(err, BTZ_E_AMBIGUOUS, "invite");
	} else if (rc == BTZ_E_NOENT) {
		rc = BTZ_FAIL(err, rc, "invite '%.*s'", (int)prefix.len,
		    (const char *)prefix.p);
	}
	btz_db_done(st);
	return rc;
}

enum btz_rc
btz_apply_invite_remove(struct btz_access *a, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	const struct btz_change *m = msg;
	int64_t id = 0;
	enum btz_rc rc;

	if (!prefix_ok(m->name))
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "an invite is named by at least %d hex digits of its id",
		    PREFIX_MIN);
	if ((rc = find_by_prefix(a, m->name, &id, o, err)) != BTZ_OK)
		return rc;
	(void)snprintf(o->why, sizeof(o->why), "invite %.16s", o->id);
	return btz_db_run(
	    a->db, err, "DELETE FROM invites WHERE id=?", "i", id);
}

/* From here: the ca. Whatever is wrong with a token looks the same outside. */

static enum btz_rc
bad_invite(struct btz_err *err, const char *why)
{
	return BTZ_FAIL(err, BTZ_E_INVITE, "invite: %s", why);
}

/* A key that was revoked or belongs to somebody else is never taken. */
static enum btz_rc
check_key(struct btz_access *a, struct btz_span spki, int64_t principal,
    struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc = btz_db_query(a->db, &st, err,
	    "SELECT principal IS ?2 AND state=1 FROM credentials WHERE spki=?1",
	    "bi", spki, principal);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_step(a->db, st, err);
	if (rc == BTZ_E_NOENT)
		rc = BTZ_OK;
	else if (rc == BTZ_OK && btz_db_int(st, 0) == 0)
		rc = BTZ_FAIL(err, BTZ_E_SPKI_SEEN, "key was seen before");
	btz_db_done(st);
	return rc;
}

static enum btz_rc
judge(struct btz_access *a, sqlite3_stmt *st, struct btz_span spki,
    struct btz_err *err)
{
	uint64_t now = a->now;

	if (btz_db_int(st, 3) != 0)
		return bad_invite(err, "used before");
	if (now >= (uint64_t)btz_db_int(st, 1))
		return bad_invite(err, "expired");
	if (now < (uint64_t)btz_db_int(st, 2) &&
	    !btz_span_eq(btz_db_span(st, 4), spki))
		return bad_invite(err, "held for another key");
	if (btz_db_int(st, 5) == 0)
		return bad_invite(err, "user or device is disabled");
	return BTZ_OK;
}

/* out: tenant, object ("user/alice"), id (hex of the tenant's id). */
enum btz_rc
btz_apply_reserve(struct btz_access *a, const void *msg, struct btz_outcome *o,
    struct btz_err *err)
{
	const struct btz_invite_reserve *m = msg;
	struct btz_span spki = btz_span_of(m->spki_hash, BTZ_SHA256_LEN);
	int64_t id = 0, principal = 0;
	sqlite3_stmt *st;
	enum btz_rc rc = btz_db_query(a->db, &st, err,
	    "SELECT i.id, i.expires, i.reserved_until, i.used, "
	    "i.reserved_spki, p.enabled, p.id, t.name, "
	    "p.kind || '/' || p.name, lower(hex(t.tenant_id)), i.public_id "
	    "FROM invites i JOIN principals p ON p.id=i.principal "
	    "JOIN tenants t ON t.id=p.tenant WHERE i.token_hash=?",
	    "b", btz_span_of(m->token_hash, BTZ_SHA256_LEN));

	if (rc != BTZ_OK)
		return rc;
	btz_hex(m->spki_hash, BTZ_SHA256_LEN, o->cred);
	rc = btz_db_step(a->db, st, err);
	if (rc == BTZ_E_NOENT) {
		rc = bad_invite(err, "unknown");
	} else if (rc == BTZ_OK) {
		id = btz_db_int(st, 0);
		principal = btz_db_int(st, 6);
		btz_text_put(o->tenant, sizeof(o->tenant), btz_db_span(st, 7));
		btz_text_put(o->object, sizeof(o->object), btz_db_span(st, 8));
		btz_text_put(o->id, sizeof(o->id), btz_db_span(st, 9));
		(void)snprintf(o->why, sizeof(o->why), "invite %.*s",
		    (int)btz_db_span(st, 10).len,
		    (const char *)btz_db_span(st, 10).p);
		rc = judge(a, st, spki, err);
	}
	btz_db_done(st);
	if (rc != BTZ_OK || (rc = check_key(a, spki, principal, err)) != BTZ_OK)
		return rc;
	return btz_db_run(a->db, err,
	    "UPDATE invites SET reserved_spki=?2, reserved_until=?3 "
	    "WHERE id=?1",
	    "ibi", id, spki, (int64_t)(a->now + BTZ_RESERVE_S));
}

static void
answer(const struct btz_ticket *t, const struct btz_outcome *o)
{
	const char *slash = strchr(o->object, '/');
	struct btz_invite_reserve_ok ok = { .tenant = btz_span_str(o->tenant) };

	if (slash == NULL || !btz_unhex(btz_span_str(o->id), ok.tenant_id,
				 sizeof(ok.tenant_id))) {
		btz_reply(t, BTZ_E_INTERNAL, NULL, NULL);
		return;
	}
	ok.kind = btz_span_of(o->object, (size_t)(slash - o->object));
	ok.name = btz_span_str(slash + 1);
	btz_reply(t, BTZ_OK, &btz_def_invite_reserve_ok, &ok);
}

/* Holding an invite changes nobody's rights: recorded, but not waited for. */
void
btz_op_invite_reserve(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_access *a = btz_host_data(h);
	struct btz_outcome o;
	struct btz_err err = { .rc = BTZ_OK };
	enum btz_rc rc;

	a->now = btz_unix_now();
	rc = btz_job_apply(a, btz_apply_reserve, msg, &o, &err);
	btz_access_event(a, &c->ticket, "invite.reserve", &o, rc);
	if (rc == BTZ_OK)
		answer(&c->ticket, &o);
	else
		btz_reply_err(&c->ticket, &err);
}
