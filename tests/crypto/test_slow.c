/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_slow.c - what was begun is asked for and told once; who waits has a turn
 * in order; no timer runs when nothing is under way.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/host.h"
#include "base/sock.h"
#include "crypto/lease.h"
#include "crypto/slow.h"
#include "support/cmocka_all.h"
#include "support/memory.h"
#include "wire/msg_key.h"

static struct btz_core core;
static struct btz_host host;
static struct btz_backend be;
static struct btz_slow *slow;
static int asked, pending; /* end was called, says PENDING so often */
static enum btz_rc outcome;

static int told;
static enum btz_rc told_rc;
static char order[64];
static int again; /* 'r' waits again so often */

static enum btz_rc
fake_end(void *st, uint64_t *size, struct btz_wr *out, struct btz_err *err)
{
	(void)st;
	asked++;
	if (pending-- > 0)
		return BTZ_FAIL(err, BTZ_E_PENDING, "at work");
	*size = 9;
	btz_wr_raw(out, "note", 4);
	return outcome == BTZ_OK ? BTZ_OK : BTZ_FAIL(err, outcome, "test");
}

static const struct btz_backend_ops ops = { .name = "test", .end = fake_end };

static void
on_end(enum btz_rc rc, uint64_t size, struct btz_span bytes,
    const struct btz_err *err, void *arg)
{
	told++;
	told_rc = rc;
	assert_ptr_equal(arg, &told);
	if (rc == BTZ_OK) {
		assert_int_equal(size, 9);
		assert_true(btz_span_eq(bytes, btz_span_str("note")));
	} else {
		assert_int_equal(err->rc, rc);
	}
}

static void
turn(void *arg)
{
	const char *name = arg;

	(void)strncat(order, name, sizeof(order) - strlen(order) - 1);
	if (*name == 'r' && again-- > 0)
		assert_int_equal(btz_slow_wait(slow, turn, arg), BTZ_OK);
	if (*name == 'B')
		btz_slow_begun(slow, on_end, &told);
}

static void
wait_as(const char *name)
{
	static char names[32][2];
	static size_t n;
	char *own = names[n++ % 32];

	own[0] = *name;
	assert_int_equal(btz_slow_wait(slow, turn, own), BTZ_OK);
}

static void
run_for(uint32_t ms)
{
	uint64_t end = btz_boot_ms() + ms;

	while (btz_boot_ms() < end)
		btz_loop_once(host.loop, 2);
}

static int
set_up(void **state)
{
	struct btz_err err;

	(void)state;
	memset(&core, 0, sizeof(core));
	memset(&host, 0, sizeof(host));
	if (btz_loop_new(&host.loop, &err) != BTZ_OK)
		return -1;
	host.data = &core;
	be.ops = &ops;
	core.host = &host;
	core.be = &be;
	core.ops = &ops;
	asked = pending = told = again = 0;
	outcome = BTZ_OK;
	order[0] = '\0';
	return btz_slow_new(&core, &slow, &err) == BTZ_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	btz_slow_free(slow);
	btz_loop_free(host.loop);
	return 0;
}

static void
test_told_once(void **state)
{
	(void)state;
	assert_false(btz_slow_busy(slow));
	pending = 100000;
	btz_slow_begun(slow, on_end, &told);
	assert_true(btz_slow_busy(slow));
	run_for(400);
	/* 1, 2, 4, 8, then every 16 ms: 29 at most */
	print_message("# asked %d times in 400 ms\n", asked);
	assert_true(asked > 10 && asked <= 30);
	assert_int_equal(told, 0);
	pending = 1;
	run_for(100);
	assert_int_equal(told, 1);
	assert_int_equal(told_rc, BTZ_OK);
	assert_false(btz_slow_busy(slow));
	asked = 0;
	run_for(60);
	assert_int_equal(asked, 0); /* no wake-up without a reason */
	outcome = BTZ_E_TPM_AUTH;
	btz_slow_begun(slow, on_end, &told);
	run_for(20);
	assert_int_equal(told, 2);
	assert_int_equal(told_rc, BTZ_E_TPM_AUTH);
}

static void
test_order(void **state)
{
	(void)state;
	pending = 3;
	btz_slow_begun(slow, on_end, &told);
	wait_as("a");
	wait_as("B"); /* begins something itself */
	wait_as("c");
	run_for(5);
	assert_string_equal(order, "");
	run_for(40);
	assert_string_equal(order, "aBc");
	assert_int_equal(told, 2);
}

static void
test_refused_again(void **state)
{
	(void)state;
	again = 2;
	wait_as("r");
	wait_as("b");
	run_for(100);
	assert_string_equal(order, "rrrb"); /* it stays the first */
}

static void
test_full(void **state)
{
	char x[] = "x";

	(void)state;
	pending = 1;
	btz_slow_begun(slow, on_end, &told);
	for (unsigned i = 0; i < BTZ_SLOW_QUEUE; i++)
		wait_as("w");
	assert_int_equal(btz_slow_wait(slow, turn, x), BTZ_E_AGAIN);
	run_for(60);
	assert_string_equal(order, "wwwwwwwwwwwwwwww");
	wait_as("v");
}

