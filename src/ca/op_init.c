/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_init.c - CA_INIT: from a root certificate to a CA that can issue. Each
 * step is stored before the next, so that a repeated command goes on where an
 * interrupted one stopped and repeats the answer of a finished one:
 *
 *   root      the certificate is self-signed and of a key in the lease
 *   key       issuing key with its constraints made, unless it exists
 *   certify   the root signs the issuing certificate; what it is asked for
 *             is stored as ASKED (renewals.h): it signs without approvals only
 *             once, or the very same again
 *   crl       the first CRL
 *   record    durable in the audit log, then the answer
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ca/ca.h"
#include "ca/profile.h"
#include "ca/renewals.h"
#include "prim/prim.h"
#include "wire/alg.h"
#include "wire/msg_certify.h"
#include "wire/msg_generate.h"
#include "wire/msg_key.h"
#include "wire/name.h"

#define STEPS 4

struct init {
	struct btz_ca *ca;
	struct btz_ticket t;
	struct btz_ca_row row;	      /* what will be stored */
	struct btz_x509 root;	      /* borrows from row */
	struct btz_issuing_row asked; /* of the root */
	bool has_root, has_issuing;
	bool asked_before; /* in an earlier run */
	uint8_t issuing_spki[BTZ_SPKI_MAX];
	size_t issuing_spki_len;
	uint8_t after[BTZ_ID_LEN];
	char label[BTZ_LABEL_MAX + 1];
	char who[64];
};

static void list_page(struct init *i);
static void certify(struct init *i);

static void
fail(struct init *i, enum btz_rc rc, const char *what)
{
	struct btz_err err;

	(void)BTZ_FAIL(&err, rc, "CA_INIT: %s: %s", what, btz_rc_text(rc));
	btz_reply_err(&i->t, &err);
	if (rc == BTZ_E_LEASE)
		btz_signer_lost(i->ca->signer);
	i->ca->init_running = false;
	free(i);
}

static void
on_recorded(enum btz_rc rc, void *arg)
{
	struct init *i = arg;
	struct btz_certificate ok = { .der = i->ca->issuing.der };

	if (rc != BTZ_OK) {
		fail(i, rc, "record");
		return;
	}
	btz_reply(&i->t, BTZ_OK, &btz_def_certificate, &ok);
	i->ca->init_running = false;
	btz_ca_reconcile(i->ca); /* nothing yet, and status says so */
	free(i);
}

static void
on_crl(enum btz_rc rc, void *arg)
{
	struct init *i = arg;
	struct btz_audit a = { .phase = BTZ_PH_EVENT,
		.via = BTZ_VIA_CLI,
		.who = btz_span_str(i->who),
		.act = btz_span_str("ca.init"),
		.obj = btz_span_str(i->ca->self.trust_domain),
		.out = btz_span_str("ok") };

	if (rc != BTZ_OK)
		fail(i, rc, "first CRL");
	else
		btz_ca_audit(i->ca, i->t.id, &a, on_recorded, i);
}

static void
make_crl(struct init *i)
{
	btz_reply_progress(&i->t, 4, STEPS, "first CRL");
	if (i->ca->crl.cur.number > 0)
		on_crl(BTZ_OK, i);
	else
		btz_ca_crl_rebuild(i->ca, on_crl, i);
}

static void
certified(struct init *i, struct btz_span der)
{
	struct btz_x509 x;
	struct btz_err err;
	enum btz_rc rc = btz_ca_check_issuing(&i->root,
	    btz_span_of(i->issuing_spki, i->issuing_spki_len), der, &x);

	if (rc != BTZ_OK) {
		fail(i, rc, "issuing certificate");
		return;
	}
	memcpy(i->row.issuing, der.p, der.len);
	i->row.issuing_len = der.len;
	i->row.ready = true;
	rc = btz_renewals_first(i->ca->db, &i->row, &x, &err);
	if (rc == BTZ_OK) {
		i->ca->self = i->row;
		rc = btz_ca_reload(i->ca, &err);
	}
	if (rc != BTZ_OK) {
		btz_log_err(i->t.id, &err);
		fail(i, rc, "store");
		return;
	}
	make_crl(i);
}

