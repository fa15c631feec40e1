/* SPDX-License-Identifier: Apache-2.0 */
/* op_sign_checkpoint.c - the log's state is signed. Makes no record: the
 * checkpoint is its record. */
#include "crypto/hot.h"
#include "crypto/lease.h"

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

void
btz_op_sign_checkpoint(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_checkpoint *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_CHECKPOINT);
	uint8_t buf[BTZ_NOTE_MAX];
	struct btz_checkpoint_ok out = { .size = 0 };
	struct btz_err err;
	struct btz_wr note;
	enum btz_rc rc;

	if (l == NULL)
		return;
	btz_wr_init(&note, buf, sizeof(buf));
	rc = judge(core, l, rq, &err);
	if (rc == BTZ_OK)
		rc = core->ops->checkpoint(
		    core->be->st, rq, &out.size, &note, &err);
	if (rc == BTZ_OK && !btz_wr_ok(&note))
		rc = BTZ_FAIL(&err, BTZ_E_TOOBIG, "note");
	out.note = btz_wr_span(&note);
	if (rc == BTZ_OK)
		btz_reply(&c->ticket, BTZ_OK, &btz_def_checkpoint_ok, &out);
	else
		btz_reply_err(&c->ticket, &err);
}
