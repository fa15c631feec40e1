/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_link.c - connections to a server that answers, dies, comes back, or
 * hangs. The server is a thread here that speaks frames.
 */
#include "support/cmocka_all.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/sock.h"
#include "httpd/link.h"
#include "wire/msg_audit.h"
#include "wire/ops.h"

#define CONNS 40

struct server {
	char dir[32], path[64];
	int listener, conns[CONNS];
	size_t n;
	pthread_t thread;
	atomic_bool stop;
	atomic_int appends, events, accepted;
	int drop_after; /* close a connection instead of this many-th answer */
};

static void
answer(struct server *s, int fd, const struct btz_frame *f)
{
	static _Thread_local struct btz_msgbuf out;
	struct btz_audit_ok ok = { .seq = 42 };
	struct btz_frame head = { .flags = BTZ_FRAME_ANSWER,
		.op = f->op,
		.tag = f->tag,
		.id = f->id };

	if ((f->flags & BTZ_FRAME_EVENT) != 0) {
		s->events++;
		return;
	}
	if (f->op == BTZ_OP_APPEND)
		s->appends++;
	assert_int_equal(
	    btz_sock_pack(&out, &head,
		f->op == BTZ_OP_APPEND ? &btz_def_audit_ok : NULL, &ok),
	    BTZ_OK);
	if (btz_sock_send(fd, out.bytes, out.len, -1) != BTZ_OK)
		print_message("# peer is gone\n");
}

static bool
serve(struct server *s, int fd)
{
	static struct btz_msgbuf in;
	struct btz_frame f;
	int got;

	if (btz_sock_recv(fd, &in, &got, NULL) != BTZ_OK ||
	    !btz_frame_decode(btz_span_of(in.bytes, in.len), &f))
		return false;
	if (f.op == BTZ_OP_APPEND && s->drop_after > 0 && --s->drop_after == 0)
		return false;
	answer(s, fd, &f);
	return true;
}

static void *
run(void *arg)
{
	struct server *s = arg;

	while (!s->stop) {
		struct pollfd p[CONNS + 1] = { { .fd = s->listener,
		    .events = POLLIN } };

		for (size_t i = 0; i < s->n; i++)
			p[i + 1] = (struct pollfd){ .fd = s->conns[i],
				.events = POLLIN };
		if (poll(p, s->n + 1, 10) <= 0)
			continue;
		for (size_t i = 0; i < s->n; i++)
			if (p[i + 1].revents != 0 && !serve(s, s->conns[i])) {
				(void)close(s->conns[i]);
				s->conns[i] = -1;
			}
		if (p[0].revents != 0 && s->n < CONNS) {
			s->conns[s->n++] = accept(s->listener, NULL, NULL);
			s->accepted++;
		}
	}
	return NULL;
}

static void
server_listen(struct server *s)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	memcpy(sa.sun_path, s->path, sizeof(s->path));
	(void)unlink(s->path);
	s->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(s->listener, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(s->listener, 2), 0);
}

static void
server_start(struct server *s)
{
	s->stop = false;
	s->n = 0;
	server_listen(s);
	assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
}

static void
server_stop(struct server *s)
{
	s->stop = true;
	(void)pthread_join(s->thread, NULL);
	(void)close(s->listener);
	for (size_t i = 0; i < s->n; i++)
		if (s->conns[i] >= 0)
			(void)close(s->conns[i]);
}

