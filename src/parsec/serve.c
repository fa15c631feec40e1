/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c - bytes of connections to requests, and answers back; states in
 * serve.h. Start at on_connect() and advance(). */
#include "parsec/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

#define ACCEPTS 16 /* in a row */

static void advance(struct btz_pconn *c);

static struct btz_loop *
loop_of(const struct btz_pconn *c)
{
	return btz_host_loop(c->serve->d->host);
}

static uint32_t
timeout_of(const struct btz_pconn *c)
{
	return (uint32_t)c->serve->d->conf.timeout;
}

static void
free_conn(struct btz_pconn *c)
{
	if (c->buf != NULL)
		btz_wipe(c->buf, c->cap);
	if (c->out != NULL)
		btz_wipe(c->out, c->out_len);
	free(c->buf);
	free(c->out);
	free(c);
}

void
btz_pconn_close(struct btz_pconn *c)
{
	struct btz_pserve *s = c->serve;

	if (c->dead)
		return;
	c->dead = true;
	if (c->job != NULL)
		c->job->conn = NULL;
	*c->at = c->next;
	if (c->next != NULL)
		c->next->at = c->at;
	else
		s->tail = c->at;
	btz_watch_free(c->watch);
	btz_timer_free(c->timer);
	(void)close(c->fd);
	btz_powner_bytes_back(s, c->owner, c->cap - BTZ_PARSEC_BUF + c->held);
	btz_powner_leave(s, c->owner);
	if (!c->busy)
		free_conn(c);
}

/* The state begins now: its time and what the socket is looked at for. */
static void
enter(struct btz_pconn *c, enum btz_pconn_state state)
{
	const bool idle = state == BTZ_PCONN_READ && c->served > 1 &&
			  c->len == 0;

	c->state = state;
	c->deadline = btz_boot_ms() + timeout_of(c) * BTZ_PARSEC_TIMEOUTS;
	btz_timer_set(c->timer, idle ? BTZ_PARSEC_KEEP_MS : timeout_of(c));
	btz_watch_set(
	    c->watch, state == BTZ_PCONN_WRITE ? BTZ_EV_WRITE : BTZ_EV_READ);
}

/* Something moved: once more the time of one wait, up to the deadline. */
static void
progress(struct btz_pconn *c)
{
	const uint64_t now = btz_boot_ms();
	const uint64_t left = c->deadline > now ? c->deadline - now : 1;

	btz_timer_set(
	    c->timer, left < timeout_of(c) ? (uint32_t)left : timeout_of(c));
}

bool
btz_pconn_hold(struct btz_pconn *c, size_t more)
{
	if (!btz_powner_bytes(c->serve, c->owner, more))
		return false;
	c->held += more;
	return true;
}

void
btz_pconn_release(struct btz_pconn *c, size_t less)
{
	btz_powner_bytes_back(c->serve, c->owner, less);
	c->held -= less;
}

static void
answered(struct btz_pconn *c)
{
	btz_wipe(c->out, c->out_len);
	free(c->out);
	btz_pconn_release(c, c->held);
	c->out = NULL;
	c->served++;
	if (!c->broken) {
		enter(c, BTZ_PCONN_READ);
		return;
	}
	(void)shutdown(c->fd, SHUT_WR);
	enter(c, BTZ_PCONN_DRAIN);
}

static void
flush(struct btz_pconn *c)
{
	while (c->out_at < c->out_len) {
		ssize_t n = send(c->fd, c->out + c->out_at,
		    c->out_len - c->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (c->state != BTZ_PCONN_WRITE)
				enter(c, BTZ_PCONN_WRITE);
			return;
		}
		if (n <= 0) {
			btz_pconn_close(c);
			return;
		}
		c->out_at += (size_t)n;
		if (c->state == BTZ_PCONN_WRITE)
			progress(c);
	}
	answered(c);
}

void
btz_pconn_answer(struct btz_pconn *c, const struct btz_parsec_header *head,
    struct btz_span body)
{
	const bool inside = c->busy;
	struct btz_parsec_header h = *head;

	c->job = NULL;
	if (body.len > BTZ_PARSEC_BUF && !btz_pconn_hold(c, body.len)) {
		h.status = BTZ_PS_MEMORY;
		h.body_len = 0;
		body.len = 0;
	}
	c->out_len = BTZ_PARSEC_HDR + body.len;
	c->out_at = 0;
	c->out = malloc(c->out_len);
	if (c->out == NULL) {
		btz_pconn_close(c);
		return;
	}
	btz_parsec_header_write(&h, c->out);
	if (body.len > 0)
		memcpy(c->out + BTZ_PARSEC_HDR, body.p, body.len);
	c->busy = true;
	flush(c);
	if (!inside)
		advance(c); /* a request may have come behind this one */
}

