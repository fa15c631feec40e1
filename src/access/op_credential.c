/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_credential.c - the ca brings credentials into force and takes them out.
 * A key, once seen, stays in the table: revoked or somebody else's, it is
 * refused for ever.
 */
#include <string.h>

#include "access/access.h"
#include "prim/prim.h"
#include "wire/msg_credential.h"
#include "wire/msg_list.h"

#define ACTIVE 1
#define DISABLED 2

struct known {
	bool any, same_serial;
	int64_t principal, state;
};

static enum btz_rc
look_up(struct btz_access *a, const uint8_t *spki, struct btz_span serial,
    struct known *k, struct btz_err *err)
{
	sqlite3_stmt *st;
	enum btz_rc rc = btz_db_query(a->db, &st, err,
	    "SELECT principal, state, serial FROM credentials WHERE spki=?",
	    "b", btz_span_of(spki, BTZ_SHA256_LEN));

	memset(k, 0, sizeof(*k));
	if (rc != BTZ_OK)
		return rc;
	rc = btz_db_step(a->db, st, err);
	if (rc == BTZ_OK) {
		k->any = true;
		k->principal = btz_db_int(st, 0);
		k->state = btz_db_int(st, 1);
		k->same_serial = btz_span_eq(btz_db_span(st, 2), serial);
	}
	btz_db_done(st);
	return rc == BTZ_E_NOENT ? BTZ_OK : rc;
}

/* The invite must be held for this key; it may have expired while the ca
 * signed. */
static enum btz_rc
use_invite(struct btz_access *a, const struct btz_credential_add *m,
    int64_t principal, struct btz_err *err)
{
	enum btz_rc rc = btz_db_run(a->db, err,
	    "UPDATE invites SET used=1, reserved_until=0 WHERE token_hash=?1 "
	    "AND reserved_spki=?2 AND principal=?3 AND used=0",
	    "bbi", btz_span_of(m->token_hash, BTZ_SHA256_LEN),
	    btz_span_of(m->spki_hash, BTZ_SHA256_LEN), principal);

	if (rc == BTZ_OK && btz_db_changes(a->db) != 1)
		return BTZ_FAIL(err, BTZ_E_INVITE,
		    "invite is not held for this key and principal");
	return rc;
}

static enum btz_rc
store_credential(struct btz_access *a, const struct btz_credential_add *m,
    int64_t principal, struct btz_err *err)
{
	return btz_db_run(a->db, err,
	    "INSERT INTO credentials (spki, serial, principal, uri, "
	    "not_before, not_after, state, reason, changed) "
	    "VALUES (?, ?, ?, ?, ?, ?, 1, 0, ?) ON CONFLICT (spki) DO UPDATE "
	    "SET serial=excluded.serial, not_before=excluded.not_before, "
	    "not_after=excluded.not_after, changed=excluded.changed",
	    "bbitiii", btz_span_of(m->spki_hash, BTZ_SHA256_LEN),
	    btz_span_of(m->serial, BTZ_ID_LEN), principal, m->principal,
	    (int64_t)m->not_before, (int64_t)m->not_after, (int64_t)a->now);
}

enum btz_rc
btz_apply_credential_add(struct btz_access *a, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	static const uint8_t none[BTZ_SHA256_LEN];
	const struct btz_credential_add *m = msg;
	struct btz_tenant_row t;
	struct btz_principal_row p;
	struct known k;
	enum btz_rc rc;

	if (m->not_after > INT64_MAX || m->not_before > m->not_after)
		return BTZ_FAIL(err, BTZ_E_RANGE, "validity");
	if ((rc = btz_store_by_uri(a->db, m->principal, &t, &p, err)) != BTZ_OK)
		return rc;
	o->policy = true;
	btz_text_put(o->tenant, sizeof(o->tenant), btz_span_str(t.name));
	btz_text_put(o->object, sizeof(o->object), btz_span_str(p.uri));
	btz_hex(m->spki_hash, BTZ_SHA256_LEN, o->cred);
	rc = look_up(
	    a, m->spki_hash, btz_span_of(m->serial, BTZ_ID_LEN), &k, err);
	if (rc != BTZ_OK)
		return rc;
	if (k.any && (k.principal != p.id || k.state != ACTIVE))
		return BTZ_FAIL(err, BTZ_E_SPKI_SEEN, "key was seen before");
	o->same = k.any && k.same_serial; /* asked again after a crash */
	if (o->same)
		return BTZ_OK;
	if (!p.enabled)
		return BTZ_FAIL(err, BTZ_E_STATE, "%s is disabled", p.uri);
	if (memcmp(m->token_hash, none, sizeof(none)) != 0)
		rc = use_invite(a, m, p.id, err);
	else
		(void)snprintf(o->why, sizeof(o->why), "renewal");
	return rc == BTZ_OK ? store_credential(a, m, p.id, err) : rc;
}

