/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c - libevent behind a small header; contract in loop.h. */
#include "base/loop.h"

#include <event2/event.h>
#include <stdlib.h>
#include <time.h>

struct sig {
	struct event *ev;
	void (*fn)(int, void *);
	void *arg;
	struct sig *next;
};

struct btz_loop {
	struct event_base *base;
	struct sig *sigs;
	bool urgent; /* some watch is, or was */
};

struct btz_watch {
	struct event *ev;
	struct btz_loop *loop;
	int fd;
	unsigned events;
	bool urgent;
	void (*fn)(unsigned, void *);
	void *arg;
};

struct btz_timer {
	struct event *ev;
	struct btz_loop *loop;
	void (*fn)(void *);
	void *arg;
};

static struct event_base *
make_base(void)
{
	struct event_base *base = event_base_new();

	if (base != NULL && event_base_priority_init(base, 2) != 0) {
		event_base_free(base);
		base = NULL;
	}
	return base;
}

/* After each callback that is not urgent the loop looks again for events that
 * are; where nothing is urgent, that would cost a system call for nothing. */
static void
look_again(struct btz_loop *loop)
{
	if (loop->urgent)
		(void)event_base_loopcontinue(loop->base);
}

enum btz_rc
btz_loop_new(struct btz_loop **out, struct btz_err *err)
{
	struct btz_loop *loop = calloc(1, sizeof(*loop));

	*out = NULL;
	if (loop == NULL || (loop->base = make_base()) == NULL) {
		free(loop);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "event loop");
	}
	*out = loop;
	return BTZ_OK;
}

void
btz_loop_free(struct btz_loop *loop)
{
	if (loop == NULL)
		return;
	while (loop->sigs != NULL) {
		struct sig *s = loop->sigs;

		loop->sigs = s->next;
		event_free(s->ev);
		free(s);
	}
	event_base_free(loop->base);
	free(loop);
}

enum btz_rc
btz_loop_run(struct btz_loop *loop, struct btz_err *err)
{
	if (event_base_dispatch(loop->base) < 0)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "event loop failed");
	return BTZ_OK;
}

static void
on_end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
}

void
btz_loop_once(struct btz_loop *loop, uint32_t ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	/* not event_base_loopexit: it would stay behind and end a later run */
	struct event *end = evtimer_new(loop->base, on_end, NULL);

	if (end == NULL)
		return;
	(void)evtimer_add(end, &tv);
	(void)event_base_loop(loop->base, EVLOOP_ONCE);
	event_free(end);
}

void
btz_loop_stop(struct btz_loop *loop)
{
	(void)event_base_loopbreak(loop->base);
}

static void
on_fd(evutil_socket_t fd, short what, void *arg)
{
	struct btz_watch *w = arg;
	struct btz_loop *loop = w->loop; /* w may be freed in its callback */
	const bool urgent = w->urgent;
	unsigned events = 0;

	(void)fd;
	if ((what & EV_READ) != 0)
		events |= BTZ_EV_READ;
	if ((what & EV_WRITE) != 0)
		events |= BTZ_EV_WRITE;
	w->fn(events, w->arg);
	if (!urgent)
		look_again(loop);
}

static void
assign(struct btz_watch *w, unsigned events)
{
	short what = EV_PERSIST;

	if ((events & BTZ_EV_READ) != 0)
		what = (short)(what | EV_READ);
	if ((events & BTZ_EV_WRITE) != 0)
		what = (short)(what | EV_WRITE);
	w->events = events;
	(void)event_assign(w->ev, w->loop->base, w->fd, what, on_fd, w);
	if (w->urgent)
		(void)event_priority_set(w->ev, 0);
	if (events != 0)
		(void)event_add(w->ev, NULL);
}

struct btz_watch *
btz_watch_new(struct btz_loop *loop, int fd, unsigned events,
    void (*on_event)(unsigned events, void *arg), void *arg)
{
	struct btz_watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	*w = (struct btz_watch){
		.loop = loop, .fd = fd, .fn = on_event, .arg = arg
	};
	w->ev = event_new(loop->base, fd, EV_PERSIST, on_fd, w);
	if (w->ev == NULL) {
		free(w);
		return NULL;
	}
	assign(w, events);
	return w;
}

void
btz_watch_set(struct btz_watch *w, unsigned events)
{
	if (w->events == events)
		return;
	(void)event_del(w->ev);
	assign(w, events);
}

void
btz_watch_urgent(struct btz_watch *w)
{
	unsigned events = w->events;

	w->urgent = w->loop->urgent = true;
	(void)event_del(w->ev);
	assign(w, events);
}

void
btz_watch_free(struct btz_watch *w)
{
	if (w == NULL)
		return;
	event_free(w->ev);
	free(w);
}

static void
on_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct btz_timer *t = arg;
	struct btz_loop *loop = t->loop;

	(void)fd;
	(void)what;
	t->fn(t->arg);
	look_again(loop);
}

struct btz_timer *
btz_timer_new(struct btz_loop *loop, void (*on_time)(void *arg), void *arg)
{
	struct btz_timer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	*t = (struct btz_timer){ .loop = loop, .fn = on_time, .arg = arg };
	t->ev = evtimer_new(loop->base, on_timeout, t);
	if (t->ev == NULL) {
		free(t);
		return NULL;
	}
	return t;
}

void
btz_timer_set(struct btz_timer *t, uint32_t ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	(void)evtimer_add(t->ev, &tv);
}

void
btz_timer_cancel(struct btz_timer *t)
{
	(void)evtimer_del(t->ev);
}

bool
btz_timer_pending(const struct btz_timer *t)
{
	return evtimer_pending(t->ev, NULL) != 0;
}

void
btz_timer_free(struct btz_timer *t)
{
	if (t == NULL)
		return;
	event_free(t->ev);
	free(t);
}

static void
on_sig(evutil_socket_t signo, short what, void *arg)
{
	struct sig *s = arg;

	(void)what;
	s->fn(signo, s->arg);
}

enum btz_rc
btz_loop_signal(struct btz_loop *loop, int signo,
    void (*on_signal)(int signo, void *arg), void *arg, struct btz_err *err)
{
	struct sig *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "signal %d", signo);
	s->fn = on_signal;
	s->arg = arg;
	s->ev = evsignal_new(loop->base, signo, on_sig, s);
	if (s->ev == NULL || evsignal_add(s->ev, NULL) != 0) {
		if (s->ev != NULL)
			event_free(s->ev);
		free(s);
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "signal %d", signo);
	}
	s->next = loop->sigs;
	loop->sigs = s;
	return BTZ_OK;
}

static uint64_t
clock_ms(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t
btz_boot_ms(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

uint64_t
btz_unix_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

uint64_t
btz_unix_now(void)
{
	return clock_ms(CLOCK_REALTIME) / 1000;
}
