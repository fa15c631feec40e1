/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_revoke.c - takes a credential back, by a unique prefix of its id:
 * recorded -> stored -> access disables it (new policy generation visible) ->
 * CRL rebuilt -> answer. Once stored it is never taken back: what fails after
 * that is BTZ_E_NOT_CONFIRMED, and done again at the next start, when access
 * is back, or by the CRL's timer. Repeating the command is safe.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ca/ca.h"
#include "der/build.h"
#include "prim/prim.h"
#include "wire/msg_credential.h"

struct revoke {
	struct btz_ca *ca;
	struct btz_ticket t;
	struct btz_cert_row row;
	uint8_t reason;
	uint64_t generation;
	bool unconfirmed;
	char id[2 * BTZ_SHA256_LEN + 1];
	char who[64];
};

static struct btz_audit
record(const struct revoke *r, uint8_t phase)
{
	return (struct btz_audit){ .phase = phase,
		.tenant = btz_span_str(r->row.tenant),
		.who = btz_span_str(r->who),
		.cred = btz_span_str(r->id),
		.via = BTZ_VIA_CLI,
		.act = btz_span_str("certificate.revoke"),
		.obj = btz_span_str(r->row.principal) };
}

static void
finish(struct revoke *r, enum btz_rc rc)
{
	struct btz_revoke_ok ok = { .id = btz_span_str(r->id),
		.generation = r->generation };
	struct btz_audit a = record(r, BTZ_PH_OUTCOME);

	a.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	btz_ca_audit_event(r->ca, r->t.id, &a);
	btz_reply(&r->t, rc, &btz_def_revoke_ok, &ok);
	free(r);
}

static void
on_crl(enum btz_rc rc, void *arg)
{
	struct revoke *r = arg;

	finish(
	    r, rc == BTZ_OK && !r->unconfirmed ? BTZ_OK : BTZ_E_NOT_CONFIRMED);
}

static void
on_disabled(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct revoke *r = arg;
	struct btz_credential_ok ok;
	struct btz_err err;

	(void)fd;
	if (rc == BTZ_OK &&
	    btz_msg_decode(&btz_def_credential_ok, f->body, &ok))
		r->generation = ok.generation;
	else if (rc != BTZ_E_NOENT) /* never published: nothing to disable */
		r->unconfirmed = true;
	if (!r->unconfirmed &&
	    btz_store_confirm(r->ca->db, r->row.spki_hash, &err) != BTZ_OK)
		btz_log_err(r->t.id, &err);
	btz_ca_crl_rebuild(r->ca, on_crl, r);
}

/* Access does not know servers. */
static void
disable(struct revoke *r)
{
	struct btz_credential_ref rq = { .reason = r->reason };

	memcpy(rq.spki_hash, r->row.spki_hash, BTZ_SHA256_LEN);
	if (r->row.profile == BTZ_PROFILE_SERVER) {
		on_disabled(BTZ_E_NOENT, NULL, -1, r);
		return;
	}
	if (btz_host_ask(r->ca->host, BTZ_PROG_ACCESS,
		BTZ_OP_CREDENTIAL_DISABLE, r->t.id, &btz_def_credential_ref,
		&rq, -1, r->ca->step_ms, on_disabled, r) != BTZ_OK)
		on_disabled(BTZ_E_DOWN, NULL, -1, r);
}

static void
on_recorded(enum btz_rc rc, void *arg)
{
	struct revoke *r = arg;
	struct btz_err err;

	if (rc == BTZ_OK && (rc = btz_store_revoke(r->ca->db, r->row.spki_hash,
				 btz_unix_now(), r->reason, &err)) != BTZ_OK)
		btz_log_err(r->t.id, &err);
	if (rc == BTZ_OK)
		disable(r);
	else
		finish(r, rc);
}

/* RFC 5280 5.3.1: hold and its removal are not for us, nor are the codes of
 * CAs and attribute authorities. */
static bool
reason_ok(uint8_t reason)
{
	return reason <= 5 && reason != 2;
}

void
btz_ca_op_revoke(struct btz_host *h, struct btz_call *c, const void *msg)
{
	const struct btz_revoke *rq = msg;
	struct revoke *r = calloc(1, sizeof(*r));
	struct btz_audit a;
	struct btz_err err;
	enum btz_rc rc;

	if (r == NULL) {
		btz_reply(&c->ticket, BTZ_E_NOMEM, NULL, NULL);
		return;
	}
	r->ca = btz_host_data(h);
	r->t = c->ticket;
	r->reason = rq->reason;
	rc = reason_ok(rq->reason)
		 ? btz_store_by_prefix(r->ca->db, rq->id, &r->row, &err)
		 : BTZ_FAIL(
		       &err, BTZ_E_RANGE, "reason %u", (unsigned)rq->reason);
	if (rc != BTZ_OK) {
		btz_reply(&c->ticket, rc, NULL, NULL);
		free(r);
		return;
	}
	btz_hex(r->row.spki_hash, BTZ_SHA256_LEN, r->id);
	(void)snprintf(r->who, sizeof(r->who), "uid:%u", (unsigned)c->peer.uid);
	a = record(r, BTZ_PH_DECISION);
	a.decision = BTZ_DEC_ALLOW;
	btz_ca_audit(r->ca, r->t.id, &a, on_recorded, r);
}
