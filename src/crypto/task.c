/* SPDX-License-Identifier: Apache-2.0 */
/* task.c - record, then change, then outcome; contract in task.h. */
#include "crypto/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/slow.h"

void *
btz_task_new(const struct btz_task_kind *kind, const struct btz_call *c,
    const struct btz_leased *l)
{
	struct btz_task *t = calloc(1, kind->size);
	struct btz_audit rec;

	if (t == NULL) {
		btz_reply(&c->ticket, BTZ_E_NOMEM, NULL, NULL);
		return NULL;
	}
	l->core->n_tasks++;
	t->kind = kind;
	t->act = kind->act;
	t->core = l->core;
	t->ticket = c->ticket;
	t->lease = l->id;
	rec = btz_report_begin(l, t->act, t->who);
	t->via = rec.via;
	memcpy(t->tenant, l->tenant, sizeof(t->tenant));
	return t;
}

void
btz_task_key(struct btz_task *t, const uint8_t id[BTZ_ID_LEN])
{
	for (size_t i = 0; i < BTZ_ID_LEN; i++)
		(void)snprintf(t->obj + 2 * i, 3, "%02x", id[i]);
}

void
btz_task_text(struct btz_task *t, struct btz_span obj)
{
	size_t n = obj.len < sizeof(t->obj) ? obj.len : sizeof(t->obj) - 1;

	if (n > 0)
		memcpy(t->obj, obj.p, n);
	t->obj[n] = '\0';
}

static struct btz_audit
record(const struct btz_task *t, uint8_t phase)
{
	return (struct btz_audit){ .phase = phase,
		.tenant = btz_span_str(t->tenant),
		.who = btz_span_str(t->who),
		.via = t->via,
		.act = btz_span_str(t->act),
		.obj = btz_span_str(t->obj) };
}

static void
task_free(struct btz_task *t)
{
	t->core->n_tasks--;
	btz_wipe(t, t->kind->size);
	free(t);
}

static void
tell_outcome(struct btz_task *t, enum btz_rc rc)
{
	struct btz_audit rec = record(t, BTZ_PH_OUTCOME);

	rec.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	btz_report_tell(t->core, t->ticket.id, &rec);
}

void
btz_task_done(struct btz_task *t, const struct btz_msgdef *def, const void *msg)
{
	tell_outcome(t, BTZ_OK);
	btz_reply(&t->ticket, BTZ_OK, def, msg);
	task_free(t);
}

void
btz_task_fail(struct btz_task *t, const struct btz_err *err)
{
	tell_outcome(t, err->rc);
	btz_reply_err(&t->ticket, err);
	task_free(t);
}

struct btz_leased *
btz_task_lease(const struct btz_task *t)
{
	struct btz_leased *l = btz_leased_find(t->core, t->lease);

	if (l != NULL &&
	    btz_leased_check(l, t->kind->use, btz_boot_ms()) == BTZ_OK)
		return l;
	return NULL;
}

static enum btz_rc
run(struct btz_task *t, struct btz_err *err)
{
	struct btz_leased *l = btz_task_lease(t);

	if (l == NULL)
		return BTZ_FAIL(err, BTZ_E_LEASE, "ended before %s", t->act);
	if (t->core->be == NULL)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN, "backend");
	l->asked = t->kind->use; /* as in btz_enter */
	return t->kind->run(t, l, err);
}

static void
on_turn(void *arg)
{
	struct btz_task *t = arg;
	struct btz_err err;
	enum btz_rc rc = run(t, &err);

	/* It needs a commit, and the TPM is at work. */
	if (rc == BTZ_E_AGAIN &&
	    btz_slow_wait(t->core->slow, on_turn, t) == BTZ_OK)
		return;
	if (rc != BTZ_OK)
		btz_task_fail(t, &err);
}

/* No record, so no outcome either. */
static void
refuse(struct btz_task *t, const char *why)
{
	struct btz_err err;

	(void)BTZ_FAIL(&err, BTZ_E_NO_LOG, "record of %s: %s", t->act, why);
	btz_reply_err(&t->ticket, &err);
	task_free(t);
}

static void
on_recorded(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_task *t = arg;

	(void)f;
	(void)fd;
	if (rc == BTZ_OK)
		on_turn(t);
	else
		refuse(t, btz_rc_name(rc));
}

void
btz_task_start(struct btz_task *t)
{
	struct btz_audit rec = record(t, BTZ_PH_DECISION);

	rec.decision = BTZ_DEC_ALLOW;
	rec.why = btz_span_str(t->why);
	if (btz_report_wait(t->core, t->ticket.id, &rec, on_recorded, t) !=
	    BTZ_OK)
		refuse(t, "audit is down");
}
