/* SPDX-License-Identifier: Apache-2.0 */
/* call.c - one blocking request at a time over a socket; contract in call.h. */
#include "client/call.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wire/msg_list.h"

#define DEFAULT_TIMEOUT_MS 30000u

static uint64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* An id for logs, not a secret: drawn once, then counted. */
static uint64_t
new_id(void)
{
	static _Atomic uint64_t last;
	uint64_t seed = 0;

	if (last == 0) {
		if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) !=
		    (ssize_t)sizeof(seed))
			seed = now_ms();
		last = seed;
	}
	return ++last;
}

/* The buffer is not touched: it is large. */
void
btz_conn_adopt(struct btz_conn *c, int fd)
{
	c->fd = fd;
	c->next_tag = 0;
	c->timeout_ms = DEFAULT_TIMEOUT_MS;
	c->id = new_id();
	c->on_progress = NULL;
	c->arg = NULL;
	c->ahead = 0;
	c->peer = NULL;
	c->buf.len = 0;
}

enum btz_rc
btz_conn_open(struct btz_conn *c, const char *path, struct btz_err *err)
{
	int fd;
	enum btz_rc rc = btz_sock_connect(path, &fd, err);

	btz_conn_adopt(c, fd);
	return rc;
}

void
btz_conn_close(struct btz_conn *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
}

/* Waits for the socket; a failed one (POLLHUP) is found by the next call. */
static enum btz_rc
wait_for(const struct btz_conn *c, short events, uint64_t until)
{
	for (;;) {
		struct pollfd p = { .fd = c->fd, .events = events };
		uint64_t now = now_ms();
		int n;

		if (now >= until)
			return BTZ_E_TIMEOUT;
		n = poll(&p, 1, (int)(until - now));
		if (n > 0)
			return BTZ_OK;
		if (n < 0 && errno != EINTR)
			return BTZ_E_IO;
	}
}

