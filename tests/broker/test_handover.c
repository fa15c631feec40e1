/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_handover.c - broker and crypto service as real processes: a lease with
 * its socket, keys over it, and everything that ends it.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/kms.h"
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"
#include "wire/msg_list.h"
#include "wire/table.h"

#define OTHER_UID 54321u /* a uid that is an application */

struct env {
	struct btz_box *box;
	struct btz_auditor *audit_soft, *audit_broker;
	struct btz_conn broker, c;
	struct btz_open_ok ok;
	struct btz_err err;
};

static struct env env;

static void
start_daemons(const char *extra, const char *of_one)
{
	char conf[1024];

	(void)snprintf(conf, sizeof(conf),
	    "[broker]\nmax_leases_per_uid = 8\n%s\n[app one]\nuid = %u\n"
	    "%s[app two]\nuid = %u\n",
	    extra, getuid(), of_one, OTHER_UID);
	env.box = btz_box_new(conf);
	btz_box_start(env.box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_box_start(env.box, BTZ_PROG_BROKER, NULL);
	env.audit_soft = btz_auditor_new(
	    btz_box_take(env.box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	env.audit_broker = btz_auditor_new(
	    btz_box_take(env.box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT));
	btz_box_cut(env.box, BTZ_PROG_BROKER, BTZ_PROG_CRYPTO_TEE);
	env.broker.fd = env.c.fd = -1;
}

static int
setup(void **state)
{
	*state = &env;
	start_daemons("", "");
	return 0;
}

static int
setup_rated(void **state)
{
	*state = &env;
	start_daemons("", "rate = 6\n");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	btz_conn_close(&env.broker);
	btz_conn_close(&env.c);
	btz_auditor_free(env.audit_soft);
	btz_auditor_free(env.audit_broker);
	assert_int_equal(btz_box_free(env.box), 0);
	return 0;
}

static enum btz_rc
open_as(const char *sock)
{
	btz_conn_close(&env.broker);
	btz_conn_close(&env.c);
	btz_conn_adopt(&env.broker, btz_box_connect(env.box, sock));
	return btz_kms_open(&env.broker, NULL, 0, &env.c, &env.ok, &env.err);
}

static enum btz_rc
generate(uint8_t alg, const char *label, struct btz_key_info *key)
{
	struct btz_generate g = { .alg = alg,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN | BTZ_USE_VERIFY,
		.label = btz_span_str(label) };

	return btz_kms_generate(&env.c, &g, key, &env.err);
}

static enum btz_rc
sign(const uint8_t *id, const char *text, uint8_t *sig, size_t *len)
{
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = btz_span_str(text) };
	struct btz_span out;
	enum btz_rc rc;

	memcpy(rq.id, id, sizeof(rq.id));
	rc = btz_kms_sign(&env.c, &rq, &out, &env.err);
	if (rc == BTZ_OK && sig != NULL) {
		*len = out.len;
		memcpy(sig, out.p, out.len);
	}
	return rc;
}

static enum btz_rc
verify(const uint8_t *id, const char *text, const uint8_t *sig, size_t len)
{
	struct btz_verify rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = btz_span_str(text),
		.signature = btz_span_of(sig, len) };

	memcpy(rq.id, id, sizeof(rq.id));
	return btz_kms_verify(&env.c, &rq, &env.err);
}

static void
test_life_of_a_key(void **state)
{
	struct btz_key_info key;
	struct btz_heard heard;
	uint8_t id[BTZ_ID_LEN], sig[BTZ_SIG_MAX], rnd[2][32];
	size_t len = 0;

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	assert_int_equal(generate(BTZ_ALG_EC_P256, "first", &key), BTZ_OK);
	assert_int_equal(key.protection, BTZ_PROT_SOFT);
	assert_true(btz_span_eq(key.owner, btz_span_str("one")));
	memcpy(id, key.id, sizeof(id));
	assert_int_equal(sign(id, "hello", sig, &len), BTZ_OK);
	assert_int_equal(verify(id, "hallo", sig, len), BTZ_E_SIGNATURE);
	assert_int_equal(verify(id, "hello", sig, len), BTZ_OK);
	assert_int_equal(btz_kms_random(&env.c, rnd[0], 32, &env.err), BTZ_OK);
	assert_int_equal(btz_kms_random(&env.c, rnd[1], 32, &env.err), BTZ_OK);
	assert_memory_not_equal(rnd[0], rnd[1], 32);
	assert_int_equal(
	    btz_auditor_heard(env.audit_soft, "key.generate", &heard), 2);
	assert_string_equal(heard.out, "ok");
	assert_int_equal(btz_kms_destroy(&env.c, id, &env.err), BTZ_OK);
	assert_int_equal(sign(id, "hello", sig, &len), BTZ_E_KEY_STATE);
	assert_int_equal(
	    btz_kms_destroy(&env.c, id, &env.err), BTZ_E_KEY_STATE);
	assert_true(btz_auditor_wait(env.audit_soft, "key.destroy", 2, 1000));
	assert_true(btz_auditor_wait(env.audit_soft, "key.sign", 1, 3000));
	assert_true(btz_auditor_wait(env.audit_soft, "key.verify", 1, 3000));
	(void)btz_auditor_heard(env.audit_soft, "key.verify", &heard);
	assert_int_equal(heard.n, 2);
}

/* RSA is made in a child; meanwhile the service answers others. */
static void
test_rsa_does_not_block(void **state)
{
	struct btz_conn other = { .fd = -1 }, broker = { .fd = -1 };
	struct btz_open_ok ok;
	struct btz_key_info key;
	struct btz_frame f = { .op = BTZ_OP_GENERATE, .tag = 7 };
	struct btz_generate g = { .alg = BTZ_ALG_RSA_2048,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN | BTZ_USE_VERIFY,
		.label = btz_span_str("rsa") };
	static struct btz_msgbuf buf;
	uint8_t rnd[16];
	int fd = -1;

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	btz_conn_adopt(&broker, btz_box_connect(env.box, "kms.sock"));
	assert_int_equal(
	    btz_kms_open(&broker, NULL, 0, &other, &ok, &env.err), BTZ_OK);
	assert_int_equal(
	    btz_sock_pack(&buf, &f, &btz_def_generate, &g), BTZ_OK);
	assert_int_equal(
	    btz_sock_send(env.c.fd, buf.bytes, buf.len, -1), BTZ_OK);
	assert_int_equal(btz_kms_random(&other, rnd, 16, &env.err), BTZ_OK);
	assert_int_equal(btz_sock_recv(env.c.fd, &buf, &fd, NULL), BTZ_OK);
	assert_true(btz_frame_decode(btz_span_of(buf.bytes, buf.len), &f));
	assert_int_equal(f.status, BTZ_OK);
	assert_true(btz_msg_decode(&btz_def_key_info, f.body, &key));
	assert_int_equal(key.alg, BTZ_ALG_RSA_2048);
	btz_conn_close(&broker);
	btz_conn_close(&other);
}

static void
test_refused(void **state)
{
	struct btz_key_info key;
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN };
	uint8_t id[BTZ_ID_LEN] = { 1 };
	struct btz_certify_issuing ci = { .not_after = 1 };
	struct btz_span der;

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	assert_int_equal(sign(id, "x", NULL, NULL), BTZ_E_NOENT);
	assert_int_equal(btz_kms_destroy(&env.c, id, &env.err), BTZ_E_NOENT);
	assert_int_equal(
	    btz_kms_export_public(&env.c, id, &key, &env.err), BTZ_E_NOENT);
	g.kind = BTZ_KIND_ISSUING;
	assert_int_equal(
	    btz_kms_generate(&env.c, &g, &key, &env.err), BTZ_E_UNSUPPORTED);
	assert_int_equal(
	    btz_kms_certify_issuing(&env.c, &ci, &der, &env.err), BTZ_E_DENIED);
	g = (struct btz_generate){ .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_VERIFY };
	assert_int_equal(btz_kms_generate(&env.c, &g, &key, &env.err), BTZ_OK);
	memcpy(id, key.id, sizeof(id));
	assert_int_equal(sign(id, "x", NULL, NULL), BTZ_E_KEY_USAGE);
	/* what OPEN did not ask for is not there */
	assert_int_equal(btz_kms_open(&env.broker, NULL, BTZ_USE_RANDOM, &env.c,
			     &env.ok, &env.err),
	    BTZ_OK);
	assert_int_equal(env.ok.ops, BTZ_USE_RANDOM);
	assert_int_equal(sign(id, "x", NULL, NULL), BTZ_E_DENIED);
	assert_int_equal(
	    btz_kms_open(&env.broker, "hsm", 0, &env.c, &env.ok, &env.err),
	    BTZ_E_NOENT);
	assert_int_equal(
	    btz_kms_open(&env.broker, "tee", 0, &env.c, &env.ok, &env.err),
	    BTZ_E_DOWN);
}