/* Back to a small buffer after a large request. */
static void
shrink(struct btz_pconn *c)
{
	uint8_t *p;

	if (c->cap == BTZ_PARSEC_BUF || c->len > BTZ_PARSEC_BUF ||
	    (p = malloc(BTZ_PARSEC_BUF)) == NULL)
		return;
	memcpy(p, c->buf, c->len);
	btz_wipe(c->buf, c->cap);
	free(c->buf);
	btz_powner_bytes_back(c->serve, c->owner, c->cap - BTZ_PARSEC_BUF);
	c->buf = p;
	c->cap = BTZ_PARSEC_BUF;
}

/* No request can follow on this connection. */
static void
refuse(struct btz_pconn *c, const struct btz_parsec_header *h, uint16_t status)
{
	const struct btz_parsec_header a = btz_parsec_answer(h, status, 0);

	c->broken = true;
	c->len = 0;
	shrink(c);
	btz_pconn_answer(c, &a, btz_span_of(NULL, 0));
}

static bool
grow(struct btz_pconn *c)
{
	size_t cap = 2 * c->cap < c->need ? 2 * c->cap : c->need;
	uint8_t *p;

	if (!btz_powner_bytes(c->serve, c->owner, cap - c->cap))
		return false;
	p = malloc(cap);
	if (p == NULL) {
		btz_powner_bytes_back(c->serve, c->owner, cap - c->cap);
		return false;
	}
	memcpy(p, c->buf, c->len);
	btz_wipe(c->buf, c->cap);
	free(c->buf);
	c->buf = p;
	c->cap = cap;
	return true;
}

static void
start_job(struct btz_pconn *c)
{
	struct btz_pjob *j = calloc(1, sizeof(*j));
	const size_t body = c->head.body_len, need = c->need;

	if (j == NULL) {
		refuse(c, &c->head, BTZ_PS_MEMORY);
		return;
	}
	j->d = c->serve->d;
	j->conn = c;
	j->head = c->head;
	c->job = j;
	c->state = BTZ_PCONN_JOB;
	c->have_head = false;
	btz_pjob_start(j, btz_span_of(c->buf + BTZ_PARSEC_HDR, body),
	    btz_span_of(c->buf + BTZ_PARSEC_HDR + body, c->head.auth_len),
	    c->owner->uid);
	btz_wipe(c->buf, need);
	c->len -= need;
	memmove(c->buf, c->buf + need, c->len);
	c->need = BTZ_PARSEC_HDR;
	if (c->dead)
		return;
	shrink(c);
	if (c->state == BTZ_PCONN_READ) /* answered already */
		enter(c, BTZ_PCONN_READ);
}

static void
take_head(struct btz_pconn *c)
{
	uint16_t status;

	btz_parsec_header_read(c->buf, &c->head);
	status = btz_parsec_check_start(
	    &c->head, (uint32_t)c->serve->d->conf.body_limit);
	if (status != BTZ_PS_OK) {
		refuse(c, NULL, status);
		return;
	}
	c->have_head = true;
	c->need = BTZ_PARSEC_HDR + (size_t)c->head.body_len + c->head.auth_len;
}

/* As many requests as have come whole; at most one is at work. */
static void
advance(struct btz_pconn *c)
{
	c->busy = true;
	while (!c->dead && c->state == BTZ_PCONN_READ && c->len >= c->need) {
		if (!c->have_head)
			take_head(c);
		else
			start_job(c);
	}
	c->busy = false;
	if (c->dead)
		free_conn(c);
	else if (c->state == BTZ_PCONN_READ)
		btz_watch_set(c->watch, BTZ_EV_READ);
}

static void
read_some(struct btz_pconn *c)
{
	ssize_t n;

	if (c->len == c->cap && !grow(c)) {
		c->busy = true;
		refuse(c, &c->head, BTZ_PS_MEMORY);
		advance(c);
		return;
	}
	n = recv(c->fd, c->buf + c->len, c->cap - c->len, MSG_DONTWAIT);
	if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
		btz_watch_set(c->watch, BTZ_EV_READ);
		return;
	}
	if (n <= 0) {
		btz_pconn_close(c);
		return;
	}
	if (c->len == 0) /* the time of a request begins with its first byte */
		c->deadline = btz_boot_ms() +
			      timeout_of(c) * BTZ_PARSEC_TIMEOUTS;
	c->len += (size_t)n;
	progress(c);
	advance(c);
}

