/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels over real socketpairs: asks and their answers, time-outs, hang-up,
 * malformed frames, too many descriptors, full queues, freeing in a callback.
 */
#include "base/chan.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sock.h"
#include "support/cmocka_all.h"
#include "wire/msg_random.h"

struct seen {
	unsigned frames, closes, answers, more;
	enum btz_rc last;
	int fds;
	uint32_t tag;
	struct btz_chan *free_me; /* in on_frame */
};

struct pair {
	struct btz_loop *loop;
	struct btz_chan *ch;
	int peer;
	struct seen seen;
};

static void
on_frame(struct btz_chan *ch, const struct btz_frame *f, int fd,
    const struct btz_peer *peer, void *arg)
{
	struct seen *s = arg;

	assert_int_equal(peer->uid, getuid());
	s->frames++;
	s->tag = f->tag;
	if (fd >= 0) {
		s->fds++;
		(void)close(fd);
	}
	if (s->free_me == ch)
		btz_chan_free(ch);
}

static void
on_close(struct btz_chan *ch, void *arg)
{
	struct seen *s = arg;

	(void)ch;
	s->closes++;
}

static const struct btz_chan_ops ops = { on_frame, on_close };

static void
on_answer(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct seen *s = arg;

	if (rc == BTZ_OK && (f->flags & BTZ_FRAME_MORE) != 0) {
		s->more++;
		return;
	}
	s->answers++;
	s->last = rc;
	if (fd >= 0) {
		s->fds++;
		(void)close(fd);
	}
}

static int
setup(void **state)
{
	static struct pair p;
	int fds[2];

	memset(&p, 0, sizeof(p));
	assert_int_equal(btz_loop_new(&p.loop, NULL), BTZ_OK);
	assert_int_equal(btz_sock_pair(false, fds, NULL), BTZ_OK);
	p.peer = fds[1];
	assert_int_equal(
	    btz_chan_new(p.loop, fds[0], 0, &ops, &p.seen, &p.ch, NULL),
	    BTZ_OK);
	*state = &p;
	return 0;
}

static int
teardown(void **state)
{
	struct pair *p = *state;

	if (p->seen.closes == 0 && p->seen.free_me == NULL)
		btz_chan_free(p->ch);
	if (p->peer >= 0)
		(void)close(p->peer);
	btz_loop_free(p->loop);
	return 0;
}

static void
spin(struct pair *p)
{
	for (int i = 0; i < 5; i++)
		btz_loop_once(p->loop, 1);
}

static void
peer_send(struct pair *p, const struct btz_frame *f, int fd)
{
	struct btz_msgbuf b;
	struct btz_frame h = *f;

	if (fd >= 0)
		h.flags |= BTZ_FRAME_FD;
	assert_int_equal(btz_sock_pack(&b, &h, NULL, NULL), BTZ_OK);
	assert_int_equal(btz_sock_send(p->peer, b.bytes, b.len, fd), BTZ_OK);
}

/* The peer reads the request and gives back its tag. */
static uint32_t
peer_tag(struct pair *p)
{
	struct btz_msgbuf b;
	struct btz_frame f;
	int fd;

	assert_int_equal(btz_sock_recv(p->peer, &b, &fd, NULL), BTZ_OK);
	assert_true(btz_frame_decode(btz_span_of(b.bytes, b.len), &f));
	assert_int_equal(fd, -1);
	return f.tag;
}

static void
ask(struct pair *p, uint32_t timeout_ms)
{
	assert_int_equal(btz_chan_ask(p->ch, 5, 77, NULL, NULL, -1, timeout_ms,
			     on_answer, &p->seen),
	    BTZ_OK);
}

static void
test_malformed_closes(void **state)
{
	struct pair *p = *state;

	assert_int_equal(send(p->peer, "garbage", 7, 0), 7);
	spin(p);
	assert_int_equal(p->seen.closes, 1);
	assert_int_equal(p->seen.frames, 0);
}

static void
test_two_descriptors_close(void **state)
{
	struct pair *p = *state;
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(2 * sizeof(int))];
	} ctl;
	uint8_t frame[BTZ_FRAME_HDR] = { 1, BTZ_FRAME_FD, 0, 5 };
	struct iovec iov = { frame, sizeof(frame) };
	struct msghdr mh = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = ctl.buf,
		.msg_controllen = sizeof(ctl.buf) };
	int two[2] = { 0, 1 };
	struct cmsghdr *c = CMSG_FIRSTHDR(&mh);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(two));
	memcpy(CMSG_DATA(c), two, sizeof(two));
	assert_true(sendmsg(p->peer, &mh, 0) > 0);
	spin(p);
	assert_int_equal(p->seen.closes, 1);
}

