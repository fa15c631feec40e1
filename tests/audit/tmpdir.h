/* SPDX-License-Identifier: Apache-2.0 */
/* tmpdir.h - a directory for one test, and its removal. */
#ifndef BTZ_TESTS_AUDIT_TMPDIR_H
#define BTZ_TESTS_AUDIT_TMPDIR_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void
tmpdir_make(char path[64])
{
	(void)snprintf(path, 64, "/tmp/btz-audit-XXXXXX");
	if (mkdtemp(path) == NULL)
		abort();
}

static inline int
tmpdir_unlink(
    const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void
tmpdir_remove(const char *path)
{
	(void)nftw(path, tmpdir_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
