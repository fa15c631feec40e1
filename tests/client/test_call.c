/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_call.c - a blocking request against a server that answers in every way
 * it should not. The server is a thread that plays one script per case.
 */
#include "client/call.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "wire/msg_list.h"
#include "wire/msg_random.h"

enum act {
	END = 0,
	GOOD,	      /* random_ok with the request's tag */
	WRONG_OP,     /* an answer to something else */
	OLD_TAG,      /* of a call that is long forgotten */
	EVENT,	      /* nobody asked */
	PROGRESS,     /* MORE, well-formed */
	BAD_PROGRESS, /* MORE, malformed */
	REFUSED,      /* BTZ_E_QUOTA */
	UNKNOWN_RC,   /* a number from the future */
	GARBAGE,
	BAD_BODY,
	WITH_FD, /* a descriptor that was not expected */
	CLOSE,
	SILENT,
};

static const struct {
	const char *name;
	enum act script[6];
	enum btz_rc rc;
	int progress;
	bool open_after;
} cases[] = {
	{ "silent", { SILENT }, BTZ_E_TIMEOUT, 0, false },
	{ "closes", { CLOSE }, BTZ_E_GONE, 0, false },
	{ "garbage", { GARBAGE }, BTZ_E_PROTO, 0, false },
	{ "other operation", { WRONG_OP }, BTZ_E_PROTO, 0, false },
	{ "malformed body", { BAD_BODY }, BTZ_E_PROTO, 0, false },
	{ "malformed progress", { BAD_PROGRESS }, BTZ_E_PROTO, 0, false },
	{ "unexpected descriptor", { WITH_FD }, BTZ_E_PROTO, 0, false },
	{ "unknown result", { UNKNOWN_RC }, BTZ_E_PROTO, 0, true },
	{ "refused", { REFUSED }, BTZ_E_QUOTA, 0, true },
	{ "refused after progress", { PROGRESS, REFUSED }, BTZ_E_QUOTA, 1,
	    true },
	{ "old answer, then silence", { OLD_TAG, SILENT }, BTZ_E_TIMEOUT, 0,
	    false },
	{ "old answer and event first", { OLD_TAG, EVENT, GOOD }, BTZ_OK, 0,
	    true },
	{ "progress, progress, good", { PROGRESS, PROGRESS, GOOD }, BTZ_OK, 2,
	    true },
	{ "good", { GOOD }, BTZ_OK, 0, true },
};

struct server {
	int fd;
	const enum act *script;
};

static void
answer(int fd, const struct btz_frame *rq, enum act act)
{
	static struct btz_msgbuf buf;
	struct btz_random_ok ok = { .bytes = btz_span_str("12345678") };
	struct btz_progress p = { 1, 2, btz_span_str("step") };
	struct btz_frame f = { .flags = BTZ_FRAME_ANSWER,
		.op = rq->op,
		.tag = rq->tag,
		.id = rq->id };
	const struct btz_msgdef *def = &btz_def_random_ok;
	const void *msg = &ok;

	if (act == WRONG_OP)
		f.op++;
	if (act == OLD_TAG)
		f.tag--;
	if (act == EVENT)
		f.flags = BTZ_FRAME_EVENT;
	if (act == PROGRESS || act == BAD_PROGRESS)
		f.flags |= BTZ_FRAME_MORE;
	if (act == PROGRESS) {
		def = &btz_def_progress;
		msg = &p;
	}
	if (act == REFUSED || act == UNKNOWN_RC) {
		f.status = act == REFUSED ? BTZ_E_QUOTA : 60000;
		def = NULL;
	}
	if (act == BAD_BODY)
		def = NULL;
	if (act == WITH_FD)
		f.flags |= BTZ_FRAME_FD;
	if (btz_sock_pack(&buf, &f, def, msg) != BTZ_OK)
		abort();
	if (act == GARBAGE)
		buf.bytes[0] = 99;
	(void)!btz_sock_send(fd, buf.bytes, buf.len, act == WITH_FD ? 1 : -1);
}

static void *
serve(void *arg)
{
	static struct btz_msgbuf buf;
	struct server *s = arg;
	struct btz_frame f;
	int fd = -1;

	if (btz_sock_recv(s->fd, &buf, &fd, NULL) != BTZ_OK ||
	    !btz_frame_decode(btz_span_of(buf.bytes, buf.len), &f))
		abort();
	for (size_t i = 0; s->script[i] != END; i++) {
		if (s->script[i] == CLOSE) {
			(void)shutdown(s->fd, SHUT_RDWR);
			break;
		}
		if (s->script[i] != SILENT)
			answer(s->fd, &f, s->script[i]);
	}
	return NULL;
}

static void
on_progress(uint16_t step, uint16_t steps, struct btz_span what, void *arg)
{
	assert_int_equal(step, 1);
	assert_int_equal(steps, 2);
	assert_true(btz_span_eq(what, btz_span_str("step")));
	++*(int *)arg;
}

