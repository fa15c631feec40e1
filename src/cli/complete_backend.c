/* SPDX-License-Identifier: Apache-2.0 */
/* complete_backend.c - see complete_backend.h. Only the names of sections are
 * read: whether they are in order says `bartizan up -n`. */
#include "cli/complete_backend.h"

#include <stdio.h>
#include <string.h>

#include "base/backends.h"
#include "base/home.h"
#include "wire/name.h"

#define PKCS11 "pkcs11 "

/* "[NAME]" in a line; false: it is none. */
static bool
section(const char *line, char *out, size_t cap)
{
	const char *from = line + strspn(line, " \t");
	const char *end = from[0] == '[' ? strchr(from, ']') : NULL;
	size_t n = end == NULL ? 0 : (size_t)(end - from) - 1;

	if (n == 0 || n >= cap)
		return false;
	memcpy(out, from + 1, n);
	out[n] = '\0';
	return true;
}

static void
offer(const char *name, void (*fn)(const char *value, const char *typed),
    const char *typed)
{
	char value[sizeof(PKCS11) + BTZ_TOKEN_NAME_MAX];
	const char *token = name + sizeof(PKCS11) - 1;

	if (strcmp(name, "tpm-direct") == 0)
		fn(name, typed);
	if (strncmp(name, PKCS11, sizeof(PKCS11) - 1) != 0 ||
	    strlen(token) > BTZ_TOKEN_NAME_MAX ||
	    !btz_name_ok(btz_span_str(token)))
		return;
	(void)snprintf(value, sizeof(value), "pkcs11:%s", token);
	fn(value, typed);
}

void
btz_complete_backends(const char *home,
    void (*fn)(const char *value, const char *typed), const char *typed)
{
	char path[512], line[512], name[64];
	struct btz_err err;
	FILE *f = NULL;

	fn("soft", typed);
	fn("tee", typed);
	if (btz_home_path(
		home, "etc/bartizan.conf", path, sizeof(path), &err) == BTZ_OK)
		f = fopen(path, "re");
	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		if (section(line, name, sizeof(name)))
			offer(name, fn, typed);
	(void)fclose(f);
}