/* Ceremonies are for administrators: no lease has it, and no lease does it. */
static void
test_no_ceremony(void **state)
{
	struct btz_approval_request rq = { .operation = BTZ_APPROVE_TIME_SET };
	struct btz_challenge ch;

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	assert_int_equal(env.ok.ops & BTZ_USE_CEREMONY, 0);
	assert_int_equal(btz_kms_open(&env.broker, NULL, BTZ_USE_CEREMONY,
			     &env.c, &env.ok, &env.err),
	    BTZ_E_DENIED);
	assert_int_equal(
	    btz_kms_open(&env.broker, NULL, BTZ_USE_CEREMONY | BTZ_USE_RANDOM,
		&env.c, &env.ok, &env.err),
	    BTZ_OK);
	assert_int_equal(env.ok.ops, BTZ_USE_RANDOM);
	assert_int_equal(
	    btz_kms_approval_nonce(&env.c, &rq, &ch, &env.err), BTZ_E_DENIED);
	assert_int_equal(
	    btz_kms_approval_cancel(&env.c, ch.nonce, &env.err), BTZ_E_DENIED);
	/* an administrator's lease has it; 'soft' has no root */
	assert_int_equal(open_as("admin/broker.sock"), BTZ_OK);
	assert_int_equal(btz_kms_approval_nonce(&env.c, &rq, &ch, &env.err),
	    BTZ_E_UNSUPPORTED);
}

