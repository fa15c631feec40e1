/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_provision.c - the operations around the root, over a real broker and a
 * real service with the fake backend: who may do what, in which state.
 */
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/kms.h"
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"
#include "wire/constraint.h"

static struct btz_box *box;
static struct btz_auditor *audit;
static struct btz_conn admin, ca, log_, broker;
static struct btz_err err;
static int steps;

static void
open_over(struct btz_conn *leased, int fd)
{
	struct btz_open_ok ok;

	assert_true(fd >= 0);
	btz_conn_adopt(&broker, fd);
	assert_int_equal(
	    btz_kms_open(&broker, "tee", 0, leased, &ok, &err), BTZ_OK);
	assert_true(btz_span_eq(ok.backend, btz_span_str("fake")));
	btz_conn_close(&broker);
}

static int
setup(void **state)
{
	char exe[512];

	(void)state;
	(void)snprintf(exe, sizeof(exe), "%s/tests/crypto/bartizan-crypto-fake",
	    getenv("BTZ_BUILD"));
	box = btz_box_new("");
	btz_box_start(box, BTZ_PROG_CRYPTO_TEE, exe);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	audit = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_TEE, BTZ_PROG_AUDIT));
	btz_conn_adopt(&broker, btz_box_connect(box, "admin/broker.sock"));
	open_over(&admin, broker.fd);
	open_over(&ca, btz_box_take(box, BTZ_PROG_CA, BTZ_PROG_BROKER));
	open_over(&log_, btz_box_take(box, BTZ_PROG_AUDIT, BTZ_PROG_BROKER));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	btz_conn_close(&admin);
	btz_conn_close(&ca);
	btz_conn_close(&log_);
	btz_auditor_free(audit);
	assert_int_equal(btz_box_free(box), 0);
	return 0;
}

static void
on_progress(uint16_t step, uint16_t n, struct btz_span what, void *arg)
{
	(void)arg;
	assert_int_equal(step, ++steps);
	assert_int_equal(n, 3);
	assert_true(what.len > 0);
}

static enum btz_rc
generate(struct btz_conn *c, uint8_t kind, uint8_t id[BTZ_ID_LEN])
{
	struct btz_generate g = {
		.alg = BTZ_ALG_EC_P256, .kind = kind, .usage = BTZ_USE_SIGN
	};
	struct btz_key_info key;
	enum btz_rc rc = btz_kms_generate(c, &g, &key, &err);

	if (rc == BTZ_OK)
		memcpy(id, key.id, BTZ_ID_LEN);
	return rc;
}

/* A key of kind ocsp, sealed to an issuing key of the same lease. */
static enum btz_rc
generate_ocsp(struct btz_conn *c, const uint8_t issuer[BTZ_ID_LEN])
{
	struct btz_constraints limits = {
		.trust_domain = btz_span_str("box.test"),
	};
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_OCSP,
		.usage = BTZ_USE_SIGN };
	struct btz_key_info key;
	uint8_t tlv[64];
	struct btz_wr wr;

	btz_wr_init(&wr, tlv, sizeof(tlv));
	if (issuer != NULL)
		memcpy(limits.issuer_id, issuer, BTZ_ID_LEN);
	btz_constraints_encode(&limits, &wr);
	g.constraints = btz_wr_span(&wr);
	return btz_kms_generate(c, &g, &key, &err);
}

static enum btz_rc
sign(struct btz_conn *c, const uint8_t *id, uint8_t input_kind)
{
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = input_kind,
		.input = btz_span_str("0123456789abcdef0123456789abcdef") };
	struct btz_span out;

	memcpy(rq.id, id, sizeof(rq.id));
	return btz_kms_sign(c, &rq, &out, &err);
}

static enum btz_rc
checkpoint(struct btz_conn *c, const uint8_t *id, uint64_t size)
{
	struct btz_checkpoint rq = { .size = size };
	struct btz_checkpoint_ok ok;

	memcpy(rq.id, id, sizeof(rq.id));
	return btz_kms_sign_checkpoint(c, &rq, &ok, &err);
}

