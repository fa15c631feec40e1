/* SPDX-License-Identifier: Apache-2.0 */
/*
 * append.c - BTZ_OP_APPEND: records go into the group in memory; the group is
 * written and synced when the loop has read what was there to read, and only
 * then are those who wait for it answered. While one sync runs the next group
 * gathers in the sockets. Start at btz_op_append.
 */
#include <stdlib.h>
#include <string.h>

#include "audit/service.h"
#include "base/log.h"

static void
on_commit(void *arg)
{
	btz_append_flush(arg);
}

enum btz_rc
btz_append_start(struct btz_audit_svc *a, struct btz_err *err)
{
	a->commit_timer = btz_timer_new(btz_host_loop(a->host), on_commit, a);
	a->waiting = calloc((size_t)a->conf.queue, sizeof(*a->waiting));
	if (a->commit_timer == NULL || a->waiting == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "queue");
	return BTZ_OK;
}

void
btz_append_end(struct btz_audit_svc *a)
{
	btz_timer_free(a->commit_timer);
	free(a->waiting);
	a->commit_timer = NULL;
	a->waiting = NULL;
}

static enum btz_rc
answer_of(enum btz_rc rc)
{
	return rc == BTZ_E_FULL ? BTZ_E_FULL : BTZ_E_NO_LOG;
}

/* The group could not be written: who waits is told, the rest is counted. */
static void
group_lost(struct btz_audit_svc *a, size_t n, const struct btz_err *err)
{
	uint64_t uncounted = n - a->n_waiting;

	if (a->disk != err->rc)
		btz_log_err(0, err);
	if (a->lost_in_group > 0)
		uncounted--; /* the `lost` record itself */
	a->lost += uncounted + a->lost_in_group;
	a->lost_total += uncounted;
	for (size_t i = 0; i < a->n_waiting; i++)
		btz_reply(
		    &a->waiting[i].ticket, answer_of(err->rc), NULL, NULL);
}

static void
group_durable(struct btz_audit_svc *a)
{
	for (size_t i = 0; i < a->n_waiting; i++) {
		struct btz_audit_ok ok = { a->waiting[i].seq };

		btz_reply(
		    &a->waiting[i].ticket, BTZ_OK, &btz_def_audit_ok, &ok);
	}
}

void
btz_append_flush(struct btz_audit_svc *a)
{
	size_t n = btz_log_pending(a->log);
	struct btz_err err;
	enum btz_rc rc;

	btz_timer_cancel(a->commit_timer);
	if (n == 0)
		return;
	rc = btz_log_commit(a->log, &err);
	if (rc == BTZ_OK)
		group_durable(a);
	else
		group_lost(a, n, &err);
	a->n_waiting = 0;
	a->lost_in_group = 0;
	a->disk = rc;
	if (rc == BTZ_E_IO) {
		/* what the disk holds is unknown: recover from it anew */
		btz_host_exit(a->host, btz_rc_exit(rc));
		return;
	}
	if (rc == BTZ_OK) {
		btz_tail_wake(a);
		btz_ckpt_grown(a->ckpt);
	}
}

static enum btz_rc
add(struct btz_audit_svc *a, struct btz_record *r, struct btz_err *err)
{
	enum btz_rc rc = btz_log_add(a->log, r, err);

	if (rc != BTZ_E_AGAIN)
		return rc;
	btz_append_flush(a);
	return btz_log_add(a->log, r, err);
}

static void
make(struct btz_audit_svc *a, const struct btz_audit *m, uint64_t req,
    const char *src, struct btz_record *out)
{
	static struct btz_record_buf buf; /* until the log has copied it */
	struct btz_record_stamp stamp = { btz_unix_ms(), req, a->boot, src };

	btz_record_make(m, &stamp, &buf, out);
}

/* What could not be recorded is the next record. */
static enum btz_rc
add_lost(struct btz_audit_svc *a, struct btz_err *err)
{
	struct btz_audit m = { .phase = BTZ_PH_EVENT,
		.via = BTZ_VIA_INTERNAL,
		.act = btz_span_str("lost"),
		.has_n = 1,
		.n = a->lost };
	struct btz_record r;
	enum btz_rc rc;

	make(a, &m, 0, "audit", &r);
	if ((rc = add(a, &r, err)) != BTZ_OK)
		return rc;
	a->lost_in_group += a->lost;
	a->lost = 0;
	return BTZ_OK;
}

static enum btz_rc
put(struct btz_audit_svc *a, const struct btz_audit *m, uint64_t req,
    const char *src, uint64_t *seq)
{
	struct btz_record r;
	struct btz_err err;
	enum btz_rc rc = BTZ_OK;

	*seq = 0;
	if (a->lost > 0)
		rc = add_lost(a, &err);
	if (rc == BTZ_OK) {
		make(a, m, req, src, &r);
		rc = add(a, &r, &err);
		*seq = r.seq;
	}
	if (rc != BTZ_OK && a->disk != rc)
		btz_log_err(req, &err);
	if (rc != BTZ_OK)
		a->disk = rc;
	if (btz_log_pending(a->log) > 0 && !btz_timer_pending(a->commit_timer))
		btz_timer_set(a->commit_timer, 0);
	return rc;
}

static void
count_lost(struct btz_audit_svc *a)
{
	a->lost++;
	a->lost_total++;
}

void
btz_append_own(struct btz_audit_svc *a, const struct btz_audit *m)
{
	uint64_t seq;

	if (put(a, m, 0, "audit", &seq) != BTZ_OK)
		count_lost(a);
}

/* The edge says who it was, not the message. */
static const char *
source_name(uint32_t role)
{
	if (role == BTZ_ROLE_HTTP)
		return btz_prog_name(BTZ_PROG_HTTPD);
	for (int p = BTZ_PROG_NONE + 1; p < BTZ_PROG_COUNT; p++)
		if (role == BTZ_ROLE_OF(p))
			return btz_prog_name((enum btz_prog)p);
	return "unknown";
}

void
btz_op_append(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_audit_svc *a = btz_host_data(h);
	const struct btz_audit *m = msg;
	struct btz_audit_ok none = { 0 };
	uint64_t seq;
	enum btz_rc rc;

	rc = put(a, m, c->ticket.id, source_name(c->role), &seq);
	if (m->wait == 0) {
		if (rc != BTZ_OK)
			count_lost(a);
		btz_reply(&c->ticket, BTZ_OK, &btz_def_audit_ok, &none);
		return;
	}
	if (rc != BTZ_OK) {
		btz_reply(&c->ticket, answer_of(rc), NULL, NULL);
		return;
	}
	a->waiting[a->n_waiting++] = (struct btz_waiting){ .ticket = c->ticket,
		.seq = seq };
	if (a->n_waiting == (size_t)a->conf.queue)
		btz_append_flush(a);
}