/* These times are refused only of what the root has not signed before. */
static void
refused(struct init *i, enum btz_rc rc)
{
	const bool never = rc == BTZ_E_X509_NOT_BEFORE ||
			   rc == BTZ_E_X509_LIFETIME;
	struct btz_err err;

	if (never &&
	    btz_renewals_forget(i->ca->db, i->asked.serial, &err) != BTZ_OK)
		btz_log_err(i->t.id, &err);
	else if (never && i->asked_before) {
		certify(i);
		return;
	}
	fail(i, rc, "issuing certificate");
}

static void
on_certified(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct init *i = arg;
	struct btz_certificate c;

	(void)fd;
	if (rc == BTZ_OK && (f->flags & BTZ_FRAME_MORE) != 0)
		return;
	if (rc == BTZ_OK && !btz_msg_decode(&btz_def_certificate, f->body, &c))
		rc = BTZ_E_PROTO;
	if (rc == BTZ_OK)
		certified(i, c.der);
	else
		refused(i, rc);
}

/* What an earlier run asked for, or something new. */
static enum btz_rc
choose(struct init *i, struct btz_err *err)
{
	struct btz_issuing_row *a = &i->asked;
	enum btz_rc rc = btz_renewals_asked(i->ca->db, a, err);

	i->asked_before = rc == BTZ_OK;
	if (rc != BTZ_E_NOENT)
		return rc;
	a->not_before = btz_unix_now();
	a->not_after = a->not_before +
		       (uint64_t)i->ca->conf.issuing_days * 86400;
	if (a->not_after > i->root.not_after)
		a->not_after = i->root.not_after;
	btz_profile_serial(a->serial);
	return btz_renewals_ask(
	    i->ca->db, a->serial, a->not_after, a->not_before, err);
}

static void
certify(struct init *i)
{
	struct btz_certify_issuing rq = { .approvals = { NULL, 0 } };
	struct btz_err err;
	enum btz_rc rc = choose(i, &err);

	if (rc != BTZ_OK) {
		btz_log_err(i->t.id, &err);
		fail(i, rc, "store");
		return;
	}
	rq.not_before = i->asked.not_before - BTZ_CA_BACKDATE;
	rq.not_after = i->asked.not_after;
	memcpy(rq.root_id, i->row.root_key, BTZ_ID_LEN);
	memcpy(rq.issuing_id, i->row.issuing_key, BTZ_ID_LEN);
	memcpy(rq.serial, i->asked.serial, BTZ_ID_LEN);
	btz_reply_progress(&i->t, 3, STEPS, "issuing certificate by the root");
	rc = btz_signer_ask(i->ca->signer, BTZ_OP_CERTIFY_ISSUING, i->t.id,
	    &btz_def_certify_issuing, &rq, BTZ_CA_KEY_MS, on_certified, i);
	if (rc != BTZ_OK)
		fail(i, rc, "issuing certificate");
}

static bool
take_issuing(struct init *i, const struct btz_key_info *k)
{
	if (k->spki.len > sizeof(i->issuing_spki) ||
	    k->constraints.len > sizeof(i->row.constraints))
		return false;
	memcpy(i->row.issuing_key, k->id, BTZ_ID_LEN);
	memcpy(i->issuing_spki, k->spki.p, k->spki.len);
	i->issuing_spki_len = k->spki.len;
	memcpy(i->row.constraints, k->constraints.p, k->constraints.len);
	i->row.constraints_len = k->constraints.len;
	i->has_issuing = true;
	return true;
}

