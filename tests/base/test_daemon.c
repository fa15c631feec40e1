/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole daemon in a child process, with the descriptors that the supervisor
 * would give it: dispatch, roles, late answers, edges that come back, stop.
 * It plays bartizan-access: listener admin/access.sock, edges from ca and to
 * audit.
 */
#include "base/daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sock.h"
#include "support/cmocka_all.h"
#include "wire/msg_edge.h"
#include "wire/msg_random.h"

enum { OP_ECHO = 0x7001, OP_LATE, OP_FORWARD, OP_ONLY_CA };

static struct btz_ticket late;

static void
op_echo(struct btz_host *h, struct btz_call *c, const void *msg)
{
	(void)h;
	btz_reply(&c->ticket, BTZ_OK, &btz_def_random, msg);
}

/* The first is answered by the second. */
static void
op_late(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_random r = { 7 };

	(void)h;
	(void)msg;
	if (late.host == NULL) {
		late = c->ticket;
		return;
	}
	btz_reply(&late, BTZ_OK, &btz_def_random, &r);
	btz_reply_progress(&c->ticket, 1, 2, "half way");
	btz_reply(&c->ticket, BTZ_E_AGAIN, NULL, NULL);
	late.host = NULL;
}

static struct btz_ticket forwarded;

static void
on_forwarded(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	(void)f;
	(void)fd;
	(void)arg;
	btz_reply(&forwarded, rc, NULL, NULL);
}

static void
op_forward(struct btz_host *h, struct btz_call *c, const void *msg)
{
	enum btz_rc rc;

	(void)msg;
	forwarded = c->ticket;
	rc = btz_host_ask(h, BTZ_PROG_AUDIT, OP_ECHO, c->ticket.id, NULL, NULL,
	    -1, 500, on_forwarded, NULL);
	if (rc != BTZ_OK)
		btz_reply(&c->ticket, rc, NULL, NULL);
}

static const struct btz_op_row rows[] = {
	{ OP_ECHO, BTZ_ROLE_ADMIN, &btz_def_random, op_echo },
	{ OP_LATE, BTZ_ROLE_ADMIN, NULL, op_late },
	{ OP_FORWARD, BTZ_ROLE_ADMIN, NULL, op_forward },
	{ OP_ONLY_CA, BTZ_ROLE_OF(BTZ_PROG_CA), NULL, op_late },
};
static struct btz_conf_access conf;
static const struct btz_conf_target targets[] = {
	{ &btz_conf_access, &conf, NULL, NULL },
};
static const enum btz_prog progs[] = { BTZ_PROG_ACCESS, BTZ_PROG_NONE };
static const struct btz_daemon daemon_under_test = {
	.name = "bartizan-test",
	.progs = progs,
	.ops = rows,
	.n_ops = BTZ_COUNT(rows),
	.conf = targets,
	.n_conf = BTZ_COUNT(targets),
};

struct fixture {
	pid_t pid;
	int control, ca, audit, listener;
	struct sockaddr_un addr;
	char dir[64];
};

static void
child(struct fixture *f, int control, int ca, int audit)
{
	char *argv[] = { (char[]){ "test" }, (char[]){ "--as" },
		(char[]){ "access" }, NULL };
	int high[4] = { control, f->listener, ca, audit };
	static const int at[4] = { BTZ_FD_CONTROL, BTZ_FD_SLOT0,
		BTZ_FD_SLOT0 + 1, BTZ_FD_SLOT0 + 2 };

	for (int i = 0; i < 4; i++)
		high[i] = fcntl(high[i], F_DUPFD, 50);
	for (int i = 0; i < 4; i++)
		(void)dup2(high[i], at[i]);
	(void)close(BTZ_FD_CONFIG);
	for (int fd = BTZ_FD_SLOT0 + 3; fd < 80; fd++)
		(void)close(fd);
	exit(btz_daemon_main(3, argv, &daemon_under_test));
}