/* The administrator's key is not the application's, and the other way. */
static void
test_owners(void **state)
{
	struct btz_key_info key;
	struct btz_key_rows rows;
	struct btz_rd rd;
	uint8_t id[BTZ_ID_LEN];
	int n = 0;

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	assert_int_equal(generate(BTZ_ALG_EC_P256, "mine", &key), BTZ_OK);
	memcpy(id, key.id, sizeof(id));
	assert_int_equal(open_as("admin/broker.sock"), BTZ_OK);
	assert_int_equal(sign(id, "x", NULL, NULL), BTZ_E_DENIED);
	assert_int_equal(btz_kms_destroy(&env.c, id, &env.err), BTZ_E_NOENT);
	/* but the administrator sees that it exists */
	assert_int_equal(
	    btz_kms_list(&env.c, NULL, NULL, &rows, &env.err), BTZ_OK);
	btz_rd_span(&rd, rows.rows);
	while (btz_kms_list_next(&rd, &key) == 1)
		n++;
	assert_int_equal(n, 1);
	assert_int_equal(generate(BTZ_ALG_EC_P256, "admin's", &key), BTZ_OK);
	memcpy(id, key.id, sizeof(id));
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	assert_int_equal(sign(id, "x", NULL, NULL), BTZ_E_NOENT);
	assert_int_equal(
	    btz_kms_list(&env.c, NULL, "admin's", &rows, &env.err), BTZ_OK);
	assert_int_equal(rows.rows.len, 0);
}

static enum btz_rc
take_back(uint64_t lease)
{
	struct btz_conn admin;
	struct btz_err err;
	enum btz_rc rc;

	btz_conn_adopt(&admin, btz_box_connect(env.box, "admin/broker.sock"));
	rc = btz_kms_lease_revoke(&admin, lease, &err);
	btz_conn_close(&admin);
	return rc;
}

