/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_init.c - CA_INIT: refused roots, interruption at each step with the
 * command repeated, the finished CA across a restart; who may ask for what.
 */
#include "ca/renewals.h"
#include "fake.h"
#include "wire/msg_certify.h"
#include "wire/msg_list.h"
#include "wire/table.h"

#include <string.h>

static struct fake fx;
static struct fake_answer ans;

static int
setup(void **state)
{
	(void)state;
	fake_new(&fx, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	assert_false(fx.ca->init_running);
	fake_end(&fx, false);
	return 0;
}

static enum btz_rc
init_with(
    struct btz_span root, const char *td, const char *box, const char *url)
{
	struct btz_ca_init rq = { .root_cert = root,
		.trust_domain = btz_span_str(td),
		.box = btz_span_str(box),
		.base_url = btz_span_str(url) };

	fake_ask(&fx, fx.admin, BTZ_OP_CA_INIT, &btz_def_ca_init, &rq, &ans);
	return ans.rc;
}

static struct btz_span
root_cert(void)
{
	return btz_span_of(fx.root_cert, fx.root_cert_len);
}

static void
test_bad_roots(void **state)
{
	static const char url[] = "https://a.lan:1";
	struct fake_key other;
	uint8_t cut[2048];

	(void)state;
	assert_int_equal(
	    init_with(btz_span_str("x"), FAKE_TD, "edge-1", url), BTZ_E_DER);
	assert_int_equal(
	    init_with(root_cert(), "Bad_TD", "edge-1", url), BTZ_E_INVAL);
	assert_int_equal(
	    init_with(root_cert(), FAKE_TD, "../x", url), BTZ_E_INVAL);
	assert_int_equal(
	    init_with(root_cert(), FAKE_TD, "edge-1", "ftp://a"), BTZ_E_INVAL);
	memcpy(cut, fx.root_cert, fx.root_cert_len);
	cut[fx.root_cert_len - 1] ^= 1; /* in s of the signature */
	assert_int_equal(init_with(btz_span_of(cut, fx.root_cert_len), FAKE_TD,
			     "edge-1", url),
	    BTZ_E_SIGNATURE);
	/* a root whose key is not in the lease */
	other = fx.root;
	fake_key_new(&fx.root);
	assert_int_equal(
	    init_with(root_cert(), FAKE_TD, "edge-1", url), BTZ_E_NOENT);
	fake_key_end(&fx.root);
	fx.root = other;
	assert_int_equal(fx.generates, 0);
	assert_false(fx.ca->self.present);
}

static const struct {
	const char *name;
	uint16_t op;
	enum fake_how how;
	enum btz_rc rc, want;
} steps[] = {
	{ "broker refuses", BTZ_OP_OPEN, FAKE_REFUSE, BTZ_E_DENIED,
	    BTZ_E_DENIED },
	{ "list refused", BTZ_OP_LIST_KEYS, FAKE_REFUSE, BTZ_E_LEASE,
	    BTZ_E_LEASE },
	{ "signer dies at generate", BTZ_OP_GENERATE, FAKE_DIE, 0, BTZ_E_GONE },
	{ "no key", BTZ_OP_GENERATE, FAKE_REFUSE, BTZ_E_SLOTS_FULL,
	    BTZ_E_SLOTS_FULL },
	{ "root refuses", BTZ_OP_CERTIFY_ISSUING, FAKE_REFUSE,
	    BTZ_E_TPM_UNAVAILABLE, BTZ_E_TPM_UNAVAILABLE },
	{ "no first CRL", BTZ_OP_SIGN, FAKE_REFUSE, BTZ_E_TIME_UNSURE,
	    BTZ_E_TIME_UNSURE },
	{ "no record", BTZ_OP_APPEND, FAKE_REFUSE, BTZ_E_FULL, BTZ_E_NO_LOG },
};

/* The steps in turn on one CA: each repetition gets one further, and only one
 * issuing key is ever made. */
static void
test_interrupted(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(steps); i++) {
		print_message("# case: %s\n", steps[i].name);
		fx.bad_op = steps[i].op;
		fx.how = steps[i].how;
		fx.rc = steps[i].rc;
		assert_int_equal(fake_init(&fx), steps[i].want);
		fake_run(&fx, i == 0 ? 1100 : 60); /* the back-off */
	}
	fx.bad_op = 0;
	assert_int_equal(fake_init(&fx), BTZ_OK);
	assert_int_equal(fx.generates, 1);
	assert_true(fx.ca->self.ready);
}

