/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c - clients of a VPN that are in, until DISCONNECT; states in vpn.h,
 * the way in is in enter.c. Each step that asks somebody goes on in a callback
 * on_*; a session lives until OpenVPN has forgotten it and no callback holds it
 * any more. Start at btz_session_review() and btz_session_cut().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "vpn/session_int.h"

#define SHORT_ROOM 512u
#define SILENT_MS 150000u /* pings are due every 10 s */
#define CUT_MS 60000u

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

void
btz_session_tell_keeper(
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
void
btz_session_release(struct btz_session *v)
{
	if (!v->gone || v->pending > 0)
		return;
	if (v->roles != 0)
		btz_session_tell_keeper(v, v->roles, 0, on_closed);
	else {
		v->pending++;
		on_closed(BTZ_OK, v);
	}
}

void
btz_session_keep_roles(struct btz_session *v, const struct btz_vpn_decision *d)
{
	size_t at = 0;

	v->part[0] = '\0';
	for (size_t i = 0; i < d->n_roles && at < sizeof(v->part); i++)
		at += (size_t)snprintf(v->part + at, sizeof(v->part) - at,
		    "%s%.*s", i == 0 ? "" : ",", (int)d->roles[i].len,
		    (const char *)d->roles[i].p);
	v->generation = d->generation;
}

void
btz_session_judge(
    struct btz_session *v, struct btz_policy *p, struct btz_vpn_decision *d)
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
		btz_session_release(v);
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
void
btz_session_change_roles(
    struct btz_session *v, const struct btz_vpn_decision *d)
{
	uint64_t now = btz_site_roles(v->site, d->roles, d->n_roles);

	btz_session_keep_roles(v, d);
	if (now == v->wanted)
		return;
	btz_record_event(v, "roles", v->part, false);
	if (v->state >= BTZ_SESSION_SENT && is_stale(v, now)) {
		btz_session_cut(v, "its roles give it another address or "
				   "other routes: it may connect again");
		return;
	}
	btz_session_tell_keeper(v, v->roles & ~now, now, on_moved);
	v->roles |= now;
	v->wanted = now;
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
		btz_session_release(v);
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
		btz_session_tell_keeper(v, v->roles, 0, on_cut);
}

/* OpenVPN does not know it: it left before it was told, or has ended. */
static void
unknown(struct btz_session *v)
{
	v->gone = true;
	btz_session_release(v);
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
	btz_session_release(v);
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
		btz_session_release(v);
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
	btz_session_judge(v, p, &d);
	if (d.allow)
		btz_session_change_roles(v, &d);
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