static int
setup(void **state)
{
	struct server *s = calloc(1, sizeof(*s));

	(void)strcpy(s->dir, "/tmp/btz-link-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	(void)snprintf(s->path, sizeof(s->path), "%s/a.sock", s->dir);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct server *s = *state;

	(void)unlink(s->path);
	(void)rmdir(s->dir);
	free(s);
	return 0;
}

static enum btz_rc
append(struct btz_link *l)
{
	struct btz_audit m = { .phase = BTZ_PH_DECISION, .wait = 1 };
	struct btz_audit_ok ok = { .seq = 0 };
	struct btz_link_call call = { .op = BTZ_OP_APPEND,
		.id = 1,
		.in_def = &btz_def_audit,
		.in = &m,
		.out_def = &btz_def_audit_ok,
		.out = &ok };
	struct btz_err err;
	enum btz_rc rc = btz_link_call(l, &call, &err);

	if (rc == BTZ_OK)
		assert_int_equal(ok.seq, 42);
	return rc;
}

static void
pause_ms(long ms)
{
	struct timespec ts = { .tv_nsec = ms * 1000000 };

	(void)nanosleep(&ts, NULL);
}

static void
test_comes_and_goes(void **state)
{
	struct server *s = *state;
	struct btz_link *l;
	struct btz_err err;

	assert_int_equal(btz_link_new(s->path, 2000, &l, &err), BTZ_OK);
	assert_int_equal(append(l), BTZ_E_DOWN);
	assert_false(btz_link_ready(l));
	server_start(s);
	pause_ms(250);
	assert_true(btz_link_ready(l));
	assert_int_equal(append(l), BTZ_OK);
	assert_int_equal(append(l), BTZ_OK);
	assert_int_equal(s->accepted, 1); /* one connection for all */
	server_stop(s);
	assert_int_equal(append(l), BTZ_E_DOWN);
	assert_false(btz_link_ready(l));
	server_start(s);
	pause_ms(250);
	assert_int_equal(append(l), BTZ_OK);
	assert_int_equal(s->appends, 3);
	btz_link_free(l);
	server_stop(s);
}

static void
test_repeats_once(void **state)
{
	struct server *s = *state;
	struct btz_link *l;
	struct btz_err err;

	server_start(s);
	assert_int_equal(btz_link_new(s->path, 2000, &l, &err), BTZ_OK);
	assert_int_equal(append(l), BTZ_OK);
	s->drop_after = 1;
	assert_int_equal(append(l), BTZ_OK);
	assert_int_equal(s->accepted, 2);
	btz_link_free(l);
	server_stop(s);
}

static void
test_event(void **state)
{
	struct server *s = *state;
	struct btz_audit m = { .phase = BTZ_PH_EVENT };
	struct btz_link *l;
	struct btz_err err;

	server_start(s);
	assert_int_equal(btz_link_new(s->path, 2000, &l, &err), BTZ_OK);
	for (int i = 0; i < 100; i++)
		assert_int_equal(btz_link_event(l, BTZ_OP_APPEND, 1,
				     &btz_def_audit, &m, &err),
		    BTZ_OK);
	assert_int_equal(append(l), BTZ_OK); /* after them */
	assert_int_equal(s->events, 100);
	btz_link_free(l);
	server_stop(s);
}

/* Listening without accepting: what the supervisor's socket does while the
 * program behind it is down. Calls must end, also when the backlog is full: a
 * call that does not is ended by the test's own time limit. */
static void
test_hangs(void **state)
{
	struct server *s = *state;
	struct btz_link *l;
	struct btz_err err;

	server_listen(s);
	assert_int_equal(btz_link_new(s->path, 100, &l, &err), BTZ_OK);
	for (int i = 0; i < 5; i++) {
		assert_int_not_equal(append(l), BTZ_OK);
		pause_ms(210);
	}
	assert_false(btz_link_ready(l));
	btz_link_free(l);
	(void)close(s->listener);
}

struct caller {
	struct btz_link *l;
	atomic_int *ok;
};

static void *
call_many(void *arg)
{
	struct caller *c = arg;

	for (int i = 0; i < 200; i++)
		if (append(c->l) == BTZ_OK)
			(*c->ok)++;
	return NULL;
}

static void
test_threads(void **state)
{
	struct server *s = *state;
	pthread_t threads[8];
	atomic_int ok = 0;
	struct caller c = { .ok = &ok };
	struct btz_err err;

	server_start(s);
	assert_int_equal(btz_link_new(s->path, 5000, &c.l, &err), BTZ_OK);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, call_many, &c), 0);
	for (size_t i = 0; i < 8; i++)
		(void)pthread_join(threads[i], NULL);
	assert_true(ok > 0);
	assert_int_equal(s->appends, ok);
	assert_true(s->accepted <= 8);
	btz_link_free(c.l);
	server_stop(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_comes_and_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_repeats_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_event, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hangs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