static void
test_flag_without_descriptor_closes(void **state)
{
	struct pair *p = *state;
	uint8_t frame[BTZ_FRAME_HDR] = { 1, BTZ_FRAME_FD, 0, 5 };

	assert_true(send(p->peer, frame, sizeof(frame), 0) > 0);
	spin(p);
	assert_int_equal(p->seen.closes, 1);
}

static void
test_hang_up_fails_asks(void **state)
{
	struct pair *p = *state;

	ask(p, 0);
	ask(p, 1000);
	(void)close(p->peer);
	p->peer = -1;
	spin(p);
	assert_int_equal(p->seen.answers, 2);
	assert_int_equal(p->seen.last, BTZ_E_GONE);
	assert_int_equal(p->seen.closes, 1);
}

static void
test_timeout(void **state)
{
	struct pair *p = *state;
	uint32_t tag;

	ask(p, 1);
	tag = peer_tag(p);
	(void)usleep(5000);
	spin(p);
	assert_int_equal(p->seen.answers, 1);
	assert_int_equal(p->seen.last, BTZ_E_TIMEOUT);
	peer_send(p,
	    &(struct btz_frame){
		.flags = BTZ_FRAME_ANSWER, .op = 5, .tag = tag },
	    -1); /* late: dropped, the channel lives */
	spin(p);
	assert_int_equal(p->seen.answers, 1);
	assert_int_equal(p->seen.closes, 0);
}

static void
test_answer_of_another_op_closes(void **state)
{
	struct pair *p = *state;

	ask(p, 0);
	peer_send(p,
	    &(struct btz_frame){
		.flags = BTZ_FRAME_ANSWER, .op = 6, .tag = peer_tag(p) },
	    -1);
	spin(p);
	assert_int_equal(p->seen.closes, 1);
	assert_int_equal(p->seen.last, BTZ_E_GONE);
}

static void
test_answers(void **state)
{
	struct pair *p = *state;
	uint32_t first, second;

	ask(p, 1000);
	first = peer_tag(p);
	ask(p, 1000);
	second = peer_tag(p);
	assert_int_not_equal(first, second);
	peer_send(p,
	    &(struct btz_frame){ .flags = BTZ_FRAME_ANSWER | BTZ_FRAME_MORE,
		.op = 5,
		.tag = second },
	    -1);
	peer_send(p,
	    &(struct btz_frame){ .flags = BTZ_FRAME_ANSWER,
		.op = 5,
		.tag = second,
		.status = BTZ_E_NOENT },
	    -1);
	peer_send(p,
	    &(struct btz_frame){
		.flags = BTZ_FRAME_ANSWER, .op = 5, .tag = first },
	    1);
	spin(p);
	assert_int_equal(p->seen.more, 1);
	assert_int_equal(p->seen.answers, 2);
	assert_int_equal(p->seen.last, BTZ_OK);
	assert_int_equal(p->seen.fds, 1);
	assert_int_equal(btz_chan_pending(p->ch), 0);
}

static void
test_queue_is_bounded(void **state)
{
	struct pair *p = *state;
	static uint8_t big[4096];
	struct btz_random_ok m = { .bytes = btz_span_of(big, sizeof(big)) };
	struct btz_frame h = { .op = 9, .flags = BTZ_FRAME_EVENT };
	enum btz_rc rc = BTZ_OK;
	unsigned sent = 0, got = 0;
	struct btz_msgbuf b;
	int fd;

	btz_chan_set_queue(p->ch, 4);
	for (; rc == BTZ_OK && sent < 10000; sent++)
		rc = btz_chan_send(p->ch, &h, &btz_def_random_ok, &m, -1);
	assert_int_equal(rc, BTZ_E_QUOTA);
	(void)fcntl(p->peer, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 50; i++) { /* all that was accepted arrives */
		while (btz_sock_recv(p->peer, &b, &fd, NULL) == BTZ_OK)
			got++;
		btz_loop_once(p->loop, 1);
	}
	assert_int_equal(got, sent - 1);
}

