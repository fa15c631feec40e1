/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c - what OpenVPN says, one row per kind of event; and its signatures.
 * Start at btz_serve(). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "vpn/vpn.h"
#include "wire/alg.h"
#include "wire/msg_sign.h"

#define SIGNATURE_ROOM 2048u

struct sign {
	struct btz_site *site;
	uint64_t life;
};

static void
put_signature(struct btz_site *s, struct btz_span signature)
{
	struct btz_wr wr;

	btz_link_begin(s, &wr, SIGNATURE_ROOM);
	if (btz_mgmt_put_signature(&s->mgmt, &wr, signature) == BTZ_OK)
		btz_link_send(s, &wr);
	else
		btz_link_break(s);
}

/* Without a signature the handshake fails, and OpenVPN goes on. Anybody may
 * begin handshakes, so not each is told. */
static void
no_signature(struct btz_site *s, enum btz_rc rc)
{
	uint64_t withheld;

	if (btz_flood_admit(&s->unsigned_, btz_boot_ms(), &withheld))
		btz_log(BTZ_LOG_WARN, 0, "%s: no signature: %s (%llu untold)",
		    s->conf->name, btz_rc_text(rc),
		    (unsigned long long)withheld);
	put_signature(s, btz_span_of(NULL, 0));
}

static void
on_signed(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct sign *g = arg;
	struct btz_site *s = g->site;
	struct btz_signature m;
	bool ours = g->life == s->life;

	(void)fd;
	free(g);
	if (rc == BTZ_E_LEASE)
		btz_signer_lost(s->d->signer);
	if (rc == BTZ_E_TIMEOUT)
		s->sign_after = btz_boot_ms() + BTZ_VPN_SIGN_REST_MS;
	if (!ours)
		return;
	s->signing = false;
	btz_alive_signed(&s->alive, btz_boot_ms());
	if (rc == BTZ_OK && !btz_msg_decode(&btz_def_signature, f->body, &m))
		rc = BTZ_E_PROTO;
	if (rc == BTZ_OK)
		put_signature(s, m.signature);
	else
		no_signature(s, rc);
}

static void
on_sign(struct btz_site *s, const struct btz_mgmt_event *ev)
{
	struct sign *g = malloc(sizeof(*g));
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_TLS_CV,
		.input = ev->input };
	enum btz_rc rc = BTZ_E_TLS_CV;

	if (s->signing) { /* OpenVPN waits for one before it asks again */
		free(g);
		btz_link_break(s);
		return;
	}
	memcpy(rq.id, s->key, sizeof(rq.id));
	if (g == NULL)
		rc = BTZ_E_NOMEM;
	else if (btz_boot_ms() < s->sign_after)
		rc = BTZ_E_TIMEOUT;
	else if (btz_mgmt_is_server_verify(ev->input)) {
		*g = (struct sign){ s, s->life };
		s->signing = true;
		rc = btz_signer_ask(s->d->signer, BTZ_OP_SIGN,
		    btz_host_new_id(s->d->host), &btz_def_sign, &rq,
		    BTZ_VPN_SIGN_MS, on_signed, g);
	}
	if (rc == BTZ_OK)
		return;
	s->signing = false;
	free(g);
	no_signature(s, rc);
}

static void
on_hold(struct btz_site *s, const struct btz_mgmt_event *ev)
{
	struct btz_wr wr;

	(void)ev;
	btz_link_begin(s, &wr, 64);
	if (btz_mgmt_put_release(&s->mgmt, &wr) == BTZ_OK)
		btz_link_send(s, &wr);
	else
		btz_link_break(s); /* else it would wait for ever */
}

static void
on_fatal(struct btz_site *s, const struct btz_mgmt_event *ev)
{
	(void)ev;
	btz_link_close(s, "OpenVPN ended with an error, see its log");
}

static void
on_established(struct btz_site *s, const struct btz_mgmt_event *ev)
{
	struct btz_session *v = btz_session_find(s, ev->cid);

	if (v != NULL && v->state == BTZ_SESSION_IN)
		btz_record_event(v, "connected", "", false);
}

void
btz_serve(struct btz_site *s, const struct btz_mgmt_event *ev)
{
	static void (*const table[])(
	    struct btz_site * s, const struct btz_mgmt_event *ev) = {
		[BTZ_MGMT_HOLD] = on_hold,
		[BTZ_MGMT_SIGN] = on_sign,
		[BTZ_MGMT_CONNECT] = btz_session_connect,
		[BTZ_MGMT_REAUTH] = btz_session_reauth,
		[BTZ_MGMT_ESTABLISHED] = on_established,
		[BTZ_MGMT_DISCONNECT] = btz_session_left,
		[BTZ_MGMT_BYTES] = btz_session_bytes,
		[BTZ_MGMT_ANSWER] = btz_session_answered,
		[BTZ_MGMT_FATAL] = on_fatal,
	};

	if ((size_t)ev->kind < BTZ_COUNT(table) && table[ev->kind] != NULL)
		table[ev->kind](s, ev);
}
