/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin.c - what the command line asks the supervisor over admin/up.sock. Who
 * may enter that directory is an administrator. Start at the table.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "up/up.h"
#include "wire/msg_share.h"
#include "wire/ops.h"
#include "wire/table.h"

#define CONNS_MAX 32

struct conn {
	struct btz_up_admin *admin;
	struct btz_chan *chan; /* NULL: free */
	uint64_t number;
};

struct btz_up_admin {
	struct btz_up *up;
	struct btz_watch *watch;
	int fd;
	uint64_t last;
	struct conn conns[CONNS_MAX];
	/* who waits for the certificate */
	uint64_t renew_conn, renew_id;
	uint32_t renew_tag;
};

struct request {
	struct btz_up *up;
	struct conn *conn;
	const struct btz_frame *f;
};

static void
answer(struct btz_chan *ch, const struct btz_frame *f, enum btz_rc rc,
    const struct btz_msgdef *def, const void *msg)
{
	struct btz_frame head = { .flags = BTZ_FRAME_ANSWER,
		.op = f->op,
		.status = rc,
		.tag = f->tag,
		.id = f->id };

	rc = btz_chan_send(ch, &head, rc == BTZ_OK ? def : NULL, msg, -1);
	if (rc != BTZ_OK && rc != BTZ_E_GONE)
		btz_log(BTZ_LOG_WARN, f->id, "answer: %s", btz_rc_text(rc));
}

static void
op_ping(struct request *r, const void *msg)
{
	(void)msg;
	answer(r->conn->chan, r->f, BTZ_OK, NULL, NULL);
}

static void
status_row(struct btz_table_wr *t, const char *item, const char *value,
    const char *level)
{
	btz_table_str(t, item);
	btz_table_str(t, value);
	btz_table_str(t, level);
	(void)!btz_table_row_end(t); /* full: the rest is left out */
}

static const char *
level_of(const struct btz_child *c)
{
	switch (c->state) {
	case BTZ_CHILD_RUNNING:
		return "ok";
	case BTZ_CHILD_FAILED:
		return "error";
	case BTZ_CHILD_IDLE:
	case BTZ_CHILD_WAITING:
	case BTZ_CHILD_STARTING:
	case BTZ_CHILD_BACKOFF:
	case BTZ_CHILD_ENDED:
		break;
	}
	return c->blocked ? "error" : "warning";
}

static void
child_row(struct btz_table_wr *t, const struct btz_child *c)
{
	char item[64], value[256];
	int n;

	(void)snprintf(
	    item, sizeof(item), "process.%s", btz_prog_name(c->prog->prog));
	n = snprintf(value, sizeof(value), "%s", btz_up_state_name(c->state));
	if (c->pid != 0)
		n += snprintf(value + n, sizeof(value) - (size_t)n,
		    ", pid %ld, uid %ld, up %llu s, %u restarts", (long)c->pid,
		    (long)btz_up_uid(c->up, c->prog->prog),
		    (unsigned long long)(btz_boot_ms() - c->started) / 1000,
		    c->restarts);
	if (c->why[0] != '\0' && n > 0 && (size_t)n < sizeof(value))
		(void)snprintf(value + n, sizeof(value) - (size_t)n, " (%s%s)",
		    c->state == BTZ_CHILD_RUNNING ? "last: " : "", c->why);
	status_row(t, item, value, level_of(c));
}

static void
weakness_rows(struct btz_table_wr *t, const struct btz_up *up)
{
	if (up->root)
		status_row(t, "isolation", "per-process uid", "ok");
	else
		status_row(t, "isolation", "shared-uid", "weak");
	if (up->children[BTZ_PROG_SWTPM].prog != NULL)
		status_row(t, "tpm", "swtpm (emulated)", "weak");
	else if (btz_up_real_tee(&up->conf))
		status_row(t, "tpm", "of tee-supplicant's plugin", "info");
	else
		status_row(t, "tpm", up->conf.tpm.tcti, "info");
	if (btz_up_https_have_cert(up))
		status_row(t, "https-key", "file key (interim)", "weak");
	else
		status_row(t, "https-key", "none yet", "warning");
}

