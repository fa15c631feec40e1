/* SPDX-License-Identifier: Apache-2.0 */
/* test_mgmt_put.c - commands: texts that cannot break out, exact bytes. */
#include "support/cmocka_all.h"

#include "vpn/link.h"

static struct btz_mgmt m;
static uint8_t out[16384];
static struct btz_wr wr;

static struct btz_span
S(const char *s) {
	return btz_span_str(s);
}

static void
begin(size_t cap)
{
	btz_mgmt_init(&m);
	btz_wr_init(&wr, out, cap);
}

static void
refuses_texts(void **state)
{
	static const char *const directives[] = { "", "END", "a\nEND", "a\r",
		"a\tb", "\177" };
	static const char *const quoted[] = { "a\"", "a\\", "a\nb", "\001" };
	char big[BTZ_MGMT_TEXT_MAX + 2];

	(void)state;
	begin(sizeof(out));
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (size_t i = 0; i <= BTZ_COUNT(directives); i++) {
		struct btz_span two[] = { S("push \"topology subnet\""),
			S(i < BTZ_COUNT(directives) ? directives[i] : big) };

		print_message("# directive %zu\n", i);
		assert_int_equal(
		    btz_mgmt_put_auth(&m, &wr, 1, 1, two, 2), BTZ_E_INVAL);
	}
	for (size_t i = 0; i <= BTZ_COUNT(quoted); i++) {
		struct btz_span s = S(i < BTZ_COUNT(quoted) ? quoted[i] : big);

		print_message("# quoted %zu\n", i);
		assert_int_equal(
		    btz_mgmt_put_deny(&m, &wr, 1, 1, s, S("x")), BTZ_E_INVAL);
		assert_int_equal(
		    btz_mgmt_put_deny(&m, &wr, 1, 1, S("x"), s), BTZ_E_INVAL);
	}
	assert_int_equal(
	    btz_mgmt_put_signature(&m, &wr, btz_span_of(out, BTZ_SIG_MAX + 1)),
	    BTZ_E_INVAL);
	assert_int_equal(wr.len, 0);
	assert_int_equal(m.due_count, 0);
}

/* No room: nothing is written and nothing is due. */
static void
refuses_full_buffer(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < 32; cap++) {
		begin(cap);
		assert_int_equal(
		    btz_mgmt_put_deny(&m, &wr, 1, 1, S("0123456789"), S("")),
		    BTZ_E_TOOBIG);
		assert_int_equal(wr.len, 0);
		assert_int_equal(m.due_count, 0);
	}
	begin(32);
	assert_int_equal(
	    btz_mgmt_put_deny(&m, &wr, 1, 1, S("0123456789"), S("")), BTZ_OK);
	assert_int_equal(wr.len, 32);
}

/* An admission, and OpenVPN is woken: two commands, two answers. */
static void
wakes(void **state)
{
	static const char want[] = "client-auth 7 1\nEND\n"
				   "client-pending-auth 7 1 admitted 10\n";

	(void)state;
	begin(sizeof(out));
	assert_int_equal(ready(&m), BTZ_OK);
	assert_int_equal(btz_mgmt_put_auth(&m, &wr, 7, 1, NULL, 0), BTZ_OK);
	assert_int_equal(btz_mgmt_put_wake(&m, &wr, 7, 1), BTZ_OK);
	assert_int_equal(wr.len, sizeof(want) - 1);
	assert_memory_equal(out, want, sizeof(want) - 1);
	assert_int_equal(m.due_count, 2);
}

static void
bounds_what_is_due(void **state)
{
	struct btz_mgmt_event ev;

	(void)state;
	assert_int_equal(ready(&m), BTZ_OK);
	btz_wr_init(&wr, out, sizeof(out));
	for (uint32_t i = 0; i < BTZ_MGMT_DUE_MAX; i++)
		assert_int_equal(btz_mgmt_put_kill(&m, &wr, i), BTZ_OK);
	assert_int_equal(btz_mgmt_put_kill(&m, &wr, 99), BTZ_E_AGAIN);
	for (uint32_t i = 0; i < 2 * BTZ_MGMT_DUE_MAX; i++) {
		assert_int_equal(
		    first_event(&m, "SUCCESS: x\r\n", &ev), BTZ_OK);
		assert_int_equal(ev.cid, i);
		btz_wr_init(&wr, out, sizeof(out));
		assert_int_equal(
		    btz_mgmt_put_kill(&m, &wr, i + BTZ_MGMT_DUE_MAX), BTZ_OK);
	}
}

static void
nothing_on_a_dead_link(void **state)
{
	struct btz_mgmt_event ev;

	(void)state;
	begin(sizeof(out));
	assert_int_equal(first_event(&m, "x\r\n", &ev), BTZ_E_PROTO);
	assert_int_equal(btz_mgmt_put_release(&m, &wr), BTZ_E_PROTO);
	assert_int_equal(
	    btz_mgmt_put_auth(&m, &wr, 0, 0, NULL, 0), BTZ_E_PROTO);
}

static void
writes(void **state)
{
	static const char want[] =
	    "version 3\nbytecount 2\nhold release\n"
	    "client-auth 0 1\nifconfig-push 10.88.0.50 255.255.255.0\n"
	    "push \"route-gateway 10.88.0.1\"\nEND\n"
	    "client-deny 1 1 \"log text\" \"not permitted\"\n"
	    "client-kill 18446744073709551615\n"
	    "pk-sig\nQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJC"
	    "QkJCQkJCQkJC\nQkI=\nEND\npk-sig\nEND\npid\nsignal SIGTERM\n";
	const struct btz_span lines[] = {
		S("ifconfig-push 10.88.0.50 255.255.255.0"),
		S("push \"route-gateway 10.88.0.1\"")
	};
	uint8_t sig[50];

	(void)state;
	begin(sizeof(out));
	memset(sig, 'B', sizeof(sig));
	assert_int_equal(btz_mgmt_put_start(&m, &wr, 2), BTZ_OK);
	assert_int_equal(btz_mgmt_put_release(&m, &wr), BTZ_OK);
	assert_int_equal(btz_mgmt_put_auth(&m, &wr, 0, 1, lines, 2), BTZ_OK);
	assert_int_equal(
	    btz_mgmt_put_deny(&m, &wr, 1, 1, S("log text"), S("not permitted")),
	    BTZ_OK);
	assert_int_equal(btz_mgmt_put_kill(&m, &wr, UINT64_MAX), BTZ_OK);
	assert_int_equal(
	    btz_mgmt_put_signature(&m, &wr, btz_span_of(sig, sizeof(sig))),
	    BTZ_OK);
	assert_int_equal(btz_mgmt_put_signature(&m, &wr, S("")), BTZ_OK);
	assert_int_equal(btz_mgmt_put_alive(&m, &wr), BTZ_OK);
	assert_int_equal(btz_mgmt_put_restart(&m, &wr), BTZ_OK);
	assert_int_equal(wr.len, sizeof(want) - 1);
	assert_memory_equal(out, want, sizeof(want) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_texts),
		cmocka_unit_test(refuses_full_buffer),
		cmocka_unit_test(wakes),
		cmocka_unit_test(bounds_what_is_due),
		cmocka_unit_test(nothing_on_a_dead_link),
		cmocka_unit_test(writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
