/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_enrol.c - POST /.bartizan/enrol: a request and a token become a
 * credential. The steps, each with a time-out, any failure ends it:
 *
 *   check     the request is canonical, asks for nothing, signs itself
 *   reserve   access: the token is good, and for this principal
 *   judge     this key is nobody else's and was never revoked
 *   issue     signed by the issuing key, stored durably as `pending`
 *   record    the decision is durable in the audit log
 *   publish   access: the credential is in force; stored as `active`
 *   answer    the chain as PEM, and the outcome in the log
 *
 * The same request again (a lost answer) gets the same certificate: `judge`
 * finds it and goes on at `record`. A certificate that was never published
 * never left the box and is in no policy.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ca/ca.h"
#include "ca/profile.h"
#include "der/build.h"
#include "der/pem.h"
#include "prim/prim.h"
#include "wire/msg_credential.h"
#include "wire/msg_invite.h"
#include "wire/name.h"

#define TOKEN_LEN 16u /* 128 bits, base64url in the header */

enum stage { STAGE_CSR, STAGE_INVITE, STAGE_LATER };

struct enrol {
	struct btz_ca *ca;
	struct btz_ticket t;
	enum stage stage;
	uint8_t token_hash[BTZ_SHA256_LEN];
	uint8_t csr[BTZ_CSR_MAX]; /* DER; rq borrows from it */
	size_t csr_len;
	struct btz_csr rq;
	uint8_t spki_hash[BTZ_SHA256_LEN];
	char from[65];
	uint8_t profile;
	char principal[BTZ_URI_MAX + 1];
	struct btz_spiffe who; /* borrows from principal */
	struct btz_cert_row row;
};

/* Which status a failure has; what the client did wrong is told apart from
 * what the box cannot do now. */
static uint16_t
http_status(enum stage stage, enum btz_rc rc)
{
	static const struct {
		enum btz_rc rc;
		uint16_t status;
	} known[] = {
		{ BTZ_E_TOOBIG, 413 },
		{ BTZ_E_QUOTA, 429 },
		{ BTZ_E_INVITE, 403 },
		{ BTZ_E_DENIED, 403 },
		{ BTZ_E_SPKI_SEEN, 409 },
		{ BTZ_E_EXIST, 409 },
		{ BTZ_E_REVOKED, 409 },
	};

	for (size_t i = 0; i < BTZ_COUNT(known); i++)
		if (known[i].rc == rc)
			return known[i].status;
	return stage == STAGE_CSR && rc != BTZ_E_NOMEM &&
		       rc != BTZ_E_UNPROVISIONED
		   ? 400
		   : 503;
}

static struct btz_audit
record(const struct enrol *e, uint8_t phase)
{
	static char id[2 * BTZ_SHA256_LEN + 1], serial[2 * BTZ_ID_LEN + 1];
	struct btz_audit a = { .phase = phase,
		.via = BTZ_VIA_HTTPS,
		.tenant = e->who.tenant,
		.who = btz_span_str(e->principal),
		.from = btz_span_str(e->from),
		.act = btz_span_str("certificate.issue") };

	btz_hex(e->spki_hash, BTZ_SHA256_LEN, id);
	if (e->rq.spki.len > 0)
		a.cred = btz_span_str(id);
	if (e->row.der_len > 0) {
		btz_hex(e->row.serial, BTZ_ID_LEN, serial);
		a.obj = btz_span_str(serial);
	}
	return a;
}

/* The one end of every failure. Denials are recorded, not waited for. */
static void
refuse(struct enrol *e, enum btz_rc rc)
{
	uint16_t status = http_status(e->stage, rc);
	struct btz_audit a = record(e, BTZ_PH_DECISION);

	btz_log(BTZ_LOG_INFO, e->t.id, "enrol refused: %s (%u)",
	    btz_rc_name(rc), (unsigned)status);
	if (e->row.der_len > 0) {
		a.phase = BTZ_PH_OUTCOME;
		a.out = btz_span_str(btz_rc_name(rc));
		btz_ca_audit_event(e->ca, e->t.id, &a);
	} else {
		a.decision = BTZ_DEC_DENY;
		a.why = btz_span_str(btz_rc_text(rc));
		btz_ca_audit_denial(e->ca, e->t.id, &a);
	}
	btz_ca_http_fail(&e->t, status, rc);
	e->ca->enrols--;
	free(e);
}

