/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c - clients of a VPN from CONNECT to DISCONNECT; states in vpn.h.
 * Start at btz_session_connect(). Each step that asks somebody goes on in a
 * callback on_*; a session lives until OpenVPN has forgotten it and no
 * callback holds it any more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "vpn/vpn.h"

#define AUTH_ROOM 8192u
#define SHORT_ROOM 512u
#define SILENT_MS 150000u /* pings are due every 10 s */
#define CUT_MS 60000u
#define OF_ONE_MAX 64u /* connections with one certificate */

struct btz_session *
btz_session_find(struct btz_site *s, uint64_t cid)
{
	for (struct btz_session *v = s->sessions; v != NULL; v = v->next)
		if (v->cid == cid && !v->gone)
			return v;
	return NULL;
}

uint64_t
btz_site_roles(const struct btz_site *s, const struct btz_span *roles, size_t n)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < n; i++)
		bits |= btz_site_role(s->conf, roles[i]);
	return bits;
}

static void
tell_keeper(
    struct btz_session *v, uint64_t del, uint64_t add, btz_keeper_fn *fn)
{
	const struct btz_keeper_ask ask = { .op = BTZ_KEEPER_MEMBERS,
		.site = v->site->index,
		.addr = v->addr,
		.del = del,
		.add = add };

	v->pending++;
	btz_keeper_tell(v->site->d->keeper, &ask, fn, v);
}

static void
unlink_session(struct btz_session *v)
{
	struct btz_session **at = &v->site->sessions;

	while (*at != NULL && *at != v)
		at = &(*at)->next;
	if (*at == v)
		*at = v->next;
	v->site->n_sessions--;
	free(v);
}

/* It could not be taken out: its address is not given to anybody else, until
 * btz_session_reclaim(). */
static void
on_closed(enum btz_rc rc, void *arg)
{
	struct btz_session *v = arg;

	v->pending--;
	if (rc == BTZ_OK && v->addr != 0)
		(void)btz_vpn_pool_give(&v->site->pool, v->addr);
	if (rc != BTZ_OK && rc != BTZ_E_GONE) /* gone: we are ending */
		btz_log(BTZ_LOG_ERROR, 0, "%s: address %u stays in its sets",
		    v->site->conf->name, v->addr);
	v->addr = 0;
	v->roles = 0;
	if (v->pending == 0)
		unlink_session(v);
}

/* After OpenVPN has forgotten it: when the last callback is through. */
static void
release(struct btz_session *v)
{
	if (!v->gone || v->pending > 0)
		return;
	if (v->roles != 0)
		tell_keeper(v, v->roles, 0, on_closed);
	else {
		v->pending++;
		on_closed(BTZ_OK, v);
	}
}

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
	release(v);
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

static void
keep_roles(struct btz_session *v, const struct btz_vpn_decision *d)
{
	size_t at = 0;

	v->part[0] = '\0';
	for (size_t i = 0; i < d->n_roles && at < sizeof(v->part); i++)
		at += (size_t)snprintf(v->part + at, sizeof(v->part) - at,
		    "%s%.*s", i == 0 ? "" : ",", (int)d->roles[i].len,
		    (const char *)d->roles[i].p);
	v->generation = d->generation;
}

static void
judge(struct btz_session *v, struct btz_policy *p, struct btz_vpn_decision *d)
{
	btz_vpn_review(
	    &v->site->vpn, p, btz_unix_now(), v->cred, btz_span_str(v->who), d);
}

/* Until it is known to be out of a set it counts as in it. */
static void
on_moved(enum btz_rc rc, void *arg)
{
	struct btz_session *v = arg;

	v->pending--;
	if (rc == BTZ_OK && v->pending == 0)
		v->roles = v->wanted;
	if (v->gone)
		release(v);
	else if (rc != BTZ_OK)
		btz_session_cut(v, "no-cutoff: nftables refused a change");
}

/* Would it be told another address part or other routes at a new connect? */
static bool
is_stale(const struct btz_session *v, uint64_t roles)
{
	const struct btz_site_conf *c = v->site->conf;

	return btz_site_part(c, roles) != btz_site_part(c, v->told) ||
	       !btz_site_same_push(c, roles, v->told);
}

/* A client learns routes and address only when it connects: one for whom they
 * differ is ended, and connects again by itself. */