/* What nobody, or not this one, may do. */
static void
refusals(const struct btz_provision *rq, struct btz_provision_ok *ok,
    const uint8_t *plain, const uint8_t *issuing)
{
	uint8_t id[BTZ_ID_LEN];

	assert_int_equal(btz_kms_provision(&ca, rq, ok, &err), BTZ_E_DENIED);
	assert_int_equal(generate(&admin, BTZ_KIND_ISSUING, id), BTZ_E_DENIED);
	assert_int_equal(generate(&ca, BTZ_KIND_PLAIN, id), BTZ_E_DENIED);
	assert_int_equal(generate(&log_, BTZ_KIND_PLAIN, id), BTZ_E_DENIED);
	assert_int_equal(sign(&admin, issuing, BTZ_IN_TBS_CERT), BTZ_E_DENIED);
	assert_int_equal(sign(&ca, plain, BTZ_IN_DIGEST), BTZ_E_NOENT);
	assert_int_equal(sign(&ca, issuing, BTZ_IN_DIGEST), BTZ_E_KEY_KIND);
	assert_int_equal(sign(&ca, issuing, BTZ_IN_MESSAGE), BTZ_E_KEY_KIND);
	assert_int_equal(sign(&log_, issuing, BTZ_IN_TBS_CERT), BTZ_E_DENIED);
	assert_int_equal(generate_ocsp(&admin, issuing), BTZ_E_DENIED);
	assert_int_equal(generate_ocsp(&ca, plain), BTZ_E_NOENT);
	assert_int_equal(generate_ocsp(&ca, NULL), BTZ_E_NOENT);
}

/* The last record of act is about this challenge and request. */
static void
check_record(const char *act, const uint8_t nonce[BTZ_SHA256_LEN],
    uint8_t operation, const uint8_t digest[BTZ_SHA256_LEN])
{
	struct btz_heard last;
	char obj[33], why[128];
	int n = snprintf(why, sizeof(why), "%s ", btz_approve_name(operation));

	for (size_t i = 0; i < BTZ_SHA256_LEN; i++)
		(void)snprintf(why + n + 2 * i, 3, "%02x", digest[i]);
	for (size_t i = 0; i < 16; i++)
		(void)snprintf(obj + 2 * i, 3, "%02x", nonce[i]);
	assert_true(btz_auditor_heard(audit, act, &last) > 0);
	assert_string_equal(last.obj, obj);
	assert_string_equal(last.why, why);
}

/* A challenge is the administrator's to ask for, and ends once. */
static void
challenges(void)
{
	struct btz_approval_request rq = { .operation = BTZ_APPROVE_TIME_SET,
		.digest = { 7 } };
	const uint8_t other[BTZ_SHA256_LEN] = { 0xff, 0xff };
	struct btz_challenge ch;
	size_t n;

	assert_int_equal(
	    btz_kms_approval_nonce(&ca, &rq, &ch, &err), BTZ_E_DENIED);
	assert_int_equal(
	    btz_kms_approval_cancel(&ca, other, &err), BTZ_E_DENIED);
	assert_int_equal(
	    btz_kms_approval_nonce(&admin, &rq, &ch, &err), BTZ_OK);
	assert_int_equal(ch.operation, rq.operation);
	assert_memory_equal(ch.digest, rq.digest, sizeof(ch.digest));
	assert_int_equal(
	    btz_kms_approval_cancel(&admin, other, &err), BTZ_E_APPROVAL_NONCE);
	assert_int_equal(
	    btz_kms_approval_cancel(&admin, ch.nonce, &err), BTZ_OK);
	assert_int_equal(btz_kms_approval_cancel(&admin, ch.nonce, &err),
	    BTZ_E_APPROVAL_NONCE);
	assert_true(btz_auditor_wait(audit, "root.challenge", 1, 2000));
	assert_true(btz_auditor_wait(audit, "root.cancel", 3, 2000));
	check_record("root.challenge", ch.nonce, rq.operation, rq.digest);
	n = btz_auditor_heard(audit, "root.cancel", NULL);
	assert_int_equal(
	    btz_kms_approval_nonce(&admin, &rq, &ch, &err), BTZ_OK);
	assert_int_equal(
	    btz_kms_approval_cancel(&admin, ch.nonce, &err), BTZ_OK);
	assert_true(btz_auditor_wait(audit, "root.cancel", n + 1, 2000));
	check_record("root.cancel", ch.nonce, rq.operation, rq.digest);
}

/* What administrators approve, in the form that each operation answers in. */
static void
approved(void)
{
	uint8_t digest[BTZ_SHA256_LEN];
	struct btz_approved rq = { .operation = BTZ_APPROVE_ROOT_CRL,
		.nonce = { 0x5a, 0xa5 },
		.request = btz_span_str("judged by the device") };
	struct btz_span list;

	assert_int_equal(btz_kms_approved(&ca, &rq, &list, &err), BTZ_E_DENIED);
	assert_int_equal(
	    btz_kms_approved(&admin, &rq, &list, &err), BTZ_E_APPROVAL);
	rq.approvals = btz_span_str("x");
	assert_int_equal(btz_kms_approved(&admin, &rq, &list, &err), BTZ_OK);
	assert_true(btz_span_eq(list, btz_span_str("fake list")));
	rq.operation = BTZ_APPROVE_TIME_SET;
	assert_int_equal(btz_kms_approved(&admin, &rq, &list, &err), BTZ_OK);
	assert_int_equal(list.len, 0);
	assert_true(btz_auditor_wait(audit, "root.approved", 3, 2000));
	(void)SHA256(rq.request.p, rq.request.len, digest);
	check_record("root.approved", rq.nonce, rq.operation, digest);
}