/* The first name of the server's certificate and the port it listens on. */
static void
box_rows(struct btz_table_wr *t, const struct btz_up *up)
{
	const char *names = up->conf.https.names;
	const char *port = strrchr(up->conf.https.listen, ':');
	char text[300];

	status_row(t, "trust-domain", up->conf.box.trust_domain, "info");
	status_row(t, "https", up->conf.https.listen, "info");
	(void)snprintf(text, sizeof(text), "https://%.*s%s",
	    (int)strcspn(names, " "), names, port == NULL ? "" : port);
	status_row(t, "url", text, "info");
	(void)snprintf(
	    text, sizeof(text), "%lld", (long long)up->conf.ca.root_days);
	status_row(t, "root-days", text, "info");
}

static void
op_status(struct request *r, const void *msg)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "item" },
		{ BTZ_CELL_TEXT, "value" },
		{ BTZ_CELL_TEXT, "level" },
	};
	static uint8_t rows[16384];
	struct btz_table_wr t;
	struct btz_table table;

	(void)msg;
	btz_table_begin(&t, cols, BTZ_COUNT(cols), rows, sizeof(rows));
	status_row(&t, "home", r->up->home, "info");
	status_row(&t, "box", r->up->conf.box.name, "info");
	box_rows(&t, r->up);
	weakness_rows(&t, r->up);
	for (size_t i = 0; i < btz_up_progs_count; i++) {
		const struct btz_child
		    *c = &r->up->children[btz_up_progs[i].prog];

		if (c->prog != NULL)
			child_row(&t, c);
	}
	table = btz_table_done(&t, btz_span_of(NULL, 0));
	answer(r->conn->chan, r->f, BTZ_OK, &btz_def_table, &table);
}

static void
process_row(struct btz_table_wr *t, const struct btz_child *c)
{
	btz_table_str(t, btz_prog_name(c->prog->prog));
	btz_table_str(t, btz_up_state_name(c->state));
	btz_table_num(t, (uint64_t)c->pid);
	btz_table_num(t, btz_up_uid(c->up, c->prog->prog));
	btz_table_num(t, c->restarts);
	btz_table_num(t, c->pid == 0 ? 0 : btz_boot_ms() - c->started);
	btz_table_str(t, c->why);
	(void)!btz_table_row_end(t);
}

static void
op_list(struct request *r, const void *msg)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "name" },
		{ BTZ_CELL_TEXT, "state" },
		{ BTZ_CELL_NUMBER, "pid" },
		{ BTZ_CELL_NUMBER, "uid" },
		{ BTZ_CELL_NUMBER, "restarts" },
		{ BTZ_CELL_NUMBER, "uptime_ms" },
		{ BTZ_CELL_TEXT, "last_end" },
	};
	static uint8_t rows[8192];
	const struct btz_list *req = msg;
	struct btz_table_wr t;
	struct btz_table table;

	if (req->noun != BTZ_NOUN_PROCESS) {
		answer(r->conn->chan, r->f, BTZ_E_UNSUPPORTED, NULL, NULL);
		return;
	}
	btz_table_begin(&t, cols, BTZ_COUNT(cols), rows, sizeof(rows));
	for (size_t i = 0; i < btz_up_progs_count; i++)
		if (r->up->children[btz_up_progs[i].prog].prog != NULL)
			process_row(&t, &r->up->children[btz_up_progs[i].prog]);
	table = btz_table_done(&t, btz_span_of(NULL, 0));
	answer(r->conn->chan, r->f, BTZ_OK, &btz_def_table, &table);
}

static void
op_stop(struct request *r, const void *msg)
{
	(void)msg;
	answer(r->conn->chan, r->f, BTZ_OK, NULL, NULL);
	btz_up_stop(r->up);
}

static void
op_share_dir(struct request *r, const void *msg)
{
	const struct btz_share_dir *m = msg;
	struct btz_err err = { .rc = BTZ_OK };
	enum btz_rc rc = btz_up_share_dir(r->up, m->tenant, m->share, &err);

	if (rc != BTZ_OK)
		btz_log_err(r->f->id, &err);
	answer(r->conn->chan, r->f, rc, NULL, NULL);
}

static void
on_renewed(enum btz_rc rc, void *arg)
{
	struct btz_up_admin *a = arg;
	const struct btz_frame f = {
		.op = BTZ_OP_HTTPS_RENEW, .tag = a->renew_tag, .id = a->renew_id
	};

	for (size_t i = 0; i < CONNS_MAX; i++)
		if (a->conns[i].chan != NULL &&
		    a->conns[i].number == a->renew_conn)
			answer(a->conns[i].chan, &f, rc, NULL, NULL);
}

