/* SPDX-License-Identifier: Apache-2.0 */
/* op_destroy.c - a key is forgotten for ever, after its record is durable. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hot.h"
#include "crypto/keystore.h"
#include "crypto/report.h"
#include "crypto/slow.h"
#include "wire/msg_key.h"

struct job {
	struct btz_core *core;
	struct btz_ticket ticket;
	uint64_t lease;
	uint8_t id[BTZ_ID_LEN];
	char hex[2 * BTZ_ID_LEN + 1];
	char who[BTZ_WHO_MAX];
};

static enum btz_rc
destroy(struct job *j, struct btz_err *err)
{
	struct btz_core *core = j->core;
	struct btz_leased *l = btz_leased_find(core, j->lease);
	struct btz_key_row row;
	enum btz_rc rc;

	if (l == NULL ||
	    btz_leased_check(l, BTZ_USE_DESTROY, btz_boot_ms()) != BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_LEASE, "ended before destroy");
	if (core->be == NULL)
		return BTZ_FAIL(err, BTZ_E_TEE_DOWN, "backend");
	rc = btz_keystore_get(core->store, j->id, &row, err);
	if (rc == BTZ_OK && row.info.state == BTZ_KEY_DESTROYED)
		rc = BTZ_FAIL(err, BTZ_E_KEY_STATE, "already destroyed");
	if (rc == BTZ_OK && row.blob.len > 0)
		rc = core->be->ops->destroy(core->be->st, row.blob, err);
	if (rc == BTZ_OK)
		rc = btz_keystore_destroy(core->store, j->id, err);
	btz_hot_drop(core->hot, j->id);
	return rc;
}

static void
on_turn(void *arg)
{
	struct job *j = arg;
	struct btz_err err;
	struct btz_audit rec = { .phase = BTZ_PH_OUTCOME,
		.via = BTZ_VIA_INTERNAL,
		.who = btz_span_str(j->who),
		.act = btz_span_str("key.destroy"),
		.obj = btz_span_str(j->hex) };
	enum btz_rc rc = destroy(j, &err);

	/* The slot is emptied by a commit, and the TPM is at work. */
	if (rc == BTZ_E_AGAIN &&
	    btz_slow_wait(j->core->slow, on_turn, j) == BTZ_OK)
		return;
	rec.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	btz_report_tell(j->core, j->ticket.id, &rec);
	if (rc == BTZ_OK)
		btz_reply(&j->ticket, BTZ_OK, NULL, NULL);
	else
		btz_reply_err(&j->ticket, &err);
	free(j);
}

static void
on_recorded(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct job *j = arg;
	struct btz_err err;

	(void)f;
	(void)fd;
	if (rc == BTZ_OK) {
		on_turn(j);
		return;
	}
	(void)BTZ_FAIL(
	    &err, BTZ_E_NO_LOG, "record of destroy: %s", btz_rc_name(rc));
	btz_reply_err(&j->ticket, &err);
	free(j);
}

/* Root and checkpoint keys are the backend's own: never destroyed here. */
static enum btz_rc
judge(struct btz_core *core, const struct btz_leased *l,
    const uint8_t id[BTZ_ID_LEN], struct btz_err *err)
{
	struct btz_hotkey *k;
	enum btz_rc rc = btz_hot_get(core->hot, id, &k, err);

	if (rc == BTZ_OK && !btz_leased_reaches(l, id, k->owner, false))
		rc = BTZ_FAIL(err, BTZ_E_NOENT, "key of another owner");
	if (rc == BTZ_OK && k->facts.state == BTZ_KEY_DESTROYED)
		rc = BTZ_FAIL(err, BTZ_E_KEY_STATE, "already destroyed");
	if (rc == BTZ_OK && (k->facts.kind == BTZ_KIND_ROOT ||
				k->facts.kind == BTZ_KIND_CHECKPOINT))
		rc = BTZ_FAIL(err, BTZ_E_KEY_USAGE, "%s key",
		    btz_kind_name(k->facts.kind));
	return rc;
}

void
btz_op_destroy(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_key_ref *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_DESTROY);
	struct btz_audit rec;
	struct btz_err err;
	struct job *j;

	if (l == NULL)
		return;
	if (judge(core, l, rq->id, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	if ((j = calloc(1, sizeof(*j))) == NULL) {
		btz_reply(&c->ticket, BTZ_E_NOMEM, NULL, NULL);
		return;
	}
	*j = (struct job){ .core = core, .ticket = c->ticket, .lease = l->id };
	memcpy(j->id, rq->id, BTZ_ID_LEN);
	for (size_t i = 0; i < BTZ_ID_LEN; i++)
		(void)snprintf(j->hex + 2 * i, 3, "%02x", j->id[i]);
	rec = btz_report_begin(l, "key.destroy", j->who);
	rec.phase = BTZ_PH_DECISION;
	rec.decision = BTZ_DEC_ALLOW;
	rec.obj = btz_span_str(j->hex);
	if (btz_report_wait(core, c->ticket.id, &rec, on_recorded, j) == BTZ_OK)
		return;
	(void)BTZ_FAIL(&err, BTZ_E_NO_LOG, "audit is down");
	btz_reply_err(&c->ticket, &err);
	free(j);
}
