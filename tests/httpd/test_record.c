/* SPDX-License-Identifier: Apache-2.0 */
/* test_record.c - audit messages. */
#include "support/cmocka_all.h"

#include <string.h>

#include "httpd/record.h"
#include "wire/frame.h"

static struct btz_facts
facts(void)
{
	return (struct btz_facts){ .tenant = btz_span_str("home"),
		.who = btz_span_str("spiffe://b.internal/home/user/alice"),
		.via = BTZ_VIA_VPN,
		.from = btz_span_str("127.0.0.1:5"),
		.act = "put",
		.obj = btz_span_str("/home/photos/x"),
		.why = "granted by role",
		.pol = 7,
		.allowed = true,
		.status = 201,
		.has_n = true,
		.n = 12 };
}

/* What is sent must be what the decoder of audit takes. */
static void
check_encodes(const struct btz_audit *m)
{
	static uint8_t buf[65536];
	struct btz_audit back;
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	btz_msg_write(&btz_def_audit, m, &wr);
	assert_true(btz_wr_ok(&wr));
	assert_true(btz_msg_decode(&btz_def_audit, btz_wr_span(&wr), &back));
	assert_int_equal(back.phase, m->phase);
}

static void
test_decision(void **state)
{
	struct btz_facts f = facts();
	struct btz_audit m;

	(void)state;
	btz_record_decision(&f, &m);
	check_encodes(&m);
	assert_int_equal(m.phase, BTZ_PH_DECISION);
	assert_int_equal(m.wait, 1);
	assert_int_equal(m.decision, BTZ_DEC_ALLOW);
	assert_int_equal(m.out.len, 0);
	assert_int_equal(m.has_n, 0);
	assert_int_equal(m.via, BTZ_VIA_VPN);
	assert_int_equal(m.pol, 7);
}

static void
test_outcome(void **state)
{
	struct btz_facts f = facts();
	struct btz_audit m;

	(void)state;
	f.allowed = false;
	f.status = 403;
	btz_record_outcome(&f, &m);
	check_encodes(&m);
	assert_int_equal(m.phase, BTZ_PH_OUTCOME);
	assert_int_equal(m.wait, 0);
	assert_int_equal(m.decision, BTZ_DEC_DENY);
	assert_true(btz_span_eq(m.out, btz_span_str("403")));
	assert_int_equal(m.n, 12);
	btz_record_event(&f, &m);
	check_encodes(&m);
	assert_int_equal(m.phase, BTZ_PH_EVENT);
	assert_int_equal(m.wait, 0);
}

static void
test_long_values_are_cut(void **state)
{
	static uint8_t big[20000];
	struct btz_facts f = facts();
	struct btz_audit m;

	(void)state;
	memset(big, 'a', sizeof(big));
	f.obj = f.dst = f.who = f.from = f.tenant = btz_span_of(
	    big, sizeof(big));
	btz_record_event(&f, &m);
	check_encodes(&m);
	assert_int_equal(m.obj.len, BTZ_PATH_MAX);
	assert_int_equal(m.who.len, BTZ_URI_MAX);
}

static void
test_withheld(void **state)
{
	struct btz_audit m;

	(void)state;
	btz_record_withheld(9, &m);
	check_encodes(&m);
	assert_int_equal(m.n, 9);
	assert_int_equal(m.has_n, 1);
	assert_int_equal(m.decision, BTZ_DEC_DENY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decision),
		cmocka_unit_test(test_outcome),
		cmocka_unit_test(test_long_values_are_cut),
		cmocka_unit_test(test_withheld),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