static void
op_https_renew(struct request *r, const void *msg)
{
	struct btz_up_admin *a = r->up->admin;
	struct btz_err err = { .rc = BTZ_OK };
	enum btz_rc rc = btz_up_https_renew(r->up, on_renewed, a, &err);

	(void)msg;
	if (rc != BTZ_OK) {
		btz_log_err(r->f->id, &err);
		answer(r->conn->chan, r->f, rc, NULL, NULL);
		return;
	}
	a->renew_conn = r->conn->number;
	a->renew_id = r->f->id;
	a->renew_tag = r->f->tag;
}

static const struct {
	uint16_t op;
	const struct btz_msgdef *in; /* NULL: empty body */
	void (*fn)(struct request *r, const void *msg);
} table[] = {
	{ BTZ_OP_PING, NULL, op_ping },
	{ BTZ_OP_STATUS, NULL, op_status },
	{ BTZ_OP_LIST, &btz_def_list, op_list },
	{ BTZ_OP_UP_STOP, NULL, op_stop },
	{ BTZ_OP_HTTPS_RENEW, NULL, op_https_renew },
	{ BTZ_OP_SHARE_DIR, &btz_def_share_dir, op_share_dir },
};

static void
on_frame(struct btz_chan *ch, const struct btz_frame *f, int fd,
    const struct btz_peer *peer, void *arg)
{
	struct conn *c = arg;
	struct request r = { c->admin->up, c, f };
	union {
		struct btz_list list;
		struct btz_share_dir share;
	} msg;

	(void)peer;
	if (fd >= 0)
		(void)close(fd);
	for (size_t i = 0; i < BTZ_COUNT(table); i++) {
		if (table[i].op != f->op)
			continue;
		if (table[i].in == NULL
			? f->body.len == 0
			: btz_msg_decode(table[i].in, f->body, &msg))
			table[i].fn(&r, &msg);
		else
			answer(ch, f, BTZ_E_PROTO, NULL, NULL);
		return;
	}
	answer(ch, f, BTZ_E_UNSUPPORTED, NULL, NULL);
}

static void
on_close(struct btz_chan *ch, void *arg)
{
	struct conn *c = arg;

	(void)ch;
	c->chan = NULL;
}

static const struct btz_chan_ops conn_ops = { on_frame, on_close };

static void
on_connect(unsigned events, void *arg)
{
	struct btz_up_admin *a = arg;
	int fd = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct btz_err err;

	(void)events;
	if (fd < 0)
		return;
	for (size_t i = 0; i < CONNS_MAX; i++) {
		struct conn *c = &a->conns[i];

		if (c->chan != NULL)
			continue;
		*c = (struct conn){ .admin = a, .number = ++a->last };
		if (btz_chan_new(a->up->loop, fd, 0, &conn_ops, c, &c->chan,
			&err) != BTZ_OK)
			btz_log_err(0, &err);
		return;
	}
	(void)close(fd); /* too many at a time */
}

enum btz_rc
btz_up_admin_new(struct btz_up *up, struct btz_err *err)
{
	struct btz_up_admin *a = calloc(1, sizeof(*a));
	struct btz_slot slots[BTZ_SLOTS_MAX];
	enum btz_rc rc;

	if (a == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "administration");
	a->up = up;
	a->fd = -1;
	up->admin = a;
	if (btz_slots(BTZ_PROG_UP, slots) != 1)
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "own sockets");
	rc = btz_up_listen(up, slots[0].listener, &a->fd, err);
	if (rc != BTZ_OK)
		return rc;
	a->watch = btz_watch_new(up->loop, a->fd, BTZ_EV_READ, on_connect, a);
	return a->watch != NULL ? BTZ_OK
				: BTZ_FAIL(err, BTZ_E_NOMEM, "administration");
}

void
btz_up_admin_free(struct btz_up *up)
{
	struct btz_up_admin *a = up->admin;

	if (a == NULL)
		return;
	for (size_t i = 0; i < CONNS_MAX; i++)
		btz_chan_free(a->conns[i].chan);
	btz_watch_free(a->watch);
	if (a->fd >= 0)
		(void)close(a->fd);
	free(a);
	up->admin = NULL;
}
