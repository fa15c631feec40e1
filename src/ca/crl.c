/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crl.c - one full CRL, signed again after each revocation and at half of its
 * life. Builds never overlap: who asks during one waits for the next. Start
 * at btz_ca_crl_rebuild.
 *
 * The signer counts each list it signs and wants the next one built on the
 * last. So the list is stored before it is asked for, and with its signature
 * before it is published: if the answer is lost, the very same list is asked
 * for again (`replay`), which the signer allows, before a new one is built.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ca/ca.h"
#include "der/build.h"
#include "der/crl.h"
#include "prim/prim.h"
#include "wire/alg.h"
#include "wire/constraint.h"
#include "wire/msg_sign.h"

#define RETRY_MS 5000u
#define MARGIN_S 3600u /* between our clock and the signer's */

static void start_build(struct btz_ca *ca);

static void
set_timer(struct btz_ca *ca, bool failed)
{
	const struct btz_crl_row *c = &ca->crl.cur;
	uint64_t now = btz_unix_now();
	uint64_t at = c->this_update + (c->next_update - c->this_update) / 2;
	uint64_t ms = at > now ? (at - now) * 1000 : 1;

	if (failed || ca->crl.again)
		ms = RETRY_MS;
	btz_timer_set(
	    ca->crl.timer, ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms);
}

static void
tell(struct btz_crl_waiter *w, enum btz_rc rc)
{
	while (w != NULL) {
		struct btz_crl_waiter *next = w->next;

		w->fn(rc, w->arg);
		free(w);
		w = next;
	}
}

static void
finish(struct btz_ca *ca, enum btz_rc rc)
{
	struct btz_crl_waiter *w = ca->crl.now;

	ca->crl.now = ca->crl.next;
	ca->crl.next = NULL;
	ca->crl.busy = false;
	ca->crl.again = rc != BTZ_OK;
	if (rc != BTZ_OK)
		btz_log(
		    BTZ_LOG_WARN, 0, "CRL not renewed: %s", btz_rc_text(rc));
	set_timer(ca, rc != BTZ_OK);
	if (ca->crl.now != NULL) { /* they wait for the next one */
		ca->crl.again = true;
		btz_timer_set(ca->crl.timer, 1);
	}
	tell(w, rc);
}

static enum btz_rc
publish(struct btz_ca *ca, struct btz_span sig, struct btz_err *err)
{
	struct btz_crl_state *st = &ca->crl;
	struct btz_crl_row row = { .number = st->building,
		.this_update = st->this_update,
		.next_update = st->next_update };
	struct btz_span tbs = btz_wr_span(&st->tbs);
	struct btz_crl crl;
	struct btz_wr wr;
	enum btz_rc rc;

	row.der = malloc(tbs.len + 256);
	if (row.der == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "CRL");
	btz_wr_init(&wr, row.der, tbs.len + 256);
	rc = btz_signed_put(&wr, tbs, BTZ_SIG_ECDSA_SHA256, sig);
	row.len = wr.len;
	if (rc == BTZ_OK)
		rc = btz_verify(
		    ca->issuing.spki, BTZ_SIG_ECDSA_SHA256, tbs, sig);
	if (rc == BTZ_OK)
		rc = btz_crl_parse(btz_wr_span(&wr), &crl);
	if (rc != BTZ_OK)
		(void)BTZ_FAIL(err, rc, "new CRL");
	else
		rc = btz_store_crl_save(ca->db, &row, err);
	if (rc != BTZ_OK) {
		btz_crl_row_end(&row);
		return rc;
	}
	btz_crl_row_end(&st->cur);
	st->cur = row;
	btz_log(BTZ_LOG_INFO, 0, "CRL %llu published, %zu entries",
	    (unsigned long long)row.number, crl.n_entries);
	return BTZ_OK;
}

/* The signer may have signed, or will: ask for the same list again. */
static bool
is_open(enum btz_rc rc)
{
	static const enum btz_rc lost[] = { BTZ_E_GONE, BTZ_E_DOWN,
		BTZ_E_TIMEOUT, BTZ_E_AGAIN, BTZ_E_LEASE, BTZ_E_QUOTA,
		BTZ_E_PROTO, BTZ_E_NOMEM, BTZ_E_TEE_DOWN,
		BTZ_E_TPM_UNAVAILABLE };

	for (size_t i = 0; i < BTZ_COUNT(lost); i++)
		if (lost[i] == rc)
			return true;
	return false;
}

/* After an answer or the lack of one: on with the next list, or the end. */
static void
after(struct btz_ca *ca, enum btz_rc rc)
{
	bool replayed = ca->crl.replay;
	struct btz_err err;

	ca->crl.replay = false;
	if (rc != BTZ_OK && is_open(rc)) {
		finish(ca, rc);
		return;
	}
	if (rc != BTZ_OK && btz_store_pending_drop(ca->db, &err) != BTZ_OK)
		btz_log_err(0, &err);
	if (replayed)
		start_build(ca); /* the one that is waited for */
	else
		finish(ca, rc);
}

static void
on_signed(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_ca *ca = arg;
	struct btz_signature s;
	struct btz_err err;

	(void)fd;
	if (rc == BTZ_E_LEASE)
		btz_signer_lost(ca->signer);
	if (rc == BTZ_OK && !btz_msg_decode(&btz_def_signature, f->body, &s))
		rc = BTZ_E_PROTO;
	if (rc == BTZ_OK && (rc = publish(ca, s.signature, &err)) != BTZ_OK)
		btz_log_err(0, &err);
	after(ca, rc);
}

