/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enter.c - the way in: from CONNECT over the record and the sets to
 * `client-auth`; and REAUTH of who is in. States in vpn.h. Start at
 * btz_session_connect(); each step that asks somebody goes on in a callback on_*.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "vpn/session_int.h"

#define AUTH_ROOM 8192u
#define SHORT_ROOM 512u
#define OF_ONE_MAX 64u /* connections with one certificate */

static void
put_deny(struct btz_site *s, uint64_t cid, uint64_t kid, const char *why)
{
	struct btz_wr wr;

	btz_link_begin(s, &wr, SHORT_ROOM);
	/* one that gets no answer does not get in either */
	if (btz_mgmt_put_deny(&s->mgmt, &wr, cid, kid, btz_span_str(why),
		btz_span_str(BTZ_VPN_SHOWN)) == BTZ_OK)
		btz_link_send(s, &wr);
}

/* Not let in after all: OpenVPN forgets a client that was denied. */
static void
refuse(struct btz_session *v, const char *why)
{
	v->gone = true;
	btz_log(
	    BTZ_LOG_WARN, 0, "%s: not let in: %s", v->site->conf->name, why);
	btz_record_event(v, "refused", why, false);
	put_deny(v->site, v->cid, v->kid, why);
	btz_session_release(v);
}

static bool
put_auth(struct btz_session *v, bool first)
{
	static struct btz_vpn_lines lines;
	struct btz_vpn_push push[BTZ_SITE_REACH_MAX];
	struct btz_site *s = v->site;
	struct btz_wr wr;
	size_t n = btz_site_push(s->conf, v->wanted, push);

	lines.n = 0;
	if (first && !btz_vpn_lines(&s->vpn, v->addr, push, n, &lines))
		return false;
	btz_link_begin(s, &wr, AUTH_ROOM);
	if (btz_mgmt_put_auth(
		&s->mgmt, &wr, v->cid, v->kid, lines.line, lines.n) != BTZ_OK ||
	    (first &&
		btz_mgmt_put_wake(&s->mgmt, &wr, v->cid, v->kid) != BTZ_OK)) {
		/* half of it may be noted as due: no answer would fit */
		btz_link_break(s);
		return false;
	}
	btz_link_send(s, &wr);
	return true;
}

/* In the sets of its roles, or perhaps in some of them. The policy may have
 * changed meanwhile, or somebody has ended it. */
static void
on_opened(enum btz_rc rc, void *arg)
{
	struct btz_session *v = arg;
	struct btz_vpn_decision d = { .why = "no policy in force" };
	struct btz_policy *p = NULL;
	struct btz_err err;
	uint64_t now;

	v->pending--;
	if (v->gone) {
		btz_session_release(v);
		return;
	}
	if (btz_policy_get(v->site->d->reader, &p, &err) == BTZ_OK)
		btz_session_judge(v, p, &d);
	now = btz_site_roles(v->site, d.roles, d.n_roles);
	if (rc != BTZ_OK)
		refuse(v, "no-cutoff: nftables refused its address");
	else if (v->state == BTZ_SESSION_CUT)
		refuse(v, "ended by an administrator");
	else if (!d.allow)
		refuse(v, d.why);
	else if (btz_site_part(v->site->conf, now) !=
		 btz_site_part(v->site->conf, v->told))
		refuse(v, "its roles have changed: another address is due");
	else {
		btz_session_change_roles(v, &d);
		v->state = BTZ_SESSION_SENT;
		v->told = v->wanted;
		if (!put_auth(v, true))
			refuse(v, "too many routes, or OpenVPN does not read");
	}
	btz_policy_put(p);
}

static void
on_recorded(enum btz_rc rc, void *arg)
{
	struct btz_session *v = arg;
	uint64_t roles = v->roles;

	v->pending--;
	v->roles = 0; /* in no set yet */
	if (v->gone)
		btz_session_release(v);
	else if (rc != BTZ_OK)
		refuse(v, "the audit log cannot record this now");
	else if (v->state == BTZ_SESSION_CUT)
		refuse(v, "ended by an administrator");
	else {
		v->state = BTZ_SESSION_OPENING;
		v->roles = v->wanted = roles;
		btz_session_tell_keeper(v, 0, roles, on_opened);
	}
}