static void
drain(struct btz_pconn *c)
{
	static uint8_t waste[65536];
	ssize_t n = recv(c->fd, waste, sizeof(waste), MSG_DONTWAIT);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0)
		btz_pconn_close(c);
}

static void
on_event(unsigned events, void *arg)
{
	struct btz_pconn *c = arg;

	(void)events;
	switch (c->state) {
	case BTZ_PCONN_READ:
		read_some(c);
		break;
	case BTZ_PCONN_JOB:
		btz_watch_set(c->watch, 0); /* one request at a time */
		break;
	case BTZ_PCONN_WRITE:
		c->busy = true;
		flush(c);
		advance(c);
		break;
	case BTZ_PCONN_DRAIN:
		drain(c);
		break;
	}
}

static void
on_time(void *arg)
{
	struct btz_pconn *c = arg;

	switch (c->state) {
	case BTZ_PCONN_JOB:
		break; /* the services have times of their own */
	case BTZ_PCONN_READ:
		if (c->served == 0 || c->len > 0) {
			c->busy = true;
			refuse(c, NULL, BTZ_PS_CONNECTION);
			if (!c->dead && c->state == BTZ_PCONN_DRAIN)
				btz_pconn_close(c);
			advance(c);
			break;
		}
		btz_pconn_close(c);
		break;
	case BTZ_PCONN_WRITE:
	case BTZ_PCONN_DRAIN:
		btz_pconn_close(c);
		break;
	}
}

static bool
open_conn(struct btz_pconn *c)
{
	c->buf = malloc(BTZ_PARSEC_BUF);
	c->timer = btz_timer_new(loop_of(c), on_time, c);
	c->watch = btz_watch_new(loop_of(c), c->fd, 0, on_event, c);
	return c->buf != NULL && c->timer != NULL && c->watch != NULL;
}

static void
take_connection(struct btz_pserve *s, int fd, uint32_t uid)
{
	struct btz_pconn *c = calloc(1, sizeof(*c));
	struct btz_powner *o = c == NULL ? NULL : btz_powner_enter(s, uid);

	if (o == NULL) {
		free(c);
		(void)close(fd);
		return;
	}
	*c = (struct btz_pconn){ .serve = s,
		.owner = o,
		.fd = fd,
		.need = BTZ_PARSEC_HDR,
		.at = s->tail };
	if (!open_conn(c)) {
		btz_watch_free(c->watch);
		btz_timer_free(c->timer);
		btz_powner_leave(s, o);
		free(c->buf);
		free(c);
		(void)close(fd);
		return;
	}
	c->cap = BTZ_PARSEC_BUF;
	*s->tail = c;
	s->tail = &c->next;
	c->deadline = btz_boot_ms() + timeout_of(c) * BTZ_PARSEC_TIMEOUTS;
	btz_timer_set(c->timer, timeout_of(c));
	read_some(c); /* who connects has mostly sent his request already */
}

static void
on_connect(unsigned events, void *arg)
{
	struct btz_pserve *s = arg;

	(void)events;
	for (int i = 0; i < ACCEPTS; i++) {
		int fd = accept4(
		    s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct ucred cred;
		socklen_t len = sizeof(cred);

		if (fd < 0)
			break;
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
			(void)close(fd);
		else
			take_connection(s, fd, (uint32_t)cred.uid);
	}
}

enum btz_rc
btz_pserve_new(struct btz_parsec *d, struct btz_err *err)
{
	struct btz_pserve *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "server");
	s->d = d;
	s->fd = -1;
	s->tail = &s->conns;
	d->serve = s;
	return BTZ_OK;
}

bool
btz_pserve_listen(struct btz_host *h, int fd)
{
	struct btz_parsec *d = btz_host_data(h);
	struct btz_pserve *s = d->serve;

	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	s->fd = fd;
	s->watch = btz_watch_new(
	    btz_host_loop(h), fd, BTZ_EV_READ, on_connect, s);
	return s->watch != NULL;
}

void
btz_pserve_free(struct btz_pserve *s)
{
	if (s == NULL)
		return;
	while (s->conns != NULL)
		btz_pconn_close(s->conns);
	btz_watch_free(s->watch);
	free(s);
}