static int
setup(void **state)
{
	static struct fixture f;
	int control[2], ca[2], audit[2];

	memset(&f, 0, sizeof(f));
	strcpy(f.dir, "/tmp/btz-daemon-XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	f.addr.sun_family = AF_UNIX;
	strcpy(f.addr.sun_path, f.dir);
	strcat(f.addr.sun_path, "/s");
	f.listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(
	    bind(f.listener, (struct sockaddr *)&f.addr, sizeof(f.addr)), 0);
	assert_int_equal(listen(f.listener, 16), 0);
	assert_int_equal(btz_sock_pair(false, control, NULL), BTZ_OK);
	assert_int_equal(btz_sock_pair(false, ca, NULL), BTZ_OK);
	assert_int_equal(btz_sock_pair(false, audit, NULL), BTZ_OK);
	f.pid = fork();
	if (f.pid == 0)
		child(&f, control[1], ca[1], audit[1]);
	(void)close(control[1]);
	(void)close(ca[1]);
	(void)close(audit[1]);
	f.control = control[0];
	f.ca = ca[0];
	f.audit = audit[0];
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	if (f->pid > 0) {
		(void)kill(f->pid, SIGKILL);
		(void)waitpid(f->pid, NULL, 0);
	}
	(void)close(f->control);
	(void)close(f->ca);
	if (f->audit >= 0)
		(void)close(f->audit);
	(void)close(f->listener);
	(void)unlink(f->addr.sun_path);
	(void)rmdir(f->dir);
	return 0;
}

static struct btz_msgbuf buf;

static struct btz_frame
receive(int fd)
{
	struct btz_frame f;
	int got;

	assert_int_equal(btz_sock_recv(fd, &buf, &got, NULL), BTZ_OK);
	assert_int_equal(got, -1);
	assert_true(btz_frame_decode(btz_span_of(buf.bytes, buf.len), &f));
	return f;
}

static void
send_op(int fd, uint16_t op, uint32_t tag, const struct btz_msgdef *def,
    const void *msg, int pass)
{
	struct btz_frame f = { .op = op, .tag = tag, .id = 0x77 };

	if (pass >= 0)
		f.flags = BTZ_FRAME_FD | BTZ_FRAME_EVENT;
	assert_int_equal(btz_sock_pack(&buf, &f, def, msg), BTZ_OK);
	assert_int_equal(btz_sock_send(fd, buf.bytes, buf.len, pass), BTZ_OK);
}

static int
dial(struct fixture *f)
{
	int fd;

	assert_int_equal(btz_sock_connect(f->addr.sun_path, &fd, NULL), BTZ_OK);
	return fd;
}

static bool
readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 100) == 1;
}

static void
test_dispatch(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name;
		uint16_t op;
		bool body;
		enum btz_rc want;
	} cases[] = {
		{ "unknown op", 0x6fff, false, BTZ_E_UNSUPPORTED },
		{ "not for this role", OP_ONLY_CA, false, BTZ_E_DENIED },
		{ "body missing", OP_ECHO, false, BTZ_E_PROTO },
		{ "body where none belongs", OP_LATE, true, BTZ_E_PROTO },
		{ "echo", OP_ECHO, true, BTZ_OK },
		{ "ping", BTZ_OP_PING, false, BTZ_OK },
	};
	struct btz_random r = { 42 };
	int fd;

	assert_int_equal(receive(f->control).op, BTZ_OP_READY);
	fd = dial(f);
	for (uint32_t i = 0; i < BTZ_COUNT(cases); i++) {
		struct btz_frame a;

		print_message("# case: %s\n", cases[i].name);
		send_op(fd, cases[i].op, i + 1,
		    cases[i].body ? &btz_def_random : NULL, &r, -1);
		a = receive(fd);
		assert_int_equal(a.status, cases[i].want);
		assert_int_equal(a.tag, i + 1);
		assert_true(a.id == 0x77);
		assert_int_equal(a.op, cases[i].op);
	}
	(void)close(fd);
}