static void
test_whole(void **state)
{
	struct btz_certificate c;
	struct btz_span first;
	uint8_t copy[4096];
	struct fake_key other;
	struct btz_x509 x;

	(void)state;
	fake_ask(&fx, fx.admin, BTZ_OP_CHAIN, NULL, NULL, &ans);
	assert_int_equal(ans.rc, BTZ_E_UNPROVISIONED);
	assert_int_equal(fake_init(&fx), BTZ_OK);
	assert_int_equal(init_with(root_cert(), FAKE_TD, "edge-1",
			     "https://edge-1.lan:8443"),
	    BTZ_OK); /* repeats its answer */
	assert_true(btz_msg_decode(
	    &btz_def_certificate, btz_span_of(ans.body, ans.len), &c));
	memcpy(copy, c.der.p, c.der.len);
	first = btz_span_of(copy, c.der.len);
	assert_int_equal(btz_x509_parse(first, &x), BTZ_OK);
	assert_true(btz_span_eq(x.spki, fake_spki(&fx.issuing)));
	assert_int_equal(fx.generates, 1);
	assert_true(fx.ca->crl.cur.number == 1);
	assert_non_null(strstr(fx.log, "ca.init/-/ok w"));
	/* another trust domain, another root */
	assert_int_equal(init_with(root_cert(), "other.internal", "edge-1",
			     "https://edge-1.lan:8443"),
	    BTZ_E_PROVISIONED);
	other = fx.root;
	fake_key_new(&fx.root);
	fx.root_cert[60] ^= 1;
	assert_int_not_equal(fake_init(&fx), BTZ_OK);
	fx.root_cert[60] ^= 1;
	fake_key_end(&fx.root);
	fx.root = other;
}

static void
test_restart(void **state)
{
	uint64_t number;
	char dir[64];

	(void)state;
	assert_int_equal(fake_init(&fx), BTZ_OK);
	number = fx.ca->crl.cur.number;
	strcpy(dir, fx.dir);
	fake_end(&fx, true);
	fake_new(&fx, dir);
	assert_true(fx.ca->self.ready);
	assert_true(fx.ca->crl.cur.number == number);
	fake_run(&fx, 50); /* no new CRL before half of its life */
	assert_true(fx.ca->crl.cur.number == number);
	fake_ask(&fx, fx.admin, BTZ_OP_CHAIN, NULL, NULL, &ans);
	assert_int_equal(ans.rc, BTZ_OK);
}

static void
lose_certificate(struct btz_issuing_row *asked)
{
	struct btz_err err;

	fx.bad_op = BTZ_OP_CERTIFY_ISSUING;
	fx.how = FAKE_DIE;
	assert_int_equal(fake_init(&fx), BTZ_E_GONE);
	assert_int_equal(btz_renewals_asked(fx.ca->db, asked, &err), BTZ_OK);
}

/* The root is asked for one certificate only, whatever became of the answer:
 * where administrators are pinned it would not sign another. */
static void
test_certificate_lost(void **state)
{
	struct btz_issuing_row asked, none;
	struct btz_err err;
	char dir[64];

	(void)state;
	lose_certificate(&asked);
	strcpy(dir, fx.dir);
	fake_end(&fx, true);
	fake_new(&fx, dir);
	assert_int_equal(fake_init(&fx), BTZ_OK);
	assert_memory_equal(asked.serial, fx.serial, BTZ_ID_LEN);
	assert_true(fx.ca->issuing.not_after == asked.not_after);
	assert_true(
	    fx.ca->issuing.not_before == asked.not_before - BTZ_CA_BACKDATE);
	assert_int_equal(
	    btz_renewals_asked(fx.ca->db, &none, &err), BTZ_E_NOENT);
}

