/* SPDX-License-Identifier: Apache-2.0 */
/* test_news.c - who is in is looked at again without being asked: when a policy
 * is published, once a second for what ends by itself, and for the table. */
#define S_NEWS
#include "vpn/stage.h"

static int
begin(void **state)
{
	struct btz_err err;

	if (s_begin_up(state) != 0)
		return -1;
	(void)snprintf(st.d.policy, sizeof(st.d.policy), "%s", st.dir);
	return btz_news_start(&st.d, &err) == BTZ_OK ? 0 : -1;
}

static int
end(void **state)
{
	btz_watch_free(st.d.notify_watch);
	btz_timer_free(st.d.tick);
	btz_timer_free(st.d.news);
	(void)close(st.d.notify);
	return s_end(state);
}

static struct btz_session *
let_in(void)
{
	s_client("CONNECT,5,1", "alice", false);
	(void)s_answer(BTZ_OK, NULL, NULL);
	(void)s_keeper(BTZ_OK);
	s_say("SUCCESS: client-auth\r\nSUCCESS: client-pending-auth\r\n");
	(void)s_heard();
	return btz_session_find(st.s, 5);
}

static void
run_until_cut(unsigned ms)
{
	for (uint64_t to = btz_boot_ms() + ms;
	     btz_boot_ms() < to && !s_trail_has("cut(");)
		btz_loop_once(st.loop, 5);
}

static void
test_nobody(void **state)
{
	(void)state;
	s_alice(0);
	run_until_cut(50);
	assert_false(btz_timer_pending(st.d.tick)); /* an idle box is idle */
	assert_int_equal(s_keeper_waits(), 0);
}

static void
test_published(void **state)
{
	uint64_t began;

	(void)state;
	(void)let_in();
	btz_timer_cancel(st.d.tick); /* not by the second */
	s_alice(S_FAMILY);
	run_until_cut(100);
	assert_false(s_trail_has("cut("));
	began = btz_boot_ms();
	s_alice(0);
	run_until_cut(3000);
	assert_true(s_trail_has("cut("));
	assert_true(btz_boot_ms() - began < 500);
	assert_int_equal(s_keeper(BTZ_OK).del, S_FAMILY);
	assert_true(s_heard_has("client-kill 5\n"));
}

/* The file is there, but not in force; then it is, and nobody says so. */
static void
test_file_first(void **state)
{
	struct btz_session *v;
	char path[128];
	FILE *f;

	(void)state;
	v = let_in();
	btz_timer_cancel(st.d.tick);
	(void)snprintf(path, sizeof(path), "%s/x", st.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fclose(f);
	{
		char to[128];

		(void)snprintf(to, sizeof(to), "%s/%llu.btzp", st.dir,
		    (unsigned long long)st.generation + 1);
		assert_int_equal(rename(path, to), 0);
	}
	run_until_cut(50);
	assert_true(btz_timer_pending(st.d.news)); /* it looks again */
	assert_int_equal(v->state, BTZ_SESSION_IN);
	s_alice(0);
	run_until_cut(3000);
	assert_true(s_trail_has("cut("));
	(void)s_keeper(BTZ_OK);
}

/* A grant ends: within a second of its end. */
static void
test_second(void **state)
{
	const struct s_user u = { "alice", S_FAMILY, btz_unix_now() + 2,
		false };

	(void)state;
	s_policy(&u, 1);
	(void)let_in();
	assert_true(btz_timer_pending(st.d.tick));
	while (!s_trail_has("cut(") && btz_unix_now() < u.until + 3) {
		btz_loop_once(st.loop, 20);
		/* the table, each second */
		while (!s_trail_has("cut(") && s_keeper_waits() > 0)
			assert_int_equal(s_keeper(BTZ_OK).op, BTZ_KEEPER_CHECK);
	}
	assert_true(s_trail_has("cut("));
	assert_true(btz_unix_now() <= u.until + 2);
}

/* Somebody flushed the ruleset: all sessions end, the table is made anew. */
static void
test_flushed(void **state)
{
	(void)state;
	(void)let_in();
	while (s_keeper_waits() == 0)
		btz_loop_once(st.loop, 20);
	assert_int_equal(s_keeper(BTZ_E_NO_CUTOFF).op, BTZ_KEEPER_CHECK);
	assert_int_equal(st.s->state, BTZ_SITE_SETUP);
	assert_int_equal(st.s->fd, -1);
	assert_false(st.s->cutoff);
	assert_null(btz_session_find(st.s, 5));
	assert_true(s_trail_has("disconnect(no-cutoff"));
	/* the address cannot be taken out of what is not there */
	assert_int_equal(s_keeper(BTZ_E_NO_CUTOFF).op, BTZ_KEEPER_MEMBERS);
	assert_int_not_equal(st.s->pool.used[0], 0);
	assert_int_equal(s_keeper(BTZ_OK).op, BTZ_KEEPER_TABLE);
	assert_true(st.s->cutoff);
	assert_int_equal(st.s->pool.used[0], 0); /* and is free again */
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_nobody),
		T(test_published),
		T(test_file_first),
		T(test_second),
		T(test_flushed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
