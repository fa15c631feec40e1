/* SPDX-License-Identifier: Apache-2.0 */
/* op_list.c - what can be read: certificates, status, chain, CRL. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ca/ca.h"
#include "ca/profile.h"
#include "ca/renewals.h"
#include "prim/prim.h"
#include "wire/msg_certify.h"
#include "wire/msg_list.h"
#include "wire/table.h"

#define DAY UINT64_C(86400)

static uint8_t rows[BTZ_LIST_MAX];

static const struct btz_column cert_columns[] = {
	{ BTZ_CELL_TEXT, "id" },
	{ BTZ_CELL_TEXT, "serial" },
	{ BTZ_CELL_TEXT, "tenant" },
	{ BTZ_CELL_TEXT, "principal" },
	{ BTZ_CELL_TIME, "not_before" },
	{ BTZ_CELL_TIME, "not_after" },
	{ BTZ_CELL_TEXT, "state" },
	{ BTZ_CELL_TIME, "revoked_at" },
	{ BTZ_CELL_NUMBER, "reason" },
};

/* n of the last row of the page before, as 8 octets; empty: 0. */
static bool
cursor(struct btz_span after, uint64_t *n)
{
	struct btz_rd rd;

	*n = 0;
	btz_rd_span(&rd, after);
	return after.len == 0 ||
	       (btz_rd_u64(&rd, n) && btz_rd_end(&rd) && *n <= INT64_MAX);
}

static void
put_cert(struct btz_table_wr *t, sqlite3_stmt *st)
{
	struct btz_span serial = btz_db_span(st, 2);

	btz_table_text(t, btz_db_span(st, 1));
	btz_table_hex(t, serial.p, serial.len);
	btz_table_text(t, btz_db_span(st, 3));
	btz_table_text(t, btz_db_span(st, 4));
	btz_table_num(t, (uint64_t)btz_db_int(st, 5));
	btz_table_num(t, (uint64_t)btz_db_int(st, 6));
	btz_table_str(t, btz_cert_state_name(btz_db_int(st, 7)));
	btz_table_num(t, (uint64_t)btz_db_int(st, 8));
	btz_table_num(t, (uint64_t)btz_db_int(st, 9));
}

static enum btz_rc
fill(struct btz_db *db, sqlite3_stmt *st, struct btz_table_wr *t,
    struct btz_wr *next, struct btz_err *err)
{
	uint64_t last = 0;
	enum btz_rc rc;

	while ((rc = btz_db_step(db, st, err)) == BTZ_OK) {
		put_cert(t, st);
		if (!btz_table_row_end(t)) {
			btz_wr_u64(next, last);
			return BTZ_OK;
		}
		last = (uint64_t)btz_db_int(st, 0);
	}
	return rc == BTZ_E_NOENT ? BTZ_OK : rc;
}

struct issuing_list {
	struct btz_table_wr t;
	struct btz_ca *ca;
	bool full;
};

static void
put_issuing(const struct btz_issuing_row *r, void *arg)
{
	struct issuing_list *l = arg;
	uint8_t hash[BTZ_SHA256_LEN];
	bool known = r->der_len > 0;

	btz_table_str(&l->t, btz_issuing_state_name(r->state));
	btz_table_hex(&l->t, r->serial, BTZ_ID_LEN);
	btz_table_num(&l->t, r->not_before);
	btz_table_num(&l->t, r->not_after);
	btz_sha256(btz_span_of(r->der, r->der_len), hash);
	btz_table_hex(&l->t, hash, known ? sizeof(hash) : 0);
	btz_sha256(l->ca->issuing.spki, hash);
	btz_table_hex(&l->t, hash, sizeof(hash));
	l->full = !btz_table_row_end(&l->t) || l->full;
}

