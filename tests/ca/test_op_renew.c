/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_op_renew.c - CA_RENEW: requests that fit no plan, a refusing, silent and
 * dying root, no log, a restart between all steps; what is served, listed and
 * recorded.
 */
#include "ca/renewals.h"
#include "fake.h"
#include "wire/msg_certify.h"
#include "wire/msg_list.h"
#include "wire/table.h"

#include <string.h>

#define DAY UINT64_C(86400)

static struct fake fx;
static struct fake_answer ans;

static int
setup(void **state)
{
	(void)state;
	fake_new(&fx, NULL);
	assert_int_equal(fake_init(&fx), BTZ_OK);
	assert_int_equal(fx.certifies, 1);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fake_run(&fx, 10);
	assert_false(fx.ca->renewing);
	fake_end(&fx, false);
	return 0;
}

static struct btz_approve_issuing
plan(uint32_t days)
{
	struct btz_ca_renew_plan rq = { .days = days };
	struct btz_approve_issuing m;

	fake_ask(&fx, fx.admin, BTZ_OP_CA_RENEW_PLAN, &btz_def_ca_renew_plan,
	    &rq, &ans);
	assert_int_equal(ans.rc, BTZ_OK);
	assert_true(btz_msg_decode(
	    &btz_def_approve_issuing, btz_span_of(ans.body, ans.len), &m));
	return m;
}

static enum btz_rc
renew_in(const char *ca, const struct btz_approve_issuing *m)
{
	struct btz_ca_renew rq = { .ca_id = btz_span_str(ca),
		.not_after = m->not_after,
		.nonce = { 9 },
		.approvals = btz_span_str("approved") };

	memcpy(rq.serial, m->serial, sizeof(rq.serial));
	fake_ask(&fx, fx.admin, BTZ_OP_CA_RENEW, &btz_def_ca_renew, &rq, &ans);
	return ans.rc;
}

static enum btz_rc
renew(const struct btz_approve_issuing *m)
{
	return renew_in("", m);
}

static bool
in_force(const struct btz_approve_issuing *m)
{
	return btz_span_eq(
	    fx.ca->issuing.serial, btz_span_of(m->serial, BTZ_ID_LEN));
}

/* State of the row with this serial in LIST ISSUING; "": none. n: all rows. */
static const char *
listed(const uint8_t serial[BTZ_ID_LEN], unsigned *n)
{
	struct btz_list rq = { .noun = BTZ_NOUN_ISSUING };
	struct btz_span cells[BTZ_TABLE_COLS_MAX];
	struct btz_table_rd t;
	struct btz_table m;
	static char found[16];
	char hex[2 * BTZ_ID_LEN + 1];

	for (size_t i = 0; i < BTZ_ID_LEN; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", serial[i]);
	fake_ask(&fx, fx.admin, BTZ_OP_LIST, &btz_def_list, &rq, &ans);
	assert_int_equal(ans.rc, BTZ_OK);
	assert_true(
	    btz_msg_decode(&btz_def_table, btz_span_of(ans.body, ans.len), &m));
	assert_true(btz_table_read(&t, &m));
	found[0] = '\0';
	for (*n = 0; btz_table_row(&t, cells) == 1; (*n)++)
		if (btz_span_eq(cells[1], btz_span_str(hex)))
			(void)snprintf(found, sizeof(found), "%.*s",
			    (int)cells[0].len, (const char *)cells[0].p);
	return found;
}

static void
restart(void)
{
	char dir[64];

	strcpy(dir, fx.dir);
	fake_end(&fx, true);
	fake_new(&fx, dir);
	fake_run(&fx, 50);
}

static const struct {
	const char *name, *ca;
	int octet; /* of the serial, changed to */
	uint8_t to;
	int64_t later; /* than planned */
	enum btz_rc want;
} bad_requests[] = {
	{ "another CA", "2", -1, 0, 0, BTZ_E_NOENT },
	{ "negative serial", "", 0, 0x80, 0, BTZ_E_X509_SERIAL },
	{ "serial of 15 octets", "", 0, 0, 0, BTZ_E_X509_SERIAL },
	{ "ends before the one in force", "", -1, 0, -(int64_t)(301 * DAY),
	    BTZ_E_RANGE },
	{ "outlives the root", "", -1, 0, (int64_t)(7300 * DAY),
	    BTZ_E_X509_LIFETIME },
};

static void
test_bad_requests(void **state)
{
	struct btz_ca_renew_plan rq = { .days = 300 };
	struct btz_approve_issuing m;
	unsigned n;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad_requests); i++) {
		print_message("# case: %s\n", bad_requests[i].name);
		m = plan(400);
		if (bad_requests[i].octet >= 0)
			m.serial[bad_requests[i].octet] = bad_requests[i].to;
		m.not_after += (uint64_t)bad_requests[i].later;
		assert_int_equal(
		    renew_in(bad_requests[i].ca, &m), bad_requests[i].want);
	}
	m = plan(400);
	memcpy(m.serial, fx.ca->issuing.serial.p, BTZ_ID_LEN);
	assert_int_equal(renew(&m), BTZ_E_EXIST);
	fake_ask(&fx, fx.admin, BTZ_OP_CA_RENEW_PLAN, &btz_def_ca_renew_plan,
	    &rq, &ans); /* it has 365 days */
	assert_int_equal(ans.rc, BTZ_E_RANGE);
	rq = (struct btz_ca_renew_plan){ .ca_id = btz_span_str("2") };
	fake_ask(&fx, fx.admin, BTZ_OP_CA_RENEW_PLAN, &btz_def_ca_renew_plan,
	    &rq, &ans);
	assert_int_equal(ans.rc, BTZ_E_NOENT);
	assert_int_equal(fx.certifies, 1);
	assert_string_equal(listed(m.serial, &n), "");
	assert_int_equal(n, 0);
}

