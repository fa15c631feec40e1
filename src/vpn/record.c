/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - what happens on a VPN, for the audit trail; see vpn.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "prim/prim.h"
#include "vpn/vpn.h"

struct texts {
	char cred[2 * BTZ_SHA256_LEN + 1], obj[80], dst[BTZ_VPN_IP_TEXT],
	    why[200];
};

static struct btz_audit
base(const struct btz_site *s, struct texts *t, const char *act)
{
	(void)snprintf(t->obj, sizeof(t->obj), "vpn:%s", s->conf->name);
	return (struct btz_audit){ .phase = BTZ_PH_EVENT,
		.tenant = s->vpn.tenant,
		.via = BTZ_VIA_VPN,
		.act = btz_span_str(act),
		.obj = btz_span_str(t->obj) };
}

/* tun: the address inside, as destination of what comes from outside. */
static struct btz_audit
of_session(const struct btz_session *v, struct texts *t, const char *act)
{
	struct btz_audit a = base(v->site, t, act);

	btz_hex(v->cred, sizeof(v->cred), t->cred);
	btz_vpn_ip_text(v->addr, t->dst);
	a.who = btz_span_str(v->who);
	a.cred = btz_span_str(t->cred);
	a.from = btz_span_str(v->from);
	a.dst = btz_span_str(v->addr != 0 ? t->dst : "");
	a.pol = v->generation;
	return a;
}

struct wait {
	btz_recorded_fn *fn;
	void *arg;
};

static void
on_appended(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct wait w = *(struct wait *)arg;

	(void)f;
	(void)fd;
	free(arg);
	w.fn(rc == BTZ_OK ? BTZ_OK : BTZ_E_NO_LOG, w.arg);
}

void
btz_record_decision(
    struct btz_session *v, const char *why, btz_recorded_fn *fn, void *arg)
{
	struct wait *w = malloc(sizeof(*w));
	struct texts t;
	struct btz_audit a = of_session(v, &t, "connect");
	struct btz_host *h = v->site->d->host;

	a.phase = BTZ_PH_DECISION;
	a.decision = BTZ_DEC_ALLOW;
	a.why = btz_span_str(why);
	a.wait = 1;
	if (w != NULL) {
		*w = (struct wait){ fn, arg };
		if (btz_host_ask(h, BTZ_PROG_AUDIT, BTZ_OP_APPEND,
			btz_host_new_id(h), &btz_def_audit, &a, -1,
			BTZ_VPN_STEP_MS, on_appended, w) == BTZ_OK)
			return;
	}
	free(w);
	fn(BTZ_E_NO_LOG, arg);
}

static bool
send_event(struct btz_vpnd *d, const struct btz_audit *a)
{
	return btz_host_event(d->host, BTZ_PROG_AUDIT, BTZ_OP_APPEND,
		   btz_host_new_id(d->host), &btz_def_audit, a) == BTZ_OK;
}

/* What could not be sent is counted; the count is the next record. */
static void
tell(struct btz_vpnd *d, const struct btz_audit *a)
{
	const struct btz_audit lost = { .phase = BTZ_PH_EVENT,
		.via = BTZ_VIA_INTERNAL,
		.act = btz_span_str("lost"),
		.has_n = 1,
		.n = d->lost };

	if (d->lost > 0 && send_event(d, &lost))
		d->lost = 0;
	if (send_event(d, a))
		return;
	d->lost++;
	btz_log(BTZ_LOG_WARN, 0, "record '%.*s' not sent", (int)a->act.len,
	    (const char *)a->act.p);
}

void
btz_record_event(
    struct btz_session *v, const char *act, const char *why, bool end)
{
	struct texts t;
	struct btz_audit a = of_session(v, &t, act);

	(void)snprintf(t.why, sizeof(t.why), "%s", why);
	if (end) {
		(void)snprintf(t.why, sizeof(t.why),
		    "%s%s%llu s, %llu bytes from and %llu to the client", why,
		    why[0] == '\0' ? "" : ": ",
		    (unsigned long long)(btz_unix_now() - v->since),
		    (unsigned long long)v->from_client,
		    (unsigned long long)v->to_client);
		a.phase = BTZ_PH_OUTCOME;
		a.out = btz_span_str("ok");
		a.has_n = 1;
		a.n = v->from_client + v->to_client;
	}
	a.why = btz_span_str(t.why);
	tell(v->site->d, &a);
}

void
btz_record_denial(struct btz_site *s, const struct btz_mgmt_env *env,
    const struct btz_vpn_decision *d)
{
	struct texts t;
	struct btz_audit a = base(s, &t, "connect");
	char from[BTZ_MGMT_ADDR_MAX + 16];
	uint64_t n;
	bool one = btz_flood_admit(&s->denials, btz_boot_ms(), &n);

	if (n > 0) {
		struct btz_audit many = base(s, &t, "withheld");

		many.why = btz_span_str("refused connections, not one by one");
		many.has_n = 1;
		many.n = n;
		tell(s->d, &many);
	}
	if (!one)
		return;
	(void)snprintf(from, sizeof(from), "%s:%s", env->ip, env->port);
	a.phase = BTZ_PH_DECISION;
	a.decision = BTZ_DEC_DENY;
	a.who = d->who;
	if (d->has_cred) {
		btz_hex(d->cred, sizeof(d->cred), t.cred);
		a.cred = btz_span_str(t.cred);
	}
	a.from = btz_span_str(from);
	a.why = btz_span_str(d->why);
	a.pol = d->generation;
	tell(s->d, &a);
}