static void
on_key(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct init *i = arg;
	struct btz_key_info k;
	struct btz_err err;

	(void)fd;
	if (rc == BTZ_OK && (f->flags & BTZ_FRAME_MORE) != 0)
		return;
	if (rc == BTZ_OK && (!btz_msg_decode(&btz_def_key_info, f->body, &k) ||
				!take_issuing(i, &k)))
		rc = BTZ_E_PROTO;
	if (rc == BTZ_OK) {
		rc = btz_store_ca_save(i->ca->db, &i->row, &err);
		if (rc != BTZ_OK)
			btz_log_err(i->t.id, &err);
	}
	if (rc != BTZ_OK)
		fail(i, rc, "issuing key");
	else
		certify(i);
}

static void
make_key(struct init *i)
{
	uint8_t constraints[BTZ_CONSTRAINTS_MAX];
	struct btz_ca_plan plan = {
		.trust_domain = btz_span_str(i->row.trust_domain),
		.box = btz_span_str(i->row.box),
		.base_url = btz_span_str(i->row.base_url),
		.names = btz_span_str(i->ca->https.names),
		.max_lifetime = (uint64_t)(i->ca->conf.user_days >
						   i->ca->conf.server_days
					       ? i->ca->conf.user_days
					       : i->ca->conf.server_days) *
				    86400 +
				3600,
	};
	struct btz_generate rq = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_ISSUING,
		.usage = BTZ_USE_SIGN,
		.label = btz_span_str(i->label) };
	struct btz_err err;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_reply_progress(&i->t, 2, STEPS, "issuing key");
	btz_wr_init(&wr, constraints, sizeof(constraints));
	rc = btz_profile_constraints(&plan, &wr, &err);
	rq.constraints = btz_wr_span(&wr);
	if (rc == BTZ_OK)
		rc = btz_signer_ask(i->ca->signer, BTZ_OP_GENERATE, i->t.id,
		    &btz_def_generate, &rq, BTZ_CA_KEY_MS, on_key, i);
	if (rc != BTZ_OK)
		fail(i, rc, "issuing key");
}

static void
listed(struct init *i)
{
	if (!i->has_root)
		fail(i, BTZ_E_NOENT, "root key of this certificate");
	else if (i->has_issuing)
		certify(i);
	else
		make_key(i);
}

static bool
take_rows(struct init *i, struct btz_span rows)
{
	struct btz_key_info k;
	struct btz_rd rd;

	btz_rd_span(&rd, rows);
	while (!btz_rd_end(&rd)) {
		if (!btz_msg_read(&btz_def_key_info, &rd, &k))
			return false;
		memcpy(i->after, k.id, BTZ_ID_LEN);
		if (k.state != BTZ_KEY_ENABLED)
			continue;
		if (k.kind == BTZ_KIND_ROOT &&
		    btz_span_eq(k.spki, i->root.spki)) {
			memcpy(i->row.root_key, k.id, BTZ_ID_LEN);
			i->has_root = true;
		}
		if (k.kind == BTZ_KIND_ISSUING &&
		    btz_span_eq(k.label, btz_span_str(i->label)) &&
		    !take_issuing(i, &k))
			return false;
	}
	return true;
}

static void
on_listed(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct init *i = arg;
	struct btz_key_rows rows;

	(void)fd;
	if (rc == BTZ_OK &&
	    (!btz_msg_decode(&btz_def_key_rows, f->body, &rows) ||
		!take_rows(i, rows.rows) ||
		(rows.more != 0 && rows.rows.len == 0)))
		rc = BTZ_E_PROTO;
	if (rc != BTZ_OK)
		fail(i, rc, "list of keys");
	else if (rows.more != 0)
		list_page(i);
	else
		listed(i);
}

static void
list_page(struct init *i)
{
	struct btz_list_keys rq = { .label = { NULL, 0 } };
	enum btz_rc rc;

	memcpy(rq.after, i->after, BTZ_ID_LEN);
	rc = btz_signer_ask(i->ca->signer, BTZ_OP_LIST_KEYS, i->t.id,
	    &btz_def_list_keys, &rq, i->ca->step_ms, on_listed, i);
	if (rc != BTZ_OK)
		fail(i, rc, "list of keys");
}

