/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.h - an error with its context. Filled where it is detected; callers wrap
 * or pass it on; logged once, by the request loop. Never holds a secret. Only
 * the number (wire/rc.h) crosses a process boundary.
 */
#ifndef BTZ_BASE_ERR_H
#define BTZ_BASE_ERR_H

#include "wire/rc.h"

struct btz_err {
	enum btz_rc rc;
	int sys_errno;	   /* 0: not a system error */
	const char *where; /* "file.c:line", static */
	char msg[224];
};

#define BTZ_STR2(x) #x
#define BTZ_STR(x) BTZ_STR2(x)
#define BTZ_WHERE __FILE__ ":" BTZ_STR(__LINE__)
/* Sets *e (may be NULL) and is the rc, for `return BTZ_FAIL(...)`. */
#define BTZ_FAIL(e, rc, ...) btz_err_set((e), BTZ_WHERE, (rc), 0, __VA_ARGS__)
/* The same from errno. */
#define BTZ_FAIL_SYS(e, rc, ...) \
	btz_err_set_sys((e), BTZ_WHERE, (rc), __VA_ARGS__)

enum btz_rc btz_err_set(struct btz_err *e, const char *where, enum btz_rc rc,
    int sys_errno, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
enum btz_rc btz_err_set_sys(struct btz_err *e, const char *where,
    enum btz_rc rc, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Puts "<fmt>: " before the message; returns e->rc. */
enum btz_rc btz_err_wrap(struct btz_err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