static void
after_provisioning(
    const uint8_t *root, const uint8_t *cp, const uint8_t *issuing)
{
	struct btz_certify_issuing ci = { .not_after = 2 };
	struct btz_span der;
	struct btz_key_info key;

	assert_int_equal(checkpoint(&ca, cp, 1), BTZ_E_DENIED);
	assert_int_equal(checkpoint(&log_, root, 1), BTZ_E_NOENT);
	assert_int_equal(sign(&ca, root, BTZ_IN_TBS_CERT), BTZ_E_KEY_KIND);
	assert_int_equal(generate_ocsp(&ca, root), BTZ_E_KEY_KIND);
	assert_int_equal(generate_ocsp(&ca, issuing), BTZ_OK);
	assert_int_equal(btz_kms_destroy(&ca, root, &err), BTZ_E_KEY_USAGE);
	memcpy(ci.issuing_id, issuing, BTZ_ID_LEN);
	memcpy(ci.root_id, cp, BTZ_ID_LEN);
	assert_int_equal(
	    btz_kms_certify_issuing(&ca, &ci, &der, &err), BTZ_E_NOENT);
	memcpy(ci.root_id, issuing, BTZ_ID_LEN);
	assert_int_equal(
	    btz_kms_certify_issuing(&ca, &ci, &der, &err), BTZ_E_KEY_KIND);
	memcpy(ci.root_id, root, BTZ_ID_LEN);
	assert_int_equal(btz_kms_certify_issuing(&ca, &ci, &der, &err), BTZ_OK);
	assert_true(btz_span_eq(der, btz_span_str("fake certificate")));
	assert_int_equal(btz_kms_root_cert(&ca, &der, &err), BTZ_OK);
	assert_int_equal(checkpoint(&log_, cp, 2), BTZ_OK);
	assert_int_equal(checkpoint(&log_, cp, 1), BTZ_E_LOG_SMALLER);
	assert_int_equal(btz_kms_export_public(&ca, root, &key, &err), BTZ_OK);
	assert_int_equal(key.kind, BTZ_KIND_ROOT);
	assert_int_equal(key.protection, BTZ_PROT_TPM);
	challenges();
	approved();
	for (int i = 0; i < 20; i++) /* the fake forgets keys on the way */
		assert_int_equal(sign(&ca, issuing, BTZ_IN_TBS_CERT), BTZ_OK);
	assert_true(btz_auditor_wait(audit, "key.sign", 20, 2000));
}

static void
test_root(void **state)
{
	struct btz_provision rq = { .trust_domain = btz_span_str("box.test"),
		.box = btz_span_str("box"),
		.origin = btz_span_str("box.test/log"),
		.now = 1790000000,
		.root_not_after = 2100000000 };
	struct btz_provision_ok ok;
	uint8_t issuing[BTZ_ID_LEN], plain[BTZ_ID_LEN], root[BTZ_ID_LEN],
	    cp[BTZ_ID_LEN];
	struct btz_span der;

	(void)state;
	assert_int_equal(generate(&ca, BTZ_KIND_ISSUING, issuing), BTZ_OK);
	assert_int_equal(generate(&admin, BTZ_KIND_PLAIN, plain), BTZ_OK);
	assert_int_equal(
	    btz_kms_root_cert(&ca, &der, &err), BTZ_E_UNPROVISIONED);
	refusals(&rq, &ok, plain, issuing);
	admin.on_progress = on_progress;
	assert_int_equal(btz_kms_provision(&admin, &rq, &ok, &err), BTZ_OK);
	assert_int_equal(steps, 3);
	memcpy(root, ok.root_id, sizeof(root));
	memcpy(cp, ok.checkpoint_id, sizeof(cp));
	/* asked again, it repeats the answer */
	admin.on_progress = NULL;
	assert_int_equal(btz_kms_provision(&admin, &rq, &ok, &err), BTZ_OK);
	assert_memory_equal(root, ok.root_id, sizeof(root));
	after_provisioning(root, cp, issuing);
}

/* The secure world went away and came back: one restart, same socket. */
static void
test_device_replaced(void **state)
{
	uint8_t plain[BTZ_ID_LEN];
	int ta;

	(void)state;
	assert_int_equal(generate(&admin, BTZ_KIND_PLAIN, plain), BTZ_OK);
	assert_int_equal(sign(&admin, plain, BTZ_IN_DIGEST), BTZ_OK);
	ta = btz_box_renew(
	    box, BTZ_PROG_CRYPTO_TEE, BTZ_PROG_TA, BTZ_PROG_CRYPTO_TEE);
	assert_true(ta >= 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(sign(&admin, plain, BTZ_IN_DIGEST), BTZ_OK);
	(void)close(ta);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_root, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_device_replaced, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