static void
test_late_answers(void **state)
{
	struct fixture *f = *state;
	int a, b, gone;

	(void)receive(f->control);
	gone = dial(f); /* its answer comes when it is no more: dropped */
	send_op(gone, OP_LATE, 1, NULL, NULL, -1);
	send_op(gone, BTZ_OP_PING, 2, NULL, NULL, -1);
	(void)receive(gone);
	(void)close(gone);
	a = dial(f);
	b = dial(f);
	send_op(a, OP_LATE, 3, NULL, NULL, -1);
	assert_int_equal(receive(a).flags, BTZ_FRAME_ANSWER | BTZ_FRAME_MORE);
	assert_int_equal(receive(a).status, BTZ_E_AGAIN);
	send_op(a, OP_LATE, 4, NULL, NULL, -1);
	send_op(a, BTZ_OP_PING, 5, NULL, NULL, -1);
	(void)receive(a);
	send_op(b, OP_LATE, 6, NULL, NULL, -1);
	assert_int_equal(receive(a).tag, 4);
	(void)close(a);
	(void)close(b);
}

static void
test_edge_goes_and_comes_back(void **state)
{
	struct fixture *f = *state;
	struct btz_edge_end slot = { .slot = 2 };
	int fd, pair[2];

	(void)receive(f->control);
	fd = dial(f);
	send_op(fd, OP_FORWARD, 1, NULL, NULL, -1);
	assert_int_equal(receive(f->audit).op, OP_ECHO);
	(void)close(f->audit); /* audit dies with the question */
	f->audit = -1;
	assert_int_equal(receive(fd).status, BTZ_E_GONE);
	send_op(fd, OP_FORWARD, 2, NULL, NULL, -1);
	assert_int_equal(receive(fd).status, BTZ_E_DOWN);
	assert_int_equal(btz_sock_pair(false, pair, NULL), BTZ_OK);
	send_op(f->control, BTZ_OP_EDGE, 0, &btz_def_edge_end, &slot, pair[1]);
	(void)close(pair[1]);
	f->audit = pair[0];
	/* the new end comes by another socket than the question: ask again */
	send_op(fd, OP_FORWARD, 3, NULL, NULL, -1);
	for (int i = 0; i < 50 && !readable(f->audit); i++) {
		assert_int_equal(receive(fd).status, BTZ_E_DOWN);
		send_op(fd, OP_FORWARD, 4, NULL, NULL, -1);
	}
	assert_int_equal(receive(f->audit).op, OP_ECHO);
	assert_int_equal(receive(fd).status, BTZ_E_TIMEOUT);
	(void)close(fd);
}

/* More connections than one uid may have: the rest is closed at once, and
 * the edge of ca still works. */
static void
test_connection_limit(void **state)
{
	struct fixture *f = *state;
	enum { MANY = 100 };
	int fds[MANY];
	unsigned alive = 0;

	(void)receive(f->control);
	for (int i = 0; i < MANY; i++)
		fds[i] = dial(f);
	for (int i = 0; i < MANY; i++) {
		struct btz_frame q = { .op = BTZ_OP_PING, .tag = 1 };
		int got;

		assert_int_equal(btz_sock_pack(&buf, &q, NULL, NULL), BTZ_OK);
		if (btz_sock_send(fds[i], buf.bytes, buf.len, -1) == BTZ_OK &&
		    btz_sock_recv(fds[i], &buf, &got, NULL) == BTZ_OK)
			alive++;
	}
	assert_int_equal(alive, 64);
	send_op(f->ca, BTZ_OP_PING, 1, NULL, NULL, -1);
	assert_int_equal(receive(f->ca).status, BTZ_OK);
	for (int i = 0; i < MANY; i++)
		(void)close(fds[i]);
}

static void
test_stop(void **state)
{
	struct fixture *f = *state;
	int status;

	(void)receive(f->control);
	send_op(f->control, BTZ_OP_CHILD_STOP, 0, NULL, NULL, -1);
	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	f->pid = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_supervisor_gone(void **state)
{
	struct fixture *f = *state;
	int status;

	(void)receive(f->control);
	(void)shutdown(f->control, SHUT_RDWR);
	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	f->pid = 0;
	assert_true(WIFEXITED(status));
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_dispatch),
		ROW(test_late_answers),
		ROW(test_edge_goes_and_comes_back),
		ROW(test_connection_limit),
		ROW(test_stop),
		ROW(test_supervisor_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
