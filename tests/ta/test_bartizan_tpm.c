/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_bartizan_tpm.c - the supplicant's plugin against a TPM that answers as
 * each row says: what is not a whole frame of the named length is refused.
 */
#include "support/cmocka_all.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <tee_plugin_method.h>

#include "btz_ta.h"

extern struct plugin_method plugin_method;

/* What the TPM does with the next command: answers `pieces` bytes at a time
 * `sent` bytes of a frame that names `named` bytes, then closes if `close`. */
static struct {
	size_t named, sent, piece;
	bool close;
	bool hold; /* until the test lets go */
} plan;
static sem_t go;
static size_t got; /* bytes of the last command */
static int listener = -1;
static char dir[] = "/tmp/btz-plugin-XXXXXX", path[64];

static void
answer(int fd)
{
	size_t sent = plan.sent, piece = plan.piece;
	uint8_t frame[8192] = { 0x80, 0x01 };

	for (size_t i = 10; i < sizeof(frame); i++)
		frame[i] = (uint8_t)i;
	for (int i = 0; i < 4; i++)
		frame[2 + i] = (uint8_t)(plan.named >> (24 - 8 * i));
	for (size_t at = 0; at < sent;) {
		size_t n = sent - at < piece ? sent - at : piece;

		if (send(fd, frame + at, n, MSG_NOSIGNAL) < 0)
			break;
		at += n;
		if (piece < 10)
			(void)usleep(2000);
	}
}

static void *
tpm(void *arg)
{
	(void)arg;
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		uint8_t buf[8192];
		ssize_t n;

		if (fd < 0)
			return NULL;
		while ((n = read(fd, buf, sizeof(buf))) > 0) {
			got = (size_t)n;
			if (plan.hold)
				(void)sem_wait(&go);
			answer(fd);
			if (plan.close)
				break;
		}
		(void)close(fd);
	}
}

static uint8_t buf[BTZ_TPM_PLUGIN_BUFFER];
static size_t out_len;

static TEEC_Result
give(unsigned command, size_t named, unsigned sub, size_t room)
{
	memset(buf, 0, sizeof(buf));
	buf[0] = 0x80;
	buf[1] = 0x01;
	for (int i = 0; i < 4; i++)
		buf[2 + i] = (uint8_t)(named >> (24 - 8 * i));
	out_len = 99;
	return plugin_method.invoke(command, sub, buf, room, &out_len);
}

static TEEC_Result
transmit(size_t named, unsigned sub, size_t room)
{
	return give(BTZ_TPM_PLUGIN_TRANSMIT, named, sub, room);
}

static TEEC_Result
submit(unsigned len)
{
	return give(BTZ_TPM_PLUGIN_SUBMIT, len, len, sizeof(buf));
}

static TEEC_Result
collect(unsigned wait)
{
	out_len = 99;
	return plugin_method.invoke(
	    BTZ_TPM_PLUGIN_COLLECT, wait, buf, sizeof(buf), &out_len);
}

static void
plan_answer(size_t len, bool hold)
{
	plan.named = plan.sent = len;
	plan.piece = 8192;
	plan.close = false;
	plan.hold = hold;
}

