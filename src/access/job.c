/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job.c - how every change goes:
 *
 *	tried (transaction, rolled back)	fails: answered, no record
 *	record, waited for			fails: BTZ_E_NO_LOG
 *	transaction with the new policy compiled in it
 *	publication				fails: BTZ_E_NOT_CONFIRMED, retried
 *	outcome recorded (not waited for), answered
 *
 * Start at btz_job_start.
 */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "access/access.h"
#include "base/log.h"
#include "policy/build.h"
#include "wire/msg_audit.h"

#define AUDIT_MS 10000
#define RETRY_MS 1000
#define BODY_MAX 8192

struct job {
	struct btz_access *a;
	struct btz_ticket ticket;
	const struct btz_job_kind *kind;
	char who[96];
	bool admin;
	size_t len;
	uint8_t body[BODY_MAX]; /* the request, encoded again */
};

/* "uid:0 login:root" */
static void
name_actor(struct btz_access *a, uid_t uid, char *out, size_t cap)
{
	struct passwd *pw = NULL;

	(void)snprintf(out, cap, "uid:%u", (unsigned)uid);
	if (a->passwd == NULL)
		return;
	rewind(a->passwd);
	while ((pw = fgetpwent(a->passwd)) != NULL)
		if (pw->pw_uid == uid)
			break;
	if (pw != NULL)
		(void)snprintf(
		    out, cap, "uid:%u login:%.64s", (unsigned)uid, pw->pw_name);
}

static struct btz_audit
record(
    const char *act, const char *who, bool admin, const struct btz_outcome *o)
{
	return (struct btz_audit){ .tenant = btz_span_str(o->tenant),
		.who = btz_span_str(who),
		.cred = btz_span_str(o->cred),
		.via = admin ? BTZ_VIA_CLI : BTZ_VIA_INTERNAL,
		.act = btz_span_str(act),
		.obj = btz_span_str(o->object),
		.why = btz_span_str(o->why) };
}

static void
send_outcome(struct btz_access *a, uint64_t id, struct btz_audit *r,
    const struct btz_outcome *o, enum btz_rc rc)
{
	r->phase = BTZ_PH_OUTCOME;
	r->pol = o->generation;
	r->out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	if (btz_host_event(a->host, BTZ_PROG_AUDIT, BTZ_OP_APPEND, id,
		&btz_def_audit, r) != BTZ_OK)
		btz_log(BTZ_LOG_WARN, id, "outcome could not be recorded");
}

void
btz_access_event(struct btz_access *a, const struct btz_ticket *t,
    const char *act, const struct btz_outcome *o, enum btz_rc rc)
{
	struct btz_audit r = record(act, "", false, o);

	r.phase = BTZ_PH_EVENT;
	r.decision = rc == BTZ_OK ? BTZ_DEC_ALLOW : BTZ_DEC_DENY;
	if (rc != BTZ_OK)
		r.why = btz_span_str(btz_rc_text(rc));
	if (btz_host_event(a->host, BTZ_PROG_AUDIT, BTZ_OP_APPEND, t->id,
		&btz_def_audit, &r) != BTZ_OK)
		btz_log(BTZ_LOG_WARN, t->id, "event could not be recorded");
}

/* The change, with its policy when it has one, in one transaction. */
static enum btz_rc
transact(struct btz_access *a, btz_apply_fn *apply, const void *msg,
    struct btz_outcome *o, uint8_t **image, size_t *len, struct btz_err *err)
{
	enum btz_rc rc = btz_db_begin(a->db, err);

	*image = NULL;
	*len = 0;
	if (rc != BTZ_OK)
		return rc;
	rc = apply(a, msg, o, err);
	if (rc == BTZ_OK && o->policy && !o->same)
		rc = btz_publish_prepare(a, image, len, &o->generation, err);
	else if (rc == BTZ_OK)
		rc = btz_store_num(a->db, "generation", &o->generation, err);
	if (rc != BTZ_OK) {
		btz_db_rollback(a->db);
		return rc;
	}
	return btz_db_commit(a->db, err);
}

enum btz_rc
btz_job_apply(struct btz_access *a, btz_apply_fn *apply, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	uint8_t *image;
	size_t len;
	enum btz_rc rc;

	memset(o, 0, sizeof(*o));
	rc = transact(a, apply, msg, o, &image, &len, err);
	if (rc == BTZ_OK && image != NULL) {
		rc = btz_policy_publish(
		    a->policy_dir, o->generation, btz_span_of(image, len), err);
		if (rc != BTZ_OK) {
			btz_log_err(0, err);
			rc = BTZ_FAIL(err, BTZ_E_NOT_CONFIRMED,
			    "policy could not be published");
			if (a->retry != NULL)
				btz_timer_set(a->retry, RETRY_MS);
		}
	}
	free(image);
	return rc;
}

