/* SPDX-License-Identifier: Apache-2.0 */
/* op_approved.c - an operation of the root that administrators approve: passed
 * to the device, which judges it and their approvals. One record each. */
#include <stdio.h>

#include "crypto/lease.h"
#include "crypto/report.h"
#include "wire/msg_approval.h"

static const char *
name_of(uint8_t operation)
{
	static const char *const names[] = {
		[BTZ_APPROVE_ROOT_CRL] = "root-crl",
		[BTZ_APPROVE_ADMIN_SET] = "admin-set",
		[BTZ_APPROVE_TIME_SET] = "time-set",
		[BTZ_APPROVE_RECOVER] = "recover",
	};

	return operation < BTZ_COUNT(names) && names[operation] != NULL
		   ? names[operation]
		   : "?";
}

static enum btz_rc
run(struct btz_core *core, const struct btz_approved *rq, struct btz_wr *out,
    struct btz_err *err)
{
	struct btz_approved now = *rq;
	enum btz_rc rc;

	if (core->ops->approved == NULL)
		return BTZ_FAIL(
		    err, BTZ_E_UNSUPPORTED, "no root in '%s'", core->ops->name);
	now.now = btz_unix_now();
	rc = core->ops->approved(core->be->st, &now, out, err);
	return rc != BTZ_OK || btz_wr_ok(out)
		   ? rc
		   : BTZ_FAIL(err, BTZ_E_TOOBIG, "answer");
}

void
btz_op_approved(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_approved *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_CEREMONY);
	static uint8_t buf[BTZ_CERT_MAX];
	struct btz_certificate out;
	char who[BTZ_WHO_MAX];
	struct btz_audit rec;
	struct btz_err err;
	struct btz_wr wr;
	enum btz_rc rc;

	if (l == NULL)
		return;
	btz_wr_init(&wr, buf, sizeof(buf));
	rc = run(core, rq, &wr, &err);
	rec = btz_report_begin(l, "root.approved", who);
	rec.obj = btz_span_str(name_of(rq->operation));
	rec.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	btz_report_tell(core, c->ticket.id, &rec);
	out.der = btz_wr_span(&wr);
	if (rc != BTZ_OK)
		btz_reply_err(&c->ticket, &err);
	else if (rq->operation == BTZ_APPROVE_ROOT_CRL)
		btz_reply(&c->ticket, BTZ_OK, &btz_def_certificate, &out);
	else
		btz_reply(&c->ticket, BTZ_OK, NULL, NULL);
}
