/* SPDX-License-Identifier: Apache-2.0 */
/* op_sign_checkpoint.c - the log's state is signed, in a TPM that takes its
 * time (slow.h). Makes no record: the checkpoint is its record. */
#include <stdlib.h>

#include "crypto/hot.h"
#include "crypto/lease.h"
#include "crypto/slow.h"

static enum btz_rc
judge(struct btz_core *core, const struct btz_leased *l,
    const struct btz_checkpoint *rq, struct btz_err *err)
{
	struct btz_hotkey *k;
	enum btz_rc rc = btz_hot_get(core->hot, rq->id, &k, err);

	if (rc == BTZ_OK && !btz_leased_reaches(l, rq->id, k->owner, false))
		rc = BTZ_FAIL(err, BTZ_E_NOENT, "key of '%s'", k->owner);
	if (rc == BTZ_OK && k->facts.kind != BTZ_KIND_CHECKPOINT)
		rc = BTZ_FAIL(err, BTZ_E_KEY_KIND, "%s key, not checkpoint",
		    btz_kind_name(k->facts.kind));
	if (rc == BTZ_OK && rq->proof.len % BTZ_SHA256_LEN != 0)
		rc = BTZ_FAIL(
		    err, BTZ_E_INVAL, "proof of %zu bytes", rq->proof.len);
	if (rc == BTZ_OK && core->ops->checkpoint == NULL)
		rc = BTZ_FAIL(
		    err, BTZ_E_UNSUPPORTED, "backend '%s'", core->ops->name);
	return rc;
}

static void
answer(const struct btz_ticket *t, uint64_t size, struct btz_span note)
{
	struct btz_checkpoint_ok out = { .size = size, .note = note };

	btz_reply(t, BTZ_OK, &btz_def_checkpoint_ok, &out);
}

static void
on_end(enum btz_rc rc, uint64_t size, struct btz_span note,
    const struct btz_err *err, void *arg)
{
	struct btz_slow_asker *a = arg;

	if (rc != BTZ_OK)
		btz_reply_err(&a->ticket, err);
	else if (btz_slow_lease(a) == NULL)
		btz_reply(&a->ticket, BTZ_E_LEASE, NULL, NULL);
	else
		answer(&a->ticket, size, note);
	free(a);
}

static enum btz_rc
sign(struct btz_core *core, const struct btz_leased *l,
    const struct btz_checkpoint *rq, uint64_t *size, struct btz_wr *note,
    struct btz_err *err)
{
	enum btz_rc rc = judge(core, l, rq, err);

	if (rc == BTZ_OK && btz_slow_busy(core->slow))
		rc = BTZ_FAIL(err, BTZ_E_AGAIN, "the TPM is at work");
	if (rc == BTZ_OK)
		rc = core->ops->checkpoint(core->be->st, rq, size, note, err);
	if (rc == BTZ_OK && !btz_wr_ok(note))
		rc = BTZ_FAIL(err, BTZ_E_TOOBIG, "note");
	return rc;
}

void
btz_op_sign_checkpoint(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_checkpoint *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_CHECKPOINT);
	struct btz_slow_asker *a;
	uint8_t buf[BTZ_NOTE_MAX];
	uint64_t size = 0;
	struct btz_err err;
	struct btz_wr note;
	enum btz_rc rc;

	if (l == NULL)
		return;
	a = btz_slow_asker_new(core, c, BTZ_USE_CHECKPOINT, rq->id);
	btz_wr_init(&note, buf, sizeof(buf));
	rc = a == NULL ? BTZ_FAIL(&err, BTZ_E_NOMEM, "checkpoint")
		       : sign(core, l, rq, &size, &note, &err);
	if (rc == BTZ_E_PENDING) {
		btz_slow_begun(core->slow, on_end, a);
		return;
	}
	free(a);
	if (rc == BTZ_OK)
		answer(&c->ticket, size, btz_wr_span(&note));
	else if (rc != BTZ_E_AGAIN ||
		 !btz_slow_park(core->slow, c, &btz_def_checkpoint, msg,
		     btz_op_sign_checkpoint))
		btz_reply_err(&c->ticket, &err);
}
