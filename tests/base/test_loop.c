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
	for (int i = 0; i < 10; i++)
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
		cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
