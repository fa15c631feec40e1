/* SPDX-License-Identifier: Apache-2.0 */
/* op_certify_issuing.c - what the root does: certify an issuing key that
 * lives in the same backend, and show its own certificate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hot.h"
#include "crypto/keystore.h"
#include "crypto/report.h"
#include "crypto/slow.h"

static enum btz_rc
check_key(struct btz_core *core, const struct btz_leased *l,
    const uint8_t id[BTZ_ID_LEN], uint8_t kind, struct btz_err *err)
{
	struct btz_hotkey *k;
	enum btz_rc rc = btz_hot_get(core->hot, id, &k, err);

	if (rc == BTZ_OK && !btz_leased_reaches(l, id, k->owner, false))
		rc = BTZ_FAIL(err, BTZ_E_NOENT, "key of '%s'", k->owner);
	if (rc == BTZ_OK && k->facts.kind != kind)
		rc = BTZ_FAIL(err, BTZ_E_KEY_KIND, "%s key, not %s",
		    btz_kind_name(k->facts.kind), btz_kind_name(kind));
	if (rc == BTZ_OK && k->facts.state != BTZ_KEY_ENABLED)
		rc = BTZ_FAIL(
		    err, BTZ_E_KEY_STATE, "%s key", btz_kind_name(kind));
	return rc;
}

static enum btz_rc
certify(struct btz_core *core, const struct btz_leased *l,
    const struct btz_certify_issuing *rq, struct btz_wr *out,
    struct btz_err *err)
{
	const struct btz_backend *be = core->be;
	struct btz_key_row row;
	enum btz_rc rc;

	if ((be->ops->caps & BTZ_CAP_CERTIFY) == 0)
		return BTZ_FAIL(
		    err, BTZ_E_UNSUPPORTED, "no root in '%s'", be->ops->name);
	if ((rc = check_key(core, l, rq->root_id, BTZ_KIND_ROOT, err)) !=
		BTZ_OK ||
	    (rc = check_key(core, l, rq->issuing_id, BTZ_KIND_ISSUING, err)) !=
		BTZ_OK ||
	    (rc = btz_keystore_get(core->store, rq->issuing_id, &row, err)) !=
		BTZ_OK)
		return rc;
	if (btz_slow_busy(core->slow))
		return BTZ_FAIL(err, BTZ_E_AGAIN, "the TPM is at work");
	return be->ops->certify_issuing(
	    be->st, rq, row.blob, btz_unix_now(), out, err);
}

static void
answer(const struct btz_ticket *t, enum btz_rc rc, struct btz_span der,
    const struct btz_err *err)
{
	struct btz_certificate out = { .der = der };

	if (rc == BTZ_OK)
		btz_reply(t, BTZ_OK, &btz_def_certificate, &out);
	else
		btz_reply_err(t, err);
}

/* Also when the lease ended meanwhile: the certificate was made. */
static void
record(const struct btz_slow_asker *a, enum btz_rc rc)
{
	const struct btz_leased *l = btz_leased_find(a->core, a->lease);
	char who[BTZ_WHO_MAX], hex[2 * BTZ_ID_LEN + 1];
	char why[2 * BTZ_ID_LEN + 16] = "challenge ";
	const size_t n = strlen(why);
	struct btz_audit rec = { .via = BTZ_VIA_INTERNAL,
		.act = btz_span_str("key.certify") };

	if (l != NULL)
		rec = btz_report_begin(l, "key.certify", who);
	for (size_t i = 0; i < BTZ_ID_LEN; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", a->key[i]);
	for (size_t i = 0; i < BTZ_ID_LEN; i++)
		(void)snprintf(why + n + 2 * i, 3, "%02x", a->nonce[i]);
	if (a->what.operation == BTZ_APPROVE_ISSUING)
		rec.why = btz_span_str(why);
	rec.obj = btz_span_str(hex);
	rec.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	btz_report_tell(a->core, a->ticket.id, &rec);
}

static void
on_end(enum btz_rc rc, uint64_t size, struct btz_span der,
    const struct btz_err *err, void *arg)
{
	struct btz_slow_asker *a = arg;

	(void)size;
	record(a, rc);
	if (rc == BTZ_OK && btz_slow_lease(a) == NULL)
		btz_reply(&a->ticket, BTZ_E_LEASE, NULL, NULL);
	else
		answer(&a->ticket, rc, der, err);
	free(a);
}

void
btz_op_certify_issuing(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_certify_issuing *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_CERTIFY);
	static uint8_t buf[BTZ_CERT_MAX];
	struct btz_slow_asker *a;
	struct btz_err err;
	struct btz_wr wr;
	enum btz_rc rc;

	if (l == NULL)
		return;
	a = btz_slow_asker_new(core, c, BTZ_USE_CERTIFY, rq->issuing_id);
	if (a == NULL) {
		btz_reply(&c->ticket, BTZ_E_NOMEM, NULL, NULL);
		return;
	}
	if (rq->approvals.len > 0)
		a->what.operation = BTZ_APPROVE_ISSUING;
	memcpy(a->nonce, rq->nonce, sizeof(a->nonce));
	btz_wr_init(&wr, buf, sizeof(buf));
	rc = certify(core, l, rq, &wr, &err);
	if (rc == BTZ_E_PENDING) {
		btz_slow_begun(core->slow, on_end, a);
		return;
	}
	if (rc == BTZ_E_AGAIN &&
	    btz_slow_park(core->slow, c, &btz_def_certify_issuing, msg,
		btz_op_certify_issuing)) {
		free(a);
		return;
	}
	if (rc == BTZ_OK && !btz_wr_ok(&wr))
		rc = BTZ_FAIL(&err, BTZ_E_TOOBIG, "certificate");
	on_end(rc, 0, btz_wr_span(&wr), &err, a);
}

void
btz_op_root_cert(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	static uint8_t buf[BTZ_CERT_MAX];
	struct btz_err err;
	struct btz_wr wr;
	enum btz_rc rc;

	(void)msg;
	if (btz_enter(c, BTZ_USE_CERTIFY) == NULL)
		return;
	btz_wr_init(&wr, buf, sizeof(buf));
	if (core->ops->root_cert == NULL)
		rc = BTZ_FAIL(&err, BTZ_E_UNSUPPORTED, "no root in '%s'",
		    core->ops->name);
	else
		rc = core->ops->root_cert(core->be->st, &wr, &err);
	if (rc == BTZ_OK && !btz_wr_ok(&wr))
		rc = BTZ_FAIL(&err, BTZ_E_TOOBIG, "certificate");
	answer(&c->ticket, rc, btz_wr_span(&wr), &err);
}
