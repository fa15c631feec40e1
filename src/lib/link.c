/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.c - the leased socket and what is under way on it: submit, process,
 * call. Start at bartizan_submit() and deliver().
 *
 * A request is sent at once; its tag stays in `pending` until the answer with
 * that tag. When the socket breaks, everything pending is delivered with the
 * reason, and the next request opens a new lease.
 */
#include <errno.h>
#include <poll.h>
#include <stdalign.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/lib.h"
#include "wire/msg_list.h"

static uint64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static struct btz_pending *
find(struct bartizan *b, uint32_t tag)
{
	for (size_t i = 0; i < BARTIZAN_PENDING_MAX; i++)
		if (b->pending[i].tag == tag)
			return &b->pending[i];
	return NULL;
}

static void
finish(
    struct bartizan *b, struct btz_pending *p, const struct bartizan_result *r)
{
	const struct btz_pending was = *p;

	*p = (struct btz_pending){ .tag = 0 };
	b->n_pending--;
	was.fn(r, was.arg);
}

/* What callbacks submit meanwhile goes over a new connection. */
void
btz_lib_break(struct bartizan *b, enum btz_rc rc)
{
	const struct bartizan_result r = { .status = (int)rc };
	struct btz_pending was[BARTIZAN_PENDING_MAX];

	if (b->fd >= 0)
		(void)close(b->fd);
	b->fd = -1;
	b->backend[0] = '\0';
	memcpy(was, b->pending, sizeof(was));
	memset(b->pending, 0, sizeof(b->pending));
	b->n_pending = 0;
	for (size_t i = 0; i < BARTIZAN_PENDING_MAX; i++)
		if (was[i].tag != 0)
			was[i].fn(&r, was[i].arg);
}

static int
waited(struct bartizan *b, short events, int ms)
{
	struct pollfd p = { .fd = b->fd, .events = events };
	int n;

	do
		n = poll(&p, 1, ms);
	while (n < 0 && errno == EINTR);
	return n;
}

/* The tags of answers that nobody waits for any more must not come again
 * soon: they count up. 0 is an event's. */
static uint32_t
new_tag(struct bartizan *b)
{
	do
		b->next_tag++;
	while (b->next_tag == 0 || find(b, b->next_tag) != NULL);
	return b->next_tag;
}

static enum btz_rc
send_it(struct bartizan *b, const struct btz_lib_op *op,
    const struct bartizan_request *rq, uint32_t tag)
{
	alignas(max_align_t) uint8_t msg[BTZ_LIB_MSG_MAX] = { 0 };
	struct btz_frame f = { .op = op->op, .tag = tag, .id = b->id };
	enum btz_rc rc;

	if (!op->put(rq, msg))
		return BTZ_E_RANGE;
	rc = btz_sock_pack(&b->out, &f, op->in, msg);
	btz_wipe(msg, sizeof(msg));
	if (rc == BTZ_OK)
		rc = btz_sock_try_send(b->fd, b->out.bytes, b->out.len, -1);
	btz_wipe(b->out.bytes, b->out.len);
	return rc;
}

static int
failed(struct bartizan *b, enum btz_rc rc, const char *what)
{
	return (int)BTZ_FAIL(&b->err, rc, "%s", what);
}

int
bartizan_submit(struct bartizan *b, const struct bartizan_request *rq,
    bartizan_callback *fn, void *arg)
{
	const struct btz_lib_op *op = btz_lib_op((int)rq->op);
	struct btz_pending *p;
	enum btz_rc rc;
	uint32_t tag;
	int opened;

	if (op == NULL || fn == NULL)
		return failed(b, BTZ_E_INVAL, "unknown operation");
	if ((opened = btz_lib_connect(b)) != BARTIZAN_OK)
		return opened;
	p = find(b, 0);
	if (p == NULL)
		return failed(b, BTZ_E_AGAIN, "too many requests under way");
	tag = new_tag(b);
	rc = send_it(b, op, rq, tag);
	if (rc == BTZ_E_GONE || rc == BTZ_E_IO)
		btz_lib_break(b, BTZ_E_GONE);
	if (rc != BTZ_OK)
		return failed(b, rc, "request could not be sent");
	*p = (struct btz_pending){ tag, (uint16_t)rq->op, fn, arg };
	b->n_pending++;
	return BARTIZAN_OK;
}

/* One answer. BTZ_E_PROTO: the other end does not speak our language. */
static enum btz_rc
deliver(struct bartizan *b, const struct btz_frame *f)
{
	alignas(max_align_t) uint8_t msg[BTZ_LIB_MSG_MAX];
	struct bartizan_result r = { .status = (int)btz_rc_from_wire(
					 f->status) };
	struct btz_pending *p = f->tag != 0 ? find(b, f->tag) : NULL;
	const struct btz_lib_op *op;

	if ((f->flags & BTZ_FRAME_ANSWER) == 0 || p == NULL ||
	    (f->flags & BTZ_FRAME_MORE) != 0)
		return BTZ_OK; /* an event, a late answer, a word of progress */
	op = btz_lib_op(p->op);
	if (op == NULL || f->op != op->op)
		return BTZ_E_PROTO;
	if (r.status == BARTIZAN_OK && op->out == NULL && f->body.len != 0)
		return BTZ_E_PROTO;
	if (r.status == BARTIZAN_OK && op->out != NULL) {
		if (!btz_msg_decode(op->out, f->body, msg))
			return BTZ_E_PROTO;
		op->take(msg, &r);
	}
	finish(b, p, &r);
	return BTZ_OK;
}

