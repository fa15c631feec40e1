/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_hostile.c - hostile clients on kms.sock and on a leased socket, while
 * a well-behaved application pings: random frames, truncated frames, a length
 * of 2^32-1, idle connections. Nothing restarts, no ping fails, none takes
 * over a second. The hostile ones are another uid: root only.
 * BARTIZAN_HOSTILE_S sets the seconds per kind (default 2).
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/kms.h"
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"

#define HOSTILE_UID 54321u
#define PROCESSES 10

static struct btz_box *box;
static struct btz_auditor *audit[2];

static int
setup(void **state)
{
	char conf[256];

	(void)state;
	(void)snprintf(conf, sizeof(conf),
	    "[app good]\nuid = %u\n[app bad]\nuid = %u\n", getuid(),
	    HOSTILE_UID);
	box = btz_box_new(conf);
	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	btz_box_cut(box, BTZ_PROG_BROKER, BTZ_PROG_CRYPTO_TEE);
	audit[0] = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	audit[1] = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	btz_auditor_free(audit[0]);
	btz_auditor_free(audit[1]);
	assert_int_equal(btz_box_free(box), 0);
	return 0;
}

static uint64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* A connection that does not hang its process when nobody reads. */
static int
enter(bool leased)
{
	static struct btz_conn c, lease;
	struct timeval tv = { .tv_usec = 100000 };
	struct btz_open_ok ok;
	struct btz_err err;
	int fd = btz_box_connect(box, "kms.sock");

	if (fd >= 0 && leased) {
		btz_conn_adopt(&c, fd);
		fd = btz_kms_open(&c, NULL, 0, &lease, &ok, &err) == BTZ_OK
			 ? lease.fd
			 : -1;
		btz_conn_close(&c);
	}
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	return fd;
}

static void
send_random(int fd)
{
	uint8_t buf[4096];
	size_t len = (size_t)(rand() % (int)sizeof(buf)) + 1;

	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)rand();
	(void)send(fd, buf, len, MSG_NOSIGNAL);
}

/* A true header with a random body, so that decoders are reached. */
static void
send_plausible(int fd)
{
	static const uint16_t ops[] = { BTZ_OP_OPEN, BTZ_OP_SIGN,
		BTZ_OP_GENERATE, BTZ_OP_VERIFY, BTZ_OP_LIST_KEYS, BTZ_OP_RANDOM,
		BTZ_OP_PROVISION, BTZ_OP_GRANT, BTZ_OP_STATUS };
	uint8_t buf[512];
	size_t body = (size_t)(rand() % 400);
	struct btz_frame f = { .op = ops[(size_t)rand() % BTZ_COUNT(ops)],
		.tag = 1 };
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_frame_put_header(&wr, &f, body);
	for (size_t i = 0; i < body; i++)
		btz_wr_u8(&wr, (uint8_t)(rand() % 4 == 0 ? rand() : 0));
	(void)send(fd, buf, wr.len, MSG_NOSIGNAL);
}

static void
send_truncated(int fd)
{
	uint8_t buf[64];
	struct btz_frame f = { .op = BTZ_OP_OPEN, .tag = 1 };
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_frame_put_header(&wr, &f, 6);
	(void)send(fd, buf, (size_t)(rand() % 24), MSG_NOSIGNAL);
}

static void
send_huge(int fd)
{
	uint8_t buf[64] = { 0 };
	struct btz_frame f = { .op = BTZ_OP_OPEN, .tag = 1 };
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_frame_put_header(&wr, &f, 0);
	memset(buf + 8, 0xff, 4); /* u32 body length */
	(void)send(fd, buf, 24, MSG_NOSIGNAL);
}

/* Holds 10 connections each and says nothing. */
static void
idle(int fd)
{
	int more[9];

	for (int i = 0; i < 9; i++)
		more[i] = btz_box_connect(box, "kms.sock");
	(void)usleep(200000);
	for (int i = 0; i < 9; i++)
		if (more[i] >= 0)
			(void)close(more[i]);
	(void)fd;
}

static const struct {
	const char *name;
	void (*fn)(int fd);
	bool leased;
} kinds[] = {
	{ "random frames", send_random, false },
	{ "plausible frames", send_plausible, false },
	{ "truncated frames", send_truncated, false },
	{ "length 2^32-1", send_huge, false },
	{ "idle connections", idle, false },
	{ "random frames on a leased socket", send_random, true },
	{ "plausible frames on a leased socket", send_plausible, true },
};

static void
be_hostile(size_t kind, uint64_t until, unsigned seed)
{
	srand(seed);
	if (setresgid(HOSTILE_UID, HOSTILE_UID, HOSTILE_UID) != 0 ||
	    setresuid(HOSTILE_UID, HOSTILE_UID, HOSTILE_UID) != 0)
		_exit(1);
	while (now_ms() < until) {
		int fd = enter(kinds[kind].leased);

		for (int i = 0; fd >= 0 && i < 50; i++)
			kinds[kind].fn(fd);
		if (fd >= 0)
			(void)close(fd);
	}
	_exit(0);
}

/* 200 pings of the broker and of the service, spread over the time. */
static void
ping_both(uint64_t until)
{
	static struct btz_conn broker, leased;
	struct btz_open_ok ok;
	struct btz_err err;
	uint64_t worst = 0;

	btz_conn_adopt(&broker, btz_box_connect(box, "kms.sock"));
	if (btz_kms_open(&broker, NULL, 0, &leased, &ok, &err) != BTZ_OK)
		fail_msg("open: %s", err.msg);
	for (int i = 0; i < 200 || now_ms() < until; i++) {
		uint64_t t = now_ms();
		struct btz_conn *c = i % 2 == 0 ? &broker : &leased;

		assert_int_equal(btz_conn_call(c, BTZ_OP_PING, NULL, NULL, NULL,
				     NULL, NULL, &err),
		    BTZ_OK);
		t = now_ms() - t;
		worst = t > worst ? t : worst;
		(void)usleep(5000);
	}
	print_message("#   slowest ping %llu ms\n", (unsigned long long)worst);
	assert_true(worst <= 1000);
	btz_conn_close(&leased);
	btz_conn_close(&broker);
}

static void
test_pings_go_on(void **state)
{
	const char *s = getenv("BARTIZAN_HOSTILE_S");
	uint64_t ms = 1000 * (uint64_t)(s == NULL ? 2 : atoi(s));
	pid_t pids[PROCESSES];

	(void)state;
	for (size_t k = 0; k < BTZ_COUNT(kinds); k++) {
		uint64_t until = now_ms() + ms;

		print_message("# case: %s\n", kinds[k].name);
		for (unsigned i = 0; i < PROCESSES; i++) {
			pids[i] = fork();
			if (pids[i] == 0)
				be_hostile(k, until, i + 1);
		}
		ping_both(until);
		for (unsigned i = 0; i < PROCESSES; i++) {
			int status;

			(void)waitpid(pids[i], &status, 0);
			assert_int_equal(status, 0);
		}
		assert_true(btz_box_alive(box, BTZ_PROG_BROKER));
		assert_true(btz_box_alive(box, BTZ_PROG_CRYPTO_SOFT));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_pings_go_on, setup, teardown),
	};

	if (getuid() != 0) { /* places and leases are counted by uid */
		(void)puts("1..0 # SKIP needs root and several uids");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