static void
on_signer(enum btz_rc rc, void *arg)
{
	struct init *i = arg;

	if (rc != BTZ_OK)
		fail(i, rc, "crypto service");
	else
		list_page(i);
}

static void
copy(char *out, size_t cap, struct btz_span s)
{
	(void)snprintf(out, cap, "%.*s", (int)s.len, (const char *)s.p);
}

/* Self-signed, a CA, of a P-256 key (RFC 5280 4.2.1.9, 4.2.1.3). */
static enum btz_rc
take_root(struct init *i, const struct btz_ca_init *rq)
{
	struct btz_ca_row *r = &i->row;
	enum btz_rc rc;

	if (rq->root_cert.len > sizeof(r->root))
		return BTZ_E_TOOBIG;
	if (!btz_domain_ok(rq->trust_domain) || !btz_name_ok(rq->box) ||
	    btz_url_host(rq->base_url).len == 0)
		return BTZ_E_INVAL;
	memcpy(r->root, rq->root_cert.p, rq->root_cert.len);
	r->root_len = rq->root_cert.len;
	copy(r->ca_id, sizeof(r->ca_id), btz_span_str(BTZ_CA_ID));
	copy(r->trust_domain, sizeof(r->trust_domain), rq->trust_domain);
	copy(r->box, sizeof(r->box), rq->box);
	copy(r->base_url, sizeof(r->base_url), rq->base_url);
	r->present = true;
	rc = btz_x509_parse(btz_span_of(r->root, r->root_len), &i->root);
	if (rc != BTZ_OK)
		return rc;
	if (!i->root.ext.ca || (i->root.ext.ku & BTZ_KU_KEY_CERT_SIGN) == 0 ||
	    !btz_span_eq(i->root.issuer, i->root.subject))
		return BTZ_E_VERIFY;
	return btz_verify(
	    i->root.spki, BTZ_SIG_ECDSA_SHA256, i->root.tbs, i->root.signature);
}

/* The trust domain is frozen, and so is the root. */
static bool
same(const struct btz_ca_row *a, const struct btz_ca_row *b)
{
	return strcmp(a->trust_domain, b->trust_domain) == 0 &&
	       strcmp(a->box, b->box) == 0 &&
	       btz_span_eq(btz_span_of(a->root, a->root_len),
		   btz_span_of(b->root, b->root_len));
}

static void
begin(struct init *i, const struct btz_ca_init *rq)
{
	struct btz_ca *ca = i->ca;
	enum btz_rc rc;

	ca->init_running = true;
	(void)snprintf(i->label, sizeof(i->label), "issuing-%s", BTZ_CA_ID);
	if ((rc = take_root(i, rq)) != BTZ_OK) {
		fail(i, rc, "root certificate");
	} else if (ca->self.ready && !same(&ca->self, &i->row)) {
		fail(i, BTZ_E_PROVISIONED, "another root or trust domain");
	} else if (ca->self.ready) {
		make_crl(i);
	} else {
		btz_reply_progress(&i->t, 1, STEPS, "keys of the lease");
		btz_signer_need(ca->signer, ca->step_ms, on_signer, i);
	}
}

void
btz_ca_op_init(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_ca *ca = btz_host_data(h);
	struct init *i = ca->init_running || ca->renewing
			     ? NULL
			     : calloc(1, sizeof(*i));

	if (i == NULL) {
		btz_reply(&c->ticket, BTZ_E_AGAIN, NULL, NULL);
		return;
	}
	i->ca = ca;
	i->t = c->ticket;
	(void)snprintf(i->who, sizeof(i->who), "uid:%u", (unsigned)c->peer.uid);
	begin(i, msg);
}
