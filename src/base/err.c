/* SPDX-License-Identifier: Apache-2.0 */
/* err.c - errors with context; contract in err.h. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
fill(struct btz_err *e, const char *where, enum btz_rc rc, int sys,
    const char *fmt, va_list ap)
{
	size_t n;

	if (e == NULL)
		return;
	e->rc = rc;
	e->sys_errno = sys;
	e->where = where;
	(void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	n = strlen(e->msg);
	if (sys != 0)
		(void)snprintf(
		    e->msg + n, sizeof(e->msg) - n, ": %s", strerror(sys));
}

enum btz_rc
btz_err_set(struct btz_err *e, const char *where, enum btz_rc rc, int sys_errno,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, where, rc, sys_errno, fmt, ap);
	va_end(ap);
	return rc;
}

enum btz_rc
btz_err_set_sys(
    struct btz_err *e, const char *where, enum btz_rc rc, const char *fmt, ...)
{
	int sys = errno;
	va_list ap;

	va_start(ap, fmt);
	fill(e, where, rc, sys, fmt, ap);
	va_end(ap);
	return rc;
}

enum btz_rc
btz_err_wrap(struct btz_err *e, const char *fmt, ...)
{
	char old[sizeof(e->msg)];
	va_list ap;
	size_t n;

	if (e == NULL)
		return BTZ_E_INTERNAL;
	memcpy(old, e->msg, sizeof(old));
	va_start(ap, fmt);
	(void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	(void)snprintf(e->msg + n, sizeof(e->msg) - n, ": %s", old);
	return e->rc;
}
