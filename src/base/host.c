/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.c - connections of a daemon and the dispatch of what comes in.
 * Start at on_frame(): table, role, decode, handler.
 */
#include "base/host.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/log.h"
#include "wire/msg_list.h"

static struct btz_conn_entry *
find(struct btz_host *h, uint64_t conn)
{
	struct btz_conn_entry *c = h->by_conn[conn % BTZ_CONN_BUCKETS];

	while (c != NULL && c->conn != conn)
		c = c->chain;
	return c;
}

static void
unlink_entry(struct btz_conn_entry *c)
{
	struct btz_conn_entry **at = &c->host->conns;

	while (*at != NULL && *at != c)
		at = &(*at)->next;
	if (*at != NULL)
		*at = c->next;
	at = &c->host->by_conn[c->conn % BTZ_CONN_BUCKETS];
	while (*at != NULL && *at != c)
		at = &(*at)->chain;
	if (*at != NULL)
		*at = c->chain;
	c->host->n_conns--;
	if (c->listener != NULL)
		c->host->n_accepted--;
}

static void
tell_gone(struct btz_conn_entry *c)
{
	struct btz_host *h = c->host;

	if (c->other != BTZ_PROG_NONE) {
		btz_log(BTZ_LOG_INFO, 0, "edge to %s is down",
		    btz_prog_name(c->other));
		if (h->d->on_edge != NULL)
			h->d->on_edge(h, c->other, false);
	} else if (h->d->on_gone != NULL) {
		h->d->on_gone(h, c->conn, c->data);
	}
}

void
btz_host_remove(struct btz_conn_entry *c)
{
	unlink_entry(c);
	btz_chan_free(c->chan);
	free(c);
}

static void
on_close(struct btz_chan *ch, void *arg)
{
	struct btz_conn_entry *c = arg;

	(void)ch; /* freed by the channel itself after this */
	unlink_entry(c);
	tell_gone(c);
	free(c);
}

static const struct btz_op_row *
find_row(const struct btz_host *h, uint16_t op)
{
	for (size_t i = 0; i < h->d->n_ops; i++)
		if (h->d->ops[i].op == op)
			return &h->d->ops[i];
	return NULL;
}

/* Decodes into a local buffer large enough for every message. */
static void
run_row(struct btz_host *h, const struct btz_op_row *row, struct btz_call *call,
    struct btz_span body)
{
	union {
		max_align_t align;
		uint8_t bytes[512];
	} msg;

	if (row->in == NULL && body.len == 0) {
		row->fn(h, call, NULL);
	} else if (row->in != NULL && row->in->size <= sizeof(msg) &&
		   btz_msg_decode(row->in, body, msg.bytes)) {
		row->fn(h, call, msg.bytes);
		btz_wipe(msg.bytes, row->in->size);
	} else {
		btz_log(BTZ_LOG_INFO, call->ticket.id,
		    "malformed body of op 0x%04x from role 0x%x",
		    (unsigned)row->op, (unsigned)call->role);
		btz_reply(&call->ticket, BTZ_E_PROTO, NULL, NULL);
	}
}

static void
on_frame(struct btz_chan *ch, const struct btz_frame *f, int fd,
    const struct btz_peer *peer, void *arg)
{
	struct btz_conn_entry *c = arg;
	struct btz_host *h = c->host;
	struct btz_call call = { .ticket = { .host = h,
				     .conn = c->conn,
				     .id = f->id,
				     .tag = f->tag,
				     .op = f->op,
				     .quiet = (f->flags & BTZ_FRAME_EVENT) !=
					      0 },
		.role = c->role,
		.peer = *peer,
		.fd = fd,
		.conn_data = c->data };
	const struct btz_op_row *row = find_row(h, f->op);

	(void)ch;
	if (h->d->admit != NULL && !h->d->admit(h, &call)) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	if (f->op == BTZ_OP_PING && f->body.len == 0)
		btz_reply(&call.ticket, BTZ_OK, NULL, NULL);
	else if (row == NULL)
		btz_reply(&call.ticket, BTZ_E_UNSUPPORTED, NULL, NULL);
	else if ((row->roles & c->role) == 0)
		btz_reply(&call.ticket, BTZ_E_DENIED, NULL, NULL);
	else
		run_row(h, row, &call, f->body);
	if (call.fd >= 0)
		(void)close(call.fd);
}

const struct btz_chan_ops btz_host_chan_ops = { on_frame, on_close };

enum btz_rc
btz_host_add(struct btz_host *h, int fd, unsigned chan_flags,
    struct btz_conn_entry *like, struct btz_conn_entry **out,
    struct btz_err *err)
{
	struct btz_conn_entry *c = malloc(sizeof(*c));
	enum btz_rc rc;

	if (out != NULL)
		*out = NULL;
	if (c == NULL) {
		(void)close(fd);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "connection");
	}
	*c = *like;
	c->host = h;
	c->conn = ++h->last_conn;
	rc = btz_chan_new(
	    h->loop, fd, chan_flags, &btz_host_chan_ops, c, &c->chan, err);
	if (rc != BTZ_OK) {
		free(c);
		return rc;
	}
	if (c->other == BTZ_PROG_NONE)
		btz_chan_throttle(c->chan);
	c->next = h->conns;
	h->conns = c;
	c->chain = h->by_conn[c->conn % BTZ_CONN_BUCKETS];
	h->by_conn[c->conn % BTZ_CONN_BUCKETS] = c;
	h->n_conns++;
	if (c->listener != NULL)
		h->n_accepted++;
	if (out != NULL)
		*out = c;
	return BTZ_OK;
}