static void
test_gone(void **state)
{
	(void)state;
	pending = 1000;
	btz_slow_begun(slow, on_end, &told);
	wait_as("a");
	btz_slow_gone(slow);
	assert_int_equal(told, 1);
	assert_int_equal(told_rc, BTZ_E_TEE_DOWN);
	btz_slow_gone(slow);
	assert_int_equal(told, 1);
	run_for(20);
	assert_string_equal(order, "a");
}

static int handled;
static uint8_t seen[BTZ_ID_LEN];

static void
handler(struct btz_host *h, struct btz_call *c, const void *msg)
{
	const struct btz_key_ref *m = msg;

	assert_ptr_equal(h, &host);
	assert_ptr_equal(c->conn_data, core.leases);
	assert_int_equal(c->ticket.id, 77);
	assert_int_equal(btz_leased_spend(c->conn_data, btz_boot_ms()), BTZ_OK);
	memcpy(seen, m->id, sizeof(seen));
	handled++;
}

static void
test_park(void **state)
{
	struct btz_credit credit = { .rate = 1,
		.all = { 1000, btz_boot_ms() } };
	struct btz_leased l = {
		.core = &core, .id = 5, .rate = 1, .credit = &credit
	};
	struct btz_call c = {
		.ticket = { .host = &host, .id = 77 }, .fd = -1, .conn_data = &l
	};
	struct btz_key_ref m = { .id = { 1, 2, 3 } };

	(void)state;
	core.leases = &l; /* one a second: spent by the first try */
	assert_int_equal(btz_leased_spend(&l, credit.all.at), BTZ_OK);
	assert_true(btz_slow_park(slow, &c, &btz_def_key_ref, &m, handler));
	memset(&c, 0, sizeof(c));
	run_for(40);
	assert_int_equal(handled, 1);
	assert_memory_equal(seen, m.id, sizeof(seen));
	/* The lease ended while it waited. */
	c = (struct btz_call){
		.ticket = { .host = &host, .id = 77 }, .fd = -1, .conn_data = &l
	};
	assert_true(btz_slow_park(slow, &c, &btz_def_key_ref, &m, handler));
	core.leases = NULL;
	run_for(40);
	assert_int_equal(handled, 1);
}

static void
on_frame(struct btz_chan *ch, const struct btz_frame *f, int fd,
    const struct btz_peer *peer, void *arg)
{
	struct btz_call c = { .ticket = { .host = &host, .id = 77 },
		.fd = -1,
		.conn_data = arg };
	struct btz_key_ref m;

	(void)ch;
	(void)fd;
	(void)peer;
	assert_true(btz_msg_decode(&btz_def_key_ref, f->body, &m));
	assert_true(btz_slow_park(slow, &c, &btz_def_key_ref, &m, handler));
	btz_wipe(&m, sizeof(m));
}

/* What waited is nowhere when it had its turn: not where it was received. */
static void
test_wiped(void **state)
{
	static const struct btz_chan_ops chan_ops = { .on_frame = on_frame };
	struct btz_leased l = { .core = &core, .id = 5 };
	const struct btz_frame f = { .op = BTZ_OP_DESTROY, .tag = 1 };
	struct btz_key_ref m;
	struct btz_msgbuf buf;
	struct btz_chan *ch;
	struct btz_err err;
	int fd[2];

	(void)state;
	core.leases = &l;
	handled = 0;
	for (size_t i = 0; i < BTZ_ID_LEN; i++)
		m.id[i] = (uint8_t)(i * 31 + 7);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	assert_int_equal(
	    btz_chan_new(host.loop, fd[0], 0, &chan_ops, &l, &ch, &err),
	    BTZ_OK);
	assert_int_equal(btz_sock_pack(&buf, &f, &btz_def_key_ref, &m), BTZ_OK);
	assert_int_equal(btz_sock_send(fd[1], buf.bytes, buf.len, -1), BTZ_OK);
	run_for(40);
	assert_int_equal(handled, 1);
	memset(seen, 0, sizeof(seen));
	assert_int_not_equal(memory_has(getpid(), m.id, sizeof(m.id)), 1);
	memcpy(seen, m.id, sizeof(seen));
	if (memory_has(getpid(), m.id, sizeof(m.id)) == -1)
		print_message("# the memory may not be read here\n");
	else
		assert_int_equal(memory_has(getpid(), m.id, sizeof(m.id)), 1);
	core.leases = NULL;
	btz_chan_free(ch);
	(void)close(fd[1]);
}

/* At the end nobody is forgotten. */
static void
test_at_the_end(void **state)
{
	struct btz_err err;

	(void)state;
	pending = 1000;
	btz_slow_begun(slow, on_end, &told);
	wait_as("a");
	wait_as("b");
	btz_slow_free(slow);
	assert_int_equal(told_rc, BTZ_E_TEE_DOWN);
	assert_string_equal(order, "ab");
	assert_int_equal(btz_slow_new(&core, &slow, &err), BTZ_OK);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_told_once),
		CASE(test_order),
		CASE(test_refused_again),
		CASE(test_full),
		CASE(test_gone),
		CASE(test_park),
		CASE(test_wiped),
		CASE(test_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