static void
test_commands(void **state)
{
	static const struct {
		const char *name;
		size_t named;
		unsigned sub;
		size_t room;
		TEEC_Result want;
	} rows[] = {
		{ "shorter than a header", 9, 9, 4096,
		    TEEC_ERROR_BAD_PARAMETERS },
		{ "names more than it has", 13, 12, 4096,
		    TEEC_ERROR_BAD_PARAMETERS },
		{ "names less than it has", 11, 12, 4096,
		    TEEC_ERROR_BAD_PARAMETERS },
		{ "longer than the buffer", 4097, 4097, 4096,
		    TEEC_ERROR_BAD_PARAMETERS },
		{ "another buffer", 12, 12, 4095, TEEC_ERROR_BAD_PARAMETERS },
		{ "smallest", 10, 10, 4096, TEEC_SUCCESS },
		{ "largest", 4096, 4096, 4096, TEEC_SUCCESS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("# case: %s\n", rows[i].name);
		got = 0;
		plan.named = plan.sent = 10;
		plan.piece = 8192;
		plan.close = false;
		assert_int_equal(
		    transmit(rows[i].named, rows[i].sub, rows[i].room),
		    rows[i].want);
		assert_int_equal(out_len, rows[i].want == 0 ? 10 : 0);
		assert_int_equal(got, rows[i].want == 0 ? rows[i].named : 0);
	}
}

static void
test_responses(void **state)
{
	static const struct {
		const char *name;
		size_t named, sent, piece;
		bool close, ok;
	} rows[] = {
		{ "nothing", 10, 0, 8192, true, false },
		{ "half a header", 10, 5, 8192, true, false },
		{ "truncated", 100, 99, 8192, true, false },
		{ "names less than a header", 9, 10, 8192, false, false },
		{ "names nothing", 0, 10, 8192, false, false },
		{ "names more than fits", 4097, 4097, 8192, false, false },
		{ "names 4 GiB", 0xffffffff, 4096, 8192, false, false },
		{ "smallest", 10, 10, 8192, false, true },
		{ "byte by byte", 20, 20, 1, false, true },
		{ "largest", 4096, 4096, 8192, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("# case: %s\n", rows[i].name);
		plan.named = rows[i].named;
		plan.sent = rows[i].sent;
		plan.piece = rows[i].piece;
		plan.close = rows[i].close;
		assert_int_equal(transmit(12, 12, 4096),
		    rows[i].ok ? TEEC_SUCCESS : TEEC_ERROR_COMMUNICATION);
		if (!rows[i].ok)
			continue;
		assert_int_equal(out_len, rows[i].named);
		assert_int_equal(buf[out_len - 1],
		    out_len > 10 ? (uint8_t)(out_len - 1) : 0);
	}
}

/* Given to the TPM at once, taken when it is there. */
static void
test_two_calls(void **state)
{
	(void)state;
	assert_int_equal(collect(0), TEEC_ERROR_BAD_STATE);
	assert_int_equal(collect(1), TEEC_ERROR_BAD_STATE);
	assert_int_equal(give(BTZ_TPM_PLUGIN_SUBMIT, 13, 12, 4096),
	    TEEC_ERROR_BAD_PARAMETERS);
	plan_answer(30, true);
	assert_int_equal(submit(12), TEEC_SUCCESS);
	assert_int_equal(submit(12), TEEC_ERROR_BUSY);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(collect(0), TEEC_SUCCESS);
		assert_int_equal(out_len, 0);
	}
	assert_int_equal(
	    plugin_method.invoke(BTZ_TPM_PLUGIN_MODE, 0, buf, 1, &out_len),
	    TEEC_SUCCESS);
	(void)sem_post(&go);
	assert_int_equal(collect(1), TEEC_SUCCESS);
	assert_int_equal(out_len, 30);
	assert_int_equal(buf[29], 29);
	assert_int_equal(got, 12);
	assert_int_equal(collect(0), TEEC_ERROR_BAD_STATE);
}

static void *
let_go(void *arg)
{
	(void)arg;
	(void)usleep(20000);
	(void)sem_post(&go);
	(void)sem_post(&go);
	return NULL;
}

/* A trusted application that started again does not get the answer of the one
 * before it. */
static void
test_forgotten(void **state)
{
	pthread_t t;

	(void)state;
	plan_answer(40, true);
	assert_int_equal(submit(12), TEEC_SUCCESS);
	assert_int_equal(pthread_create(&t, NULL, let_go, NULL), 0);
	assert_int_equal(transmit(14, 14, 4096), TEEC_SUCCESS);
	assert_int_equal(out_len, 40);
	assert_int_equal(got, 14);
	assert_int_equal(pthread_join(t, NULL), 0);
	assert_int_equal(collect(0), TEEC_ERROR_BAD_STATE);
	/* Answered, but not taken. */
	plan_answer(20, false);
	assert_int_equal(submit(12), TEEC_SUCCESS);
	assert_int_equal(transmit(15, 15, 4096), TEEC_SUCCESS);
	assert_int_equal(got, 15);
	/* A failure is told once, then there is a new connection. */
	plan_answer(20, false);
	plan.sent = 5;
	plan.close = true;
	assert_int_equal(submit(12), TEEC_SUCCESS);
	assert_int_equal(collect(1), TEEC_ERROR_COMMUNICATION);
	assert_int_equal(collect(1), TEEC_ERROR_BAD_STATE);
	plan_answer(20, false);
	assert_int_equal(submit(12), TEEC_SUCCESS);
	assert_int_equal(collect(1), TEEC_SUCCESS);
	assert_int_equal(out_len, 20);
}

static void
test_other_commands(void **state)
{
	(void)state;
	assert_int_equal(plugin_method.invoke(5, 0, buf, 4096, &out_len),
	    TEEC_ERROR_NOT_SUPPORTED);
	assert_int_equal(
	    plugin_method.invoke(BTZ_TPM_PLUGIN_MODE, 0, NULL, 0, &out_len),
	    TEEC_ERROR_BAD_PARAMETERS);
	assert_int_equal(
	    plugin_method.invoke(BTZ_TPM_PLUGIN_MODE, 0, NULL, 1, &out_len),
	    TEEC_ERROR_BAD_PARAMETERS);
	for (int exclusive = 0; exclusive < 2; exclusive++) {
		(void)setenv(
		    "BARTIZAN_TPM_EXCLUSIVE", exclusive ? "1" : "0", 1);
		assert_int_equal(plugin_method.init(), TEEC_SUCCESS);
		buf[0] = 7;
		assert_int_equal(plugin_method.invoke(
				     BTZ_TPM_PLUGIN_MODE, 0, buf, 1, &out_len),
		    TEEC_SUCCESS);
		assert_int_equal(out_len, 1);
		assert_int_equal(buf[0], exclusive);
	}
}

static void
test_places(void **state)
{
	char text[160];

	(void)state;
	(void)setenv("BARTIZAN_TPM", "tcp:1.2.3.4", 1);
	assert_int_equal(plugin_method.init(), TEEC_ERROR_BAD_PARAMETERS);
	(void)snprintf(text, sizeof(text), "unix:%0*d", 108, 0);
	(void)setenv("BARTIZAN_TPM", text, 1);
	assert_int_equal(plugin_method.init(), TEEC_ERROR_BAD_PARAMETERS);
	(void)snprintf(text, sizeof(text), "device:%s/none", dir);
	(void)setenv("BARTIZAN_TPM", text, 1);
	assert_int_equal(plugin_method.init(), TEEC_SUCCESS);
	assert_int_equal(transmit(12, 12, 4096), TEEC_ERROR_COMMUNICATION);
}

static void *
rest(void *arg)
{
	static const uint8_t more[4090];

	(void)usleep(100000);
	assert_int_equal(
	    write(*(const int *)arg, more, sizeof(more)), sizeof(more));
	return NULL;
}

/* A device that answers in two pieces, of which the second is too long. */
static void
test_device_pieces(void **state)
{
	static const uint8_t head[10] = { 0x80, 0x01, 0, 0, 0x10, 0 };
	char fifo[96], text[128];
	pthread_t t;
	int fd;

	(void)state;
	(void)snprintf(fifo, sizeof(fifo), "%s/device", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	fd = open(fifo, O_RDWR | O_CLOEXEC);
	assert_int_equal(write(fd, head, sizeof(head)), sizeof(head));
	(void)snprintf(text, sizeof(text), "device:%s", fifo);
	(void)setenv("BARTIZAN_TPM", text, 1);
	assert_int_equal(plugin_method.init(), TEEC_SUCCESS);
	assert_int_equal(pthread_create(&t, NULL, rest, &fd), 0);
	assert_int_equal(transmit(12, 12, 4096), TEEC_SUCCESS);
	assert_int_equal(out_len, 4096);
	(void)pthread_join(t, NULL);
	(void)close(fd);
	(void)unlink(fifo);
}

static int
setup(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	static char where[96];
	static pthread_t thread;

	(void)state;
	if (mkdtemp(dir) == NULL || sem_init(&go, 0, 0) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/tpm", dir);
	memcpy(sun.sun_path, path, sizeof(path));
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    listen(listener, 4) != 0 ||
	    pthread_create(&thread, NULL, tpm, NULL) != 0 ||
	    pthread_detach(thread) != 0)
		return -1;
	(void)snprintf(where, sizeof(where), "unix:%s", path);
	(void)setenv("BARTIZAN_TPM", where, 1);
	return plugin_method.init() == TEEC_SUCCESS ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_two_calls),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_other_commands),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_device_pieces),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
