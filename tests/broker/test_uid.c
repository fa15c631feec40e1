/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_uid.c - the kernel's word about who sends: applications by uid, and a
 * leased socket in the hands of another uid. Needs root; skipped otherwise.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/kms.h"
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"
#include "wire/msg_audit.h"

#define OTHER_UID 54321u

struct env {
	struct btz_box *box;
	struct btz_auditor *audit_broker;
	struct btz_conn broker, c;
	struct btz_open_ok ok;
	struct btz_err err;
};

static struct env env;

static int
setup(void **state)
{
	char conf[128];

	*state = &env;
	(void)snprintf(conf, sizeof(conf),
	    "[app one]\nuid = 0\n[app two]\nuid = %u\n", OTHER_UID);
	env.box = btz_box_new(conf);
	btz_box_start(env.box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_box_start(env.box, BTZ_PROG_BROKER, NULL);
	env.audit_broker = btz_auditor_new(
	    btz_box_take(env.box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT));
	env.broker.fd = env.c.fd = -1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	btz_conn_close(&env.broker);
	btz_conn_close(&env.c);
	btz_auditor_free(env.audit_broker);
	assert_int_equal(btz_box_free(env.box), 0);
	return 0;
}

static enum btz_rc
open_as(const char *sock)
{
	btz_conn_adopt(&env.broker, btz_box_connect(env.box, sock));
	return btz_kms_open(&env.broker, NULL, 0, &env.c, &env.ok, &env.err);
}

/* Runs fn in a child of another uid that inherits fd; its exit status. */
static int
as_uid(uid_t uid, int (*fn)(int fd), int fd)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (setresgid(uid, uid, uid) != 0 ||
		    setresuid(uid, uid, uid) != 0)
			_exit(100);
		_exit(fn(fd));
	}
	(void)waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static int
ask_random(int fd)
{
	static struct btz_conn c;
	struct btz_err err;
	uint8_t rnd[8];

	btz_conn_adopt(&c, fd);
	return (int)btz_kms_random(&c, rnd, sizeof(rnd), &err);
}

static int
ask_ping(int fd)
{
	static struct btz_conn c;

	btz_conn_adopt(&c, fd);
	return (int)btz_conn_call(
	    &c, BTZ_OP_PING, NULL, NULL, NULL, NULL, NULL, NULL);
}

static int
ask_lease(int fd)
{
	static struct btz_conn c, leased;
	struct btz_open_ok ok;
	struct btz_err err;
	enum btz_rc rc;

	btz_conn_adopt(&c, fd);
	rc = btz_kms_open(&c, NULL, 0, &leased, &ok, &err);
	return rc != BTZ_OK ? (int)rc : ask_random(leased.fd);
}

/* A leased socket that another uid got hold of is worth nothing. */
static void
test_wrong_uid(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	assert_int_equal(ask_random(env.c.fd), BTZ_OK);
	assert_int_equal(as_uid(OTHER_UID, ask_random, env.c.fd), BTZ_E_GONE);
	assert_int_equal(ask_random(env.c.fd), BTZ_E_GONE);
	env.c.fd = -1; /* closed by the call that failed */
	fd = btz_box_connect(env.box, "kms.sock");
	assert_true(fd >= 0);
	(void)close(fd);
}

/* Not even a ping, which no table of operations judges. */
static void
test_wrong_uid_pings(void **state)
{
	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	assert_int_equal(ask_ping(env.c.fd), BTZ_OK);
	assert_int_equal(as_uid(OTHER_UID, ask_ping, env.c.fd), BTZ_E_GONE);
	assert_int_equal(ask_random(env.c.fd), BTZ_E_GONE);
	env.c.fd = -1; /* closed by the call that failed */
}

static int
open_and_ask(int unused)
{
	int fd = btz_box_connect(env.box, "kms.sock");

	(void)unused;
	return fd < 0 ? 101 : ask_lease(fd);
}

static void
test_applications_by_uid(void **state)
{
	(void)state;
	assert_int_equal(as_uid(OTHER_UID, open_and_ask, 0), BTZ_OK);
	assert_int_equal(as_uid(OTHER_UID + 1, open_and_ask, 0), BTZ_E_DENIED);
	assert_true(btz_auditor_wait(env.audit_broker, "lease.open", 2, 1000));
}

static int
open_often(int unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		int fd = btz_box_connect(env.box, "kms.sock");

		if (fd < 0 || ask_lease(fd) != BTZ_E_DENIED)
			return 1;
		(void)close(fd);
	}
	return 0;
}

/* Whoever floods the broker does not fill the log: the first refusal is
 * recorded, the others are counted in a record for each second. */
static void
test_refusals_are_counted(void **state)
{
	struct btz_heard last;
	size_t n;

	(void)state;
	assert_int_equal(as_uid(OTHER_UID + 1, open_often, 0), 0);
	assert_true(btz_auditor_wait(env.audit_broker, "lease.open", 2, 3000));
	n = btz_auditor_heard(env.audit_broker, "lease.open", &last);
	assert_in_range(n, 2, 20);
	assert_in_range(last.n, 10, 199);
	assert_int_equal(last.decision, BTZ_DEC_DENY);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_wrong_uid),
		WITH(test_wrong_uid_pings),
		WITH(test_applications_by_uid),
		WITH(test_refusals_are_counted),
	};

	if (getuid() != 0) {
		(void)puts("1..0 # SKIP needs root and several uids");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
