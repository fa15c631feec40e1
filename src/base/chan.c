/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chan.c - frames over a socket in the event loop; contract in chan.h.
 * Start at on_ready() for what comes in and at btz_chan_send() for what goes.
 */
#include "base/chan.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/sock.h"

#define PAUSE_LONG_US 200u
#define HURRY_US 50000u

struct queued { /* a frame that did not fit into the socket yet */
	struct queued *next;
	int fd;
	size_t len;
	uint8_t bytes[];
};

struct ask {
	struct ask *next;
	struct btz_chan *ch;
	struct btz_timer *timer;
	uint32_t tag;
	uint16_t op;
	btz_answer_fn *fn;
	void *arg;
};

struct btz_chan {
	struct btz_loop *loop;
	struct btz_watch *watch;
	const struct btz_chan_ops *ops;
	void *arg;
	int fd;
	unsigned depth; /* callbacks on the stack */
	bool dead;	/* freed inside one of them */
	bool paused;
	bool throttle; /* no new requests while answers wait to be read */
	uint32_t next_tag;
	struct btz_peer peer;
	struct queued *out, **out_tail;
	size_t out_n, out_max;
	struct ask *asks;
};

static struct btz_msgbuf rx, tx; /* one loop, one thread: shared by all */

static void on_ready(unsigned events, void *arg);

static bool
may_read(const struct btz_chan *ch)
{
	return !ch->paused && !(ch->throttle && ch->out_n > 0);
}

static unsigned
wanted(const struct btz_chan *ch)
{
	unsigned ev = may_read(ch) ? BTZ_EV_READ : 0;

	return ch->out_n > 0 ? ev | BTZ_EV_WRITE : ev;
}

static bool
join_loop(struct btz_chan *ch)
{
	ch->watch = btz_watch_new(ch->loop, ch->fd, wanted(ch), on_ready, ch);
	return ch->watch != NULL;
}

enum btz_rc
btz_chan_new(struct btz_loop *loop, int fd, unsigned flags,
    const struct btz_chan_ops *ops, void *arg, struct btz_chan **out,
    struct btz_err *err)
{
	struct btz_chan *ch = calloc(1, sizeof(*ch));
	struct ucred cred = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(cred);
	int on = 1;

	*out = NULL;
	if (ch == NULL) {
		(void)close(fd);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "channel");
	}
	*ch = (struct btz_chan){ .loop = loop,
		.ops = ops,
		.arg = arg,
		.fd = fd,
		.out_max = 256,
		.out_tail = &ch->out };
	if ((flags & BTZ_CHAN_READY) == 0)
		(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	ch->peer = (struct btz_peer){
		.uid = cred.uid, .gid = cred.gid, .pid = cred.pid
	};
	if ((flags & BTZ_CHAN_PASSCRED) != 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0) {
		btz_chan_free(ch);
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "SO_PASSCRED");
	}
	if ((flags & BTZ_CHAN_LATER) == 0 && !join_loop(ch)) {
		btz_chan_free(ch);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "channel");
	}
	*out = ch;
	return BTZ_OK;
}

static void
drop_queue(struct btz_chan *ch)
{
	while (ch->out != NULL) {
		struct queued *q = ch->out;

		ch->out = q->next;
		if (q->fd >= 0)
			(void)close(q->fd);
		btz_wipe(q->bytes, q->len);
		free(q);
	}
	ch->out_tail = &ch->out;
	ch->out_n = 0;
}

static void
ask_free(struct ask *a)
{
	btz_timer_free(a->timer);
	free(a);
}

static void
fail_asks(struct btz_chan *ch, enum btz_rc rc)
{
	while (ch->asks != NULL) {
		struct ask *a = ch->asks;

		ch->asks = a->next;
		a->fn(rc, NULL, -1, a->arg);
		ask_free(a);
	}
}

/* Everything but the struct itself: it may still be on the stack. */
static void
release(struct btz_chan *ch)
{
	btz_watch_free(ch->watch);
	ch->watch = NULL;
	if (ch->fd >= 0)
		(void)close(ch->fd);
	ch->fd = -1;
	drop_queue(ch);
}

static void
leave(struct btz_chan *ch)
{
	if (--ch->depth == 0 && ch->dead)
		free(ch);
}

void
btz_chan_free(struct btz_chan *ch)
{
	if (ch == NULL || ch->dead)
		return;
	ch->dead = true;
	ch->depth++;
	release(ch);
	fail_asks(ch, BTZ_E_GONE);
	leave(ch);
}

/* The other side is gone: tell everybody. The caller, on_ready, frees. */
static void
hang_up(struct btz_chan *ch)
{
	if (ch->dead)
		return;
	release(ch);
	fail_asks(ch, BTZ_E_GONE);
	if (!ch->dead) {
		ch->dead = true;
		ch->ops->on_close(ch, ch->arg);
	}
}