enum btz_rc
btz_host_adopt(struct btz_host *h, int fd, uint32_t role, void *conn_data,
    uint64_t *conn, struct btz_err *err)
{
	struct btz_conn_entry like = { .role = role, .data = conn_data }, *c;
	enum btz_rc rc = btz_host_add(h, fd, BTZ_CHAN_READY, &like, &c, err);

	*conn = c == NULL ? 0 : c->conn;
	return rc;
}

void
btz_host_drop(struct btz_host *h, uint64_t conn)
{
	struct btz_conn_entry *c = find(h, conn);

	if (c != NULL)
		btz_host_remove(c);
}

int
btz_host_fd(struct btz_host *h, uint64_t conn)
{
	const struct btz_conn_entry *c = find(h, conn);

	return c == NULL ? -1 : btz_chan_fd(c->chan);
}

struct btz_chan *
btz_host_edge(struct btz_host *h, enum btz_prog callee)
{
	for (struct btz_conn_entry *c = h->conns; c != NULL; c = c->next)
		if (c->other == callee && c->role == 0)
			return c->chan;
	return NULL;
}

enum btz_rc
btz_host_ask(struct btz_host *h, enum btz_prog callee, uint16_t op, uint64_t id,
    const struct btz_msgdef *def, const void *msg, int pass_fd,
    uint32_t timeout_ms, btz_answer_fn *fn, void *arg)
{
	struct btz_chan *ch = btz_host_edge(h, callee);

	if (ch == NULL)
		return BTZ_E_DOWN;
	return btz_chan_ask(ch, op, id, def, msg, pass_fd, timeout_ms, fn, arg);
}

enum btz_rc
btz_host_event(struct btz_host *h, enum btz_prog callee, uint16_t op,
    uint64_t id, const struct btz_msgdef *def, const void *msg)
{
	struct btz_chan *ch = btz_host_edge(h, callee);

	if (ch == NULL)
		return BTZ_E_DOWN;
	return btz_chan_send(ch,
	    &(struct btz_frame){ .flags = BTZ_FRAME_EVENT, .op = op, .id = id },
	    def, msg, -1);
}

static void
answer(const struct btz_ticket *t, uint8_t flags, uint16_t op, enum btz_rc rc,
    const struct btz_msgdef *def, const void *msg, int pass_fd)
{
	struct btz_conn_entry *c = find(t->host, t->conn);
	struct btz_frame f = { .flags = (uint8_t)(BTZ_FRAME_ANSWER | flags),
		.op = op,
		.status = rc,
		.tag = t->tag,
		.id = t->id };
	enum btz_rc sent;

	if (c == NULL || t->tag == 0 || (t->quiet && rc == BTZ_OK))
		return; /* gone meanwhile, or an event */
	sent = btz_chan_send(
	    c->chan, &f, rc == BTZ_OK ? def : NULL, msg, pass_fd);
	if (sent == BTZ_E_TOOBIG) {
		f.status = BTZ_E_TOOBIG;
		sent = btz_chan_send(c->chan, &f, NULL, NULL, -1);
	}
	if (sent != BTZ_OK && sent != BTZ_E_GONE)
		btz_log(BTZ_LOG_WARN, t->id, "answer not sent: %s",
		    btz_rc_text(sent));
}

void
btz_reply(const struct btz_ticket *t, enum btz_rc rc,
    const struct btz_msgdef *def, const void *msg)
{
	answer(t, 0, t->op, rc, def, msg, -1);
}

void
btz_reply_fd(const struct btz_ticket *t, const struct btz_msgdef *def,
    const void *msg, int pass_fd)
{
	answer(t, 0, t->op, BTZ_OK, def, msg, pass_fd);
}

void
btz_reply_err(const struct btz_ticket *t, const struct btz_err *err)
{
	btz_log_err(t->id, err);
	answer(t, 0, t->op, err->rc == BTZ_OK ? BTZ_E_INTERNAL : err->rc, NULL,
	    NULL, -1);
}

void
btz_reply_progress(
    const struct btz_ticket *t, uint16_t step, uint16_t steps, const char *what)
{
	struct btz_progress p = { step, steps, btz_span_str(what) };

	answer(t, BTZ_FRAME_MORE, t->op, BTZ_OK, &btz_def_progress, &p, -1);
}

struct btz_loop *
btz_host_loop(struct btz_host *h)
{
	return h->loop;
}

enum btz_prog
btz_host_prog(const struct btz_host *h)
{
	return h->prog;
}

const char *
btz_host_home(const struct btz_host *h)
{
	return h->home;
}

void
btz_host_set_data(struct btz_host *h, void *data)
{
	h->data = data;
}

void *
btz_host_data(struct btz_host *h)
{
	return h->data;
}

void
btz_host_exit(struct btz_host *h, int status)
{
	h->status = status;
	btz_loop_stop(h->loop);
}

uint64_t
btz_host_new_id(struct btz_host *h)
{
	if (h->n_ids == 0) {
		if (getrandom(h->ids, sizeof(h->ids), 0) !=
		    (ssize_t)sizeof(h->ids))
			return btz_boot_ms(); /* for logs, not a secret */
		h->n_ids = BTZ_COUNT(h->ids);
	}
	return h->ids[--h->n_ids];
}
