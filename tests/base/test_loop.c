/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop: descriptors, one-shot timers, signals, clocks. */
#include "base/loop.h"

#include <signal.h>
#include <unistd.h>

#include "support/cmocka_all.h"

static struct btz_watch *self;
static unsigned hits, signals;

static void
on_event(unsigned events, void *arg)
{
	(void)arg;
	assert_int_equal(events, BTZ_EV_READ);
	hits++;
	btz_watch_free(self); /* a watch may free itself */
}

static void
on_time(void *arg)
{
	unsigned *n = arg;

	(*n)++;
}

static void
on_signal(int signo, void *arg)
{
	assert_int_equal(signo, SIGUSR1);
	signals++;
	btz_loop_stop(arg);
}

static void
test_all(void **state)
{
	struct btz_loop *loop;
	struct btz_timer *t;
	unsigned ticks = 0;
	int p[2];

	(void)state;
	assert_int_equal(btz_loop_new(&loop, NULL), BTZ_OK);
	assert_int_equal(pipe(p), 0);
	self = btz_watch_new(loop, p[0], BTZ_EV_READ, on_event, NULL);
	assert_int_equal(write(p[1], "x", 1), 1);
	btz_loop_once(loop, 5);
	btz_loop_once(loop, 5);
	assert_int_equal(hits, 1);
	t = btz_timer_new(loop, on_time, &ticks);
	assert_false(btz_timer_pending(t));
	btz_timer_set(t, 1);
	assert_true(btz_timer_pending(t));
	btz_timer_cancel(t);
	(void)usleep(3000);
	btz_loop_once(loop, 2);
	assert_int_equal(ticks, 0);
	btz_timer_set(t, 1);
	for (int i = 0; i < 1000 && ticks == 0; i++)
		btz_loop_once(loop, 3);
	for (int i = 0; i < 5; i++)
		btz_loop_once(loop, 3);
	assert_int_equal(ticks, 1); /* one-shot */
	assert_int_equal(
	    btz_loop_signal(loop, SIGUSR1, on_signal, loop, NULL), BTZ_OK);
	(void)kill(getpid(), SIGUSR1);
	assert_int_equal(btz_loop_run(loop, NULL), BTZ_OK);
	assert_int_equal(signals, 1);
	btz_timer_free(t);
	btz_loop_free(loop);
	(void)close(p[0]);
	(void)close(p[1]);
}

/* Two ordinary watches and an urgent one that becomes ready in the first of
 * them: it comes before the second. */
static struct {
	int in[3][2]; /* pipes: 0 and 1 ordinary, 2 urgent */
	char order[8];
	size_t n;
	struct btz_loop *loop;
} race;

static void
on_pipe(unsigned events, void *arg)
{
	size_t i = (size_t)((int(*)[2])arg - race.in);
	char c;

	(void)events;
	assert_int_equal(read(race.in[i][0], &c, 1), 1);
	race.order[race.n++] = i == 2 ? 'u' : 'o';
	if (race.n == 1)
		assert_int_equal(write(race.in[2][1], "x", 1), 1);
	if (race.n == 3)
		btz_loop_stop(race.loop);
}

static void
test_urgent(void **state)
{
	struct btz_watch *w[3];

	(void)state;
	assert_int_equal(btz_loop_new(&race.loop, NULL), BTZ_OK);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(pipe(race.in[i]), 0);
		w[i] = btz_watch_new(race.loop, race.in[i][0], BTZ_EV_READ,
		    on_pipe, &race.in[i]);
		assert_non_null(w[i]);
		if (i < 2)
			assert_int_equal(write(race.in[i][1], "x", 1), 1);
	}
	btz_watch_urgent(w[2]);
	assert_int_equal(btz_loop_run(race.loop, NULL), BTZ_OK);
	assert_string_equal(race.order, "ouo");
	for (size_t i = 0; i < 3; i++) {
		btz_watch_free(w[i]);
		(void)close(race.in[i][0]);
		(void)close(race.in[i][1]);
	}
	btz_loop_free(race.loop);
}

static void
test_clocks(void **state)
{
	uint64_t a = btz_boot_ms();

	(void)state;
	(void)usleep(2000);
	assert_true(btz_boot_ms() > a);
	assert_true(btz_unix_ms() / 1000 - btz_unix_now() <= 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_urgent),
		cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
