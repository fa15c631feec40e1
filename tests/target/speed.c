/* SPDX-License-Identifier: Apache-2.0 */
/* speed.c - see speed.h; a mark: SPEED algorithm operation times-so-far */
#include "speed.h"

#include <stdio.h>
#include <time.h>

#include "ta_call.h"

static void
mark(const char *alg, const char *what, int n)
{
	(void)printf("SPEED %s %s %d\n", alg, what, n);
	(void)fflush(stdout);
}

static bool
more(int n, time_t seconds)
{
	return n < 5 || (n < 20 && seconds < 15) || (n < 200 && seconds < 6);
}

bool
speed(const char *alg, const char *what, bool (*op)(void *arg), void *arg)
{
	struct timespec t0, t;
	bool ok = op(arg); /* once before: nothing is new any more */
	int n = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &t0);
	t = t0;
	mark(alg, what, 0);
	while (ok && more(n, t.tv_sec - t0.tv_sec)) {
		ok = op(arg);
		n++;
		(void)clock_gettime(CLOCK_MONOTONIC, &t);
	}
	if (ok)
		mark(alg, what, n);
	return tap(ok, what);
}
