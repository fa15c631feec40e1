/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_slow_box.c - a TPM that takes 400 ms for a signature, over a real broker
 * and service with the fake backend: TEE signatures go on, what needs the TPM
 * waits its turn, and whoever goes away meanwhile breaks nothing.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "client/kms.h"
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"

#define TPM_MS 400u

static struct btz_box *box;
static struct btz_auditor *audit;
static struct btz_conn admin, admin2, ca, ca2, ca3, ca4, loga_, logb_;
static struct btz_provision_ok ok;
static uint8_t root[BTZ_ID_LEN], cp[BTZ_ID_LEN], plain[BTZ_ID_LEN],
    issuing[BTZ_ID_LEN];

/* One request in a thread. */
struct job {
	enum btz_rc (*fn)(struct btz_conn *c);
	struct btz_conn *conn;
	pthread_t thread;
	enum btz_rc rc;
	uint64_t done; /* boot ms */
};

static void *
run(void *arg)
{
	struct job *j = arg;

	j->rc = j->fn(j->conn);
	j->done = btz_boot_ms();
	return NULL;
}

static void
begin(struct job *j, enum btz_rc (*fn)(struct btz_conn *c), struct btz_conn *c)
{
	j->fn = fn;
	j->conn = c;
	assert_int_equal(pthread_create(&j->thread, NULL, run, j), 0);
}

static enum btz_rc
end(struct job *j)
{
	assert_int_equal(pthread_join(j->thread, NULL), 0);
	return j->rc;
}

static void
pause_ms(uint32_t ms)
{
	(void)usleep(ms * 1000);
}

static enum btz_rc
checkpoint(struct btz_conn *c)
{
	static uint64_t size = 1;
	struct btz_checkpoint rq = { .size = size++ };
	struct btz_checkpoint_ok done;
	struct btz_err err;
	enum btz_rc rc;

	memcpy(rq.id, cp, sizeof(rq.id));
	rc = btz_kms_sign_checkpoint(c, &rq, &done, &err);
	if (rc == BTZ_OK && (done.size != rq.size || done.note.len == 0))
		return BTZ_E_INTERNAL;
	return rc;
}

static enum btz_rc
certify(struct btz_conn *c)
{
	struct btz_certify_issuing ci = { .not_after = 2 };
	struct btz_span der;
	struct btz_err err;

	memcpy(ci.issuing_id, issuing, BTZ_ID_LEN);
	memcpy(ci.root_id, root, BTZ_ID_LEN);
	return btz_kms_certify_issuing(c, &ci, &der, &err);
}

static enum btz_rc
generate(struct btz_conn *c, uint8_t kind, uint8_t id[BTZ_ID_LEN])
{
	struct btz_generate g = {
		.alg = BTZ_ALG_EC_P256, .kind = kind, .usage = BTZ_USE_SIGN
	};
	struct btz_key_info key;
	struct btz_err err;
	enum btz_rc rc = btz_kms_generate(c, &g, &key, &err);

	if (rc == BTZ_OK)
		memcpy(id, key.id, BTZ_ID_LEN);
	return rc;
}

static enum btz_rc
generate_issuing(struct btz_conn *c)
{
	uint8_t id[BTZ_ID_LEN];

	return generate(c, BTZ_KIND_ISSUING, id);
}

static enum btz_rc
destroy(struct btz_conn *c)
{
	uint8_t id[BTZ_ID_LEN];
	struct btz_err err;
	enum btz_rc rc = generate(c, BTZ_KIND_PLAIN, id);

	return rc == BTZ_OK ? btz_kms_destroy(c, id, &err) : rc;
}

static enum btz_rc
root_list(struct btz_conn *c)
{
	struct btz_approved rq = { .operation = BTZ_APPROVE_ROOT_CRL,
		.approvals = btz_span_str("x") };
	struct btz_span list;
	struct btz_err err;
	enum btz_rc rc = btz_kms_approved(c, &rq, &list, &err);

	if (rc == BTZ_OK && !btz_span_eq(list, btz_span_str("fake list")))
		return BTZ_E_INTERNAL;
	return rc;
}

static enum btz_rc
sign(struct btz_conn *c, const uint8_t *id, uint8_t input_kind)
{
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = input_kind,
		.input = btz_span_str("0123456789abcdef0123456789abcdef") };
	struct btz_span out;
	struct btz_err err;

	memcpy(rq.id, id, sizeof(rq.id));
	return btz_kms_sign(c, &rq, &out, &err);
}

static enum btz_rc
sign_list(struct btz_conn *c)
{
	return sign(c, issuing, BTZ_IN_TBS_CRL);
}

static void
open_over(struct btz_conn **leased, size_t n, int fd)
{
	struct btz_conn broker;
	struct btz_open_ok opened;
	struct btz_err err;

	assert_true(fd >= 0);
	btz_conn_adopt(&broker, fd);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(
		    btz_kms_open(&broker, "tee", 0, leased[i], &opened, &err),
		    BTZ_OK);
	btz_conn_close(&broker);
}

static void
provision(void)
{
	struct btz_provision rq = { .trust_domain = btz_span_str("box.test"),
		.box = btz_span_str("box"),
		.origin = btz_span_str("box.test/log"),
		.now = 1790000000,
		.root_not_after = 2100000000 };
	struct btz_err err;

	assert_int_equal(btz_kms_provision(&admin, &rq, &ok, &err), BTZ_OK);
	memcpy(root, ok.root_id, sizeof(root));
	memcpy(cp, ok.checkpoint_id, sizeof(cp));
}

