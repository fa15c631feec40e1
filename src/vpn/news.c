/* SPDX-License-Identifier: Apache-2.0 */
/*
 * news.c - when sessions are looked at again: a new policy file (inotify, so
 * that an idle box stays idle) and, while somebody is in, once a second for
 * what ends by itself (expiry, time of day).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/log.h"
#include "vpn/vpn.h"

#define TICK_MS 1000u
#define LOOK_MS 2u
#define LOOKS_MAX 500u

static size_t
count(const struct btz_vpnd *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_sites; i++)
		n += d->sites[i].n_sessions;
	return n;
}

/* Somebody flushed the ruleset: without its table a tunnel is open to all. */
static void
on_checked(enum btz_rc rc, void *arg)
{
	struct btz_site *s = arg;

	if (rc == BTZ_OK || !s->cutoff)
		return;
	s->cutoff = false;
	btz_link_close(s, "no-cutoff: its nftables table is gone");
	s->state = BTZ_SITE_SETUP;
	btz_timer_cancel(s->timer);
	btz_setup_start(s);
}

static void
check_tables(struct btz_vpnd *d)
{
	for (size_t i = 0; i < d->n_sites; i++) {
		const struct btz_keeper_ask ask = { .op = BTZ_KEEPER_CHECK,
			.site = (uint32_t)i };

		if (d->sites[i].sessions != NULL && d->sites[i].cutoff)
			btz_keeper_tell(
			    d->keeper, &ask, on_checked, &d->sites[i]);
	}
}

static void
on_tick(void *arg)
{
	struct btz_vpnd *d = arg;

	check_tables(d);
	btz_session_review(d);
	if (count(d) > 0)
		btz_timer_set(d->tick, TICK_MS);
}

void
btz_news_tick(struct btz_vpnd *d)
{
	if (!btz_timer_pending(d->tick))
		btz_timer_set(d->tick, TICK_MS);
}

/* The file comes first, the number that puts it in force a moment later. */
static void
on_look(void *arg)
{
	struct btz_vpnd *d = arg;
	struct btz_policy *p = NULL;
	struct btz_err err;
	uint64_t now = 0;

	if (btz_policy_get(d->reader, &p, &err) == BTZ_OK)
		now = btz_policy_generation(p);
	btz_policy_put(p);
	if (now < d->news_generation && d->news_tries++ < LOOKS_MAX)
		btz_timer_set(d->news, LOOK_MS);
	else
		btz_session_review(d);
}

/* "<generation>.btzp" */
static void
on_file(struct btz_vpnd *d, const char *name)
{
	char *end;
	unsigned long long n = strtoull(name, &end, 10);

	if (strcmp(end, ".btzp") != 0 || n <= d->news_generation)
		return;
	d->news_generation = n;
	d->news_tries = 0;
}

static void
on_notify(unsigned events, void *arg)
{
	_Alignas(struct inotify_event) char buf[4096];
	struct btz_vpnd *d = arg;
	ssize_t n = read(d->notify, buf, sizeof(buf));

	(void)events;
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *e = (const void *)(buf + at);

		if (e->len > 0)
			on_file(d, e->name);
		at += (ssize_t)(sizeof(*e) + e->len);
	}
	if (!btz_timer_pending(d->news))
		on_look(d);
}

enum btz_rc
btz_news_start(struct btz_vpnd *d, struct btz_err *err)
{
	struct btz_loop *loop = btz_host_loop(d->host);

	d->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (d->notify < 0 ||
	    inotify_add_watch(d->notify, d->policy, IN_MOVED_TO) < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "watch %s", d->policy);
	d->tick = btz_timer_new(loop, on_tick, d);
	d->news = btz_timer_new(loop, on_look, d);
	d->notify_watch = btz_watch_new(
	    loop, d->notify, BTZ_EV_READ, on_notify, d);
	if (d->tick == NULL || d->news == NULL || d->notify_watch == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "timers");
	btz_watch_urgent(d->notify_watch);
	return BTZ_OK;
}