void
btz_chan_set_queue(struct btz_chan *ch, size_t max_frames)
{
	ch->out_max = max_frames;
}

static void
update_watch(struct btz_chan *ch)
{
	if (ch->watch != NULL)
		btz_watch_set(ch->watch, wanted(ch));
}

void
btz_chan_pause(struct btz_chan *ch, bool pause)
{
	ch->paused = pause;
	update_watch(ch);
}

void
btz_chan_throttle(struct btz_chan *ch)
{
	ch->throttle = true;
	update_watch(ch);
}

void
btz_chan_urgent(struct btz_chan *ch)
{
	if (ch->watch != NULL)
		btz_watch_urgent(ch->watch);
}

int
btz_chan_fd(const struct btz_chan *ch)
{
	return ch->fd;
}

void
btz_chan_set_peer(struct btz_chan *ch, const struct btz_peer *peer)
{
	ch->peer = *peer;
}

const struct btz_peer *
btz_chan_peer(const struct btz_chan *ch)
{
	return &ch->peer;
}

size_t
btz_chan_pending(const struct btz_chan *ch)
{
	size_t n = 0;

	for (const struct ask *a = ch->asks; a != NULL; a = a->next)
		n++;
	return n;
}

static enum btz_rc
enqueue(struct btz_chan *ch, int pass_fd)
{
	struct queued *q;

	if (ch->out_n >= ch->out_max)
		return BTZ_E_QUOTA;
	q = malloc(sizeof(*q) + tx.len);
	if (q == NULL)
		return BTZ_E_NOMEM;
	q->next = NULL;
	q->fd = pass_fd < 0 ? -1 : fcntl(pass_fd, F_DUPFD_CLOEXEC, 3);
	if (pass_fd >= 0 && q->fd < 0) { /* the frame says that it has one */
		free(q);
		return BTZ_E_NOMEM;
	}
	q->len = tx.len;
	memcpy(q->bytes, tx.bytes, tx.len);
	*ch->out_tail = q;
	ch->out_tail = &q->next;
	ch->out_n++;
	update_watch(ch);
	return BTZ_OK;
}

enum btz_rc
btz_chan_send(struct btz_chan *ch, const struct btz_frame *head,
    const struct btz_msgdef *def, const void *msg, int pass_fd)
{
	struct btz_frame h = *head;
	enum btz_rc rc;

	if (ch == NULL || ch->fd < 0)
		return BTZ_E_GONE;
	if (pass_fd >= 0)
		h.flags |= BTZ_FRAME_FD;
	if ((rc = btz_sock_pack(&tx, &h, def, msg)) != BTZ_OK)
		return rc;
	if (ch->out_n > 0)
		return enqueue(ch, pass_fd);
	rc = btz_sock_try_send(ch->fd, tx.bytes, tx.len, pass_fd);
	return rc == BTZ_E_AGAIN ? enqueue(ch, pass_fd) : rc;
}

static void
flush(struct btz_chan *ch)
{
	while (ch->out != NULL) {
		struct queued *q = ch->out;
		enum btz_rc rc = btz_sock_try_send(
		    ch->fd, q->bytes, q->len, q->fd);

		if (rc == BTZ_E_AGAIN)
			break;
		if (rc != BTZ_OK) {
			drop_queue(ch);
			break;
		}
		ch->out = q->next;
		ch->out_n--;
		if (q->fd >= 0)
			(void)close(q->fd);
		btz_wipe(q->bytes, q->len);
		free(q);
	}
	if (ch->out == NULL)
		ch->out_tail = &ch->out;
	update_watch(ch);
}

static struct ask *
take_ask(struct btz_chan *ch, uint32_t tag, bool remove)
{
	for (struct ask **at = &ch->asks; *at != NULL; at = &(*at)->next) {
		struct ask *a = *at;

		if (a->tag != tag)
			continue;
		if (remove)
			*at = a->next;
		return a;
	}
	return NULL;
}

static void
on_ask_timeout(void *arg)
{
	struct ask *a = arg;

	(void)take_ask(a->ch, a->tag, true);
	a->fn(BTZ_E_TIMEOUT, NULL, -1, a->arg);
	ask_free(a);
}

static struct ask *
ask_new(struct btz_chan *ch, uint16_t op, uint32_t timeout_ms,
    btz_answer_fn *fn, void *arg)
{
	struct ask *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	*a = (struct ask){
		.ch = ch, .op = op, .tag = ++ch->next_tag, .fn = fn, .arg = arg
	};
	if (timeout_ms != 0) {
		a->timer = btz_timer_new(ch->loop, on_ask_timeout, a);
		if (a->timer == NULL) {
			free(a);
			return NULL;
		}
		btz_timer_set(a->timer, timeout_ms);
	}
	a->next = ch->asks;
	ch->asks = a;
	return a;
}