static void
on_signer(enum btz_rc rc, void *arg)
{
	struct btz_ca *ca = arg;
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_TBS_CRL,
		.input = btz_wr_span(&ca->crl.tbs),
		.previous = btz_span_of(ca->crl.cur.der, ca->crl.cur.len) };
	struct btz_err err;

	memcpy(rq.id, ca->self.issuing_key, BTZ_ID_LEN);
	if (rc == BTZ_OK && !ca->crl.replay &&
	    (rc = btz_store_pending_save(ca->db, rq.input, &err)) != BTZ_OK)
		btz_log_err(0, &err);
	if (rc == BTZ_OK)
		rc = btz_signer_ask(ca->signer, BTZ_OP_SIGN,
		    btz_host_new_id(ca->host), &btz_def_sign, &rq, ca->step_ms,
		    on_signed, ca);
	if (rc != BTZ_OK)
		after(ca, rc);
}

static void
add_entry(
    const uint8_t serial[BTZ_ID_LEN], uint64_t at, uint8_t reason, void *arg)
{
	btz_crl_add(arg, btz_span_of(serial, BTZ_ID_LEN), at, reason);
}

static enum btz_rc
build(struct btz_ca *ca, struct btz_err *err)
{
	struct btz_crl_state *st = &ca->crl;
	struct btz_crl_spec spec = { .sig_alg = BTZ_SIG_ECDSA_SHA256,
		.issuer = ca->issuing.subject,
		.aki = ca->issuing.ext.ski };
	struct btz_crl_build b;
	struct btz_constraints c;
	uint64_t longest;
	enum btz_rc rc;

	if (!btz_constraints_decode(
		btz_span_of(ca->self.constraints, ca->self.constraints_len),
		&c))
		return BTZ_FAIL(err, BTZ_E_CORRUPT, "constraints");
	longest = c.max_lifetime + MARGIN_S;
	st->building = st->cur.number + 1;
	st->this_update = btz_unix_now();
	st->next_update = st->this_update + (uint64_t)ca->conf.crl_days * 86400;
	spec.this_update = st->this_update;
	spec.next_update = st->next_update;
	spec.number = st->building;
	btz_wr_init(&st->tbs, ca->crl_tbs, sizeof(ca->crl_tbs));
	btz_crl_begin(&b, &spec, &st->tbs);
	rc = btz_store_revoked(ca->db, st->cur.this_update,
	    longest < st->this_update ? st->this_update - longest : 0,
	    add_entry, &b, err);
	if (rc == BTZ_OK && (rc = btz_crl_end(&b)) != BTZ_OK)
		(void)BTZ_FAIL(err, rc, "CRL");
	return rc;
}

/* A list that was asked for and not stored: true when there is one. */
static bool
take_pending(struct btz_ca *ca)
{
	struct btz_crl_state *st = &ca->crl;
	struct btz_crl crl;
	struct btz_err err;

	btz_wr_init(&st->tbs, ca->crl_tbs, sizeof(ca->crl_tbs));
	if (btz_store_pending_load(ca->db, &st->tbs, &err) != BTZ_OK ||
	    btz_crl_parse_tbs(btz_wr_span(&st->tbs), &crl) != BTZ_OK)
		return false;
	st->building = crl.number;
	st->this_update = crl.this_update;
	st->next_update = crl.next_update;
	return true;
}

static void
start_build(struct btz_ca *ca)
{
	struct btz_err err;
	enum btz_rc rc;

	ca->crl.busy = true;
	ca->crl.replay = take_pending(ca);
	if (!ca->crl.replay && (rc = build(ca, &err)) != BTZ_OK) {
		btz_log_err(0, &err);
		finish(ca, rc);
		return;
	}
	btz_signer_need(ca->signer, ca->step_ms, on_signer, ca);
}

void
btz_ca_crl_rebuild(struct btz_ca *ca, btz_ca_done_fn *fn, void *arg)
{
	struct btz_crl_waiter *w = malloc(sizeof(*w)), **at;

	if (w == NULL || !ca->self.ready) {
		free(w);
		fn(w == NULL ? BTZ_E_NOMEM : BTZ_E_UNPROVISIONED, arg);
		return;
	}
	*w = (struct btz_crl_waiter){ .fn = fn, .arg = arg };
	at = ca->crl.busy ? &ca->crl.next : &ca->crl.now;
	w->next = *at;
	*at = w;
	if (!ca->crl.busy)
		start_build(ca);
}

static void
on_timed_done(enum btz_rc rc, void *arg)
{
	(void)rc; /* finish() has logged it and set the timer */
	(void)arg;
}

static void
on_time(void *arg)
{
	struct btz_ca *ca = arg;
	const struct btz_crl_row *c = &ca->crl.cur;
	uint64_t half = (c->next_update - c->this_update) / 2;

	if (!ca->self.ready || ca->crl.busy)
		return;
	if (!ca->crl.again && c->number != 0 &&
	    btz_unix_now() < c->this_update + half)
		set_timer(ca, false); /* the timer holds 49 days at most */
	else
		btz_ca_crl_rebuild(ca, on_timed_done, NULL);
}

void
btz_ca_crl_start(struct btz_ca *ca)
{
	if (ca->crl.timer == NULL)
		ca->crl.timer = btz_timer_new(
		    btz_host_loop(ca->host), on_time, ca);
	if (ca->crl.timer == NULL || !ca->self.ready)
		return;
	ca->crl.again = take_pending(ca); /* a build was cut short */
	btz_timer_set(ca->crl.timer, 1);
}

void
btz_ca_crl_end(struct btz_ca *ca)
{
	struct btz_crl_waiter *now = ca->crl.now, *next = ca->crl.next;

	ca->crl.now = ca->crl.next = NULL;
	tell(now, BTZ_E_GONE);
	tell(next, BTZ_E_GONE);
	btz_timer_free(ca->crl.timer);
	ca->crl.timer = NULL;
	btz_crl_row_end(&ca->crl.cur);
}