static enum btz_rc
receive_one(struct bartizan *b)
{
	struct btz_frame f;
	int fd = -1;
	enum btz_rc rc = btz_sock_try_recv(b->fd, &b->in, &fd, NULL);

	if (fd >= 0) { /* no answer here carries one */
		(void)close(fd);
		rc = BTZ_E_PROTO;
	}
	if (rc != BTZ_OK)
		return rc;
	if (!btz_frame_decode(btz_span_of(b->in.bytes, b->in.len), &f))
		return BTZ_E_PROTO;
	rc = deliver(b, &f);
	btz_wipe(b->in.bytes, b->in.len); /* it may have been a secret */
	return rc;
}

int
bartizan_process(struct bartizan *b, int wait_ms)
{
	int n;

	if (b->fd < 0)
		return failed(b, BTZ_E_GONE, "not connected");
	n = waited(b, POLLIN, wait_ms < 0 ? (int)b->timeout_ms : wait_ms);
	if (n == 0)
		return wait_ms == 0 ? BARTIZAN_OK
				    : failed(b, BTZ_E_TIMEOUT, "no answer");
	while (b->fd >= 0) {
		enum btz_rc rc = receive_one(b);

		if (rc == BTZ_OK && waited(b, POLLIN, 0) > 0)
			continue;
		if (rc == BTZ_OK || rc == BTZ_E_AGAIN)
			return BARTIZAN_OK;
		btz_lib_break(b, BTZ_E_GONE);
		return failed(b, BTZ_E_GONE, "connection lost");
	}
	return failed(b, BTZ_E_GONE, "connection lost");
}

struct answer { /* that bartizan_call waits for */
	struct bartizan *b;
	struct bartizan_result *out;
	bool there;
};

static struct bartizan_bytes
keep(struct btz_msgbuf *buf, struct bartizan_bytes in)
{
	struct bartizan_bytes out = { buf->bytes + buf->len, in.len };

	if (in.len > 0)
		memcpy(buf->bytes + buf->len, in.p, in.len);
	buf->len += in.len;
	return out;
}

/* Copied aside: what comes next overwrites the buffer. */
static void
on_answer(const struct bartizan_result *r, void *arg)
{
	struct answer *a = arg;

	*a->out = *r;
	btz_wipe(a->b->mine.bytes, a->b->mine.len); /* of the call before */
	a->b->mine.len = 0;
	a->out->output = keep(&a->b->mine, r->output);
	a->out->nonce = keep(&a->b->mine, r->nonce);
	a->there = true;
}

/* Nobody will take the answer that comes too late. */
static void
forget(struct bartizan *b, const struct answer *a)
{
	for (size_t i = 0; i < BARTIZAN_PENDING_MAX; i++)
		if (b->pending[i].tag != 0 && b->pending[i].arg == a) {
			b->pending[i] = (struct btz_pending){ .tag = 0 };
			b->n_pending--;
		}
}

/* A socket that is full empties as the service works. */
static int
submit_blocking(struct bartizan *b, const struct bartizan_request *rq,
    struct answer *a, uint64_t until)
{
	for (;;) {
		int rc = bartizan_submit(b, rq, on_answer, a);
		uint64_t now = now_ms();

		if (rc != BARTIZAN_AGAIN)
			return rc;
		if (now >= until)
			return failed(b, BTZ_E_TIMEOUT, "service is busy");
		if (b->n_pending > 0)
			rc = bartizan_process(b, (int)(until - now));
		else if (waited(b, POLLOUT, (int)(until - now)) <= 0)
			rc = failed(b, BTZ_E_TIMEOUT, "service is busy");
		else
			rc = BARTIZAN_OK;
		if (rc != BARTIZAN_OK)
			return rc;
	}
}

int
bartizan_call(struct bartizan *b, const struct bartizan_request *rq,
    struct bartizan_result *out)
{
	struct answer a = { .b = b, .out = out };
	const uint64_t until = now_ms() + b->timeout_ms;
	int rc;

	*out = (struct bartizan_result){ .status = BARTIZAN_GONE };
	rc = submit_blocking(b, rq, &a, until);
	while (rc == BARTIZAN_OK && !a.there) {
		const uint64_t now = now_ms();

		rc = now >= until ? failed(b, BTZ_E_TIMEOUT, "no answer")
				  : bartizan_process(b, (int)(until - now));
	}
	if (a.there)
		rc = out->status;
	forget(b, &a);
	out->status = rc;
	if (a.there && rc != BARTIZAN_OK)
		return failed(b, (enum btz_rc)rc, "refused by the service");
	return rc;
}

int
bartizan_fd(const struct bartizan *b)
{
	return b->fd;
}

size_t
bartizan_pending(const struct bartizan *b)
{
	return b->n_pending;
}