static void
test_plan(void **state)
{
	struct btz_approve_issuing a = plan(0), b = plan(400), c = plan(10950);
	uint64_t now = btz_unix_now();

	(void)state;
	assert_int_not_equal(memcmp(a.serial, b.serial, BTZ_ID_LEN), 0);
	assert_true(a.not_after >= fx.ca->issuing.not_after);
	assert_true(b.not_after >= now + 400 * DAY - 9 &&
		    b.not_after <= now + 400 * DAY);
	assert_true(c.not_after == fx.ca->root.not_after);
	assert_memory_equal(a.issuing_id, fx.ca->self.issuing_key, BTZ_ID_LEN);
	/* no less than what is in force, whatever the configuration says now */
	fx.ca->conf.issuing_days = 30;
	a = plan(0);
	assert_true(a.not_after == fx.ca->issuing.not_after);
}

static void
test_whole(void **state)
{
	struct btz_approve_issuing m = plan(400), again = m;
	struct btz_http get = { .method = btz_span_str("GET"),
		.path = btz_span_str("ca.pem") };
	uint8_t old[BTZ_ID_LEN], before[8192];
	struct btz_certificate c;
	size_t before_len;
	struct btz_x509 x;
	unsigned n;

	(void)state;
	memcpy(old, fx.ca->issuing.serial.p, BTZ_ID_LEN);
	fake_ask(&fx, fx.http, BTZ_OP_HTTP, &btz_def_http, &get, &ans);
	before_len = ans.len;
	memcpy(before, ans.body, ans.len);
	assert_int_equal(renew(&m), BTZ_OK);
	assert_true(btz_msg_decode(
	    &btz_def_certificate, btz_span_of(ans.body, ans.len), &c));
	assert_int_equal(btz_x509_parse(c.der, &x), BTZ_OK);
	assert_true(btz_span_eq(x.serial, btz_span_of(m.serial, BTZ_ID_LEN)));
	assert_true(x.not_after == m.not_after);
	assert_int_equal(fx.certifies, 2);
	assert_int_equal(fx.nonce[0], 9);
	assert_int_equal(fx.approvals_len, 8);
	assert_non_null(strstr(fx.log, "ca.renew/-/ok w"));
	assert_true(in_force(&m));
	assert_string_equal(listed(old, &n), "replaced");
	assert_int_equal(n, 1);
	fake_ask(&fx, fx.http, BTZ_OP_HTTP, &btz_def_http, &get, &ans);
	assert_false(btz_span_eq(
	    btz_span_of(before, before_len), btz_span_of(ans.body, ans.len)));
	/* neither again nor back */
	assert_int_equal(renew(&again), BTZ_E_EXIST);
	memcpy(again.serial, old, BTZ_ID_LEN);
	assert_int_equal(renew(&again), BTZ_E_EXIST);
	assert_int_equal(fx.certifies, 2);
	restart();
	assert_true(in_force(&m));
	assert_string_equal(listed(old, &n), "replaced");
}

static const struct {
	const char *name;
	uint16_t op;
	enum fake_how how;
	enum btz_rc rc, want;
	const char *left; /* state of the row */
} steps[] = {
	{ "nobody approved", BTZ_OP_CERTIFY_ISSUING, FAKE_REFUSE,
	    BTZ_E_APPROVAL, BTZ_E_APPROVAL, "" },
	{ "used challenge", BTZ_OP_CERTIFY_ISSUING, FAKE_REFUSE,
	    BTZ_E_APPROVAL_NONCE, BTZ_E_APPROVAL_NONCE, "" },
	{ "TPM fails", BTZ_OP_CERTIFY_ISSUING, FAKE_REFUSE,
	    BTZ_E_TPM_UNAVAILABLE, BTZ_E_TPM_UNAVAILABLE, "asked" },
	{ "lease ends, perhaps afterwards", BTZ_OP_CERTIFY_ISSUING, FAKE_REFUSE,
	    BTZ_E_LEASE, BTZ_E_LEASE, "asked" },
	{ "signer dies", BTZ_OP_CERTIFY_ISSUING, FAKE_DIE, 0, BTZ_E_GONE,
	    "asked" },
	{ "no record", BTZ_OP_APPEND, FAKE_REFUSE, BTZ_E_FULL, BTZ_E_NO_LOG,
	    "made" },
};

