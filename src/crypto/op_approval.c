/* SPDX-License-Identifier: Apache-2.0 */
/* op_approval.c - challenges that administrators answer: asked for, and ended
 * before they were used. One record each. */
#include "crypto/lease.h"
#include "crypto/report.h"
#include "crypto/slow.h"
#include "wire/msg_approval.h"

/* What is waited for instead of answered: the device is at work. */
static bool
parked(struct btz_core *core, enum btz_rc rc, const struct btz_call *c,
    const struct btz_msgdef *def, const void *msg, btz_handler *fn)
{
	return rc == BTZ_E_AGAIN && btz_slow_park(core->slow, c, def, msg, fn);
}

static enum btz_rc
check(struct btz_core *core, struct btz_err *err)
{
	if (core->ops->approval_nonce == NULL)
		return BTZ_FAIL(
		    err, BTZ_E_UNSUPPORTED, "no root in '%s'", core->ops->name);
	if (btz_slow_busy(core->slow))
		return BTZ_FAIL(err, BTZ_E_AGAIN, "the TPM is at work");
	return BTZ_OK;
}

static void
record(struct btz_core *core, const struct btz_call *c, const char *act,
    const uint8_t nonce[BTZ_SHA256_LEN],
    const struct btz_approval_request *what, enum btz_rc rc)
{
	char who[BTZ_WHO_MAX], text[BTZ_CEREMONY_TEXT_MAX];
	struct btz_audit rec = btz_report_begin(c->conn_data, act, who);

	btz_report_ceremony(&rec, nonce, what, text);
	rec.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	btz_report_tell(core, c->ticket.id, &rec);
}

void
btz_op_approval_nonce(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	struct btz_challenge out = { .operation = 0 };
	struct btz_err err;
	enum btz_rc rc;

	if (btz_enter(c, BTZ_USE_CEREMONY) == NULL)
		return;
	rc = check(core, &err);
	if (rc == BTZ_OK)
		rc = core->ops->approval_nonce(core->be->st, msg, &out, &err);
	if (parked(core, rc, c, &btz_def_approval_request, msg,
		btz_op_approval_nonce))
		return;
	record(core, c, "root.challenge", out.nonce, msg, rc);
	if (rc == BTZ_OK)
		btz_reply(&c->ticket, BTZ_OK, &btz_def_challenge, &out);
	else
		btz_reply_err(&c->ticket, &err);
}

void
btz_op_approval_cancel(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_approval_ref *rq = msg;
	struct btz_approval_request was = { .operation = 0 };
	struct btz_err err;
	enum btz_rc rc;

	if (btz_enter(c, BTZ_USE_CEREMONY) == NULL)
		return;
	rc = check(core, &err);
	if (rc == BTZ_OK)
		rc = core->ops->approval_cancel(core->be->st, rq, &was, &err);
	if (parked(core, rc, c, &btz_def_approval_ref, msg,
		btz_op_approval_cancel))
		return;
	record(core, c, "root.cancel", rq->nonce, &was, rc);
	if (rc == BTZ_OK)
		btz_reply(&c->ticket, BTZ_OK, NULL, NULL);
	else
		btz_reply_err(&c->ticket, &err);
}