static void
answer(struct enrol *e)
{
	static uint8_t text[3 * BTZ_PEM_ROOM(BTZ_CA_CERT_MAX)];
	struct btz_audit a = record(e, BTZ_PH_OUTCOME);
	struct btz_wr wr;

	a.out = btz_span_str("ok");
	btz_ca_audit_event(e->ca, e->t.id, &a);
	btz_wr_init(&wr, text, sizeof(text));
	btz_pem_encode(
	    &wr, BTZ_PEM_CERT, btz_span_of(e->row.der, e->row.der_len));
	btz_pem_encode(&wr, BTZ_PEM_CERT, e->ca->issuing.der);
	btz_pem_encode(&wr, BTZ_PEM_CERT, e->ca->root.der);
	btz_ca_http_ok(
	    &e->t, "application/pem-certificate-chain", btz_wr_span(&wr));
	e->ca->enrols--;
	free(e);
}

static void
on_published(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct enrol *e = arg;
	struct btz_err err;

	(void)f;
	(void)fd;
	if (rc == BTZ_OK &&
	    (rc = btz_store_activate(e->ca->db, e->spki_hash, &err)) != BTZ_OK)
		btz_log_err(e->t.id, &err);
	if (rc == BTZ_OK)
		answer(e);
	else
		refuse(e, rc);
}

static void
on_recorded(enum btz_rc rc, void *arg)
{
	struct enrol *e = arg;
	struct btz_credential_add add = {
		.principal = btz_span_str(e->principal),
		.not_before = e->row.not_before,
		.not_after = e->row.not_after,
	};

	memcpy(add.token_hash, e->token_hash, BTZ_SHA256_LEN);
	memcpy(add.spki_hash, e->spki_hash, BTZ_SHA256_LEN);
	memcpy(add.serial, e->row.serial, BTZ_ID_LEN);
	if (rc == BTZ_OK)
		rc = btz_host_ask(e->ca->host, BTZ_PROG_ACCESS,
		    BTZ_OP_CREDENTIAL_ADD, e->t.id, &btz_def_credential_add,
		    &add, -1, e->ca->step_ms, on_published, e);
	if (rc != BTZ_OK)
		refuse(e, rc);
}

static void
write_record(struct enrol *e)
{
	struct btz_audit a = record(e, BTZ_PH_DECISION);

	a.decision = BTZ_DEC_ALLOW;
	a.why = btz_span_str("invite");
	btz_ca_audit(e->ca, e->t.id, &a, on_recorded, e);
}

static void
on_issued(enum btz_rc rc, const struct btz_cert_row *row, void *arg)
{
	struct enrol *e = arg;

	if (rc != BTZ_OK) {
		refuse(e, rc);
		return;
	}
	e->row = *row;
	write_record(e);
}

static void
issue(struct enrol *e)
{
	struct btz_issue_rq rq = { .id = e->t.id,
		.profile = e->profile,
		.spki = e->rq.spki,
		.cn = e->who.name,
		.tenant = e->who.tenant,
		.uri = btz_span_str(e->principal),
		.days = (uint64_t)e->ca->conf.user_days };

	btz_ca_issue(e->ca, &rq, on_issued, e);
}

static bool
is_key_of_ca(const struct enrol *e)
{
	return btz_span_eq(e->rq.spki, e->ca->root.spki) ||
	       btz_span_eq(e->rq.spki, e->ca->issuing.spki);
}

static void
judge(struct enrol *e)
{
	struct btz_cert_row *r = &e->row;
	struct btz_err err;
	enum btz_rc rc;

	rc = btz_store_by_spki(e->ca->db, e->spki_hash, r, &err);
	if (rc == BTZ_E_NOENT && !is_key_of_ca(e)) {
		r->der_len = 0;
		issue(e);
		return;
	}
	if (rc != BTZ_OK && rc != BTZ_E_NOENT)
		btz_log_err(e->t.id, &err);
	else if (rc == BTZ_E_NOENT || r->state == BTZ_CERT_REVOKED ||
		 strcmp(r->principal, e->principal) != 0)
		rc = BTZ_E_SPKI_SEEN;
	else if (r->not_after > btz_unix_now() + BTZ_CA_BACKDATE) {
		write_record(e); /* the same once more */
		return;
	} else {
		r->der_len = 0;
		issue(e);
		return;
	}
	r->der_len = 0;
	refuse(e, rc);
}

