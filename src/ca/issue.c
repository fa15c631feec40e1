/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue.c - one certificate: TBS by profile -> signer -> signature checked ->
 * stored durably. Start at btz_ca_issue.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ca/ca.h"
#include "ca/profile.h"
#include "der/build.h"
#include "der/spki.h"
#include "prim/prim.h"
#include "wire/alg.h"
#include "wire/constraint.h"
#include "wire/msg_sign.h"

struct issue {
	struct btz_ca *ca;
	uint64_t id;
	btz_issued_fn *fn;
	void *arg;
	struct btz_cert_row row;
	uint8_t tbs[BTZ_CA_CERT_MAX];
	size_t tbs_len;
};

static void
finish(struct issue *i, enum btz_rc rc)
{
	i->fn(rc, rc == BTZ_OK ? &i->row : NULL, i->arg);
	free(i);
}

/* Assembles, and checks the signature by our own certificate: a fault in the
 * signer must not leave the box. */
static enum btz_rc
assemble(struct issue *i, struct btz_span sig, struct btz_err *err)
{
	struct btz_span tbs = btz_span_of(i->tbs, i->tbs_len);
	struct btz_x509 x;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, i->row.der, sizeof(i->row.der));
	rc = btz_signed_put(&wr, tbs, BTZ_SIG_ECDSA_SHA256, sig);
	i->row.der_len = wr.len;
	if (rc == BTZ_OK)
		rc = btz_verify(
		    i->ca->issuing.spki, BTZ_SIG_ECDSA_SHA256, tbs, sig);
	if (rc == BTZ_OK)
		rc = btz_x509_parse(btz_wr_span(&wr), &x);
	return rc == BTZ_OK ? BTZ_OK : BTZ_FAIL(err, rc, "new certificate");
}

static void
on_signed(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct issue *i = arg;
	struct btz_signature s;
	struct btz_err err;

	(void)fd;
	if (rc != BTZ_OK) {
		btz_log(BTZ_LOG_WARN, i->id, "signer: %s", btz_rc_text(rc));
		if (rc == BTZ_E_LEASE)
			btz_signer_lost(i->ca->signer);
		finish(i, rc);
		return;
	}
	if (!btz_msg_decode(&btz_def_signature, f->body, &s))
		rc = BTZ_FAIL(&err, BTZ_E_PROTO, "answer of the signer");
	if (rc == BTZ_OK)
		rc = assemble(i, s.signature, &err);
	if (rc == BTZ_OK)
		rc = btz_store_cert_add(i->ca->db, &i->row, &err);
	if (rc != BTZ_OK)
		btz_log_err(i->id, &err);
	finish(i, rc);
}

static void
on_signer(enum btz_rc rc, void *arg)
{
	struct issue *i = arg;
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_TBS_CERT,
		.input = btz_span_of(i->tbs, i->tbs_len) };

	memcpy(rq.id, i->ca->self.issuing_key, BTZ_ID_LEN);
	if (rc == BTZ_OK)
		rc = btz_signer_ask(i->ca->signer, BTZ_OP_SIGN, i->id,
		    &btz_def_sign, &rq, i->ca->step_ms, on_signed, i);
	if (rc != BTZ_OK)
		finish(i, rc);
}

static struct btz_cert_spec
spec_of(const struct issue *i, const struct btz_issue_rq *rq)
{
	return (struct btz_cert_spec){ .profile = rq->profile,
		.sig_alg = BTZ_SIG_ECDSA_SHA256,
		.serial = btz_span_of(i->row.serial, BTZ_ID_LEN),
		.issuer = i->ca->issuing.subject,
		.subject_cn = rq->cn,
		.not_before = i->row.not_before,
		.not_after = i->row.not_after,
		.spki = rq->spki,
		.aki = i->ca->issuing.ext.ski,
		.ekus = rq->profile == BTZ_PROFILE_SERVER ? BTZ_EKU_SERVER_AUTH
							  : BTZ_EKU_CLIENT_AUTH,
		.uri = rq->uri,
		.dns = rq->dns,
		.n_dns = rq->n_dns,
		.ips = rq->ips,
		.n_ips = rq->n_ips };
}

static enum btz_rc
fill_row(struct issue *i, const struct btz_issue_rq *rq)
{
	uint64_t now = btz_unix_now();
	struct btz_span who = rq->uri.len > 0 ? rq->uri
			      : rq->n_dns > 0 ? rq->dns[0]
					      : btz_span_str("server");

	i->row.profile = rq->profile;
	i->row.state = BTZ_CERT_PENDING;
	i->row.not_before = now - BTZ_CA_BACKDATE;
	i->row.not_after = now + rq->days * 86400;
	if (i->row.not_after > i->ca->issuing.not_after)
		i->row.not_after = i->ca->issuing.not_after;
	if (i->row.not_after <= now)
		return BTZ_E_EXPIRED; /* the issuing certificate */
	btz_profile_serial(i->row.serial);
	btz_sha256(rq->spki, i->row.spki_hash);
	(void)snprintf(i->row.tenant, sizeof(i->row.tenant), "%.*s",
	    (int)rq->tenant.len, (const char *)rq->tenant.p);
	(void)snprintf(i->row.principal, sizeof(i->row.principal), "%.*s",
	    (int)who.len, (const char *)who.p);
	return BTZ_OK;
}

static enum btz_rc
build(struct issue *i, const struct btz_issue_rq *rq)
{
	struct btz_constraints c;
	struct btz_cert_spec s;
	struct btz_span bits;
	uint8_t ski[20];
	struct btz_wr wr;
	enum btz_rc rc;

	if ((rc = fill_row(i, rq)) != BTZ_OK)
		return rc;
	if (!btz_constraints_decode(btz_span_of(i->ca->self.constraints,
					i->ca->self.constraints_len),
		&c))
		return BTZ_E_CORRUPT;
	s = spec_of(i, rq);
	if (btz_spki_alg(rq->spki, &bits) != BTZ_ALG_EC_P256)
		return BTZ_E_CSR_KEY;
	btz_sha1(bits, ski);
	s.ski = btz_span_of(ski, sizeof(ski));
	s.crl_uri = c.crl_uri;
	btz_wr_init(&wr, i->tbs, sizeof(i->tbs));
	rc = btz_cert_build(&s, &wr);
	i->tbs_len = wr.len;
	return rc;
}

void
btz_ca_issue(struct btz_ca *ca, const struct btz_issue_rq *rq,
    btz_issued_fn *fn, void *arg)
{
	struct issue *i = calloc(1, sizeof(*i));
	enum btz_rc rc;

	if (i == NULL) {
		fn(BTZ_E_NOMEM, NULL, arg);
		return;
	}
	i->ca = ca;
	i->id = rq->id;
	i->fn = fn;
	i->arg = arg;
	rc = ca->self.ready ? build(i, rq) : BTZ_E_UNPROVISIONED;
	if (rc != BTZ_OK)
		finish(i, rc);
	else
		btz_signer_need(ca->signer, ca->step_ms, on_signer, i);
}
