/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - small files below a directory; contract in files.h. */
#include "audit/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_ROOM 128

enum btz_rc
btz_files_rc(int sys_errno)
{
	return sys_errno == ENOSPC || sys_errno == EDQUOT || sys_errno == EFBIG
		   ? BTZ_E_FULL
		   : BTZ_E_IO;
}

static enum btz_rc
fail(struct btz_err *err, const char *what, const char *path)
{
	return BTZ_FAIL_SYS(err, btz_files_rc(errno), "%s '%s'", what, path);
}

/* The folder of path, or "." */
static void
parent_of(const char *path, char out[PATH_ROOM])
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		(void)snprintf(out, PATH_ROOM, ".");
	else
		(void)snprintf(
		    out, PATH_ROOM, "%.*s", (int)(slash - path), path);
}

enum btz_rc
btz_files_sync_parent(int dir, const char *path, struct btz_err *err)
{
	char parent[PATH_ROOM];
	enum btz_rc rc = BTZ_OK;
	int fd;

	parent_of(path, parent);
	fd = openat(dir, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		rc = fail(err, "sync folder", parent);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum btz_rc
btz_files_mkdirs(int dir, const char *path, struct btz_err *err)
{
	char part[PATH_ROOM];
	enum btz_rc rc = BTZ_OK;

	for (const char *s = strchr(path, '/'); rc == BTZ_OK && s != NULL;
	     s = strchr(s + 1, '/')) {
		(void)snprintf(
		    part, sizeof(part), "%.*s", (int)(s - path), path);
		if (mkdirat(dir, part, 0700) == 0)
			rc = btz_files_sync_parent(dir, part, err);
		else if (errno != EEXIST)
			rc = fail(err, "make folder", part);
	}
	return rc;
}

bool
btz_files_pwrite(int fd, const void *p, size_t len, uint64_t at)
{
	const uint8_t *b = p;

	while (len > 0) {
		ssize_t n = pwrite(fd, b, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		b += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

enum btz_rc
btz_files_write(int dir, const char *path, struct btz_span data,
    enum btz_files_sync sync, struct btz_err *err)
{
	char tmp[PATH_ROOM];
	enum btz_rc rc;
	int fd;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.tmp", path) >= sizeof(tmp))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "path '%s'", path);
	if ((rc = btz_files_mkdirs(dir, path, err)) != BTZ_OK)
		return rc;
	fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(err, "create", tmp);
	if (!btz_files_pwrite(fd, data.p, data.len, 0) ||
	    (sync != BTZ_FILES_LAZY && fdatasync(fd) != 0))
		rc = fail(err, "write", tmp);
	if (close(fd) != 0 && rc == BTZ_OK)
		rc = fail(err, "close", tmp);
	if (rc == BTZ_OK && renameat(dir, tmp, dir, path) != 0)
		rc = fail(err, "rename", tmp);
	if (rc != BTZ_OK)
		(void)unlinkat(dir, tmp, 0);
	else if (sync == BTZ_FILES_FULL)
		rc = btz_files_sync_parent(dir, path, err);
	return rc;
}

enum btz_rc
btz_files_read(int dir, const char *path, void *buf, size_t cap, size_t *len,
    struct btz_err *err)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	enum btz_rc rc = BTZ_OK;
	uint8_t more;

	*len = 0;
	if (fd < 0)
		return BTZ_FAIL_SYS(err,
		    errno == ENOENT ? BTZ_E_NOENT : BTZ_E_IO, "open '%s'",
		    path);
	while (*len < cap) {
		ssize_t n = read(fd, (uint8_t *)buf + *len, cap - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = fail(err, "read", path);
		if (n <= 0)
			break;
		*len += (size_t)n;
	}
	if (rc == BTZ_OK && *len == cap && read(fd, &more, 1) == 1)
		rc = BTZ_FAIL(
		    err, BTZ_E_TOOBIG, "'%s' is over %zu bytes", path, cap);
	(void)close(fd);
	return rc;
}

void
btz_files_remove_dir(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *e;
	DIR *d;

	if (fd < 0)
		return;
	d = fdopendir(fd);
	if (d == NULL) {
		(void)close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			(void)unlinkat(fd, e->d_name, 0);
	(void)closedir(d);
	(void)unlinkat(dir, path, AT_REMOVEDIR);
}
