/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_open_here.c - OPEN_HERE with a real broker and service: the connection
 * that asks becomes the leased socket, waited for and not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/kms.h"
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"
#include "wire/msg_list.h"

#define OTHER_UID 54321u

static struct {
	struct btz_box *box;
	struct btz_auditor *audits[2];
	struct btz_conn c;
	struct btz_open_ok ok;
	struct btz_err err;
	char path[128];
} env;

static int
setup(void **state)
{
	char conf[128];

	(void)state;
	memset(&env, 0, sizeof(env));
	(void)snprintf(conf, sizeof(conf),
	    "[broker]\nmax_leases_per_uid = 2\n[app one]\nuid = %u\n",
	    getuid());
	env.box = btz_box_new(conf);
	btz_box_start(env.box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_box_start(env.box, BTZ_PROG_BROKER, NULL);
	env.audits[0] = btz_auditor_new(
	    btz_box_take(env.box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	env.audits[1] = btz_auditor_new(
	    btz_box_take(env.box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT));
	btz_box_cut(env.box, BTZ_PROG_BROKER, BTZ_PROG_CRYPTO_TEE);
	(void)snprintf(env.path, sizeof(env.path), "%s/run/kms.sock",
	    btz_box_home(env.box));
	env.c.fd = -1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	btz_conn_close(&env.c);
	btz_auditor_free(env.audits[0]);
	btz_auditor_free(env.audits[1]);
	assert_int_equal(btz_box_free(env.box), 0);
	return 0;
}

static enum btz_rc
draw(struct btz_conn *c)
{
	uint8_t rnd[8];

	return btz_kms_random(c, rnd, sizeof(rnd), &env.err);
}

static void
connect_broker(struct btz_conn *c)
{
	assert_int_equal(btz_conn_open(c, env.path, &env.err), BTZ_OK);
}

static enum btz_rc
open_here(struct btz_conn *c, const char *backend, uint32_t ops)
{
	connect_broker(c);
	return btz_kms_open_here(c, backend, ops, &env.ok, &env.err);
}

static const struct {
	const char *name, *backend;
	uint32_t ops;
	enum btz_rc rc;
} cases[] = {
	{ "no such backend", "hsm", 0, BTZ_E_NOENT },
	{ "backend is down", "tee", 0, BTZ_E_DOWN },
	{ "nothing that it may have", NULL, BTZ_USE_CEREMONY, BTZ_E_DENIED },
	{ "granted", NULL, BTZ_USE_RANDOM, BTZ_OK },
};

/* A refusal leaves the connection with the broker. */
static void
test_waited_for(void **state)
{
	struct btz_list rq = { .noun = BTZ_NOUN_BACKEND };
	struct btz_table t;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		enum btz_rc rc;

		print_message("# case: %s\n", cases[i].name);
		assert_int_equal(
		    open_here(&env.c, cases[i].backend, cases[i].ops),
		    cases[i].rc);
		rc = btz_conn_call(&env.c, BTZ_OP_LIST, &btz_def_list, &rq,
		    &btz_def_table, &t, NULL, &env.err);
		assert_int_equal(
		    rc, cases[i].rc == BTZ_OK ? BTZ_E_DENIED : BTZ_OK);
		if (cases[i].rc == BTZ_OK)
			assert_int_equal(draw(&env.c), BTZ_OK);
		btz_conn_close(&env.c);
	}
	assert_int_equal(env.ok.ops, BTZ_USE_RANDOM);
	assert_true(btz_auditor_wait(env.audits[1], "lease.open", 1, 3000));
}

/* The refusal is the first call's result. Many times: connecting, asking for
 * the lease and asking over it come one behind the other. */
static void
test_ahead(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		print_message("# case: %s\n", cases[i].name);
		connect_broker(&env.c);
		assert_int_equal(btz_kms_open_ahead(&env.c, cases[i].backend,
				     cases[i].ops, &env.err),
		    BTZ_OK);
		assert_int_equal(draw(&env.c), cases[i].rc);
		assert_int_equal(env.c.fd >= 0, cases[i].rc == BTZ_OK);
		btz_conn_close(&env.c);
	}
	for (int i = 0; i < 300; i++) {
		enum btz_rc rc = BTZ_E_QUOTA;

		/* the end of the one before is on its way to the broker */
		for (int k = 0; k < 200 && rc == BTZ_E_QUOTA; k++) {
			btz_conn_close(&env.c);
			connect_broker(&env.c);
			assert_int_equal(
			    btz_kms_open_ahead(&env.c, NULL, 0, &env.err),
			    BTZ_OK);
			rc = draw(&env.c);
		}
		assert_int_equal(rc, BTZ_OK);
	}
}

static enum btz_rc
take_back(uint64_t lease)
{
	static struct btz_conn admin;
	enum btz_rc rc;

	btz_conn_adopt(&admin, btz_box_connect(env.box, "admin/broker.sock"));
	rc = btz_kms_lease_revoke(&admin, lease, &env.err);
	btz_conn_close(&admin);
	return rc;
}

static void
test_withdrawn(void **state)
{
	(void)state;
	assert_int_equal(open_here(&env.c, NULL, 0), BTZ_OK);
	assert_int_equal(draw(&env.c), BTZ_OK);
	assert_int_equal(take_back(env.ok.lease), BTZ_OK);
	assert_int_equal(draw(&env.c), BTZ_E_GONE);
}

/* Two at a time, and again when one has hung up; no descriptor of any of them
 * stays with the broker. */
static void
test_counted(void **state)
{
	static struct btz_conn c[3];
	enum btz_rc rc = BTZ_E_QUOTA;

	(void)state;
	assert_int_equal(open_here(&c[0], NULL, 0), BTZ_OK);
	assert_int_equal(open_here(&c[1], NULL, 0), BTZ_OK);
	assert_int_equal(open_here(&c[2], NULL, 0), BTZ_E_QUOTA);
	btz_conn_close(&c[2]);
	btz_conn_close(&c[0]);
	for (int i = 0; i < 100 && rc == BTZ_E_QUOTA; i++) {
		(void)usleep(10000);
		rc = open_here(&c[2], NULL, 0);
		if (rc != BTZ_OK)
			btz_conn_close(&c[2]);
	}
	assert_int_equal(rc, BTZ_OK);
	assert_int_equal(draw(&c[1]), BTZ_OK);
	(void)btz_box_kill(env.box, BTZ_PROG_CRYPTO_SOFT, SIGKILL);
	assert_int_equal(draw(&c[1]), BTZ_E_GONE);
	assert_int_equal(draw(&c[2]), BTZ_E_GONE);
	btz_box_start(env.box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_auditor_free(env.audits[0]);
	env.audits[0] = btz_auditor_new(
	    btz_box_take(env.box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
}

/* Each message's sender counts, as with a socket of a pair. */
static void
test_wrong_uid(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	if (getuid() != 0)
		skip();
	assert_int_equal(open_here(&env.c, NULL, 0), BTZ_OK);
	assert_int_equal(draw(&env.c), BTZ_OK);
	pid = fork();
	if (pid == 0) {
		if (setresuid(OTHER_UID, OTHER_UID, OTHER_UID) != 0)
			_exit(100);
		_exit((int)draw(&env.c));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), BTZ_E_GONE);
	assert_int_equal(draw(&env.c), BTZ_E_GONE);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_waited_for),
		WITH(test_ahead),
		WITH(test_withdrawn),
		WITH(test_counted),
		WITH(test_wrong_uid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
