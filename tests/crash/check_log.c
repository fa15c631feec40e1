/* SPDX-License-Identifier: Apache-2.0 */
/* check_log.c - the folder of the log; contract in check.h (which cannot be
 * included here: VERIFY of a signature has the same name). */
#include <stdio.h>

#include "cli/audit_verify.h"

uint64_t check_log(const char *dir, char *wrong, size_t cap);

struct wrong {
	char *text;
	size_t cap;
};

static void
found(enum btz_finding what, const char *log, const char *where,
    const char *text, void *arg)
{
	struct wrong *w = arg;

	if (what == BTZ_FOUND_WRONG && w->text[0] == '\0')
		(void)snprintf(
		    w->text, w->cap, "log %s: %s: %s", log, where, text);
}

uint64_t
check_log(const char *dir, char *wrong, size_t cap)
{
	struct wrong w = { wrong, cap };
	struct btz_verify v = { .dir = dir, .found = found, .arg = &w };
	struct btz_err err;

	wrong[0] = '\0';
	if (btz_audit_verify(&v, &err) != BTZ_OK)
		(void)snprintf(wrong, cap, "log: %s", err.msg);
	return v.records;
}
