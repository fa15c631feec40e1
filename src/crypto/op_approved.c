/* SPDX-License-Identifier: Apache-2.0 */
/* op_approved.c - an operation of the root that administrators approve: passed
 * to the device, which judges it and their approvals. One record each. */
#include <openssl/evp.h>
#include <stdlib.h>

#include "crypto/lease.h"
#include "crypto/report.h"
#include "crypto/slow.h"
#include "wire/msg_approval.h"

static enum btz_rc
run(struct btz_core *core, const struct btz_approved *rq, struct btz_wr *out,
    struct btz_err *err)
{
	struct btz_approved now = *rq;
	enum btz_rc rc;

	if (core->ops->approved == NULL)
		return BTZ_FAIL(
		    err, BTZ_E_UNSUPPORTED, "no root in '%s'", core->ops->name);
	if (btz_slow_busy(core->slow))
		return BTZ_FAIL(err, BTZ_E_AGAIN, "the TPM is at work");
	now.now = btz_unix_now();
	rc = core->ops->approved(core->be->st, &now, out, err);
	return rc != BTZ_OK || btz_wr_ok(out)
		   ? rc
		   : BTZ_FAIL(err, BTZ_E_TOOBIG, "answer");
}

/* Also when the lease ended meanwhile: it was done. */
static void
record(const struct btz_slow_asker *a, enum btz_rc rc)
{
	const struct btz_leased *l = btz_leased_find(a->core, a->lease);
	char who[BTZ_WHO_MAX], text[BTZ_CEREMONY_TEXT_MAX];
	struct btz_audit rec = { .via = BTZ_VIA_INTERNAL,
		.act = btz_span_str("root.approved") };

	if (l != NULL)
		rec = btz_report_begin(l, "root.approved", who);
	btz_report_ceremony(&rec, a->key, &a->what, text);
	rec.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	btz_report_tell(a->core, a->ticket.id, &rec);
}

static void
on_end(enum btz_rc rc, uint64_t size, struct btz_span der,
    const struct btz_err *err, void *arg)
{
	struct btz_slow_asker *a = arg;
	const uint8_t operation = a->what.operation;
	struct btz_certificate out = { .der = der };

	(void)size;
	record(a, rc);
	if (rc != BTZ_OK)
		btz_reply_err(&a->ticket, err);
	else if (btz_slow_lease(a) == NULL)
		btz_reply(&a->ticket, BTZ_E_LEASE, NULL, NULL);
	else if (operation == BTZ_APPROVE_ROOT_CRL)
		btz_reply(&a->ticket, BTZ_OK, &btz_def_certificate, &out);
	else
		btz_reply(&a->ticket, BTZ_OK, NULL, NULL);
	free(a);
}

/* The record names the request as its challenge did. */
static struct btz_slow_asker *
asker(struct btz_core *core, const struct btz_call *c,
    const struct btz_approved *rq)
{
	struct btz_slow_asker *a = btz_slow_asker_new(
	    core, c, BTZ_USE_CEREMONY, rq->nonce);

	if (a == NULL)
		return NULL;
	a->what.operation = rq->operation;
	if (EVP_Digest(rq->request.p, rq->request.len, a->what.digest, NULL,
		EVP_sha256(), NULL) == 1)
		return a;
	free(a);
	return NULL;
}

void
btz_op_approved(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_approved *rq = msg;
	static uint8_t buf[BTZ_CERT_MAX];
	struct btz_slow_asker *a;
	struct btz_err err;
	struct btz_wr wr;
	enum btz_rc rc;

	if (btz_enter(c, BTZ_USE_CEREMONY) == NULL)
		return;
	if ((a = asker(core, c, rq)) == NULL) {
		btz_reply(&c->ticket, BTZ_E_NOMEM, NULL, NULL);
		return;
	}
	btz_wr_init(&wr, buf, sizeof(buf));
	rc = run(core, rq, &wr, &err);
	if (rc == BTZ_E_PENDING)
		btz_slow_begun(core->slow, on_end, a);
	else if (rc == BTZ_E_AGAIN &&
		 btz_slow_park(
		     core->slow, c, &btz_def_approved, msg, btz_op_approved))
		free(a);
	else
		on_end(rc, 0, btz_wr_span(&wr), &err, a);
}