/* The same request again gets it done, unless another was there first. */
static void
test_interrupted(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(steps); i++) {
		struct btz_approve_issuing m = plan(400), other = plan(401);
		bool made = strcmp(steps[i].left, "made") == 0;
		unsigned n, certifies;

		print_message("# case: %s\n", steps[i].name);
		fx.bad_op = steps[i].op;
		fx.how = steps[i].how;
		fx.rc = steps[i].rc;
		assert_int_equal(renew(&m), steps[i].want);
		assert_false(in_force(&m));
		assert_string_equal(listed(m.serial, &n), steps[i].left);
		if (made)
			assert_int_equal(renew(&other), BTZ_E_AGAIN);
		fake_run(&fx, 20); /* what the refusal sets going is refused */
		certifies = fx.certifies;
		fx.bad_op = 0;
		fake_run(&fx, 120); /* the back-off */
		assert_int_equal(renew(&m), BTZ_OK);
		assert_int_equal(fx.certifies, certifies + (made ? 0 : 1));
		assert_true(in_force(&m));
		assert_string_equal(listed(m.serial, &n), "");
	}
}

static struct btz_approve_issuing
made_not_recorded(void)
{
	struct btz_approve_issuing m = plan(400);

	fx.bad_op = BTZ_OP_APPEND;
	fx.how = FAKE_REFUSE;
	fx.rc = BTZ_E_FULL;
	assert_int_equal(renew(&m), BTZ_E_NO_LOG);
	assert_false(in_force(&m));
	fx.log[0] = '\0';
	return m;
}

static void
test_goes_on_at_start(void **state)
{
	struct btz_approve_issuing m = made_not_recorded();

	(void)state;
	restart();
	assert_non_null(strstr(fx.log, "ca.renew/-/ok w"));
	assert_true(in_force(&m));
}

static void
test_goes_on_with_the_log(void **state)
{
	struct btz_approve_issuing m = made_not_recorded();

	(void)state;
	fake_kill(&fx, BTZ_PROG_AUDIT);
	fx.bad_op = 0;
	assert_false(in_force(&m));
	fake_connect(&fx, BTZ_PROG_AUDIT);
	fake_run(&fx, 50);
	assert_non_null(strstr(fx.log, "ca.renew/-/ok w"));
	assert_true(in_force(&m));
}

/* Asked, and the CA dies: what the root said is lost, the serial is not. */
static void
test_lost(void **state)
{
	struct btz_approve_issuing m = plan(400);
	unsigned n;

	(void)state;
	fx.bad_op = BTZ_OP_CERTIFY_ISSUING;
	fx.how = FAKE_DIE;
	assert_int_equal(renew(&m), BTZ_E_GONE);
	restart();
	assert_false(in_force(&m));
	assert_string_equal(listed(m.serial, &n), "asked");
	assert_int_equal(n, 1);
}

static void
test_quota(void **state)
{
	struct btz_approve_issuing m;

	(void)state;
	fx.bad_op = BTZ_OP_CERTIFY_ISSUING;
	fx.how = FAKE_REFUSE;
	fx.rc = BTZ_E_TPM_UNAVAILABLE;
	for (unsigned i = 0; i < BTZ_RENEWALS_MAX; i++) {
		m = plan(400);
		assert_int_equal(renew(&m), BTZ_E_TPM_UNAVAILABLE);
	}
	m = plan(400);
	assert_int_equal(renew(&m), BTZ_E_QUOTA);
}

/* What expired is neither listed nor counted. */
static void
test_expired(void **state)
{
	static const uint8_t serial[BTZ_ID_LEN] = { 0x41, 7 };
	uint64_t now = btz_unix_now();
	struct btz_issuing_row row;
	struct btz_err err;
	unsigned n;

	(void)state;
	assert_int_equal(
	    btz_renewals_ask(fx.ca->db, serial, now - 5, now - 10, &err),
	    BTZ_OK);
	assert_string_equal(listed(serial, &n), "");
	assert_int_equal(
	    btz_renewals_find(fx.ca->db, serial, &row, &err), BTZ_OK);
	struct btz_approve_issuing m = plan(400);

	assert_int_equal(renew(&m), BTZ_OK);
	assert_int_equal(
	    btz_renewals_find(fx.ca->db, serial, &row, &err), BTZ_E_NOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_bad_requests, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plan, setup, teardown),
		cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_interrupted, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_goes_on_at_start, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_goes_on_with_the_log, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_quota, setup, teardown),
		cmocka_unit_test_setup_teardown(test_expired, setup, teardown),
	};

	return cmocka_run_group_tests_name("renew", tests, NULL, NULL);
}
