/* SPDX-License-Identifier: Apache-2.0 */
/* test_lease.c - a lease as the service enforces it: operations, scope, rate,
 * expiry, narrowing. */
#include "crypto/lease.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/host.h"
#include "base/sock.h"
#include "crypto/report.h"
#include "support/cmocka_all.h"
#include "wire/alg.h"
#include "wire/msg_random.h"

static struct btz_core core;

static struct btz_lease
wire(void)
{
	return (struct btz_lease){ .lease = 7,
		.application = btz_span_str("one"),
		.uid = 1000,
		.role = btz_span_str("app"),
		.ops = BTZ_USE_SIGN | BTZ_USE_LIST,
		.kinds = 6,
		.expiry = 5000 };
}

static struct btz_leased *
make(const struct btz_lease *m)
{
	struct btz_leased *l;
	struct btz_err err;

	assert_int_equal(btz_leased_new(&core, m, &l, &err), BTZ_OK);
	return l;
}

/* Without sockets and report: only what is in memory. */
static void
drop(struct btz_leased *l)
{
	core.leases = l->next;
	core.n_leases--;
	free(l);
}

static void
test_malformed(void **state)
{
	struct btz_lease m = wire();
	uint8_t ids[17] = { 0 };
	struct btz_leased *l;
	struct btz_err err;

	(void)state;
	m.keys = btz_span_of(ids, 15);
	assert_int_equal(btz_leased_new(&core, &m, &l, &err), BTZ_E_INVAL);
	m = wire();
	m.application.len = 0;
	assert_int_equal(btz_leased_new(&core, &m, &l, &err), BTZ_E_INVAL);
	m = wire();
	l = make(&m);
	assert_int_equal(btz_leased_new(&core, &m, &l, &err), BTZ_E_EXIST);
	assert_null(l);
	drop(core.leases);
	assert_int_equal(core.n_leases, 0);
}

static const struct {
	const char *name;
	uint32_t ops;
	uint64_t now;
	enum btz_rc rc;
} check_cases[] = {
	{ "not given", BTZ_USE_GENERATE, 0, BTZ_E_DENIED },
	{ "one of two", BTZ_USE_SIGN | BTZ_USE_DESTROY, 0, BTZ_E_DENIED },
	{ "expired", BTZ_USE_SIGN, 5000, BTZ_E_LEASE },
	{ "long expired", BTZ_USE_SIGN, UINT64_MAX, BTZ_E_LEASE },
	{ "last moment", BTZ_USE_SIGN, 4999, BTZ_OK },
	{ "both", BTZ_USE_SIGN | BTZ_USE_LIST, 1, BTZ_OK },
};

static void
test_check(void **state)
{
	struct btz_lease m = wire();
	struct btz_leased *l = make(&m);

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(check_cases); i++) {
		print_message("# case: %s\n", check_cases[i].name);
		assert_int_equal(
		    btz_leased_check(l, check_cases[i].ops, check_cases[i].now),
		    check_cases[i].rc);
	}
	drop(l);
}

static void
test_rate(void **state)
{
	struct btz_lease m = wire();
	struct btz_leased *l;
	uint64_t now;
	int given = 0;

	(void)state;
	m.rate = 10;
	l = make(&m);
	now = l->credit->all.at;
	for (int i = 0; i < 30; i++)
		given += btz_leased_spend(l, now) == BTZ_OK;
	assert_int_equal(given, 10);
	assert_int_equal(btz_leased_spend(l, now + 99), BTZ_E_QUOTA);
	assert_int_equal(btz_leased_spend(l, now + 100), BTZ_OK);
	assert_int_equal(btz_leased_spend(l, now + 100), BTZ_E_QUOTA);
	for (given = 0; btz_leased_spend(l, now + 1000000) == BTZ_OK;)
		given++;
	assert_int_equal(given, 10); /* nothing is saved up */
	drop(l);
	m.rate = 0;
	m.application = btz_span_str("two");
	l = make(&m);
	for (given = 0; given < 100; given++)
		assert_int_equal(btz_leased_spend(l, now), BTZ_OK);
	m.rate = 1; /* where there was none */
	btz_leased_narrow(l, &m);
	assert_int_equal(btz_leased_spend(l, l->own.at), BTZ_OK);
	assert_int_equal(btz_leased_spend(l, l->own.at), BTZ_E_QUOTA);
	btz_leased_refund(l);
	assert_int_equal(btz_leased_spend(l, l->own.at), BTZ_OK);
	drop(l);
	btz_credits_free(&core);
}