static void
test_withdraw_mid_use(void **state)
{
	struct btz_key_info key;
	uint8_t id[BTZ_ID_LEN];

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	assert_int_equal(generate(BTZ_ALG_EC_P256, "k", &key), BTZ_OK);
	memcpy(id, key.id, sizeof(id));
	assert_int_equal(take_back(env.ok.lease ^ 1), BTZ_E_NOENT);
	assert_int_equal(sign(id, "x", NULL, NULL), BTZ_OK);
	assert_int_equal(take_back(env.ok.lease), BTZ_OK);
	assert_int_equal(sign(id, "x", NULL, NULL), BTZ_E_GONE);
	assert_int_equal(take_back(env.ok.lease), BTZ_E_NOENT);
}

/* Withdrawn while its record is being written: the key is not made. */
static void
test_withdraw_in_generate(void **state)
{
	struct btz_frame f = { .op = BTZ_OP_GENERATE, .tag = 9 };
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN };
	static struct btz_msgbuf buf;
	struct btz_heard heard;

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	btz_auditor_delay(env.audit_soft, 300);
	assert_int_equal(
	    btz_sock_pack(&buf, &f, &btz_def_generate, &g), BTZ_OK);
	assert_int_equal(
	    btz_sock_send(env.c.fd, buf.bytes, buf.len, -1), BTZ_OK);
	assert_true(btz_auditor_wait(env.audit_soft, "key.generate", 1, 1000));
	assert_int_equal(take_back(env.ok.lease), BTZ_OK);
	assert_true(btz_auditor_wait(env.audit_soft, "key.generate", 2, 2000));
	(void)btz_auditor_heard(env.audit_soft, "key.generate", &heard);
	assert_string_equal(heard.out, "E_LEASE");
	btz_auditor_delay(env.audit_soft, 0);
}

static int
setup_three_keys(void **state)
{
	*state = &env;
	start_daemons("[crypto]\nmax_keys_per_app = 3\n", "");
	return 0;
}

/* Asked for all at once: each of them saw that there was room. */
static void
test_key_quota(void **state)
{
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN };
	static struct btz_msgbuf buf;
	struct btz_frame f;
	unsigned made = 0;
	int fd;

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	btz_auditor_delay(env.audit_soft, 100);
	for (uint32_t tag = 1; tag <= 8; tag++) {
		f = (struct btz_frame){ .op = BTZ_OP_GENERATE, .tag = tag };
		assert_int_equal(
		    btz_sock_pack(&buf, &f, &btz_def_generate, &g), BTZ_OK);
		assert_int_equal(
		    btz_sock_send(env.c.fd, buf.bytes, buf.len, -1), BTZ_OK);
	}
	for (int i = 0; i < 8; i++) {
		assert_int_equal(
		    btz_sock_recv(env.c.fd, &buf, &fd, NULL), BTZ_OK);
		assert_true(
		    btz_frame_decode(btz_span_of(buf.bytes, buf.len), &f));
		if (f.status == BTZ_OK)
			made++;
		else
			assert_int_equal(f.status, BTZ_E_KEYS_MAX);
	}
	assert_int_equal(made, 3);
	btz_auditor_delay(env.audit_soft, 0);
}

/* A stopped service cannot acknowledge: the administrator is told so. */
static void
test_not_confirmed(void **state)
{
	pid_t pid = btz_box_pid(env.box, BTZ_PROG_CRYPTO_SOFT);

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(take_back(env.ok.lease), BTZ_E_NOT_CONFIRMED);
	assert_int_equal(kill(pid, SIGCONT), 0);
}

static void
test_no_log_no_key(void **state)
{
	struct btz_key_info key;

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	btz_auditor_free(env.audit_soft);
	env.audit_soft = NULL;
	assert_int_equal(generate(BTZ_ALG_EC_P256, "k", &key), BTZ_E_NO_LOG);
}

/* What the broker could not tell is counted, and the count is told; so is
 * what it did not tell one by one because it was the same again. */
