/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile.c - at start, and when access comes back, the two databases are
 * compared and repaired towards the stricter side; each repair is a record.
 * Pages of CREDENTIAL_STATES go into a temporary table, then one difference
 * after the other is dealt with. Start at btz_ca_reconcile.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ca/ca.h"
#include "prim/prim.h"
#include "wire/msg_credential.h"
#include "wire/msg_list.h"

struct work {
	struct btz_ca *ca;
	uint64_t id;
	uint8_t next[64];
	size_t next_len;
	uint8_t spki_hash[BTZ_SHA256_LEN]; /* of the repair at hand */
	bool crl;			   /* a new CRL is due */
};

static void ask_page(struct work *w);
static void next_repair(struct work *w);

static void
on_crl(enum btz_rc rc, void *arg)
{
	(void)rc; /* logged, and tried again by crl.c */
	(void)arg;
}

static void
finish(struct work *w, enum btz_rc rc)
{
	struct btz_ca *ca = w->ca;

	ca->reconciling = false;
	ca->reconciled = rc == BTZ_OK;
	if (rc != BTZ_OK)
		btz_log(BTZ_LOG_WARN, w->id, "not compared with access: %s",
		    btz_rc_text(rc));
	if (w->crl)
		btz_ca_crl_rebuild(ca, on_crl, NULL);
	free(w);
}

static void
record(const struct work *w, const char *what)
{
	char id[2 * BTZ_SHA256_LEN + 1];
	struct btz_audit a = { .phase = BTZ_PH_EVENT,
		.via = BTZ_VIA_INTERNAL,
		.act = btz_span_str("credential.repair"),
		.why = btz_span_str(what),
		.out = btz_span_str("ok") };

	btz_hex(w->spki_hash, BTZ_SHA256_LEN, id);
	a.cred = btz_span_str(id);
	btz_log(BTZ_LOG_WARN, w->id, "repair of %s: %s", id, what);
	btz_ca_audit_event(w->ca, w->id, &a);
}

static void
on_disabled(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct work *w = arg;
	struct btz_err err;

	(void)f;
	(void)fd;
	if (rc != BTZ_OK && rc != BTZ_E_NOENT) {
		finish(w, rc);
		return;
	}
	record(w, "disabled in access: revoked or unknown here");
	if ((rc = btz_store_seen_done(w->ca->db, w->spki_hash, &err)) !=
		BTZ_OK ||
	    (rc = btz_store_confirm(w->ca->db, w->spki_hash, &err)) != BTZ_OK) {
		btz_log_err(w->id, &err);
		finish(w, rc);
		return;
	}
	next_repair(w);
}

static void
disable(struct work *w)
{
	struct btz_credential_ref rq = { .reason = 0 };
	enum btz_rc rc;

	memcpy(rq.spki_hash, w->spki_hash, BTZ_SHA256_LEN);
	rc = btz_host_ask(w->ca->host, BTZ_PROG_ACCESS,
	    BTZ_OP_CREDENTIAL_DISABLE, w->id, &btz_def_credential_ref, &rq, -1,
	    w->ca->step_ms, on_disabled, w);
	if (rc != BTZ_OK)
		finish(w, rc);
}

/* Repairs in our own database; what stays to be asked is DISABLE. */
static enum btz_rc
repair_here(struct work *w, enum btz_repair what, struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;

	switch (what) {
	case BTZ_REPAIR_REVOKE:
		rc = btz_store_revoke(
		    w->ca->db, w->spki_hash, btz_unix_now(), 0, err);
		if (rc == BTZ_OK)
			rc = btz_store_confirm(w->ca->db, w->spki_hash, err);
		w->crl = true;
		if (rc == BTZ_OK)
			record(w, "revoked here: disabled or gone in access");
		break;
	case BTZ_REPAIR_ACTIVATE:
		rc = btz_store_activate(w->ca->db, w->spki_hash, err);
		if (rc == BTZ_OK)
			record(w, "active here: access has it in force");
		break;
	case BTZ_REPAIR_CONFIRM:
		rc = btz_store_confirm(w->ca->db, w->spki_hash, err);
		break;
	case BTZ_REPAIR_DISABLE:
		break;
	}
	return rc;
}

static void
next_repair(struct work *w)
{
	enum btz_repair what;
	struct btz_err err;
	enum btz_rc rc;

	while ((rc = btz_store_seen_next(
		    w->ca->db, w->spki_hash, &what, &err)) == BTZ_OK) {
		if (what == BTZ_REPAIR_DISABLE) {
			disable(w);
			return;
		}
		if ((rc = repair_here(w, what, &err)) != BTZ_OK)
			break;
	}
	if (rc != BTZ_E_NOENT)
		btz_log_err(w->id, &err);
	finish(w, rc == BTZ_E_NOENT ? BTZ_OK : rc);
}

static enum btz_rc
take_page(struct work *w, const struct btz_credential_rows *page)
{
	struct btz_credential_row row;
	struct btz_err err;
	struct btz_rd rd;
	enum btz_rc rc;

	btz_rd_span(&rd, page->rows);
	while (!btz_rd_end(&rd)) {
		if (!btz_msg_read(&btz_def_credential_row, &rd, &row))
			return BTZ_E_PROTO;
		rc = btz_store_seen_add(
		    w->ca->db, row.spki_hash, row.state, &err);
		if (rc != BTZ_OK)
			return rc;
	}
	w->next_len = page->next.len;
	if (page->next.len > 0)
		memcpy(w->next, page->next.p, page->next.len);
	return BTZ_OK;
}

static void
on_page(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct work *w = arg;
	struct btz_credential_rows page;

	(void)fd;
	if (rc == BTZ_OK &&
	    !btz_msg_decode(&btz_def_credential_rows, f->body, &page))
		rc = BTZ_E_PROTO;
	if (rc == BTZ_OK)
		rc = take_page(w, &page);
	if (rc != BTZ_OK)
		finish(w, rc);
	else if (w->next_len > 0)
		ask_page(w);
	else
		next_repair(w);
}

static void
ask_page(struct work *w)
{
	struct btz_list rq = { .noun = BTZ_NOUN_CREDENTIAL,
		.after = btz_span_of(w->next, w->next_len) };
	enum btz_rc rc;

	rc = btz_host_ask(w->ca->host, BTZ_PROG_ACCESS,
	    BTZ_OP_CREDENTIAL_STATES, w->id, &btz_def_list, &rq, -1,
	    w->ca->step_ms, on_page, w);
	if (rc != BTZ_OK)
		finish(w, rc);
}

void
btz_ca_reconcile(struct btz_ca *ca)
{
	struct btz_err err;
	struct work *w;

	if (!ca->self.ready || ca->reconciling ||
	    btz_host_edge(ca->host, BTZ_PROG_ACCESS) == NULL)
		return;
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return;
	w->ca = ca;
	w->id = btz_host_new_id(ca->host);
	ca->reconciling = true;
	ca->reconciled = false;
	if (btz_store_seen_clear(ca->db, &err) != BTZ_OK) {
		btz_log_err(w->id, &err);
		finish(w, err.rc);
		return;
	}
	ask_page(w);
}
