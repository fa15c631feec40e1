/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_renew.c - CA_RENEW: the root certifies the same issuing key again. Each
 * step is stored before the next (renewals.h), any failure ends it:
 *
 *   judge     serial and end are those of a plan that still fits
 *   ask       stored as ASKED: from here on a certificate may exist
 *   certify   the root signs, if the administrators approve; stored as MADE
 *   record    durable in the audit log
 *   publish   in force: new leafs, the chain on HTTP; the old one REPLACED
 *
 * The approvals are used up by the signature, so MADE is never given up: after
 * a crash or without a log it goes on at `record` at the next start, when the
 * log comes back, or when it is asked for again. Start at btz_ca_op_renew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ca/ca.h"
#include "ca/profile.h"
#include "ca/renewals.h"
#include "prim/prim.h"
#include "wire/msg_certify.h"

#define STEPS 3
#define DAY UINT64_C(86400)

struct renew {
	struct btz_ca *ca;
	bool asked; /* somebody waits for the answer */
	struct btz_ticket t;
	struct btz_issuing_row row;
	struct btz_x509 x; /* borrows from row */
	uint8_t nonce[BTZ_SHA256_LEN];
	uint8_t approvals[BTZ_APPROVALS_MAX];
	size_t approvals_len;
	char who[64];
};

static struct btz_approve_issuing
approved(const struct btz_ca *ca, const struct btz_issuing_row *row)
{
	struct btz_approve_issuing m = { .not_after = row->not_after };

	memcpy(m.issuing_id, ca->self.issuing_key, BTZ_ID_LEN);
	memcpy(m.serial, row->serial, BTZ_ID_LEN);
	btz_sha256(ca->issuing.spki, m.spki_digest);
	return m;
}

/* Names the request as its challenge does (root.challenge). */
static void
record(struct renew *r, enum btz_rc rc, btz_ca_done_fn *fn)
{
	const struct btz_approve_issuing m = approved(r->ca, &r->row);
	char serial[2 * BTZ_ID_LEN + 1], why[2 * BTZ_SHA256_LEN + 16];
	uint8_t buf[128], digest[BTZ_SHA256_LEN];
	struct btz_audit a = { .phase = BTZ_PH_EVENT,
		.via = r->asked ? BTZ_VIA_CLI : BTZ_VIA_INTERNAL,
		.who = btz_span_str(r->who),
		.act = btz_span_str("ca.renew"),
		.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc)) };
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_msg_write(&btz_def_approve_issuing, &m, &wr);
	btz_sha256(btz_wr_span(&wr), digest);
	(void)snprintf(why, sizeof(why), "issuing ");
	btz_hex(digest, sizeof(digest), why + strlen(why));
	btz_hex(r->row.serial, BTZ_ID_LEN, serial);
	a.obj = btz_span_str(serial);
	a.why = btz_span_str(why);
	if (fn != NULL)
		btz_ca_audit(r->ca, r->t.id, &a, fn, r);
	else
		btz_ca_audit_event(r->ca, r->t.id, &a);
}

static void
finish(struct renew *r, enum btz_rc rc, const char *what)
{
	struct btz_certificate ok = { .der = r->ca->issuing.der };
	struct btz_err err;

	if (rc != BTZ_OK) {
		(void)BTZ_FAIL(
		    &err, rc, "CA_RENEW: %s: %s", what, btz_rc_text(rc));
		record(r, rc, NULL);
	}
	if (!r->asked && rc != BTZ_OK)
		btz_log_err(r->t.id, &err);
	if (r->asked && rc == BTZ_OK)
		btz_reply(&r->t, BTZ_OK, &btz_def_certificate, &ok);
	else if (r->asked)
		btz_reply_err(&r->t, &err);
	if (rc == BTZ_E_LEASE)
		btz_signer_lost(r->ca->signer);
	r->ca->renewing = false;
	free(r);
}