enum btz_rc
btz_apply_credential_disable(struct btz_access *a, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	const struct btz_credential_ref *m = msg;
	sqlite3_stmt *st;
	enum btz_rc rc = btz_db_query(a->db, &st, err,
	    "SELECT c.uri, c.state, t.name FROM credentials c "
	    "LEFT JOIN principals p ON p.id=c.principal "
	    "LEFT JOIN tenants t ON t.id=p.tenant WHERE c.spki=?",
	    "b", btz_span_of(m->spki_hash, BTZ_SHA256_LEN));

	if (rc != BTZ_OK)
		return rc;
	o->policy = true;
	btz_hex(m->spki_hash, BTZ_SHA256_LEN, o->cred);
	(void)snprintf(
	    o->why, sizeof(o->why), "reason %u", (unsigned)m->reason);
	rc = btz_db_step(a->db, st, err);
	if (rc == BTZ_OK) {
		btz_text_put(o->object, sizeof(o->object), btz_db_span(st, 0));
		o->same = btz_db_int(st, 1) == DISABLED;
		btz_text_put(o->tenant, sizeof(o->tenant), btz_db_span(st, 2));
	}
	btz_db_done(st);
	if (rc == BTZ_E_NOENT)
		return BTZ_FAIL(err, rc, "credential");
	if (rc != BTZ_OK || o->same)
		return rc;
	return btz_db_run(a->db, err,
	    "UPDATE credentials SET state=2, reason=?2, changed=?3 "
	    "WHERE spki=?1",
	    "bii", btz_span_of(m->spki_hash, BTZ_SHA256_LEN),
	    (int64_t)m->reason, (int64_t)a->now);
}

static void
answer(const struct btz_ticket *t, const struct btz_outcome *o)
{
	struct btz_credential_ok ok = { .generation = o->generation };

	btz_reply(t, BTZ_OK, &btz_def_credential_ok, &ok);
}

void
btz_op_credential_add(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_job_kind kind = { "credential.add",
		&btz_def_credential_add, btz_apply_credential_add, answer };

	btz_job_start(btz_host_data(h), c, &kind, msg);
}

void
btz_op_credential_disable(
    struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_job_kind kind = { "credential.disable",
		&btz_def_credential_ref, btz_apply_credential_disable, answer };

	btz_job_start(btz_host_data(h), c, &kind, msg);
}

/* States, for the comparison at start. */

static bool
put_row(struct btz_wr *wr, sqlite3_stmt *st)
{
	struct btz_credential_row row = { .not_after = (uint64_t)btz_db_int(
					      st, 3),
		.state = (uint8_t)btz_db_int(st, 4) };
	struct btz_span spki = btz_db_span(st, 1), serial = btz_db_span(st, 2);
	size_t before = wr->len;

	if (spki.len != sizeof(row.spki_hash) ||
	    serial.len != sizeof(row.serial))
		return false;
	memcpy(row.spki_hash, spki.p, spki.len);
	memcpy(row.serial, serial.p, serial.len);
	btz_msg_write(&btz_def_credential_row, &row, wr);
	if (btz_wr_ok(wr))
		return true;
	wr->failed = false;
	wr->len = before;
	return false;
}

/* after: the id of the last row, 8 bytes. */
static bool
cursor(struct btz_span after, int64_t *out)
{
	struct btz_rd rd;
	uint64_t n = 0;

	*out = 0;
	if (after.len == 0)
		return true;
	btz_rd_span(&rd, after);
	if (!btz_rd_u64(&rd, &n) || !btz_rd_end(&rd) || n > INT64_MAX)
		return false;
	*out = (int64_t)n;
	return true;
}

void
btz_op_credential_states(
    struct btz_host *h, struct btz_call *c, const void *msg)
{
	static uint8_t rows[BTZ_LIST_MAX];
	struct btz_access *a = btz_host_data(h);
	const struct btz_list *m = msg;
	struct btz_credential_rows ok = { .rows = { NULL, 0 } };
	struct btz_err err = { .rc = BTZ_OK };
	struct btz_wr wr, next;
	uint8_t nextbuf[8];
	sqlite3_stmt *st;
	int64_t last;
	enum btz_rc rc;

	btz_wr_init(&wr, rows, sizeof(rows));
	if (!cursor(m->after, &last)) {
		btz_reply(&c->ticket, BTZ_E_INVAL, NULL, NULL);
		return;
	}
	rc = btz_db_query(a->db, &st, &err,
	    "SELECT id, spki, serial, not_after, state FROM credentials "
	    "WHERE id > ? ORDER BY id",
	    "i", last);
	if (rc != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	while ((rc = btz_db_step(a->db, st, &err)) == BTZ_OK) {
		if (!put_row(&wr, st))
			break;
		last = btz_db_int(st, 0);
	}
	btz_db_done(st);
	ok.rows = btz_wr_span(&wr);
	btz_wr_init(&next, nextbuf, sizeof(nextbuf));
	if (rc == BTZ_OK) { /* the page is full */
		btz_wr_u64(&next, (uint64_t)last);
		ok.next = btz_wr_span(&next);
	}
	if (rc == BTZ_OK && ok.rows.len == 0)
		btz_reply(&c->ticket, BTZ_E_CORRUPT, NULL, NULL);
	else if (rc == BTZ_OK || rc == BTZ_E_NOENT)
		btz_reply(&c->ticket, BTZ_OK, &btz_def_credential_rows, &ok);
	else
		btz_reply_err(&c->ticket, &err);
}
