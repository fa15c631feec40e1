/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_serve.c - connections of the front end: slow and half-open ones, kept
 * ones, many, and what hostile clients send. Real daemons, real sockets.
 */
#include "parsec/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "parsec/rig.h"
#include "support/cmocka_all.h"

#define OTHER_UID 54321u

static struct rig rig;
static struct pw ping;

static int
setup(void **state)
{
	struct rlimit rl = { 4096, 4096 };

	*state = &rig;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
	rig_start(&rig, "");
	pw_make(&ping, 0, 1, BTZ_PAUTH_NONE, 0, NULL, 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(rig_end(&rig), 0);
	return 0;
}

static uint64_t
now_ms(void)
{
	return btz_boot_ms();
}

/* 200 ms, then 36 bytes of status 15, then the end. */
static void
test_slow(void **state)
{
	static const size_t sent[] = { 0, 1, 35, 36 };
	struct pw p;

	(void)state;
	pw_make(
	    &p, 0, 9, BTZ_PAUTH_NONE, 0, "\x08\x00", 2); /* a body to come */
	for (size_t i = 0; i < BTZ_COUNT(sent); i++) {
		uint64_t start = now_ms();
		int fd = pw_connect(rig.box);

		print_message("# case: %zu bytes\n", sent[i]);
		pw_send(fd, p.bytes, sent[i]);
		assert_true(pw_read(fd, &rig.a, 2000));
		assert_int_equal(rig.a.head.status, 15);
		assert_int_equal(rig.a.len, 0);
		assert_in_range(now_ms() - start, 190, 600);
		assert_true(pw_closed(fd, 1000));
		(void)close(fd);
	}
}

/* A byte now and then does not keep a request open for ever. */
static void
test_trickle(void **state)
{
	uint64_t start = now_ms();
	int fd = pw_connect(rig.box);
	size_t i = 0;

	(void)state;
	for (; i < 36 && now_ms() - start < 4000; i++) {
		pw_send(fd, "\x10", 1);
		if (pw_read(fd, &rig.a, 150))
			break;
	}
	assert_int_equal(rig.a.head.status, 15);
	assert_in_range(now_ms() - start, 1800, 3000);
	(void)close(fd);
}

/* As Parsec's own service: one answer, then the end, also for those who read
 * to the end. */
static void
test_old_client(void **state)
{
	int fd = pw_connect(rig.box);

	(void)state;
	pw_send(fd, ping.bytes, ping.len);
	assert_true(pw_read(fd, &rig.a, 2000));
	assert_int_equal(rig.a.head.status, 0);
	assert_true(pw_closed(fd, 1000)); /* without a word */
	(void)close(fd);
	fd = pw_connect(rig.box);
	pw_send(fd, ping.bytes, ping.len);
	(void)shutdown(fd, SHUT_WR);
	assert_true(pw_read(fd, &rig.a, 2000));
	assert_true(pw_closed(fd, 100));
	(void)close(fd);
}

static void
test_kept(void **state)
{
	int fd = pw_connect(rig.box);
	uint8_t two[72];

	(void)state;
	for (int i = 0; i < 3; i++) {
		pw_send(fd, ping.bytes, ping.len);
		assert_true(pw_read(fd, &rig.a, 2000));
	}
	(void)usleep(700000); /* it has shown that it knows */
	memcpy(two, ping.bytes, 36);
	memcpy(two + 36, ping.bytes, 36);
	pw_send(fd, two, 72); /* one behind the other */
	for (int i = 0; i < 2; i++) {
		assert_true(pw_read(fd, &rig.a, 2000));
		assert_int_equal(rig.a.head.status, 0);
	}
	/* also when what comes behind comes in pieces */
	pw_send(fd, two, 50);
	assert_true(pw_read(fd, &rig.a, 2000));
	pw_send(fd, two + 50, 22);
	assert_true(pw_read(fd, &rig.a, 2000));
	assert_int_equal(rig.a.head.status, 0);
	(void)close(fd);
}

/* After an answer that ends the stream the client still gets to read it. */
static void
test_refused_is_read(void **state)
{
	static uint8_t big[300000];
	int fd = pw_connect(rig.box);

	(void)state;
	memcpy(big, ping.bytes, 36);
	big[0] ^= 1;
	pw_send(fd, big, sizeof(big));
	assert_true(pw_read(fd, &rig.a, 2000));
	assert_int_equal(rig.a.head.status, 17);
	assert_true(pw_closed(fd, 1000));
	(void)close(fd);
}

static void
test_large_body(void **state)
{
	static uint8_t body[1 << 20];
	struct pw p;
	int fd;

	(void)state;
	memset(body, 'a', sizeof(body)); /* hash input: 0807 12.. */
	memcpy(body, "\x08\x07\x12\xfa\xff\x3f", 6);
	pw_make(&p, 1, 0x0f, BTZ_PAUTH_NONE, 0, NULL, 0);
	p.bytes[24] = 0x10; /* 1 MiB */
	fd = pw_connect(rig.box);
	pw_send(fd, p.bytes, 36);
	pw_send(fd, body, sizeof(body));
	assert_true(pw_read(fd, &rig.a, 5000));
	assert_int_equal(rig.a.head.status, 0);
	assert_int_equal(rig.a.len, 34);
	/* fields by the hundred thousand are not a message of ours */
	memset(body, 0x78, sizeof(body));
	pw_send(fd, p.bytes, 36);
	pw_send(fd, body, sizeof(body));
	assert_true(pw_read(fd, &rig.a, 5000));
	assert_int_equal(rig.a.head.status, 7);
	(void)close(fd);
}

/* Many who begin large bodies: what is too much is refused, and given back
 * when they go. */
static void
test_body_budget(void **state)
{
	static uint8_t body[600000];
	static struct rig own;
	int fds[20], refused = 0;
	struct pw p;

	(void)state;
	rig_start(&own, "timeout = 3000\n");
	pw_make(&p, 1, 0x0f, BTZ_PAUTH_NONE, 0, NULL, 0);
	p.bytes[24] = 0x10;
	for (size_t i = 0; i < BTZ_COUNT(fds); i++) {
		fds[i] = pw_connect(own.box);
		pw_send(fds[i], p.bytes, 36);
		pw_send(fds[i], body, sizeof(body));
	}
	for (size_t i = 0; i < BTZ_COUNT(fds); i++)
		if (pw_read(fds[i], &own.a, 20))
			refused += own.a.head.status == BTZ_PS_MEMORY;
	for (size_t i = 0; i < BTZ_COUNT(fds); i++)
		(void)close(fds[i]);
	assert_in_range(refused, 12, 13); /* 8 MiB hold 7, and some more */
	(void)usleep(20000);
	for (size_t i = 0; i < 7; i++) {
		fds[i] = pw_connect(own.box);
		pw_send(fds[i], p.bytes, 36);
		pw_send(fds[i], body, sizeof(body));
		assert_false(pw_read(fds[i], &own.a, 20));
	}
	for (size_t i = 0; i < 7; i++)
		(void)close(fds[i]);
	assert_int_equal(rig_end(&own), 0);
}

/* A client that does not read its answers costs a socket's buffer. */
static void
test_never_reads(void **state)
{
	struct pw p;
	int fd = pw_connect(rig.box);

	(void)state;
	pw_make(&p, 1, 0x0d, BTZ_PAUTH_NONE, 0, "\x08\x80\x80\x3c", 4);
	for (int i = 0; i < 20; i++)
		pw_send(fd, p.bytes, p.len);
	(void)usleep(600000);
	assert_int_equal(pw_ask(rig.box, &ping, &rig.a), 0);
	while (pw_read(fd, &rig.a, 500))
		assert_int_equal(rig.a.head.status, 0);
	assert_true(pw_closed(fd, 500));
	(void)close(fd);
}

/* Many who ask for large answers and do not read them. */
static void
test_answer_budget(void **state)
{
	static struct rig own;
	int fds[30], given = 0, refused = 0;
	struct pw p;

	(void)state;
	rig_start(&own, "timeout = 3000\n");
	pw_make(&p, 1, 0x0d, BTZ_PAUTH_NONE, 0, "\x08\x80\x80\x3c", 4);
	for (size_t i = 0; i < BTZ_COUNT(fds); i++) {
		fds[i] = pw_connect(own.box);
		pw_send(fds[i], p.bytes, p.len);
	}
	(void)usleep(1000000);
	for (size_t i = 0; i < BTZ_COUNT(fds); i++) {
		assert_true(pw_read(fds[i], &own.a, 3000));
		given += own.a.head.status == 0;
		refused += own.a.head.status == BTZ_PS_MEMORY;
		(void)close(fds[i]);
	}
	print_message("# %d given, %d refused\n", given, refused);
	assert_in_range(given, 1, 8);
	assert_int_equal(given + refused, BTZ_COUNT(fds));
	assert_int_equal(pw_ask(own.box, &p, &own.a), 0);
	assert_int_equal(rig_end(&own), 0);
}

static double
median_ms(int n)
{
	static double t[1000];

	for (int i = 0; i < n; i++) {
		struct timespec a, b;

		(void)clock_gettime(CLOCK_MONOTONIC, &a);
		assert_int_equal(pw_ask(rig.box, &ping, &rig.a), 0);
		(void)clock_gettime(CLOCK_MONOTONIC, &b);
		t[i] = (double)(b.tv_sec - a.tv_sec) * 1e3 +
		       (double)(b.tv_nsec - a.tv_nsec) / 1e6;
		for (int k = i; k > 0 && t[k] < t[k - 1]; k--) {
			double s = t[k];

			t[k] = t[k - 1];
			t[k - 1] = s;
		}
	}
	return t[n / 2];
}

/* 1,000 connections that say nothing or half a header, again and again, of
 * another uid: ours are served as before. */
static void
test_thousand(void **state)
{
	double before = median_ms(200), during;
	int status, kept = pw_connect(rig.box);
	pid_t pid;

	(void)state;
	for (int i = 0; i < 2; i++) {
		pw_send(kept, ping.bytes, ping.len);
		assert_true(pw_read(kept, &rig.a, 2000));
	}
	pid = fork();
	if (pid == 0) {
		int fds[1000];

		if (getuid() == 0 &&
		    setresuid(OTHER_UID, OTHER_UID, OTHER_UID) != 0)
			_exit(1);
		for (int round = 0; round < 20; round++) {
			for (int i = 0; i < 1000; i++) {
				fds[i] = pw_connect(rig.box);
				if (fds[i] >= 0)
					pw_send(fds[i], ping.bytes,
					    (size_t)(i % 36));
			}
			(void)usleep(20000);
			for (int i = 0; i < 1000; i++)
				if (fds[i] >= 0)
					(void)close(fds[i]);
		}
		_exit(0);
	}
	(void)usleep(100000);
	during = median_ms(200);
	print_message(
	    "# median %.3f ms alone, %.3f ms beside 1,000\n", before, during);
	assert_true(during < 20.0); /* not a bar: not starved */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(pw_ask(rig.box, &ping, &rig.a), 0);
	/* nor is one of ours, older than all of theirs, pushed out */
	pw_send(kept, ping.bytes, ping.len);
	assert_int_equal(pw_read(kept, &rig.a, 2000), getuid() == 0);
	(void)close(kept);
}

/* Rubbish in every place: never an answer that was not asked for, never the
 * end of the process. */
static void
test_rubbish(void **state)
{
	(void)state;
	srand(20261128);
	for (int i = 0; i < 2000; i++) {
		struct pw p;
		uint8_t body[200];
		const size_t n = (size_t)rand() % sizeof(body);
		int fd = pw_connect(rig.box);

		for (size_t k = 0; k < n; k++)
			body[k] = (uint8_t)rand();
		pw_make(&p, (uint8_t)(rand() % 2), (uint32_t)(1 + rand() % 32),
		    BTZ_PAUTH_PEER, getuid(), body, n);
		if (i % 3 == 0)
			p.bytes[rand() % 36] = (uint8_t)rand();
		pw_send(fd, p.bytes, p.len);
		(void)shutdown(fd, SHUT_WR);
		(void)pw_read(fd, &rig.a, 1000);
		(void)close(fd);
	}
	assert_true(btz_box_alive(rig.box, BTZ_PROG_PARSEC));
	assert_int_equal(pw_ask(rig.box, &ping, &rig.a), 0);
}

/* Whoever goes while the service is at work loses nothing but the answer. */
static void
test_gone_at_work(void **state)
{
	struct pw p;

	(void)state;
	pw_make(&p, 1, 0x0d, BTZ_PAUTH_NONE, 0, "\x08\x80\x80\x3c", 4);
	for (int i = 0; i < 50; i++) {
		int fd = pw_connect(rig.box);

		pw_send(fd, p.bytes, p.len);
		(void)close(fd);
	}
	assert_int_equal(pw_ask(rig.box, &ping, &rig.a), 0);
	assert_true(btz_box_alive(rig.box, BTZ_PROG_PARSEC));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_trickle),
		cmocka_unit_test(test_old_client),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_refused_is_read),
		cmocka_unit_test(test_large_body),
		cmocka_unit_test(test_body_budget),
		cmocka_unit_test(test_never_reads),
		cmocka_unit_test(test_answer_budget),
		cmocka_unit_test(test_thousand),
		cmocka_unit_test(test_rubbish),
		cmocka_unit_test(test_gone_at_work),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
