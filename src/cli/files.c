/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - whole files in and out; contract in files.h. */
#include "cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum btz_rc
btz_cli_file_rc(void)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return BTZ_E_NOENT;
	case EACCES:
	case EPERM:
	case EROFS:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
		return BTZ_E_INVAL;
	case ENOSPC:
	case EDQUOT:
		return BTZ_E_FULL;
	default:
		return BTZ_E_IO;
	}
}

static enum btz_rc
read_all(FILE *f, const char *path, size_t max, char **out, size_t *len,
    struct btz_err *err)
{
	char *buf = malloc(max + 2);

	if (buf == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "%s", path);
	*len = fread(buf, 1, max + 1, f);
	if (ferror(f) || *len > max) {
		bool big = *len > max;
		int saved = errno;

		free(buf);
		errno = saved;
		if (big)
			return BTZ_FAIL(err, BTZ_E_TOOBIG,
			    "%s has more than %zu bytes", path, max);
		return BTZ_FAIL_SYS(err, btz_cli_file_rc(), "read %s", path);
	}
	buf[*len] = '\0';
	*out = buf;
	return BTZ_OK;
}

enum btz_rc
btz_cli_read_file(
    const char *path, size_t max, char **out, size_t *len, struct btz_err *err)
{
	bool input = strcmp(path, "-") == 0;
	FILE *f = input ? stdin : fopen(path, "rbe");
	enum btz_rc rc;

	*out = NULL;
	*len = 0;
	if (f == NULL)
		return BTZ_FAIL_SYS(err, btz_cli_file_rc(), "open %s", path);
	rc = read_all(f, path, max, out, len, err);
	if (!input)
		(void)fclose(f);
	return rc;
}

static bool
write_all(int fd, struct btz_span data)
{
	while (data.len > 0) {
		ssize_t n = write(fd, data.p, data.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data.p += n;
		data.len -= (size_t)n;
	}
	return fsync(fd) == 0;
}

/* A rename onto a directory would fail only at the end. */
static enum btz_rc
not_a_directory(const char *path, struct btz_err *err)
{
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return BTZ_OK;
	errno = EISDIR;
	return BTZ_FAIL_SYS(err, btz_cli_file_rc(), "write %s", path);
}

enum btz_rc
btz_cli_file_begin(struct btz_cli_file *f, const char *path, unsigned mode,
    struct btz_err *err)
{
	enum btz_rc rc;
	int n;

	f->fd = -1;
	f->path = path;
	if (path == NULL)
		return BTZ_OK;
	n = snprintf(
	    f->tmp, sizeof(f->tmp), "%s.new.%ld", path, (long)getpid());
	if (n < 0 || (size_t)n >= sizeof(f->tmp))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "path '%.80s'", path);
	if ((rc = not_a_directory(path, err)) != BTZ_OK)
		return rc;
	f->fd = open(
	    f->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
	if (f->fd < 0)
		return BTZ_FAIL_SYS(err, btz_cli_file_rc(), "write %s", path);
	return BTZ_OK;
}

enum btz_rc
btz_cli_file_like_old(struct btz_cli_file *f, struct btz_err *err)
{
	struct stat st;

	if (lstat(f->path, &st) != 0)
		return BTZ_FAIL_SYS(err, btz_cli_file_rc(), "%s", f->path);
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "'%.200s' is a link, or has several names: name the file "
		    "itself, or give --out",
		    f->path);
	if (fchown(f->fd, st.st_uid, st.st_gid) != 0 ||
	    fchmod(f->fd, st.st_mode & 07777) != 0)
		return BTZ_FAIL_SYS(
		    err, btz_cli_file_rc(), "owner of %s", f->path);
	return BTZ_OK;
}

static bool
sync_folder(const char *path)
{
	char dir[1040];
	const char *slash = strrchr(path, '/');
	int fd;
	bool ok;

	if (slash == NULL)
		(void)snprintf(dir, sizeof(dir), ".");
	else
		(void)snprintf(dir, sizeof(dir), "%.*s",
		    slash == path ? 1 : (int)(slash - path), path);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* some folders may be written but not opened, some are not synced */
	ok = fd < 0 ? errno == EACCES : fsync(fd) == 0 || errno == EINVAL;
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

enum btz_rc
btz_cli_file_end(
    struct btz_cli_file *f, struct btz_span data, struct btz_err *err)
{
	enum btz_rc rc = BTZ_OK;
	bool ok;

	if (f->fd < 0)
		return BTZ_OK;
	ok = write_all(f->fd, data);
	ok = close(f->fd) == 0 && ok && rename(f->tmp, f->path) == 0 &&
	     sync_folder(f->path);
	f->fd = -1;
	if (!ok) {
		rc = btz_cli_file_rc();
		(void)BTZ_FAIL_SYS(err, rc, "write %s", f->path);
		(void)unlink(f->tmp);
	}
	return rc;
}

void
btz_cli_file_drop(struct btz_cli_file *f)
{
	if (f->fd < 0)
		return;
	(void)close(f->fd);
	(void)unlink(f->tmp);
	f->fd = -1;
}

enum btz_rc
btz_cli_write_file(
    const char *path, unsigned mode, struct btz_span data, struct btz_err *err)
{
	struct btz_cli_file f;
	enum btz_rc rc = btz_cli_file_begin(&f, path, mode, err);

	return rc == BTZ_OK ? btz_cli_file_end(&f, data, err) : rc;
}