/* One lease is slowed down, and asks and asks: the others keep the rate. */
static void
test_slowed(void **state)
{
	struct btz_lease m = wire();
	struct btz_leased *l, *other;
	uint64_t now;
	int given = 0, slow = 0;

	(void)state;
	m.rate = 100;
	l = make(&m);
	m.lease = 8;
	other = make(&m);
	m.rate = 1;
	btz_leased_narrow(l, &m);
	now = l->own.at + 5000;
	for (int i = 0; i < 100; i++) /* all that there is */
		assert_int_equal(btz_leased_spend(other, now), BTZ_OK);
	for (uint64_t ms = 1; ms <= 500; ms++) {
		slow += btz_leased_spend(l, now + ms) == BTZ_OK;
		given += btz_leased_spend(other, now + ms) == BTZ_OK;
	}
	assert_in_range(slow, 0, 1);
	assert_in_range(given, 48, 50);
	drop(other);
	drop(l);
	btz_credits_free(&core);
}

/* A rate is the application's: two leases have one between them, and one that
 * comes after the others have ended nothing more. */
static void
test_rate_of_all(void **state)
{
	struct btz_lease m = wire();
	struct btz_leased *l, *other;
	uint64_t now;

	(void)state;
	m.rate = 4;
	l = make(&m);
	m.lease = 8;
	other = make(&m);
	now = l->credit->all.at;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(btz_leased_spend(l, now), BTZ_OK);
		assert_int_equal(btz_leased_spend(other, now), BTZ_OK);
	}
	assert_int_equal(btz_leased_spend(l, now), BTZ_E_QUOTA);
	assert_int_equal(btz_leased_spend(other, now), BTZ_E_QUOTA);
	drop(other);
	drop(l);
	l = make(&m);
	assert_int_equal(btz_leased_spend(l, now), BTZ_E_QUOTA);
	m.lease = 9;
	m.application = btz_span_str("two");
	other = make(&m);
	assert_int_equal(btz_leased_spend(other, now), BTZ_OK);
	btz_leased_refund(other);
	assert_int_equal(other->credit->all.left, 4000);
	assert_int_equal(btz_leased_spend(l, now + 250), BTZ_OK);
	assert_int_equal(btz_leased_spend(l, now + 250), BTZ_E_QUOTA);
	drop(other);
	drop(l);
	btz_credits_free(&core);
}

static void
test_reach(void **state)
{
	uint8_t ids[32] = { 1 }, other[16] = { 9 };
	struct btz_lease m = wire();
	struct btz_leased *l;

	(void)state;
	ids[16] = 2;
	l = make(&m);
	assert_false(btz_leased_reaches(l, ids, "two", false));
	assert_false(btz_leased_reaches(l, ids, "two", true));
	assert_true(btz_leased_reaches(l, ids, "one", false));
	drop(l);
	m.scope = 1;
	m.keys = btz_span_of(ids, 32);
	l = make(&m);
	assert_false(btz_leased_reaches(l, other, "one", false));
	assert_false(btz_leased_reaches(l, ids, "two", false));
	assert_true(btz_leased_reaches(l, ids, "one", false));
	assert_true(btz_leased_reaches(l, ids + 16, "one", false));
	drop(l);
	m.role = btz_span_str("admin");
	m.scope = 0;
	l = make(&m);
	assert_true(btz_leased_reaches(l, other, "two", true));
	assert_false(btz_leased_reaches(l, other, "two", false));
	drop(l);
}

