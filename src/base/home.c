/* SPDX-License-Identifier: Apache-2.0 */
/* home.c - places of files and programs; contract in home.h. */
#include "base/home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef BTZ_LIBEXECDIR
#define BTZ_LIBEXECDIR "/usr/libexec/bartizan"
#endif

static const struct {
	const char *top, *place;
} system_places[] = {
	{ "etc", "/etc/bartizan" },
	{ "run", "/run/bartizan" },
	{ "log", "/var/log/bartizan" },
};

static int
system_path(const char *rel, char *out, size_t cap)
{
	size_t top = strcspn(rel, "/");

	for (size_t i = 0; i < BTZ_COUNT(system_places); i++)
		if (strlen(system_places[i].top) == top &&
		    memcmp(system_places[i].top, rel, top) == 0)
			return snprintf(out, cap, "%s%s",
			    system_places[i].place, rel + top);
	return snprintf(out, cap, "%s/%s", BTZ_HOME_SYSTEM, rel);
}

enum btz_rc
btz_home_path(const char *home, const char *rel, char *out, size_t cap,
    struct btz_err *err)
{
	int n = home == NULL ? system_path(rel, out, cap)
			     : snprintf(out, cap, "%s/%s", home, rel);

	if (n < 0 || (size_t)n >= cap)
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "path of '%s'", rel);
	return BTZ_OK;
}

static bool
is_program(const char *dir, const char *folder, const char *name, char *out,
    size_t cap)
{
	int n = snprintf(out, cap, "%s/%s%s%s", dir, folder,
	    folder[0] == '\0' ? "" : "/", name);

	return n > 0 && (size_t)n < cap && access(out, X_OK) == 0;
}

enum btz_rc
btz_home_program(const char *folder, const char *name, char *out, size_t cap,
    struct btz_err *err)
{
	const char *dir = getenv("BARTIZAN_LIBEXEC");

	if (dir == NULL || dir[0] == '\0')
		dir = BTZ_LIBEXECDIR;
	if (is_program(dir, "", name, out, cap) ||
	    is_program(dir, folder, name, out, cap))
		return BTZ_OK;
	return BTZ_FAIL(err, BTZ_E_NOENT, "program %s is not in %s", name, dir);
}
