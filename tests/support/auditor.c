/* SPDX-License-Identifier: Apache-2.0 */
/* auditor.c - plays the audit log; contract in auditor.h. */
#include "support/auditor.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sock.h"
#include "wire/msg_audit.h"
#include "wire/ops.h"

#define HEARD_MAX 4096

struct btz_auditor {
	int fd, stop[2];
	pthread_t thread;
	pthread_mutex_t lock;
	unsigned delay_ms;
	size_t n;
	struct btz_heard heard[HEARD_MAX];
	struct btz_msgbuf in, out;
};

static void
copy(char *out, size_t cap, struct btz_span s)
{
	(void)snprintf(
	    out, cap, "%.*s", (int)s.len, s.p == NULL ? "" : (const char *)s.p);
}

static void
remember(struct btz_auditor *a, const struct btz_audit *m)
{
	struct btz_heard *h;

	(void)pthread_mutex_lock(&a->lock);
	if (a->n < HEARD_MAX) {
		h = &a->heard[a->n++];
		h->phase = m->phase;
		h->decision = m->decision;
		h->wait = m->wait;
		h->n = m->n;
		copy(h->who, sizeof(h->who), m->who);
		copy(h->act, sizeof(h->act), m->act);
		copy(h->obj, sizeof(h->obj), m->obj);
		copy(h->out, sizeof(h->out), m->out);
		copy(h->why, sizeof(h->why), m->why);
	}
	(void)pthread_mutex_unlock(&a->lock);
}

static bool
serve_one(struct btz_auditor *a)
{
	struct btz_audit_ok ok = { .seq = 1 };
	struct btz_audit m;
	struct btz_frame f;
	int fd = -1;

	if (btz_sock_recv(a->fd, &a->in, &fd, NULL) != BTZ_OK ||
	    !btz_frame_decode(btz_span_of(a->in.bytes, a->in.len), &f) ||
	    f.op != BTZ_OP_APPEND ||
	    !btz_msg_decode(&btz_def_audit, f.body, &m))
		return false;
	remember(a, &m);
	if ((f.flags & BTZ_FRAME_EVENT) != 0)
		return true;
	(void)usleep(a->delay_ms * 1000);
	f.flags = BTZ_FRAME_ANSWER;
	ok.seq = a->n;
	return btz_sock_pack(&a->out, &f, &btz_def_audit_ok, &ok) == BTZ_OK &&
	       btz_sock_send(a->fd, a->out.bytes, a->out.len, -1) == BTZ_OK;
}

static void *
run(void *arg)
{
	struct btz_auditor *a = arg;
	struct pollfd p[2] = { { .fd = a->fd, .events = POLLIN },
		{ .fd = a->stop[0], .events = POLLIN } };

	while (poll(p, 2, -1) > 0 && p[1].revents == 0 && serve_one(a))
		;
	return NULL;
}

struct btz_auditor *
btz_auditor_new(int fd)
{
	struct btz_auditor *a = calloc(1, sizeof(*a));

	if (a == NULL || fd < 0 || pipe(a->stop) != 0)
		abort();
	a->fd = fd;
	(void)pthread_mutex_init(&a->lock, NULL);
	if (pthread_create(&a->thread, NULL, run, a) != 0)
		abort();
	return a;
}

void
btz_auditor_free(struct btz_auditor *a)
{
	if (a == NULL)
		return;
	(void)!write(a->stop[1], "x", 1);
	(void)pthread_join(a->thread, NULL);
	(void)close(a->fd);
	(void)close(a->stop[0]);
	(void)close(a->stop[1]);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

size_t
btz_auditor_heard(
    struct btz_auditor *a, const char *act, struct btz_heard *last)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&a->lock);
	for (size_t i = 0; i < a->n; i++) {
		if (act != NULL && strcmp(a->heard[i].act, act) != 0)
			continue;
		n++;
		if (last != NULL)
			*last = a->heard[i];
	}
	(void)pthread_mutex_unlock(&a->lock);
	return n;
}

uint64_t
btz_auditor_times(struct btz_auditor *a, const char *act)
{
	uint64_t sum = 0;

	(void)pthread_mutex_lock(&a->lock);
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->heard[i].act, act) == 0)
			sum += a->heard[i].n > 0 ? a->heard[i].n : 1;
	(void)pthread_mutex_unlock(&a->lock);
	return sum;
}

bool
btz_auditor_wait(struct btz_auditor *a, const char *act, size_t n, int ms)
{
	for (int t = 0; t <= ms; t += 10) {
		if (btz_auditor_heard(a, act, NULL) >= n)
			return true;
		(void)usleep(10000);
	}
	return false;
}

void
btz_auditor_delay(struct btz_auditor *a, unsigned ms)
{
	a->delay_ms = ms;
}