/* Narrowing never gives anything. */
static void
test_narrow(void **state)
{
	uint8_t ids[32] = { 1 };
	struct btz_lease m = wire(), less;
	struct btz_leased *l = make(&m);

	(void)state;
	ids[16] = 2;
	less = (struct btz_lease){ .lease = 7,
		.ops = BTZ_USE_SIGN | BTZ_USE_DESTROY,
		.kinds = 3,
		.rate = 5,
		.expiry = 9000 };
	btz_leased_narrow(l, &less);
	assert_int_equal(l->ops, BTZ_USE_SIGN);
	assert_int_equal(l->kinds, 2);
	assert_int_equal(l->rate, 5);
	assert_int_equal(l->expiry, 5000);
	less.scope = 1;
	less.rate = 50;
	less.expiry = 4000;
	less.keys = btz_span_of(ids, 32);
	btz_leased_narrow(l, &less);
	assert_int_equal(l->rate, 5);
	assert_int_equal(l->expiry, 4000);
	assert_int_equal(l->n_keys, 2);
	less.keys = btz_span_of(ids + 16, 16);
	btz_leased_narrow(l, &less);
	assert_int_equal(l->n_keys, 1);
	assert_false(btz_leased_reaches(l, ids, "one", false));
	assert_true(btz_leased_reaches(l, ids + 16, "one", false));
	less.keys = btz_span_of(ids, 32);
	btz_leased_narrow(l, &less); /* more than it has: not given */
	assert_int_equal(l->n_keys, 1);
	drop(l);
}

static void
on_gone(struct btz_host *h, uint64_t conn, void *conn_data)
{
	struct btz_leased *l = conn_data;

	(void)h;
	(void)conn;
	l->conn = 0;
	btz_leased_end(l);
}

/* The client's end of a lease, asked for random bytes; the answer's status. */
static enum btz_rc
ask(struct btz_host *h, int fd, uint32_t tag)
{
	static struct btz_msgbuf buf;
	const struct btz_frame f = { .op = BTZ_OP_RANDOM, .tag = tag };
	const struct btz_random rq = { .n = 8 };
	struct btz_frame a;
	int got;

	assert_int_equal(btz_sock_pack(&buf, &f, &btz_def_random, &rq), BTZ_OK);
	assert_int_equal(btz_sock_send(fd, buf.bytes, buf.len, -1), BTZ_OK);
	btz_loop_once(h->loop, 100);
	assert_int_equal(btz_sock_try_recv(fd, &buf, &got, NULL), BTZ_OK);
	assert_true(btz_frame_decode(btz_span_of(buf.bytes, buf.len), &a));
	assert_int_equal(a.tag, tag);
	return btz_rc_from_wire(a.status);
}

static const struct {
	const char *name;
	uint64_t lease;
	const char *application;
	enum btz_rc told;
} refusals[] = {
	{ "a form of another release", 8, "", BTZ_E_VERSION },
	{ "a number that is in use", 7, "one", BTZ_E_AGAIN },
};

/* Who has been handed the lease already is told why it is none. */
static void
test_refused(void **state)
{
	static const struct btz_daemon d = { .ops = btz_crypto_ops,
		.n_ops = 12,
		.admit = btz_core_admit,
		.on_gone = on_gone };
	static struct btz_host host;
	struct btz_lease m = wire();
	struct btz_leased *first = make(&m);
	struct btz_err err;

	(void)state;
	host = (struct btz_host){ .d = &d, .data = &core };
	core.host = &host;
	assert_int_equal(btz_loop_new(&host.loop, &err), BTZ_OK);
	for (size_t i = 0; i < BTZ_COUNT(refusals); i++) {
		struct btz_call c = { .ticket = { .host = &host } };
		int fd[2], on = 1;

		print_message("# case: %s\n", refusals[i].name);
		assert_int_equal(btz_sock_pair(false, fd, &err), BTZ_OK);
		assert_int_equal(
		    setsockopt(fd[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)),
		    0);
		m.uid = getuid();
		m.lease = refusals[i].lease;
		m.application = btz_span_str(refusals[i].application);
		c.fd = fd[0];
		btz_op_grant(&host, &c, &m);
		assert_int_equal(c.fd, -1);
		assert_int_equal(core.n_leases, 2);
		assert_int_equal(ask(&host, fd[1], 1), refusals[i].told);
		assert_int_equal(ask(&host, fd[1], 2), refusals[i].told);
		(void)close(fd[1]);
		btz_loop_once(host.loop, 100);
		assert_int_equal(core.n_leases, 1);
	}
	drop(first);
	btz_loop_free(host.loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_rate_of_all),
		cmocka_unit_test(test_slowed),
		cmocka_unit_test(test_reach),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
