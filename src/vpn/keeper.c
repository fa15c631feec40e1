/* SPDX-License-Identifier: Apache-2.0 */
/* keeper.c - the parent's side of keeper.h: asks in order, answers in order. */
#include "vpn/keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/sock.h"

#define UNDER_WAY_MAX 64u /* more wait here: both ends block when full */
#define READY_S 10
#define LATE_MS 5000u /* a transaction takes some ms */

struct wait {
	struct wait *next;
	btz_keeper_fn *fn;
	void *arg;
	struct btz_keeper_ask ask;
	bool sent;
};

struct btz_keeper {
	int fd;
	pid_t pid;
	struct btz_watch *watch;
	struct btz_timer *late; /* while something is under way */
	struct wait *first, **last;
	unsigned under_way;
	void (*on_gone)(void *arg);
	void *arg;
};

/* Whoever waits is answered by the end of this process. */
static void
gone(struct btz_keeper *k)
{
	btz_watch_free(k->watch);
	k->watch = NULL;
	if (k->late != NULL)
		btz_timer_cancel(k->late);
	k->on_gone(k->arg);
}

/* One that hangs cannot cut anybody off: as if it had died. */
static void
on_late(void *arg)
{
	gone(arg);
}

static void
send_more(struct btz_keeper *k)
{
	if (k->first == NULL)
		btz_timer_cancel(k->late);
	else if (k->under_way == 0)
		btz_timer_set(k->late, LATE_MS);
	for (struct wait *w = k->first;
	     w != NULL && k->under_way < UNDER_WAY_MAX; w = w->next) {
		if (w->sent)
			continue;
		if (send(k->fd, &w->ask, sizeof(w->ask), MSG_NOSIGNAL) !=
		    (ssize_t)sizeof(w->ask)) {
			gone(k);
			return;
		}
		w->sent = true;
		k->under_way++;
	}
}

static void
answer_first(struct btz_keeper *k, enum btz_rc rc)
{
	struct wait *w = k->first;

	if (w == NULL)
		return;
	k->first = w->next;
	if (k->first == NULL)
		k->last = &k->first;
	k->under_way -= w->sent ? 1 : 0;
	w->fn(rc, w->arg);
	free(w);
}

static void
on_answer(unsigned events, void *arg)
{
	struct btz_keeper *k = arg;
	uint32_t rc;
	ssize_t n = recv(k->fd, &rc, sizeof(rc), MSG_DONTWAIT);

	(void)events;
	if (n == (ssize_t)sizeof(rc)) {
		btz_timer_set(k->late, LATE_MS);
		answer_first(k, btz_rc_from_wire(rc));
		send_more(k);
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	gone(k);
}

void
btz_keeper_tell(struct btz_keeper *k, const struct btz_keeper_ask *ask,
    btz_keeper_fn *fn, void *arg)
{
	struct wait *w = malloc(sizeof(*w));

	if (w == NULL) {
		gone(k); /* fn is never called from in here */
		return;
	}
	*w = (struct wait){ NULL, fn, arg, *ask, false };
	*k->last = w;
	k->last = &w->next;
	if (k->watch != NULL)
		send_more(k);
}

/* The child keeps nothing of ours but its socket and standard error. */
static _Noreturn void
be_child(const struct btz_sites *sites, unsigned owner, int fd)
{
	(void)setpgid(0, 0); /* what ends our parent's group is not for us */
	if (dup2(fd, 3) < 0 || close_range(4, ~0u, 0) != 0)
		_exit(1);
	(void)signal(SIGTERM, SIG_IGN); /* the end of the socket ends us */
	(void)signal(SIGINT, SIG_IGN);
	_exit(btz_keeper_run(sites, owner, 3));
}

static enum btz_rc
start_child(struct btz_keeper *k, const struct btz_sites *sites, unsigned owner,
    struct btz_err *err)
{
	const struct timeval patience = { .tv_sec = READY_S };
	uint32_t ready;
	int pair[2];
	enum btz_rc rc = btz_sock_pair(false, pair, err);

	if (rc != BTZ_OK)
		return rc;
	k->pid = fork();
	if (k->pid == 0)
		be_child(sites, owner, pair[1]);
	(void)close(pair[1]);
	k->fd = pair[0];
	(void)setsockopt(
	    k->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (k->pid < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_AGAIN, "keeper");
	if (recv(k->fd, &ready, sizeof(ready), 0) != (ssize_t)sizeof(ready))
		return BTZ_FAIL(err, BTZ_E_NO_CUTOFF, "keeper does not start");
	return BTZ_OK;
}

enum btz_rc
btz_keeper_start(struct btz_loop *loop, const struct btz_sites *sites,
    unsigned owner, void (*on_gone)(void *arg), void *arg,
    struct btz_keeper **out, struct btz_err *err)
{
	struct btz_keeper *k = calloc(1, sizeof(*k));
	enum btz_rc rc;

	*out = NULL;
	if (k == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "keeper");
	k->fd = -1;
	k->last = &k->first;
	k->on_gone = on_gone;
	k->arg = arg;
	rc = start_child(k, sites, owner, err);
	if (rc == BTZ_OK) {
		k->watch = btz_watch_new(
		    loop, k->fd, BTZ_EV_READ, on_answer, k);
		k->late = btz_timer_new(loop, on_late, k);
		if (k->watch == NULL || k->late == NULL)
			rc = BTZ_FAIL(err, BTZ_E_NOMEM, "keeper");
	}
	if (rc != BTZ_OK) {
		btz_keeper_stop(k);
		return rc;
	}
	btz_watch_urgent(k->watch); /* who is cut off comes first */
	*out = k;
	return BTZ_OK;
}

void
btz_keeper_stop(struct btz_keeper *k)
{
	const struct btz_keeper_ask end = { .op = BTZ_KEEPER_END };
	uint32_t rc;

	if (k == NULL)
		return;
	btz_watch_free(k->watch);
	k->watch = NULL; /* what is asked from now on is answered here, too */
	btz_timer_free(k->late);
	k->late = NULL;
	while (k->first != NULL)
		answer_first(k, BTZ_E_GONE);
	if (k->fd >= 0) {
		(void)send(k->fd, &end, sizeof(end), MSG_NOSIGNAL);
		/* until it is through: its end is the end of the socket */
		while (recv(k->fd, &rc, sizeof(rc), 0) > 0)
			continue;
		(void)close(k->fd);
	}
	free(k);
}