static void
on_recorded(enum btz_rc rc, void *arg)
{
	struct renew *r = arg;
	struct btz_ca *ca = r->ca;
	struct btz_ca_row row = ca->self;
	struct btz_err err;

	if (rc != BTZ_OK) {
		finish(r, rc, "record");
		return;
	}
	memcpy(row.issuing, r->x.der.p, r->x.der.len);
	row.issuing_len = r->x.der.len;
	rc = btz_renewals_swap(ca->db, &row, &r->x, &ca->issuing, &err);
	if (rc == BTZ_OK) {
		ca->self = row;
		rc = btz_ca_reload(ca, &err);
	}
	if (rc != BTZ_OK)
		btz_log_err(r->t.id, &err);
	finish(r, rc, "store");
}

/* The same key and name as before, what was approved, by the root. */
static enum btz_rc
check_made(struct renew *r)
{
	const struct btz_ca *ca = r->ca;
	enum btz_rc rc = btz_ca_check_issuing(&ca->root, ca->issuing.spki,
	    btz_span_of(r->row.der, r->row.der_len), &r->x);

	if (rc == BTZ_OK &&
	    (!btz_span_eq(r->x.subject, ca->issuing.subject) ||
		!btz_span_eq(r->x.ext.ski, ca->issuing.ext.ski) ||
		!btz_span_eq(
		    r->x.serial, btz_span_of(r->row.serial, BTZ_ID_LEN)) ||
		r->x.not_after != r->row.not_after))
		rc = BTZ_E_VERIFY;
	return rc;
}

static void
go_on(struct renew *r)
{
	enum btz_rc rc = check_made(r);

	if (r->asked)
		btz_reply_progress(&r->t, 2, STEPS, "record");
	if (rc != BTZ_OK)
		finish(r, rc, "stored certificate");
	else
		record(r, BTZ_OK, on_recorded);
}

/* The codes that say that nothing was signed; after any other one the root may
 * have signed all the same. */
static bool
surely_not_signed(enum btz_rc rc)
{
	static const enum btz_rc codes[] = { BTZ_E_DOWN, BTZ_E_DENIED,
		BTZ_E_AGAIN, BTZ_E_QUOTA, BTZ_E_STATE, BTZ_E_UNSUPPORTED,
		BTZ_E_APPROVAL, BTZ_E_APPROVAL_NONCE, BTZ_E_APPROVAL_KEY,
		BTZ_E_APPROVAL_SIG, BTZ_E_TIME_UNSURE, BTZ_E_X509_NOT_BEFORE,
		BTZ_E_X509_LIFETIME };

	for (size_t i = 0; i < BTZ_COUNT(codes); i++)
		if (codes[i] == rc)
			return true;
	return false;
}

static void
refused(struct renew *r, enum btz_rc rc)
{
	struct btz_err err;

	if (surely_not_signed(rc) &&
	    btz_renewals_forget(r->ca->db, r->row.serial, &err) != BTZ_OK)
		btz_log_err(r->t.id, &err);
	finish(r, rc, "issuing certificate");
}

static void
on_certified(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct renew *r = arg;
	struct btz_certificate c;
	struct btz_err err;

	(void)fd;
	if (rc == BTZ_OK && (f->flags & BTZ_FRAME_MORE) != 0)
		return;
	if (rc != BTZ_OK) {
		refused(r, rc);
		return;
	}
	if (!btz_msg_decode(&btz_def_certificate, f->body, &c) ||
	    c.der.len > sizeof(r->row.der)) {
		finish(r, BTZ_E_PROTO, "issuing certificate");
		return;
	}
	memcpy(r->row.der, c.der.p, c.der.len);
	r->row.der_len = c.der.len;
	if ((rc = check_made(r)) == BTZ_OK &&
	    (rc = btz_renewals_store(r->ca->db, &r->x, &err)) != BTZ_OK)
		btz_log_err(r->t.id, &err);
	if (rc != BTZ_OK)
		finish(r, rc, "issuing certificate");
	else
		go_on(r);
}