static void
change_roles(struct btz_session *v, const struct btz_vpn_decision *d)
{
	uint64_t now = btz_site_roles(v->site, d->roles, d->n_roles);

	keep_roles(v, d);
	if (now == v->wanted)
		return;
	btz_record_event(v, "roles", v->part, false);
	if (v->state >= BTZ_SESSION_SENT && is_stale(v, now)) {
		btz_session_cut(v, "its roles give it another address or "
				   "other routes: it may connect again");
		return;
	}
	tell_keeper(v, v->roles & ~now, now, on_moved);
	v->roles |= now;
	v->wanted = now;
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
		release(v);
		return;
	}
	if (btz_policy_get(v->site->d->reader, &p, &err) == BTZ_OK)
		judge(v, p, &d);
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
		change_roles(v, &d);
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
		release(v);
	else if (rc != BTZ_OK)
		refuse(v, "the audit log cannot record this now");
	else if (v->state == BTZ_SESSION_CUT)
		refuse(v, "ended by an administrator");
	else {
		v->state = BTZ_SESSION_OPENING;
		v->roles = v->wanted = roles;
		tell_keeper(v, 0, roles, on_opened);
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
	keep_roles(v, d);
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
		change_roles(v, &d);
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

static void
put_kill(struct btz_session *v)
{
	struct btz_wr wr;

	btz_link_begin(v->site, &wr, SHORT_ROOM);
	if (btz_mgmt_put_kill(&v->site->mgmt, &wr, v->cid) == BTZ_OK)
		btz_link_send(v->site, &wr);
	else
		btz_link_break(v->site);
}

static void
on_cut(enum btz_rc rc, void *arg)
{
	struct btz_session *v = arg;

	v->pending--;
	if (rc == BTZ_OK)
		v->roles = v->wanted = 0;
	else
		btz_log(BTZ_LOG_ERROR, 0, "%s: not cut off by nftables: %s",
		    v->site->conf->name, btz_rc_text(rc));
	if (v->gone)
		release(v);
	else
		put_kill(v);
}

void
btz_session_cut(struct btz_session *v, const char *why)
{
	const bool on_the_way = v->state == BTZ_SESSION_ASKED ||
				v->state == BTZ_SESSION_OPENING;

	if (v->state == BTZ_SESSION_CUT || v->gone)
		return;
	v->state = BTZ_SESSION_CUT;
	v->heard = btz_boot_ms();
	btz_log(BTZ_LOG_INFO, 0, "%s: cut off: %s", v->site->conf->name, why);
	btz_record_event(v, "cut", why, false);
	if (!on_the_way) /* else on_recorded or on_opened refuses it */
		tell_keeper(v, v->roles, 0, on_cut);
}

/* OpenVPN does not know it: it left before it was told, or has ended. */
static void
unknown(struct btz_session *v)
{
	v->gone = true;
	release(v);
}

void
btz_session_answered(struct btz_site *s, const struct btz_mgmt_event *ev)
{
	struct btz_session *v = btz_session_find(s, ev->cid);

	if (ev->cmd == BTZ_MGMT_CMD_PK_SIG && !ev->ok)
		btz_log(BTZ_LOG_WARN, 0, "%s: OpenVPN refused a signature",
		    s->conf->name);
	if (v == NULL)
		return;
	if (ev->cmd == BTZ_MGMT_CMD_KILL && !ev->ok)
		unknown(v);
	if (ev->cmd != BTZ_MGMT_CMD_AUTH)
		return;
	if (v->state == BTZ_SESSION_SENT && ev->ok)
		v->state = BTZ_SESSION_IN;
	else if (v->state == BTZ_SESSION_SENT)
		unknown(v);
	else if (v->state == BTZ_SESSION_IN && !ev->ok)
		btz_session_cut(v, "OpenVPN did not take its new key");
}

void
btz_session_bytes(struct btz_site *s, const struct btz_mgmt_event *ev)
{
	struct btz_session *v = btz_session_find(s, ev->cid);

	if (v == NULL)
		return;
	if (v->state == BTZ_SESSION_IN)
		v->heard = btz_boot_ms();
	v->from_client = ev->from_client;
	v->to_client = ev->to_client;
}

void
btz_session_left(struct btz_site *s, const struct btz_mgmt_event *ev)
{
	struct btz_session *v = btz_session_find(s, ev->cid);

	if (v == NULL)
		return;
	if (ev->env->from_client > v->from_client)
		v->from_client = ev->env->from_client;
	if (ev->env->to_client > v->to_client)
		v->to_client = ev->env->to_client;
	if (v->state >= BTZ_SESSION_SENT)
		btz_record_event(v, "disconnect", "", true);
	v->gone = true;
	release(v);
}

void
btz_session_reclaim(struct btz_site *s)
{
	btz_vpn_pool_clear(&s->pool);
	for (const struct btz_session *v = s->sessions; v != NULL; v = v->next)
		btz_vpn_pool_keep(&s->pool, v->addr);
}

void
btz_session_forget_all(struct btz_site *s, const char *why)
{
	struct btz_session *next;

	for (struct btz_session *v = s->sessions; v != NULL; v = next) {
		next = v->next;
		if (v->gone)
			continue;
		if (v->state >= BTZ_SESSION_SENT)
			btz_record_event(v, "disconnect", why, true);
		v->gone = true;
		release(v);
	}
}

/* Not every end is told: OpenVPN says DISCONNECT only of clients that it had
 * taken in whole. A live one has pings, and with them counters. */
static bool
silent(struct btz_session *v)
{
	uint64_t ms = btz_boot_ms() - v->heard;

	if (v->gone)
		return false;
	if (v->state == BTZ_SESSION_CUT && ms > CUT_MS) {
		unknown(v);
		return true;
	}
	if (v->state == BTZ_SESSION_IN && ms > SILENT_MS) {
		btz_session_cut(v, "not heard of any more");
		return true;
	}
	return false;
}

static void
review_one(struct btz_session *v, struct btz_policy *p)
{
	struct btz_vpn_decision d;

	if (silent(v))
		return;

	/* who is on the way in is judged again at the end of it */
	if (v->gone ||
	    (v->state != BTZ_SESSION_SENT && v->state != BTZ_SESSION_IN))
		return;
	judge(v, p, &d);
	if (d.allow)
		change_roles(v, &d);
	else
		btz_session_cut(v, d.why);
}

void
btz_session_review(struct btz_vpnd *d)
{
	struct btz_policy *p = NULL;
	struct btz_session *next;
	struct btz_err err;

	if (btz_policy_get(d->reader, &p, &err) != BTZ_OK)
		p = NULL;
	for (size_t i = 0; i < d->n_sites; i++)
		for (struct btz_session *v = d->sites[i].sessions; v != NULL;
		     v = next) {
			next = v->next;
			review_one(v, p);
		}
	btz_policy_put(p);
}