enum btz_rc
btz_chan_ask(struct btz_chan *ch, uint16_t op, uint64_t id,
    const struct btz_msgdef *def, const void *msg, int pass_fd,
    uint32_t timeout_ms, btz_answer_fn *fn, void *arg)
{
	struct ask *a;
	enum btz_rc rc;

	if (ch == NULL || ch->fd < 0)
		return BTZ_E_GONE;
	a = ask_new(ch, op, timeout_ms, fn, arg);
	if (a == NULL)
		return BTZ_E_NOMEM;
	rc = btz_chan_send(ch,
	    &(struct btz_frame){ .op = op, .id = id, .tag = a->tag }, def, msg,
	    pass_fd);
	if (rc != BTZ_OK) {
		(void)take_ask(ch, a->tag, true);
		ask_free(a);
	}
	return rc;
}

/* An answer nobody waits for any more (it timed out) is dropped. */
static bool
on_answer(struct btz_chan *ch, const struct btz_frame *f, int fd)
{
	bool more = (f->flags & BTZ_FRAME_MORE) != 0;
	struct ask *a = take_ask(ch, f->tag, !more);
	enum btz_rc rc = btz_rc_from_wire(f->status);

	if (a == NULL || a->op != f->op) {
		if (fd >= 0)
			(void)close(fd);
		if (a != NULL && !more) { /* put back, then fail with all */
			a->next = ch->asks;
			ch->asks = a;
		}
		return a == NULL;
	}
	if (rc != BTZ_OK && fd >= 0) {
		(void)close(fd);
		fd = -1;
	}
	if (more && rc == BTZ_OK && a->timer != NULL)
		btz_timer_cancel(a->timer); /* it is alive and reports */
	a->fn(rc, rc == BTZ_OK ? f : NULL, fd, a->arg);
	if (!more)
		ask_free(a);
	return true;
}

/* False: protocol broken. */
static bool
handle(struct btz_chan *ch, int fd, const struct btz_peer *peer)
{
	struct btz_frame f;

	if (!btz_frame_decode(btz_span_of(rx.bytes, rx.len), &f) ||
	    ((f.flags & BTZ_FRAME_FD) != 0) != (fd >= 0)) {
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	if ((f.flags & BTZ_FRAME_ANSWER) != 0)
		return on_answer(ch, &f, fd);
	ch->ops->on_frame(ch, &f, fd, peer, ch->arg);
	return true;
}

/* One message: the loop comes back while there are more, and after the urgent
 * ones; a second recv would find nothing most of the time. False: none was
 * there. */
static bool
read_one(struct btz_chan *ch)
{
	struct btz_peer peer = ch->peer;
	enum btz_rc rc = BTZ_E_AGAIN;
	int fd;

	if (!ch->dead && may_read(ch))
		rc = btz_sock_try_recv(ch->fd, &rx, &fd, &peer);
	if (rc == BTZ_E_AGAIN)
		return false;
	if (rc == BTZ_OK && !handle(ch, fd, &peer))
		rc = BTZ_E_PROTO;
	if (rc != BTZ_OK)
		hang_up(ch);
	return true;
}

static void
on_ready(unsigned events, void *arg)
{
	struct btz_chan *ch = arg;

	ch->depth++;
	if ((events & BTZ_EV_WRITE) != 0)
		flush(ch);
	(void)read_one(ch);
	leave(ch);
}

static uint64_t
now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Who has only just connected is about to ask. Where he shares our CPU, his
 * connect() stopped him to let us run: he goes first, once, and both are spared
 * two changes. What it may cost is bounded: a pause in which others ran, or
 * after which nothing was there, is the last one for a while. */
static void
give_way(struct btz_chan *ch)
{
	static uint64_t hurry; /* no pause before */
	const uint64_t start = now_us();
	uint64_t end;

	if (start < hurry)
		return;
	(void)sched_yield();
	end = now_us();
	if (!read_one(ch) || end - start > PAUSE_LONG_US)
		hurry = end + HURRY_US;
}

void
btz_chan_begin(struct btz_chan *ch)
{
	ch->depth++;
	if (!read_one(ch))
		give_way(ch);
	if (!ch->dead && !join_loop(ch))
		hang_up(ch);
	leave(ch);
}

void
btz_chan_wipe(void)
{
	btz_wipe(rx.bytes, rx.len);
	btz_wipe(tx.bytes, tx.len);
}