static void
on_signer(enum btz_rc rc, void *arg)
{
	struct renew *r = arg;
	struct btz_certify_issuing rq = { .not_before = btz_unix_now() -
							BTZ_CA_BACKDATE,
		.not_after = r->row.not_after,
		.approvals = btz_span_of(r->approvals, r->approvals_len) };

	memcpy(rq.root_id, r->ca->self.root_key, BTZ_ID_LEN);
	memcpy(rq.issuing_id, r->ca->self.issuing_key, BTZ_ID_LEN);
	memcpy(rq.serial, r->row.serial, BTZ_ID_LEN);
	memcpy(rq.nonce, r->nonce, sizeof(rq.nonce));
	if (rc == BTZ_OK)
		rc = btz_signer_ask(r->ca->signer, BTZ_OP_CERTIFY_ISSUING,
		    r->t.id, &btz_def_certify_issuing, &rq, BTZ_CA_KEY_MS,
		    on_certified, r);
	else
		rc = BTZ_E_DOWN; /* why, the log says; nothing was sent */
	if (rc != BTZ_OK)
		refused(r, rc);
}

/* Leafs of the certificate in force must not outlive the new one. */
static enum btz_rc
judge_end(const struct btz_ca *ca, uint64_t not_after, struct btz_err *err)
{
	if (not_after < ca->issuing.not_after || not_after <= btz_unix_now())
		return BTZ_FAIL(
		    err, BTZ_E_RANGE, "ends before the certificate in force");
	if (not_after > ca->root.not_after)
		return BTZ_FAIL(err, BTZ_E_X509_LIFETIME, "beyond the root");
	return BTZ_OK;
}

static enum btz_rc
judge_ca(const struct btz_ca *ca, struct btz_span id, struct btz_err *err)
{
	if (!ca->self.ready)
		return BTZ_FAIL(err, BTZ_E_UNPROVISIONED, "no CA");
	if (id.len > 0 && !btz_span_eq(id, btz_span_str(BTZ_CA_ID)))
		return BTZ_FAIL(err, BTZ_E_NOENT, "this CA");
	return BTZ_OK;
}

/* Fills r->row: in state MADE it goes on, in state ASKED the root is asked. */
static enum btz_rc
judge(struct renew *r, const struct btz_ca_renew *rq, struct btz_err *err)
{
	const struct btz_ca *ca = r->ca;
	struct btz_span serial = btz_span_of(rq->serial, BTZ_ID_LEN);
	enum btz_rc rc;

	if ((rq->serial[0] & 0x80) != 0 || rq->serial[0] == 0)
		return BTZ_FAIL(err, BTZ_E_X509_SERIAL, "first octet");
	if (btz_span_eq(serial, ca->issuing.serial))
		return BTZ_FAIL(err, BTZ_E_EXIST, "in force already");
	rc = btz_renewals_made(ca->db, &r->row, err);
	if (rc == BTZ_OK)
		return memcmp(r->row.serial, rq->serial, BTZ_ID_LEN) == 0
			   ? BTZ_OK
			   : BTZ_FAIL(err, BTZ_E_AGAIN,
				 "one before this waits for the log");
	if (rc == BTZ_E_NOENT)
		rc = btz_renewals_find(ca->db, rq->serial, &r->row, err);
	if (rc == BTZ_OK && r->row.state == BTZ_ISSUING_REPLACED)
		return BTZ_FAIL(err, BTZ_E_EXIST, "was in force");
	if (rc != BTZ_OK && rc != BTZ_E_NOENT)
		return rc;
	memcpy(r->row.serial, rq->serial, BTZ_ID_LEN);
	r->row.not_after = rq->not_after;
	r->row.state = BTZ_ISSUING_ASKED;
	if ((rc = judge_end(ca, rq->not_after, err)) != BTZ_OK)
		return rc;
	return btz_renewals_ask(
	    ca->db, rq->serial, rq->not_after, btz_unix_now(), err);
}