static struct btz_session *
new_session(struct btz_site *s, const struct btz_mgmt_event *ev,
    const struct btz_vpn_decision *d)
{
	struct btz_session *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->site = s;
	v->cid = ev->cid;
	v->kid = ev->kid;
	v->since = btz_unix_now();
	v->heard = btz_boot_ms();
	v->roles = v->told = btz_site_roles(s, d->roles, d->n_roles);
	memcpy(v->cred, d->cred, sizeof(v->cred));
	(void)snprintf(
	    v->from, sizeof(v->from), "%s:%s", ev->env->ip, ev->env->port);
	(void)snprintf(v->who, sizeof(v->who), "%.*s", (int)d->who.len,
	    (const char *)d->who.p);
	btz_session_keep_roles(v, d);
	v->next = s->sessions;
	s->sessions = v;
	s->n_sessions++;
	return v;
}

/* What denies everybody; NULL: nothing. */
static const char *
closed(const struct btz_site *s)
{
	if (!s->cutoff)
		return "no-cutoff: nftables rules cannot be set";
	if (s->n_sessions >= (size_t)s->conf->conf.max_clients)
		return "max_clients are in";
	return NULL;
}

static size_t
of_one(const struct btz_site *s, const uint8_t cred[BTZ_SHA256_LEN])
{
	size_t n = 0;

	for (const struct btz_session *v = s->sessions; v != NULL; v = v->next)
		n += memcmp(v->cred, cred, BTZ_SHA256_LEN) == 0;
	return n;
}

static void
admit(struct btz_site *s, const struct btz_mgmt_event *ev, struct btz_policy *p,
    struct btz_vpn_decision *d)
{
	btz_vpn_admit(&s->vpn, p, btz_unix_now(), ev->env, d);
	if (d->why == btz_vpn_foreign)
		btz_setup_soon(s);
	if (d->allow && closed(s) != NULL) {
		d->allow = false;
		d->why = closed(s);
	}
	if (d->allow && of_one(s, d->cred) >= OF_ONE_MAX) {
		d->allow = false;
		d->why = "too many connections with one certificate";
	}
}

static void
deny(struct btz_site *s, const struct btz_mgmt_event *ev,
    struct btz_vpn_decision *d, const char *why)
{
	d->why = why;
	btz_record_denial(s, ev->env, d);
	put_deny(s, ev->cid, ev->kid, why);
}

static void
let_in(struct btz_site *s, const struct btz_mgmt_event *ev,
    struct btz_vpn_decision *d)
{
	struct btz_session *v = NULL;
	uint64_t roles = btz_site_roles(s, d->roles, d->n_roles);
	uint32_t addr = btz_vpn_pool_take_of(
	    &s->pool, btz_site_part(s->conf, roles));

	if (addr != 0 && btz_session_find(s, ev->cid) == NULL)
		v = new_session(s, ev, d);
	if (v == NULL) {
		(void)btz_vpn_pool_give(&s->pool, addr);
		deny(s, ev, d, "no address is free");
		return;
	}
	v->addr = addr;
	v->pending++;
	btz_news_tick(s->d);
	btz_record_decision(v, d->why, on_recorded, v);
}

void
btz_session_connect(struct btz_site *s, const struct btz_mgmt_event *ev)
{
	struct btz_vpn_decision d;
	struct btz_policy *p = NULL;
	struct btz_err err;

	if (btz_policy_get(s->d->reader, &p, &err) != BTZ_OK)
		p = NULL;
	admit(s, ev, p, &d);
	if (d.allow)
		let_in(s, ev, &d);
	else
		deny(s, ev, &d, d.why);
	btz_policy_put(p);
}

/* The same certificate again, or a new one: both are judged as at first. */
void
btz_session_reauth(struct btz_site *s, const struct btz_mgmt_event *ev)
{
	struct btz_session *v = btz_session_find(s, ev->cid);
	struct btz_vpn_decision d;
	struct btz_policy *p = NULL;
	struct btz_err err;

	if (btz_policy_get(s->d->reader, &p, &err) != BTZ_OK)
		p = NULL;
	btz_vpn_admit(&s->vpn, p, btz_unix_now(), ev->env, &d);
	if (d.allow && (v == NULL || v->state != BTZ_SESSION_IN ||
			   memcmp(v->cred, d.cred, sizeof(v->cred)) != 0)) {
		d.allow = false;
		d.why = "another certificate than at connect";
	}
	if (d.allow) {
		v->kid = ev->kid;
		v->heard = btz_boot_ms();
		btz_session_change_roles(v, &d);
		/* one that was cut is not answered but ended: denied, it would
		 * not connect again */
		if (v->state == BTZ_SESSION_IN && !put_auth(v, false))
			btz_session_cut(v, "OpenVPN does not read");
	} else {
		deny(s, ev, &d, d.why);
		if (v != NULL)
			btz_session_cut(v, d.why);
	}
	btz_policy_put(p);
}
