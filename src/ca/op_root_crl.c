/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_root_crl.c - ROOT_CRL: the root's revocation list comes in, from `init`,
 * `ceremony finish` or by hand, and is served from then on. Believed is only
 * the root's signature; a list never gives way to an older one. Checked, on
 * the record, stored: in this order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ca/ca.h"
#include "der/crl.h"
#include "prim/prim.h"
#include "wire/alg.h"
#include "wire/msg_certify.h"

#define SKEW 300u /* between the clocks of the trusted application and ours */

struct take {
	struct btz_ca *ca;
	struct btz_ticket t;
	struct btz_crl_row row;
	char number[24], who[64];
};

static enum btz_rc
by_root(const struct btz_ca *ca, const struct btz_crl *crl, struct btz_err *err)
{
	enum btz_rc rc;

	if (!btz_span_eq(crl->issuer, ca->root.subject) ||
	    !btz_span_eq(crl->aki, ca->root.ext.ski) ||
	    !btz_span_eq(crl->sig_alg, crl->inner_alg))
		return BTZ_FAIL(err, BTZ_E_VERIFY,
		    "not a list of this box's root (RFC 5280 6.3.3 f)");
	if (!crl->has_number || crl->n_unknown > 0)
		return BTZ_FAIL(err, BTZ_E_CRL_FORM, "list of the root");
	rc = btz_verify(
	    ca->root.spki, BTZ_SIG_ECDSA_SHA256, crl->tbs, crl->signature);
	return rc == BTZ_OK ? rc : BTZ_FAIL(err, rc, "list of the root");
}

/* The emergency list would end the box for all who fetch it. */
static enum btz_rc
current(const struct btz_ca *ca, const struct btz_crl *crl, struct btz_err *err)
{
	const uint64_t now = btz_unix_now();

	if (crl->number >= BTZ_CRL_EMERGENCY)
		return BTZ_FAIL(err, BTZ_E_CRL_EMERGENCY, "list of the root");
	if (crl->number <= ca->root_crl.number)
		return BTZ_FAIL(err, BTZ_E_CRL_NUMBER, "%llu, stored is %llu",
		    (unsigned long long)crl->number,
		    (unsigned long long)ca->root_crl.number);
	if (crl->this_update > now + SKEW || crl->next_update <= now)
		return BTZ_FAIL(err, BTZ_E_CRL_WINDOW, "list of the root");
	return BTZ_OK;
}

static bool
is_stored(const struct btz_ca *ca, struct btz_span der)
{
	return ca->root_crl.number > 0 &&
	       btz_span_eq(
		   der, btz_span_of(ca->root_crl.der, ca->root_crl.len));
}

static enum btz_rc
judge(struct take *k, struct btz_span der, struct btz_err *err)
{
	struct btz_crl crl;
	enum btz_rc rc = btz_crl_parse(der, &crl);

	if (rc != BTZ_OK)
		return BTZ_FAIL(err, rc, "list of the root");
	if ((rc = by_root(k->ca, &crl, err)) != BTZ_OK ||
	    (rc = current(k->ca, &crl, err)) != BTZ_OK)
		return rc;
	k->row = (struct btz_crl_row){ .number = crl.number,
		.this_update = crl.this_update,
		.next_update = crl.next_update,
		.der = malloc(der.len),
		.len = der.len };
	if (k->row.der == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "list of the root");
	memcpy(k->row.der, der.p, der.len);
	return BTZ_OK;
}

static struct btz_audit
record(const struct take *k, uint8_t phase)
{
	return (struct btz_audit){ .phase = phase,
		.via = BTZ_VIA_CLI,
		.who = btz_span_str(k->who),
		.act = btz_span_str("ca.root-crl"),
		.obj = btz_span_str(k->number) };
}

static void
finish(struct take *k, const struct btz_err *err)
{
	if (err == NULL)
		btz_reply(&k->t, BTZ_OK, NULL, NULL);
	else
		btz_reply_err(&k->t, err);
	btz_crl_row_end(&k->row);
	free(k);
}

static void
on_recorded(enum btz_rc rc, void *arg)
{
	struct take *k = arg;
	struct btz_ca *ca = k->ca;
	struct btz_audit a = record(k, BTZ_PH_OUTCOME);
	struct btz_err err;

	if (rc != BTZ_OK) {
		(void)BTZ_FAIL(&err, rc, "record");
		finish(k, &err);
		return;
	}
	rc = btz_store_root_crl_save(ca->db, &k->row, &err);
	a.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	btz_ca_audit_event(ca, k->t.id, &a);
	if (rc != BTZ_OK) {
		finish(k, &err);
		return;
	}
	btz_crl_row_end(&ca->root_crl);
	ca->root_crl = k->row;
	k->row = (struct btz_crl_row){ .number = 0 };
	btz_log(
	    BTZ_LOG_INFO, k->t.id, "list %s of the root published", k->number);
	finish(k, NULL);
}

static void
decide(struct take *k)
{
	struct btz_audit a = record(k, BTZ_PH_DECISION);

	a.decision = BTZ_DEC_ALLOW;
	btz_ca_audit(k->ca, k->t.id, &a, on_recorded, k);
}

void
btz_ca_op_root_crl(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_ca *ca = btz_host_data(h);
	const struct btz_certificate *rq = msg;
	struct take *k;
	struct btz_err err;

	if (!ca->self.ready || is_stored(ca, rq->der)) {
		btz_reply(&c->ticket,
		    ca->self.ready ? BTZ_OK : BTZ_E_UNPROVISIONED, NULL, NULL);
		return;
	}
	k = calloc(1, sizeof(*k));
	if (k == NULL) {
		btz_reply(&c->ticket, BTZ_E_NOMEM, NULL, NULL);
		return;
	}
	k->ca = ca;
	k->t = c->ticket;
	(void)snprintf(k->who, sizeof(k->who), "uid:%u", (unsigned)c->peer.uid);
	if (judge(k, rq->der, &err) != BTZ_OK) {
		finish(k, &err);
		return;
	}
	(void)snprintf(k->number, sizeof(k->number), "%llu",
	    (unsigned long long)k->row.number);
	decide(k);
}
