/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - log lines; format in log.h. */
#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

#define LINES_PER_S 50u

static const char *const level_names[] = { "error", "warn", "info", "debug" };
static const char *program = "bartizan";
static enum btz_log_level level_max = BTZ_LOG_INFO;

void
btz_log_init(const char *prog, enum btz_log_level max)
{
	program = prog;
	level_max = max;
}

static void
escape(const char *in, char *out, size_t cap)
{
	size_t n = 0;

	for (; *in != '\0' && n + 5 < cap; in++) {
		unsigned char c = (unsigned char)*in;

		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			n += (size_t)snprintf(out + n, cap - n, "\\x%02x", c);
		else
			out[n++] = (char)c;
	}
	out[n] = '\0';
}

static void
emit(enum btz_log_level level, uint64_t req, const char *msg)
{
	char safe[1200], line[1400], when[32];
	struct timespec ts;
	struct tm tm;
	int n;

	escape(msg, safe, sizeof(safe));
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	(void)gmtime_r(&ts.tv_sec, &tm);
	(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	n = snprintf(line, sizeof(line),
	    "time=%s.%03ldZ prog=%s level=%s req=%016" PRIx64 " msg=\"%s\"\n",
	    when, ts.tv_nsec / 1000000, program, level_names[level], req, safe);
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		return; /* nowhere left to say it */
}

static void
tell_dropped(unsigned n)
{
	char msg[64];

	(void)snprintf(msg, sizeof(msg), "%u lines about requests left out", n);
	emit(BTZ_LOG_WARN, 0, msg);
}

/* Lines about somebody's request: so many a second, the rest is counted. */
static bool
too_many(enum btz_log_level level, uint64_t req)
{
	static time_t second;
	static unsigned lines, dropped;
	struct timespec ts;

	if (req == 0 && level <= BTZ_LOG_WARN)
		return false;
	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	if (ts.tv_sec == second)
		return ++lines > LINES_PER_S && ++dropped > 0;
	if (dropped > 0)
		tell_dropped(dropped);
	second = ts.tv_sec;
	lines = 1;
	dropped = 0;
	return false;
}

void
btz_log(enum btz_log_level level, uint64_t req, const char *fmt, ...)
{
	char msg[600];
	va_list ap;

	if (level > level_max || too_many(level, req))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	emit(level, req, msg);
}

void
btz_log_err(uint64_t req, const struct btz_err *e)
{
	btz_log(BTZ_LOG_ERROR, req, "%s (%s at %s)", e->msg, btz_rc_name(e->rc),
	    e->where == NULL ? "?" : e->where);
}