/* All in one page: BTZ_RENEWALS_MAX rows have room. */
static void
list_issuing(struct btz_ca *ca, const struct btz_call *c)
{
	static const struct btz_column columns[] = {
		{ BTZ_CELL_TEXT, "certificate" },
		{ BTZ_CELL_TEXT, "serial" },
		{ BTZ_CELL_TIME, "not_before" },
		{ BTZ_CELL_TIME, "not_after" },
		{ BTZ_CELL_TEXT, "sha256" },
		{ BTZ_CELL_TEXT, "pin" },
	};
	struct issuing_list l = { .ca = ca };
	struct btz_table out;
	struct btz_err err;
	enum btz_rc rc;

	btz_table_begin(&l.t, columns, BTZ_COUNT(columns), rows, sizeof(rows));
	rc = btz_renewals_each(ca->db, btz_unix_now(), put_issuing, &l, &err);
	if (rc == BTZ_OK && l.full)
		rc = BTZ_FAIL(&err, BTZ_E_TOOBIG, "list");
	if (rc != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	out = btz_table_done(&l.t, btz_span_of(NULL, 0));
	btz_reply(&c->ticket, BTZ_OK, &btz_def_table, &out);
}

void
btz_ca_op_list(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_ca *ca = btz_host_data(h);
	const struct btz_list *rq = msg;
	struct btz_table_wr t;
	struct btz_table out;
	struct btz_err err;
	uint8_t nextbuf[8];
	struct btz_wr next;
	sqlite3_stmt *st;
	enum btz_rc rc;
	uint64_t after;

	if (rq->noun == BTZ_NOUN_ISSUING && ca->self.ready) {
		list_issuing(ca, c);
		return;
	}
	if (rq->noun != BTZ_NOUN_CERTIFICATE || !cursor(rq->after, &after)) {
		btz_reply(&c->ticket, BTZ_E_INVAL, NULL, NULL);
		return;
	}
	btz_table_begin(
	    &t, cert_columns, BTZ_COUNT(cert_columns), rows, sizeof(rows));
	btz_wr_init(&next, nextbuf, sizeof(nextbuf));
	rc = btz_db_query(ca->db, &st, &err,
	    "SELECT n, id, serial, tenant, principal, not_before, not_after,"
	    " state, revoked_at, reason FROM certificates WHERE n > ?1"
	    " AND (?2 = '' OR tenant = ?2)"
	    " AND (?3 = '' OR principal = ?3 OR substr(id, 1, length(?3)) = ?3)"
	    " ORDER BY n",
	    "itt", (int64_t)after, rq->tenant, rq->filter);
	if (rc == BTZ_OK) {
		rc = fill(ca->db, st, &t, &next, &err);
		btz_db_done(st);
	}
	if (rc != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	out = btz_table_done(&t, btz_wr_span(&next));
	btz_reply(&c->ticket, BTZ_OK, &btz_def_table, &out);
}

static void
item(struct btz_table_wr *t, const char *name, const char *value,
    const char *level)
{
	btz_table_str(t, name);
	btz_table_str(t, value);
	btz_table_str(t, level);
	if (!btz_table_row_end(t))
		btz_log(BTZ_LOG_WARN, 0, "status is too long");
}

static void
item_time(struct btz_table_wr *t, const char *name, uint64_t at, uint64_t warn)
{
	uint64_t now = btz_unix_now();
	char text[48];

	(void)snprintf(text, sizeof(text), "in %llu h",
	    (unsigned long long)(at > now ? (at - now) / 3600 : 0));
	item(t, name, at > now ? text : "over",
	    at <= now	      ? "error"
	    : at - now < warn ? "warning"
			      : "ok");
}

static void
fill_status(const struct btz_ca *ca, struct btz_table_wr *t)
{
	bool open = btz_signer_open(ca->signer);
	char number[24];

	item(t, "ca", ca->self.ready ? "ready" : "not initialised",
	    ca->self.ready ? "ok" : "warning");
	item(t, "crypto service",
	    open ? btz_signer_backend(ca->signer) : "not connected",
	    open ? "ok" : "warning");
	item(t, "reconciled with access", ca->reconciled ? "yes" : "no",
	    ca->reconciled ? "ok" : "warning");
	if (!ca->self.ready)
		return;
	item(t, "trust domain", ca->self.trust_domain, "info");
	item_time(
	    t, "issuing certificate ends", ca->issuing.not_after, 30 * DAY);
	(void)snprintf(number, sizeof(number), "%llu",
	    (unsigned long long)ca->crl.cur.number);
	item(t, "CRL number", number, ca->crl.again ? "warning" : "info");
	item_time(t, "CRL ends", ca->crl.cur.next_update, 2 * DAY);
	if (ca->root_crl.number > 0)
		item_time(t, "list of the root ends", ca->root_crl.next_update,
		    14 * DAY);
}

void
btz_ca_op_status(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_column columns[] = {
		{ BTZ_CELL_TEXT, "item" },
		{ BTZ_CELL_TEXT, "value" },
		{ BTZ_CELL_TEXT, "level" },
	};
	struct btz_table_wr t;
	struct btz_table out;

	(void)msg;
	btz_table_begin(&t, columns, BTZ_COUNT(columns), rows, sizeof(rows));
	fill_status(btz_host_data(h), &t);
	out = btz_table_done(&t, btz_span_of(NULL, 0));
	btz_reply(&c->ticket, BTZ_OK, &btz_def_table, &out);
}

void
btz_ca_op_chain(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_ca *ca = btz_host_data(h);
	struct btz_chain chain;
	struct btz_wr wr;

	(void)msg;
	if (!ca->self.ready) {
		btz_reply(&c->ticket, BTZ_E_UNPROVISIONED, NULL, NULL);
		return;
	}
	btz_wr_init(&wr, rows, sizeof(rows));
	btz_wr_bytes32(&wr, ca->issuing.der);
	btz_wr_bytes32(&wr, ca->root.der);
	chain.certs = btz_wr_span(&wr);
	btz_reply(&c->ticket, BTZ_OK, &btz_def_chain, &chain);
}

void
btz_ca_op_crl(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_ca *ca = btz_host_data(h);
	const struct btz_ca_ref *rq = msg;
	const bool root = btz_span_eq(rq->ca_id, btz_span_str("root"));
	const struct btz_crl_row *crl = root ? &ca->root_crl : &ca->crl.cur;
	struct btz_certificate out = { .der = btz_span_of(crl->der, crl->len) };

	if (!root && rq->ca_id.len > 0 &&
	    !btz_span_eq(rq->ca_id, btz_span_str(BTZ_CA_ID)))
		btz_reply(&c->ticket, BTZ_E_NOENT, NULL, NULL);
	else if (crl->number == 0)
		btz_reply(&c->ticket, BTZ_E_UNPROVISIONED, NULL, NULL);
	else
		btz_reply(&c->ticket, BTZ_OK, &btz_def_certificate, &out);
}