static void
run_case(size_t i)
{
	static struct btz_conn c;
	struct btz_random rq = { .n = 8 };
	struct btz_random_ok ok;
	struct server s = { .script = cases[i].script };
	struct btz_err err;
	pthread_t t;
	int pair[2], progress = 0;

	assert_int_equal(btz_sock_pair(false, pair, &err), BTZ_OK);
	s.fd = pair[1];
	assert_int_equal(pthread_create(&t, NULL, serve, &s), 0);
	btz_conn_adopt(&c, pair[0]);
	c.timeout_ms = 300;
	c.on_progress = on_progress;
	c.arg = &progress;
	assert_int_equal(btz_conn_call(&c, BTZ_OP_RANDOM, &btz_def_random, &rq,
			     &btz_def_random_ok, &ok, NULL, &err),
	    cases[i].rc);
	assert_int_equal(progress, cases[i].progress);
	assert_int_equal(c.fd >= 0, cases[i].open_after);
	if (cases[i].rc == BTZ_OK)
		assert_true(btz_span_eq(ok.bytes, btz_span_str("12345678")));
	else
		assert_int_equal(err.rc, cases[i].rc);
	(void)pthread_join(t, NULL);
	btz_conn_close(&c);
	btz_conn_close(&c);
	(void)close(pair[1]);
}

static void
test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		print_message("# case: %s\n", cases[i].name);
		run_case(i);
	}
}

/* What can be said without a server. */
static void
test_not_connected(void **state)
{
	static struct btz_conn c;
	struct btz_random rq = { .n = 8 };
	struct btz_err err;

	(void)state;
	assert_int_equal(
	    btz_conn_open(&c, "/nonexistent/socket", &err), BTZ_E_DOWN);
	assert_int_equal(c.fd, -1);
	assert_int_equal(
	    btz_conn_call(&c, BTZ_OP_PING, NULL, NULL, NULL, NULL, NULL, &err),
	    BTZ_E_GONE);
	assert_int_equal(
	    btz_conn_event(&c, BTZ_OP_RANDOM, &btz_def_random, &rq, &err),
	    BTZ_E_GONE);
	btz_conn_close(&c);
}

/* An event goes out with tag 0 and its flag, and nothing is waited for. */
static void
test_event(void **state)
{
	static struct btz_conn c;
	static struct btz_msgbuf buf;
	struct btz_random rq = { .n = 8 };
	struct btz_err err;
	struct btz_frame f;
	int pair[2], fd;

	(void)state;
	assert_int_equal(btz_sock_pair(false, pair, &err), BTZ_OK);
	btz_conn_adopt(&c, pair[0]);
	assert_int_equal(
	    btz_conn_event(&c, BTZ_OP_RANDOM, &btz_def_random, &rq, &err),
	    BTZ_OK);
	assert_int_equal(btz_sock_recv(pair[1], &buf, &fd, NULL), BTZ_OK);
	assert_true(btz_frame_decode(btz_span_of(buf.bytes, buf.len), &f));
	assert_int_equal(f.flags, BTZ_FRAME_EVENT);
	assert_int_equal(f.tag, 0);
	(void)close(pair[1]);
	btz_conn_close(&c);
}

/* What went ahead: a refusal is the result of the next call, success is not
 * told at all, and what comes later is not taken for it. */
static const struct {
	const char *name;
	uint32_t status; /* of the answer to what went ahead; 0: none */
	enum btz_rc rc;
} ahead_cases[] = {
	{ "refused", BTZ_E_DENIED, BTZ_E_DENIED },
	{ "unknown refusal", 60000, BTZ_E_PROTO },
	{ "granted", 0, BTZ_OK },
};

static void
ahead_one(size_t i)
{
	static struct btz_conn c;
	static struct btz_msgbuf buf;
	struct btz_random rq = { .n = 8 };
	struct btz_random_ok ok;
	struct btz_err err;
	struct btz_frame f;
	struct btz_peer who = { .pid = 0 };
	int pair[2], fd, on = 1;

	assert_int_equal(btz_sock_pair(false, pair, &err), BTZ_OK);
	btz_conn_adopt(&c, pair[0]);
	c.timeout_ms = 300;
	assert_int_equal(
	    btz_conn_ahead(&c, BTZ_OP_RANDOM, &btz_def_random, &rq, &err),
	    BTZ_OK);
	/* the sender is named although nobody asked for it at that time */
	assert_int_equal(
	    setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	assert_int_equal(btz_sock_recv(pair[1], &buf, &fd, &who), BTZ_OK);
	assert_int_equal(who.pid, getpid());
	assert_true(btz_frame_decode(btz_span_of(buf.bytes, buf.len), &f));
	assert_int_equal(f.flags, BTZ_FRAME_EVENT);
	assert_int_not_equal(f.tag, 0);
	f.flags = BTZ_FRAME_ANSWER;
	f.status = ahead_cases[i].status;
	if (f.status != 0) {
		assert_int_equal(btz_sock_pack(&buf, &f, NULL, NULL), BTZ_OK);
		assert_int_equal(
		    btz_sock_send(pair[1], buf.bytes, buf.len, -1), BTZ_OK);
	}
	f.status = 0;
	f.tag++; /* of the call that comes now */
	answer(pair[1], &f, GOOD);
	assert_int_equal(btz_conn_call(&c, BTZ_OP_RANDOM, &btz_def_random, &rq,
			     &btz_def_random_ok, &ok, NULL, &err),
	    ahead_cases[i].rc);
	assert_int_equal(c.fd >= 0, ahead_cases[i].rc == BTZ_OK);
	btz_conn_close(&c);
	(void)close(pair[1]);
}

static void
test_ahead(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(ahead_cases); i++) {
		print_message("# case: %s\n", ahead_cases[i].name);
		ahead_one(i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_not_connected),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