static bool
take_principal(struct enrol *e, const struct btz_invite_reserve_ok *ok)
{
	int n = snprintf(e->principal, sizeof(e->principal),
	    "spiffe://%s/%.*s/%.*s/%.*s", e->ca->self.trust_domain,
	    (int)ok->tenant.len, (const char *)ok->tenant.p, (int)ok->kind.len,
	    (const char *)ok->kind.p, (int)ok->name.len,
	    (const char *)ok->name.p);

	if (n < 0 || (size_t)n >= sizeof(e->principal) ||
	    !btz_spiffe_parse(btz_span_str(e->principal), &e->who)) {
		e->principal[0] = '\0';
		return false;
	}
	e->profile = btz_span_eq(e->who.kind, btz_span_str("device"))
			 ? BTZ_PROFILE_DEVICE
			 : BTZ_PROFILE_USER;
	return true;
}

static void
on_reserved(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct enrol *e = arg;
	struct btz_invite_reserve_ok ok;

	(void)fd;
	if (rc == BTZ_OK &&
	    (!btz_msg_decode(&btz_def_invite_reserve_ok, f->body, &ok) ||
		!take_principal(e, &ok)))
		rc = BTZ_E_PROTO;
	if (rc != BTZ_OK) {
		refuse(e, rc);
		return;
	}
	e->stage = STAGE_LATER;
	judge(e);
}

static void
reserve(struct enrol *e)
{
	struct btz_invite_reserve rq;
	enum btz_rc rc;

	e->stage = STAGE_INVITE;
	memcpy(rq.token_hash, e->token_hash, BTZ_SHA256_LEN);
	memcpy(rq.spki_hash, e->spki_hash, BTZ_SHA256_LEN);
	rc = btz_host_ask(e->ca->host, BTZ_PROG_ACCESS, BTZ_OP_INVITE_RESERVE,
	    e->t.id, &btz_def_invite_reserve, &rq, -1, e->ca->step_ms,
	    on_reserved, e);
	if (rc != BTZ_OK)
		refuse(e, rc);
}

/* What can be said without asking anybody. */
static enum btz_rc
check(struct enrol *e, const struct btz_http *rq)
{
	uint8_t token[TOKEN_LEN];
	struct btz_wr wr;
	enum btz_rc rc;
	size_t len;

	if (!e->ca->self.ready)
		return BTZ_E_UNPROVISIONED;
	if (!btz_base64url_decode(rq->token, token, sizeof(token), &len) ||
	    len != TOKEN_LEN)
		return BTZ_E_INVITE;
	btz_sha256(btz_span_of(token, len), e->token_hash);
	btz_wipe(token, sizeof(token));
	if (rq->body.len > BTZ_PEM_ROOM(BTZ_CSR_MAX))
		return BTZ_E_TOOBIG;
	btz_wr_init(&wr, e->csr, sizeof(e->csr));
	if ((rc = btz_pem_decode(rq->body, BTZ_PEM_CSR, &wr)) != BTZ_OK)
		return rc;
	e->csr_len = wr.len;
	rc = btz_profile_csr(btz_wr_span(&wr), false, &e->rq, e->spki_hash);
	if (rc != BTZ_OK) /* nothing of it is to be named in a record */
		e->rq = (struct btz_csr){ .n_other_attrs = 0 };
	return rc;
}

void
btz_ca_enrol(
    struct btz_ca *ca, const struct btz_ticket *t, const struct btz_http *rq)
{
	struct enrol *e;
	enum btz_rc rc;

	if (ca->enrols >= BTZ_CA_ENROL_MAX) {
		btz_ca_http_fail(t, 429, BTZ_E_QUOTA);
		return;
	}
	if ((e = calloc(1, sizeof(*e))) == NULL) {
		btz_ca_http_fail(t, 503, BTZ_E_NOMEM);
		return;
	}
	ca->enrols++;
	e->ca = ca;
	e->t = *t;
	(void)snprintf(e->from, sizeof(e->from), "%.*s", (int)rq->from.len,
	    (const char *)rq->from.p);
	if ((rc = check(e, rq)) != BTZ_OK)
		refuse(e, rc);
	else
		reserve(e);
}
