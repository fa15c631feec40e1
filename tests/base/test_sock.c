/* SPDX-License-Identifier: Apache-2.0 */
/* Single messages: size limits, end of file, connecting. */
#include "base/sock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "wire/limits.h"
#include "wire/msg_http.h"

static void
test_too_big(void **state)
{
	static uint8_t big[57344];
	static struct btz_msgbuf b;
	struct btz_http m = { .body = btz_span_of(big, 32768),
		.client_cert = btz_span_of(big, BTZ_CERT_MAX) };
	struct btz_frame f = { .op = 1 };

	(void)state;
	assert_int_equal(btz_sock_pack(&b, &f, &btz_def_http, &m), BTZ_OK);
	m.body.len = 32769;
	assert_int_equal(
	    btz_sock_pack(&b, &f, &btz_def_http, &m), BTZ_E_TOOBIG);
}

static void
test_end_and_overlong(void **state)
{
	static uint8_t big[BTZ_FRAME_MAX + 100];
	static struct btz_msgbuf b;
	int fds[2], got;

	(void)state;
	assert_int_equal(btz_sock_pair(true, fds, NULL), BTZ_OK);
	assert_int_equal(btz_sock_recv(fds[0], &b, &got, NULL), BTZ_E_AGAIN);
	assert_int_equal(send(fds[1], big, sizeof(big), 0), sizeof(big));
	assert_int_equal(btz_sock_recv(fds[0], &b, &got, NULL), BTZ_E_PROTO);
	(void)close(fds[1]);
	assert_int_equal(btz_sock_recv(fds[0], &b, &got, NULL), BTZ_E_GONE);
	assert_int_equal(btz_sock_send(fds[0], "x", 1, -1), BTZ_E_GONE);
	(void)close(fds[0]);
}

/* An empty message with a descriptor: no byte, but a place in our table. */
static void
test_empty_with_descriptor(void **state)
{
	static struct btz_msgbuf b;
	int fds[2], got, before, after;

	(void)state;
	assert_int_equal(btz_sock_pair(true, fds, NULL), BTZ_OK);
	before = dup(0);
	(void)close(before);
	assert_int_equal(btz_sock_send(fds[1], "", 0, fds[1]), BTZ_OK);
	assert_int_equal(btz_sock_recv(fds[0], &b, &got, NULL), BTZ_E_GONE);
	assert_int_equal(got, -1);
	after = dup(0); /* the lowest free number is what it was */
	(void)close(after);
	assert_int_equal(after, before);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void
test_connect(void **state)
{
	char path[200];
	struct btz_err err;
	int fd;

	(void)state;
	assert_int_equal(
	    btz_sock_connect("/nowhere/at/all.sock", &fd, &err), BTZ_E_DOWN);
	assert_int_equal(fd, -1);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(btz_sock_connect(path, &fd, &err), BTZ_E_TOOBIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_big),
		cmocka_unit_test(test_end_and_overlong),
		cmocka_unit_test(test_empty_with_descriptor),
		cmocka_unit_test(test_connect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