/* Who does not read its answers is not read; who goes away is let go. */
static void
test_throttle(void **state)
{
	struct pair *p = *state;
	static uint8_t big[4096];
	struct btz_random_ok m = { .bytes = btz_span_of(big, sizeof(big)) };
	struct btz_frame h = { .op = 9, .flags = BTZ_FRAME_EVENT };
	enum btz_rc rc = BTZ_OK;
	struct btz_msgbuf b;
	int fd;

	btz_chan_throttle(p->ch);
	btz_chan_set_queue(p->ch, 4);
	while (rc == BTZ_OK)
		rc = btz_chan_send(p->ch, &h, &btz_def_random_ok, &m, -1);
	assert_int_equal(rc, BTZ_E_QUOTA);
	peer_send(p, &(struct btz_frame){ .op = 3 }, -1);
	spin(p);
	assert_int_equal(p->seen.frames, 0);
	(void)fcntl(p->peer, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 50; i++) {
		while (btz_sock_recv(p->peer, &b, &fd, NULL) == BTZ_OK)
			;
		btz_loop_once(p->loop, 1);
	}
	assert_int_equal(p->seen.frames, 1);
	do
		rc = btz_chan_send(p->ch, &h, &btz_def_random_ok, &m, -1);
	while (rc == BTZ_OK);
	(void)close(p->peer);
	p->peer = -1;
	spin(p);
	assert_int_equal(p->seen.closes, 1);
}

static void
test_free_inside_callback(void **state)
{
	struct pair *p = *state;

	p->seen.free_me = p->ch;
	ask(p, 1000);
	peer_send(p, &(struct btz_frame){ .op = 3 }, -1);
	peer_send(p, &(struct btz_frame){ .op = 3 }, -1);
	spin(p);
	assert_int_equal(p->seen.frames, 1);
	assert_int_equal(p->seen.answers, 1); /* the ask was failed */
	assert_int_equal(p->seen.closes, 0);
}

static void
test_pause(void **state)
{
	struct pair *p = *state;

	btz_chan_pause(p->ch, true);
	peer_send(p, &(struct btz_frame){ .op = 3 }, -1);
	spin(p);
	assert_int_equal(p->seen.frames, 0);
	btz_chan_pause(p->ch, false);
	spin(p);
	assert_int_equal(p->seen.frames, 1);
}

/* A channel that is not in the loop yet, with what lies in its socket. */
static const struct {
	const char *name;
	bool sent, hung_up, freed;
	int frames, closes; /* after btz_chan_begin, without the loop */
} begin_cases[] = {
	{ "nothing", false, false, false, 0, 0 },
	{ "hung up", false, true, false, 0, 1 },
	{ "a message", true, false, false, 1, 0 },
	{ "a message, hung up", true, true, false, 1, 0 },
	{ "freed by its first message", true, false, true, 1, 0 },
};

static void
begin_one(size_t i)
{
	const struct btz_frame f = { .op = 5, .tag = 9 };
	struct pair p = { .peer = -1 };
	int fds[2];

	assert_int_equal(btz_loop_new(&p.loop, NULL), BTZ_OK);
	assert_int_equal(btz_sock_pair(false, fds, NULL), BTZ_OK);
	p.peer = fds[1];
	assert_int_equal(btz_chan_new(p.loop, fds[0], BTZ_CHAN_LATER, &ops,
			     &p.seen, &p.ch, NULL),
	    BTZ_OK);
	if (begin_cases[i].sent)
		peer_send(&p, &f, -1);
	spin(&p);
	assert_int_equal(p.seen.frames, 0); /* not in the loop */
	p.seen.free_me = begin_cases[i].freed ? p.ch : NULL;
	if (begin_cases[i].hung_up)
		(void)close(p.peer);
	btz_chan_begin(p.ch);
	assert_int_equal(p.seen.frames, begin_cases[i].frames);
	assert_int_equal(p.seen.closes, begin_cases[i].closes);
	if (!begin_cases[i].hung_up && !begin_cases[i].freed) {
		peer_send(&p, &f, -1);
		spin(&p);
		assert_int_equal(p.seen.frames, begin_cases[i].frames + 1);
		(void)close(p.peer);
	}
	spin(&p);
	assert_int_equal(p.seen.closes, begin_cases[i].freed ? 0 : 1);
	if (begin_cases[i].freed)
		(void)close(p.peer);
	btz_loop_free(p.loop);
}

static void
test_begin(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(begin_cases); i++) {
		print_message("# case: %s\n", begin_cases[i].name);
		begin_one(i);
	}
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_malformed_closes),
		ROW(test_two_descriptors_close),
		ROW(test_flag_without_descriptor_closes),
		ROW(test_hang_up_fails_asks),
		ROW(test_timeout),
		ROW(test_answer_of_another_op_closes),
		ROW(test_answers),
		ROW(test_queue_is_bounded),
		ROW(test_free_inside_callback),
		ROW(test_throttle),
		ROW(test_pause),
		cmocka_unit_test(test_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