static int
setup(void **state)
{
	struct btz_conn *admins[] = { &admin, &admin2 },
			*cas[] = { &ca, &ca2, &ca3, &ca4 },
			*logs[] = { &loga_, &logb_ };
	char exe[512], ms[16];

	(void)state;
	(void)snprintf(exe, sizeof(exe), "%s/tests/crypto/bartizan-crypto-fake",
	    getenv("BTZ_BUILD"));
	(void)snprintf(ms, sizeof(ms), "%u", TPM_MS);
	(void)setenv("BTZ_FAKE_TPM_MS", ms, 1);
	box = btz_box_new("");
	btz_box_start(box, BTZ_PROG_CRYPTO_TEE, exe);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	audit = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_TEE, BTZ_PROG_AUDIT));
	open_over(admins, 2, btz_box_connect(box, "admin/broker.sock"));
	open_over(cas, 4, btz_box_take(box, BTZ_PROG_CA, BTZ_PROG_BROKER));
	open_over(logs, 2, btz_box_take(box, BTZ_PROG_AUDIT, BTZ_PROG_BROKER));
	provision();
	assert_int_equal(generate(&admin, BTZ_KIND_PLAIN, plain), BTZ_OK);
	assert_int_equal(generate(&ca, BTZ_KIND_ISSUING, issuing), BTZ_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	btz_conn_close(&admin);
	btz_conn_close(&admin2);
	btz_conn_close(&ca);
	btz_conn_close(&ca2);
	btz_conn_close(&ca3);
	btz_conn_close(&ca4);
	btz_conn_close(&loga_);
	btz_conn_close(&logb_);
	btz_auditor_free(audit);
	assert_int_equal(btz_box_free(box), 0);
	return 0;
}

static void
test_signatures_go_on(void **state)
{
	struct job j;
	uint64_t slowest = 0, t0 = btz_boot_ms(), now;
	int n = 0;

	(void)state;
	begin(&j, checkpoint, &loga_);
	pause_ms(50);
	for (; btz_boot_ms() < t0 + TPM_MS - 50; n++) {
		uint64_t t = btz_boot_ms();

		assert_int_equal(sign(&admin, plain, BTZ_IN_DIGEST), BTZ_OK);
		now = btz_boot_ms();
		slowest = now - t > slowest ? now - t : slowest;
	}
	now = btz_boot_ms();
	assert_int_equal(end(&j), BTZ_OK);
	print_message("# %d signatures, slowest %u ms\n", n, (unsigned)slowest);
	assert_true(j.done >= now && j.done >= t0 + TPM_MS);
	assert_true(n > 10);
	assert_true(slowest < TPM_MS / 2);
}

/* Nobody fails because another one was first. */
static void
test_all_at_once(void **state)
{
	static const struct {
		const char *name;
		enum btz_rc (*fn)(struct btz_conn *c);
		struct btz_conn *conn;
	} rows[] = {
		{ "checkpoint", checkpoint, &loga_ },
		{ "certify", certify, &ca },
		{ "new issuing key", generate_issuing, &ca2 },
		{ "destroy", destroy, &admin },
		{ "list", sign_list, &ca3 },
		{ "certify", certify, &ca4 },
		{ "root list", root_list, &admin2 },
	};
	struct job j[BTZ_COUNT(rows)];
	uint64_t t0 = btz_boot_ms(), last = 0;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		begin(&j[i], rows[i].fn, rows[i].conn);
		pause_ms(10);
	}
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: %s\n", rows[i].name);
		assert_int_equal(end(&j[i]), BTZ_OK);
		last = j[i].done > last ? j[i].done : last;
	}
	assert_true(last >= t0 + 4 * TPM_MS); /* one after the other */
	assert_true(btz_auditor_wait(audit, "key.certify", 2, 2000));
	assert_true(btz_auditor_wait(audit, "root.approved", 1, 2000));
	/* The service does not begin again what only waits. */
	assert_false(btz_auditor_wait(audit, "key.destroy", 3, 100));
}

/* Its answer is for nobody, but it is taken: the next one can be made. */
static void
test_client_gone(void **state)
{
	struct job j;

	(void)state;
	begin(&j, checkpoint, &logb_);
	pause_ms(50);
	(void)shutdown(logb_.fd, SHUT_RDWR);
	assert_int_not_equal(end(&j), BTZ_OK);
	assert_int_equal(checkpoint(&loga_), BTZ_OK);
}

/* The secure world restarts meanwhile: an error that says so. */
static void
test_device_gone(void **state)
{
	struct job j, waits;
	int ta;

	(void)state;
	begin(&j, checkpoint, &loga_);
	pause_ms(50);
	begin(&waits, certify, &ca);
	pause_ms(50);
	ta = btz_box_renew(
	    box, BTZ_PROG_CRYPTO_TEE, BTZ_PROG_TA, BTZ_PROG_CRYPTO_TEE);
	assert_true(ta >= 0);
	assert_int_equal(end(&j), BTZ_E_TEE_DOWN);
	/* Its turn comes with the new one, whose fake root is not made. */
	assert_int_equal(end(&waits), BTZ_E_UNPROVISIONED);
	assert_int_equal(sign(&admin, plain, BTZ_IN_DIGEST), BTZ_OK);
	provision();
	assert_int_equal(certify(&ca), BTZ_OK);
	(void)close(ta);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signatures_go_on),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_client_gone),
		cmocka_unit_test(test_device_gone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