static enum btz_rc
send_frame(struct btz_conn *c, const struct btz_frame *head,
    const struct btz_msgdef *def, const void *msg, uint64_t until)
{
	enum btz_rc rc = btz_sock_pack(&c->buf, head, def, msg);

	if (rc != BTZ_OK)
		return rc;
	for (;;) {
		rc = btz_sock_send(c->fd, c->buf.bytes, c->buf.len, -1);
		if (rc != BTZ_E_AGAIN)
			return rc;
		if ((rc = wait_for(c, POLLOUT, until)) != BTZ_OK)
			return rc;
	}
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static enum btz_rc
progress(struct btz_conn *c, const struct btz_frame *f)
{
	struct btz_progress p;

	if (!btz_msg_decode(&btz_def_progress, f->body, &p))
		return BTZ_E_PROTO;
	if (c->on_progress != NULL)
		c->on_progress(p.step, p.steps, p.what, c->arg);
	return BTZ_OK;
}

/* Events and answers that nobody waits for (of a call that timed out) are
 * passed over. */
static enum btz_rc
receive(struct btz_conn *c, uint16_t op, uint32_t tag, struct btz_frame *f,
    int *fd, uint64_t until)
{
	for (;;) {
		enum btz_rc rc = wait_for(c, POLLIN, until);

		if (rc == BTZ_OK)
			rc = btz_sock_recv(c->fd, &c->buf, fd, NULL);
		if (rc == BTZ_E_AGAIN)
			continue;
		if (rc != BTZ_OK)
			return rc;
		if (!btz_frame_decode(
			btz_span_of(c->buf.bytes, c->buf.len), f) ||
		    ((f->flags & BTZ_FRAME_FD) != 0) != (*fd >= 0))
			return BTZ_E_PROTO;
		if ((f->flags & BTZ_FRAME_ANSWER) != 0 && f->tag == c->ahead &&
		    f->tag != 0 && f->status != 0)
			return btz_rc_from_wire(f->status);
		if ((f->flags & BTZ_FRAME_ANSWER) == 0 || f->tag != tag) {
			close_fd(fd);
			continue;
		}
		c->ahead = 0;
		if (f->op != op)
			return BTZ_E_PROTO;
		if ((f->flags & BTZ_FRAME_MORE) == 0)
			return BTZ_OK;
		if ((rc = progress(c, f)) != BTZ_OK)
			return rc;
		until = now_ms() + c->timeout_ms; /* it is alive */
	}
}

/* Who, and the request id that is in its log. */
static enum btz_rc
fail(const struct btz_conn *c, enum btz_rc rc, uint16_t op, struct btz_err *err)
{
	if (c->peer != NULL)
		return BTZ_FAIL(err, rc, "%s, request %016llx", c->peer,
		    (unsigned long long)c->id);
	return BTZ_FAIL(err, rc, "operation 0x%04x, request %016llx",
	    (unsigned)op, (unsigned long long)c->id);
}

static enum btz_rc
broken(struct btz_conn *c, int *fd, enum btz_rc rc, uint16_t op,
    struct btz_err *err)
{
	close_fd(fd);
	if (rc != BTZ_E_TOOBIG)
		btz_conn_close(c);
	return fail(c, rc, op, err);
}

static uint32_t
new_tag(struct btz_conn *c)
{
	if (++c->next_tag == 0) /* tag 0 is an event's */
		c->next_tag = 1;
	return c->next_tag;
}

enum btz_rc
btz_conn_ahead(struct btz_conn *c, uint16_t op, const struct btz_msgdef *def,
    const void *msg, struct btz_err *err)
{
	struct btz_frame f = {
		.op = op, .id = c->id, .flags = BTZ_FRAME_EVENT
	};
	enum btz_rc rc;
	int fd = -1, on = 1;

	if (c->fd < 0)
		return BTZ_FAIL(err, BTZ_E_GONE, "not connected");
	if (setsockopt(c->fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "SO_PASSCRED");
	f.tag = c->ahead = new_tag(c);
	rc = send_frame(c, &f, def, msg, now_ms() + c->timeout_ms);
	return rc == BTZ_OK ? rc : broken(c, &fd, rc, op, err);
}

enum btz_rc
btz_conn_call(struct btz_conn *c, uint16_t op, const struct btz_msgdef *in_def,
    const void *in, const struct btz_msgdef *out_def, void *out, int *got_fd,
    struct btz_err *err)
{
	uint64_t until = now_ms() + c->timeout_ms;
	struct btz_frame f = { .op = op, .id = c->id };
	enum btz_rc rc;
	int fd = -1;

	if (got_fd != NULL)
		*got_fd = -1;
	if (c->fd < 0)
		return BTZ_FAIL(err, BTZ_E_GONE, "not connected");
	f.tag = new_tag(c);
	rc = send_frame(c, &f, in_def, in, until);
	if (rc == BTZ_OK)
		rc = receive(c, op, c->next_tag, &f, &fd, until);
	if (rc != BTZ_OK)
		return broken(c, &fd, rc, op, err);
	rc = btz_rc_from_wire(f.status);
	if (rc != BTZ_OK) {
		close_fd(&fd);
		return fail(c, rc, op, err);
	}
	if ((fd >= 0) != (got_fd != NULL) ||
	    (out_def == NULL ? f.body.len != 0
			     : !btz_msg_decode(out_def, f.body, out)))
		return broken(c, &fd, BTZ_E_PROTO, op, err);
	if (got_fd != NULL)
		*got_fd = fd;
	return BTZ_OK;
}

enum btz_rc
btz_conn_event(struct btz_conn *c, uint16_t op, const struct btz_msgdef *def,
    const void *msg, struct btz_err *err)
{
	struct btz_frame f = {
		.op = op, .id = c->id, .flags = BTZ_FRAME_EVENT
	};
	enum btz_rc rc;
	int fd = -1;

	if (c->fd < 0)
		return BTZ_FAIL(err, BTZ_E_GONE, "not connected");
	rc = send_frame(c, &f, def, msg, now_ms() + c->timeout_ms);
	return rc == BTZ_OK ? rc : broken(c, &fd, rc, op, err);
}