static void
begin(struct renew *r, const struct btz_ca_renew *rq)
{
	struct btz_ca *ca = r->ca;
	struct btz_err err;
	enum btz_rc rc;

	ca->renewing = true;
	memcpy(r->row.serial, rq->serial, BTZ_ID_LEN);
	r->row.not_after = rq->not_after;
	if ((rc = judge(r, rq, &err)) != BTZ_OK) {
		memcpy(r->row.serial, rq->serial, BTZ_ID_LEN);
		r->row.not_after = rq->not_after;
		finish(r, rc, err.msg);
		btz_ca_renew_resume(ca);
	} else if (r->row.state == BTZ_ISSUING_MADE) {
		go_on(r);
	} else {
		btz_reply_progress(
		    &r->t, 1, STEPS, "issuing certificate by the root");
		btz_signer_need(ca->signer, ca->step_ms, on_signer, r);
	}
}

void
btz_ca_op_renew(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_ca *ca = btz_host_data(h);
	const struct btz_ca_renew *rq = msg;
	struct renew *r;
	struct btz_err err;
	enum btz_rc rc = judge_ca(ca, rq->ca_id, &err);

	if (rc == BTZ_OK && (ca->renewing || ca->init_running))
		rc = BTZ_FAIL(&err, BTZ_E_AGAIN, "CA_RENEW or CA_INIT runs");
	if (rc != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	if ((r = calloc(1, sizeof(*r))) == NULL) {
		btz_reply(&c->ticket, BTZ_E_NOMEM, NULL, NULL);
		return;
	}
	r->ca = ca;
	r->asked = true;
	r->t = c->ticket;
	memcpy(r->nonce, rq->nonce, sizeof(r->nonce));
	if (rq->approvals.len > 0)
		memcpy(r->approvals, rq->approvals.p, rq->approvals.len);
	r->approvals_len = rq->approvals.len;
	(void)snprintf(r->who, sizeof(r->who), "uid:%u", (unsigned)c->peer.uid);
	begin(r, rq);
}

void
btz_ca_renew_resume(struct btz_ca *ca)
{
	struct renew *r;
	struct btz_err err;
	enum btz_rc rc;

	if (!ca->self.ready || ca->renewing ||
	    btz_host_edge(ca->host, BTZ_PROG_AUDIT) == NULL ||
	    (r = calloc(1, sizeof(*r))) == NULL)
		return;
	rc = btz_renewals_made(ca->db, &r->row, &err);
	if (rc != BTZ_OK) {
		if (rc != BTZ_E_NOENT)
			btz_log_err(0, &err);
		free(r);
		return;
	}
	r->ca = ca;
	r->t.id = btz_host_new_id(ca->host);
	ca->renewing = true;
	btz_log(BTZ_LOG_WARN, r->t.id, "a renewal goes on where it stopped");
	go_on(r);
}

void
btz_ca_op_renew_plan(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_ca *ca = btz_host_data(h);
	const struct btz_ca_renew_plan *rq = msg;
	struct btz_approve_issuing out;
	struct btz_issuing_row row = { .state = BTZ_ISSUING_ASKED };
	uint64_t days = rq->days;
	struct btz_err err;
	enum btz_rc rc = judge_ca(ca, rq->ca_id, &err);

	if (rc == BTZ_OK) {
		if (days == 0)
			days = (uint64_t)ca->conf.issuing_days;
		row.not_after = btz_unix_now() + days * DAY;
		if (row.not_after > ca->root.not_after)
			row.not_after = ca->root.not_after;
		if (rq->days == 0 && row.not_after < ca->issuing.not_after)
			row.not_after = ca->issuing.not_after;
		rc = judge_end(ca, row.not_after, &err);
	}
	if (rc != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	btz_profile_serial(row.serial);
	out = approved(ca, &row);
	btz_reply(&c->ticket, BTZ_OK, &btz_def_approve_issuing, &out);
}