static void
test_lost_records(void **state)
{
	uint64_t opened = 0;

	(void)state;
	(void)usleep(1200000); /* what was told before is told */
	btz_auditor_free(env.audit_broker);
	env.audit_broker = NULL;
	for (; opened < 3; opened++)
		assert_int_equal(open_as("kms.sock"), BTZ_OK);
	env.audit_broker = btz_auditor_new(btz_box_renew(
	    env.box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT, BTZ_PROG_BROKER));
	for (int i = 0; i < 100; i++) { /* until the new edge is there */
		assert_int_equal(open_as("kms.sock"), BTZ_OK);
		opened++;
		if (btz_auditor_wait(env.audit_broker, "lost", 1, 50))
			break;
	}
	assert_int_equal(btz_auditor_heard(env.audit_broker, "lost", NULL), 1);
	for (int i = 0; i < 60; i++) {
		(void)usleep(50000);
		if (btz_auditor_times(env.audit_broker, "lost") +
			btz_auditor_times(env.audit_broker, "lease.open") ==
		    opened)
			return;
	}
	fail_msg("not every lease is in the log or counted");
}

static void
test_broker_dies(void **state)
{
	struct btz_key_info key;
	uint8_t id[BTZ_ID_LEN];
	char path[128];

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	assert_int_equal(generate(BTZ_ALG_EC_P256, "k", &key), BTZ_OK);
	memcpy(id, key.id, sizeof(id));
	btz_auditor_free(env.audit_broker);
	env.audit_broker = NULL;
	assert_int_equal(
	    btz_box_kill(env.box, BTZ_PROG_BROKER, SIGKILL), SIGKILL);
	/* the service sees its control edge go down and closes the socket */
	assert_int_equal(sign(id, "x", NULL, NULL), BTZ_E_GONE);
	btz_box_start(env.box, BTZ_PROG_BROKER, NULL);
	(void)snprintf(
	    path, sizeof(path), "%s/run/kms.sock", btz_box_home(env.box));
	assert_int_equal(
	    btz_kms_connect(path, NULL, 0, 3000, &env.c, &env.err), BTZ_OK);
	assert_int_equal(sign(id, "x", NULL, NULL), BTZ_OK);
}

static void
test_crypto_dies(void **state)
{
	struct btz_key_info key;
	uint8_t id[BTZ_ID_LEN];

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	assert_int_equal(generate(BTZ_ALG_EC_P256, "k", &key), BTZ_OK);
	memcpy(id, key.id, sizeof(id));
	assert_int_equal(
	    btz_box_kill(env.box, BTZ_PROG_CRYPTO_SOFT, SIGKILL), SIGKILL);
	assert_int_equal(sign(id, "x", NULL, NULL), BTZ_E_GONE);
	assert_int_equal(open_as("kms.sock"), BTZ_E_DOWN);
	btz_box_start(env.box, BTZ_PROG_CRYPTO_SOFT, NULL);
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	assert_int_equal(sign(id, "x", NULL, NULL), BTZ_OK);
}

static void
test_quota(void **state)
{
	struct btz_conn more[9];
	struct btz_open_ok ok;
	int given = 0;

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	for (int i = 0; i < 9; i++) {
		enum btz_rc rc = btz_kms_open(
		    &env.broker, NULL, 0, &more[i], &ok, &env.err);

		assert_int_equal(rc, i < 7 ? BTZ_OK : BTZ_E_QUOTA);
		given += rc == BTZ_OK;
	}
	for (int i = 0; i < given; i++)
		btz_conn_close(&more[i]);
	/* closed ones count no more, as soon as the service noticed */
	for (int i = 0; i < 100; i++) {
		if (btz_kms_open(&env.broker, NULL, 0, &more[0], &ok,
			&env.err) == BTZ_OK)
			break;
		(void)usleep(10000);
	}
	assert_true(more[0].fd >= 0);
	btz_conn_close(&more[0]);
}