/* ... unless the root says that it has not signed it and will not. */
static void
test_certificate_too_late(void **state)
{
	struct btz_issuing_row asked, none;
	struct btz_err err;

	(void)state;
	lose_certificate(&asked);
	fx.how = FAKE_REFUSE;
	fx.rc = BTZ_E_X509_NOT_BEFORE;
	fake_run(&fx, 60);
	assert_int_equal(fake_init(&fx), BTZ_E_X509_NOT_BEFORE);
	assert_int_equal(
	    btz_renewals_asked(fx.ca->db, &none, &err), BTZ_E_NOENT);
	fx.bad_op = 0;
	assert_int_equal(fake_init(&fx), BTZ_OK);
	assert_memory_not_equal(asked.serial, fx.serial, BTZ_ID_LEN);
}

/* The signer signed the first list and we never heard: the same again. */
static void
test_crl_answer_lost(void **state)
{
	(void)state;
	fx.bad_op = BTZ_OP_SIGN;
	fx.how = FAKE_LOSE;
	assert_int_equal(fake_init(&fx), BTZ_E_TIMEOUT);
	assert_true(fx.crl_number == 1 && fx.ca->crl.cur.number == 0);
	fx.bad_op = 0;
	assert_int_equal(fake_init(&fx), BTZ_OK);
	assert_true(fx.ca->crl.cur.number == fx.crl_number);
}

/* The signer has signed more than we know of and will not go on from ours:
 * said so, not hidden. */
static void
test_crl_rolled_back(void **state)
{
	(void)state;
	fx.crl_number = 2;
	assert_int_equal(fake_init(&fx), BTZ_E_CRL_NUMBER);
}

/* Row = operation; the role that may, from the table itself, and no other. */
static void
test_roles(void **state)
{
	static const uint8_t nothing[1];

	(void)state;
	for (size_t i = 0; i < btz_ca_ops_count; i++) {
		const struct btz_op_row *r = &btz_ca_ops[i];
		bool http = r->roles == BTZ_ROLE_HTTP;

		print_message("# case: op 0x%x\n", r->op);
		assert_true(
		    http || (r->roles & ~(BTZ_ROLE_ADMIN |
					    BTZ_ROLE_OF(BTZ_PROG_VPN))) == 0);
		fake_ask(
		    &fx, http ? fx.admin : fx.http, r->op, NULL, nothing, &ans);
		assert_int_equal(ans.rc, BTZ_E_DENIED);
	}
}

static void
test_status(void **state)
{
	struct btz_span cells[BTZ_TABLE_COLS_MAX];
	struct btz_table_rd t;
	struct btz_table m;
	unsigned n = 0;

	(void)state;
	assert_int_equal(fake_init(&fx), BTZ_OK);
	fake_ask(&fx, fx.admin, BTZ_OP_STATUS, NULL, NULL, &ans);
	assert_int_equal(ans.rc, BTZ_OK);
	assert_true(
	    btz_msg_decode(&btz_def_table, btz_span_of(ans.body, ans.len), &m));
	assert_true(btz_table_read(&t, &m));
	while (btz_table_row(&t, cells) == 1) {
		n++;
		if (btz_span_eq(cells[0], btz_span_str("crypto service")))
			assert_true(btz_span_eq(
			    cells[1], btz_span_str("tee-emulated")));
	}
	assert_int_equal(n, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_bad_roots, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_interrupted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_certificate_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_certificate_too_late, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_crl_answer_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_crl_rolled_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_roles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_status, setup, teardown),
	};

	return cmocka_run_group_tests_name("init", tests, NULL, NULL);
}
