/* SPDX-License-Identifier: Apache-2.0 */
/* shift.c - LD_PRELOAD: a clock that is BTZ_SHIFT seconds ahead, so that the
 * tour can show an expired certificate to a server without waiting for it. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static time_t
ahead(void)
{
	const char *s = getenv("BTZ_SHIFT");

	return s == NULL ? 0 : (time_t)strtol(s, NULL, 10);
}

time_t
time(time_t *out)
{
	struct timespec ts = { 0, 0 };
	time_t now;

	(void)syscall(SYS_clock_gettime, CLOCK_REALTIME, &ts);
	now = ts.tv_sec + ahead();
	if (out != NULL)
		*out = now;
	return now;
}