static void
test_lists(void **state)
{
	struct btz_conn admin;
	struct btz_list rq = { .noun = BTZ_NOUN_LEASE };
	struct btz_table m;
	struct btz_table_rd rd;
	struct btz_span cells[BTZ_TABLE_COLS_MAX];
	int rows = 0, weak = 0;

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	/* an application may not look */
	assert_int_equal(btz_conn_call(&env.broker, BTZ_OP_LIST, &btz_def_list,
			     &rq, &btz_def_table, &m, NULL, &env.err),
	    BTZ_E_DENIED);
	btz_conn_adopt(&admin, btz_box_connect(env.box, "admin/broker.sock"));
	for (rq.noun = BTZ_NOUN_LEASE; rq.noun <= BTZ_NOUN_BACKEND; rq.noun++) {
		assert_int_equal(
		    btz_conn_call(&admin, BTZ_OP_LIST, &btz_def_list, &rq,
			&btz_def_table, &m, NULL, &env.err),
		    BTZ_OK);
		assert_true(btz_table_read(&rd, &m));
		while (btz_table_row(&rd, cells) == 1)
			rows++;
	}
	assert_int_equal(rows, 1 + 2 + 2); /* tee is there as "down" */
	assert_int_equal(btz_conn_call(&admin, BTZ_OP_STATUS, NULL, NULL,
			     &btz_def_table, &m, NULL, &env.err),
	    BTZ_OK);
	assert_true(btz_table_read(&rd, &m));
	assert_int_equal(rd.n_cols, 3);
	while (btz_table_row(&rd, cells) == 1)
		weak += btz_span_eq(cells[1],
			    btz_span_str("keys wrapped under a file key")) &&
			btz_span_eq(cells[0], btz_span_str("soft: wrapping"));
	assert_int_equal(weak, 1);
	btz_conn_close(&admin);
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
setup_short(void **state)
{
	*state = &env;
	start_daemons("lease_s = 10", "");
	return 0;
}

/* The shortest lease that the configuration allows runs out. */
static void
test_expiry(void **state)
{
	struct pollfd p;

	(void)state;
	assert_int_equal(open_as("kms.sock"), BTZ_OK);
	assert_int_equal(ask_random(env.c.fd), BTZ_OK);
	p = (struct pollfd){ .fd = env.c.fd, .events = POLLIN };
	assert_int_equal(poll(&p, 1, 9000), 0);
	assert_int_equal(poll(&p, 1, 3000), 1); /* closed by the service */
	assert_int_equal(ask_random(env.c.fd), BTZ_E_GONE);
	env.c.fd = -1;
}

/* [app NAME] rate: of all leases together. A slow machine may give a second's
 * worth more, never what six leases would have. */
static void
test_rate(void **state)
{
	int given = 0, refused = 0;
	uint8_t r[8];

	(void)state;
	for (int lease = 0; lease < 6; lease++) {
		assert_int_equal(open_as("kms.sock"), BTZ_OK);
		for (int i = 0; i < 6; i++) {
			const enum btz_rc rc = btz_kms_random(
			    &env.c, r, sizeof(r), &env.err);

			assert_true(rc == BTZ_OK || rc == BTZ_E_QUOTA);
			given += rc == BTZ_OK;
			refused += rc == BTZ_E_QUOTA;
		}
	}
	assert_true(given >= 6);
	assert_true(refused >= 6);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_refused),
		cmocka_unit_test_setup_teardown(
		    test_rate, setup_rated, teardown),
		WITH(test_no_ceremony),
		WITH(test_owners),
		WITH(test_life_of_a_key),
		WITH(test_rsa_does_not_block),
		WITH(test_withdraw_mid_use),
		WITH(test_withdraw_in_generate),
		WITH(test_not_confirmed),
		WITH(test_no_log_no_key),
		WITH(test_lost_records),
		WITH(test_broker_dies),
		WITH(test_crypto_dies),
		WITH(test_quota),
		WITH(test_lists),
		cmocka_unit_test_setup_teardown(
		    test_expiry, setup_short, teardown),
		cmocka_unit_test_setup_teardown(
		    test_key_quota, setup_three_keys, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