/* Would it work? Nothing stays. */
static enum btz_rc
attempt(struct btz_access *a, const struct btz_job_kind *kind, const void *msg,
    struct btz_outcome *o, struct btz_err *err)
{
	enum btz_rc rc = btz_db_begin(a->db, err);

	memset(o, 0, sizeof(*o));
	if (rc != BTZ_OK)
		return rc;
	rc = kind->apply(a, msg, o, err);
	btz_db_rollback(a->db);
	return rc;
}

static void
finish(
    struct job *j, struct btz_outcome *o, enum btz_rc rc, struct btz_err *err)
{
	struct btz_audit r = record(j->kind->act, j->who, j->admin, o);

	send_outcome(j->a, j->ticket.id, &r, o, rc);
	if (rc == BTZ_OK)
		j->kind->done(&j->ticket, o);
	else
		btz_reply_err(&j->ticket, err);
	btz_wipe(o, sizeof(*o)); /* an invite's token */
}

/* The record is durable: do it. */
static void
on_recorded(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	union {
		max_align_t align;
		uint8_t bytes[512];
	} msg;
	struct job *j = arg;
	struct btz_outcome o = { .policy = false };
	struct btz_err err = { .rc = BTZ_OK };

	(void)f;
	(void)fd;
	if (rc != BTZ_OK) {
		(void)BTZ_FAIL(&err, BTZ_E_NO_LOG, "%s: record: %s",
		    j->kind->act, btz_rc_text(rc));
		btz_reply_err(&j->ticket, &err);
	} else if (!btz_msg_decode(
		       j->kind->def, btz_span_of(j->body, j->len), msg.bytes)) {
		btz_reply(&j->ticket, BTZ_E_INTERNAL, NULL, NULL);
	} else {
		j->a->now = btz_unix_now();
		rc = btz_job_apply(j->a, j->kind->apply, msg.bytes, &o, &err);
		finish(j, &o, rc, &err);
	}
	free(j);
}

static struct job *
job_new(struct btz_access *a, const struct btz_call *c,
    const struct btz_job_kind *kind, const void *msg)
{
	struct job *j = calloc(1, sizeof(*j));
	struct btz_wr wr;

	if (j == NULL)
		return NULL;
	j->a = a;
	j->ticket = c->ticket;
	j->kind = kind;
	j->admin = c->role == BTZ_ROLE_ADMIN;
	if (j->admin)
		name_actor(a, c->peer.uid, j->who, sizeof(j->who));
	btz_wr_init(&wr, j->body, sizeof(j->body));
	btz_msg_write(kind->def, msg, &wr);
	j->len = wr.len;
	if (btz_wr_ok(&wr))
		return j;
	free(j);
	return NULL;
}

static void
ask_audit(struct job *j, const struct btz_outcome *o)
{
	struct btz_audit r = record(j->kind->act, j->who, j->admin, o);
	struct btz_err err;
	enum btz_rc rc;

	r.phase = BTZ_PH_DECISION;
	r.wait = 1;
	r.decision = BTZ_DEC_ALLOW;
	rc = btz_host_ask(j->a->host, BTZ_PROG_AUDIT, BTZ_OP_APPEND,
	    j->ticket.id, &btz_def_audit, &r, -1, AUDIT_MS, on_recorded, j);
	if (rc == BTZ_OK)
		return;
	(void)BTZ_FAIL(&err, BTZ_E_NO_LOG, "%s: record: %s", j->kind->act,
	    btz_rc_text(rc));
	btz_reply_err(&j->ticket, &err);
	free(j);
}

/* Nothing to change; but is it in force, or did publication fail then? */
static enum btz_rc
confirm(struct btz_access *a, struct btz_outcome *o, struct btz_err *err)
{
	enum btz_rc rc = btz_store_num(
	    a->db, "generation", &o->generation, err);

	if (rc != BTZ_OK ||
	    btz_policy_published(a->policy_dir) == o->generation)
		return rc;
	if (btz_publish_repair(a, err) != BTZ_OK)
		return BTZ_FAIL(
		    err, BTZ_E_NOT_CONFIRMED, "policy could not be published");
	return btz_store_num(a->db, "generation", &o->generation, err);
}

void
btz_job_start(struct btz_access *a, const struct btz_call *c,
    const struct btz_job_kind *kind, const void *msg)
{
	struct btz_outcome o;
	struct btz_err err = { .rc = BTZ_OK };
	struct job *j;
	enum btz_rc rc;

	a->now = btz_unix_now();
	rc = attempt(a, kind, msg, &o, &err);
	if (rc == BTZ_OK && o.same)
		rc = confirm(a, &o, &err);
	if (rc != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
	} else if (o.same) {
		kind->done(&c->ticket, &o);
	} else if ((j = job_new(a, c, kind, msg)) == NULL) {
		btz_reply(&c->ticket, BTZ_E_NOMEM, NULL, NULL);
	} else {
		ask_audit(j, &o);
	}
	btz_wipe(&o, sizeof(o));
}
