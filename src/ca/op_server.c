/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_server.c - a certificate for this box's own HTTPS service, or for the
 * server of a VPN. Names must be in the name space sealed into the issuing key;
 * what a request asks for as SAN must be among them. A VPN's key signs TLS
 * handshakes and no request: that it is bartizan-vpn's is said by the edge.
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

struct server {
	struct btz_ca *ca;
	struct btz_ticket t;
	struct btz_cert_row row;
	uint8_t via; /* enum btz_audit_via */
	char who[64];
};

static struct btz_audit
record(const struct server *s, uint8_t phase)
{
	static char id[2 * BTZ_SHA256_LEN + 1];

	btz_hex(s->row.spki_hash, BTZ_SHA256_LEN, id);
	return (struct btz_audit){ .phase = phase,
		.who = btz_span_str(s->who),
		.cred = btz_span_str(id),
		.via = s->via,
		.act = btz_span_str("certificate.issue"),
		.obj = btz_span_str(s->row.principal) };
}

static void
finish(struct server *s, enum btz_rc rc)
{
	static uint8_t certs[2 * BTZ_CA_CERT_MAX + 8];
	struct btz_audit a = record(s, BTZ_PH_OUTCOME);
	struct btz_chain chain;
	struct btz_wr wr;

	btz_wr_init(&wr, certs, sizeof(certs));
	btz_wr_bytes32(&wr, btz_span_of(s->row.der, s->row.der_len));
	if (rc == BTZ_OK)
		btz_wr_bytes32(&wr, s->ca->issuing.der);
	chain.certs = btz_wr_span(&wr);
	a.out = btz_span_str(rc == BTZ_OK ? "ok" : btz_rc_name(rc));
	btz_ca_audit_event(s->ca, s->t.id, &a);
	btz_reply(&s->t, rc, &btz_def_chain, &chain);
	free(s);
}

static void
on_recorded(enum btz_rc rc, void *arg)
{
	struct server *s = arg;
	struct btz_err err;

	if (rc == BTZ_OK && (rc = btz_store_activate(
				 s->ca->db, s->row.spki_hash, &err)) != BTZ_OK)
		btz_log_err(s->t.id, &err);
	finish(s, rc);
}

static void
on_issued(enum btz_rc rc, const struct btz_cert_row *row, void *arg)
{
	struct server *s = arg;
	struct btz_audit a;

	if (rc != BTZ_OK) {
		finish(s, rc);
		return;
	}
	s->row = *row;
	a = record(s, BTZ_PH_DECISION);
	a.decision = BTZ_DEC_ALLOW;
	btz_ca_audit(s->ca, s->t.id, &a, on_recorded, s);
}

/* A key of a user, or one that was revoked, is not a server's. */
static enum btz_rc
judge_key(struct btz_ca *ca, const uint8_t hash[BTZ_SHA256_LEN])
{
	struct btz_cert_row row;
	struct btz_err err;
	enum btz_rc rc = btz_store_by_spki(ca->db, hash, &row, &err);

	if (rc == BTZ_E_NOENT)
		return BTZ_OK;
	if (rc == BTZ_OK && (row.state == BTZ_CERT_REVOKED ||
				row.profile != BTZ_PROFILE_SERVER))
		rc = BTZ_E_SPKI_SEEN;
	return rc;
}

static enum btz_rc
check_names(const struct btz_ca *ca, struct btz_span dns, struct btz_span ips,
    struct btz_names *names)
{
	struct btz_constraints c;

	if (!ca->self.ready)
		return BTZ_E_UNPROVISIONED;
	if (!btz_constraints_decode(
		btz_span_of(ca->self.constraints, ca->self.constraints_len),
		&c))
		return BTZ_E_CORRUPT;
	if (!btz_names_parse(dns, ips, names))
		return BTZ_E_INVAL;
	return btz_names_inside(names, &c) ? BTZ_OK : BTZ_E_X509_SAN;
}

static enum btz_rc
check(struct btz_ca *ca, const struct btz_issue_server *rq, struct btz_csr *csr,
    struct btz_names *names)
{
	uint8_t hash[BTZ_SHA256_LEN];
	enum btz_rc rc = check_names(ca, rq->dns, rq->ips, names);

	if (rc == BTZ_OK)
		rc = btz_profile_csr(rq->csr, true, csr, hash);
	if (rc != BTZ_OK)
		return rc;
	if (!btz_names_cover(names, csr))
		return BTZ_E_CSR_EXT;
	return judge_key(ca, hash);
}

/* Issues, or answers why not. */
static void
begin(struct btz_ca *ca, const struct btz_call *c, const char *who, uint8_t via,
    struct btz_span spki, struct btz_span cn, const struct btz_names *names)
{
	struct btz_issue_rq rq = { .id = c->ticket.id,
		.profile = BTZ_PROFILE_SERVER,
		.days = (uint64_t)ca->conf.server_days,
		.spki = spki,
		.cn = cn,
		.dns = names->dns,
		.n_dns = names->n_dns,
		.ips = names->ips,
		.n_ips = names->n_ips };
	struct server *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		btz_reply(&c->ticket, BTZ_E_NOMEM, NULL, NULL);
		return;
	}
	s->ca = ca;
	s->t = c->ticket;
	s->via = via;
	(void)snprintf(s->who, sizeof(s->who), "%s", who);
	btz_ca_issue(ca, &rq, on_issued, s);
}

void
btz_ca_op_server(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_ca *ca = btz_host_data(h);
	struct btz_names names;
	struct btz_csr csr;
	char who[32];
	enum btz_rc rc = check(ca, msg, &csr, &names);

	if (rc != BTZ_OK) {
		btz_reply(&c->ticket, rc, NULL, NULL);
		return;
	}
	(void)snprintf(who, sizeof(who), "uid:%u", (unsigned)c->peer.uid);
	begin(ca, c, who, BTZ_VIA_CLI, csr.spki, btz_span_of(NULL, 0), &names);
}

void
btz_ca_op_vpn(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_ca *ca = btz_host_data(h);
	const struct btz_issue_vpn *rq = msg;
	uint8_t hash[BTZ_SHA256_LEN];
	struct btz_names names;
	struct btz_span bits;
	enum btz_rc rc = check_names(ca, rq->dns, rq->ips, &names);

	if (rc == BTZ_OK && btz_spki_alg(rq->spki, &bits) != BTZ_ALG_EC_P256)
		rc = BTZ_E_UNSUPPORTED;
	if (rc == BTZ_OK) {
		btz_sha256(rq->spki, hash);
		rc = judge_key(ca, hash);
	}
	/* OpenVPN takes no server without a subject, and a CN has no address */
	if (rc == BTZ_OK && names.n_dns == 0)
		rc = BTZ_E_X509_SUBJECT;
	if (rc != BTZ_OK) {
		btz_reply(&c->ticket, rc, NULL, NULL);
		return;
	}
	begin(ca, c, "vpn", BTZ_VIA_INTERNAL, rq->spki, names.dns[0], &names);
}
