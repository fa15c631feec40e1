/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c - preloaded into a daemon: storage calls that fail, run into a full
 * disk or are the last ones; contract in fault.h. Start at judge(). */
#include "crash/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fault *orders;

enum verdict { GO, FAIL, HALF, LAST };

static const char *const names[FAULT_PROGS] = {
	[FAULT_CRYPTO] = "crypto-",
	[FAULT_BROKER] = "broker",
	[FAULT_AUDIT] = "audit",
	[FAULT_TA] = "ta",
};

/* The word after --as. */
static int
prog_of(void)
{
	char args[1024];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, args, sizeof(args) - 1);

	if (fd >= 0)
		(void)close(fd);
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(args + i) + 1) {
		args[n] = '\0';
		if (strcmp(args + i, "--as") != 0)
			continue;
		for (int p = 0; p < FAULT_PROGS; p++)
			if (strncmp(args + i + 5, names[p], strlen(names[p])) ==
			    0)
				return p;
	}
	return -1;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("BTZ_FAULT");
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	int p = prog_of();
	struct fault_file *f;

	if (fd < 0 || p < 0)
		return;
	f = mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (f != MAP_FAILED)
		orders = &f->of[p];
}

static bool
regular(int fd, off_t *size)
{
	struct stat sb;

	if (fd == STDERR_FILENO || fstat(fd, &sb) != 0)
		return false;
	*size = sb.st_size;
	return S_ISREG(sb.st_mode) || S_ISDIR(sb.st_mode);
}

/* A disk that is full stays so; *len: what still fits. */
static enum verdict
full(int mode, int call, off_t growth, size_t *len)
{
	long need = mode == FAULT_FULL ? (long)*len : (long)growth, room;

	if (call != FAULT_WRITE || need <= 0)
		return GO;
	room = atomic_fetch_sub(&orders->room, need);
	if (room >= need)
		return GO;
	atomic_fetch_add(&orders->hits, 1);
	errno = ENOSPC;
	if (room <= 0 || (size_t)(need - room) >= *len)
		return FAIL;
	*len -= (size_t)(need - room);
	return HALF;
}

static enum verdict
judge(int call, off_t growth, size_t *len)
{
	int mode = orders == NULL ? FAULT_NONE : atomic_load(&orders->mode);

	if (mode == FAULT_NONE)
		return GO;
	if (mode >= FAULT_FULL)
		return full(mode, call, growth, len);
	if ((atomic_load(&orders->calls) & call) == 0 ||
	    atomic_fetch_sub(&orders->countdown, 1) != 0)
		return GO;
	if (mode == FAULT_KILL_BEFORE || mode == FAULT_KILL_AFTER)
		atomic_store(&orders->fatal, 1);
	atomic_fetch_add(&orders->hits, 1);
	if (mode == FAULT_KILL_BEFORE)
		(void)kill(getpid(), SIGKILL);
	if (mode == FAULT_KILL_AFTER)
		return LAST;
	errno = EIO;
	if (mode != FAULT_SHORT || call != FAULT_WRITE || *len < 2) {
		atomic_store(&orders->mode, FAULT_NONE);
		return FAIL;
	}
	/* The next write is the one that fails. */
	atomic_store(&orders->mode, FAULT_EIO);
	atomic_store(&orders->calls, FAULT_WRITE);
	atomic_store(&orders->countdown, 0);
	*len /= 2;
	return HALF;
}

static void
last(enum verdict v)
{
	if (v == LAST)
		(void)kill(getpid(), SIGKILL);
}

#define REAL(ret, name, ...)                                                   \
	static ret (*real)(__VA_ARGS__);                                       \
	if (real == NULL)                                                      \
	*(void **)&real = dlsym(RTLD_NEXT, name)

static off_t
growth_of(off_t size, off_t at, size_t len)
{
	return at + (off_t)len > size ? at + (off_t)len - size : 0;
}

#define PWRITE(fn)                                                             \
	ssize_t fn(int fd, const void *p, size_t len, off_t at);               \
	ssize_t fn(int fd, const void *p, size_t len, off_t at)                \
	{                                                                      \
		enum verdict v = GO;                                           \
		off_t size;                                                    \
		ssize_t n;                                                     \
		REAL(ssize_t, #fn, int, const void *, size_t, off_t);          \
		if (regular(fd, &size))                                        \
			v = judge(                                             \
			    FAULT_WRITE, growth_of(size, at, len), &len);      \
		if (v == FAIL)                                                 \
			return -1;                                             \
		n = real(fd, p, len, at);                                      \
		last(v);                                                       \
		return n;                                                      \
	}
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t
write(int fd, const void *p, size_t len)
{
	enum verdict v = GO;
	off_t size, at;
	ssize_t n;

	REAL(ssize_t, "write", int, const void *, size_t);
	if (orders != NULL && regular(fd, &size)) {
		at = (fcntl(fd, F_GETFL) & O_APPEND) != 0
			 ? size
			 : lseek(fd, 0, SEEK_CUR);
		v = judge(FAULT_WRITE, growth_of(size, at, len), &len);
	}
	if (v == FAIL)
		return -1;
	n = real(fd, p, len);
	last(v);
	return n;
}

#define ON_FD(fn, call)                                                        \
	int fn(int fd)                                                         \
	{                                                                      \
		enum verdict v = GO;                                           \
		size_t none = 0;                                               \
		off_t size;                                                    \
		int rc;                                                        \
		REAL(int, #fn, int);                                           \
		if (regular(fd, &size))                                        \
			v = judge(call, 0, &none);                             \
		if (v == FAIL)                                                 \
			return -1;                                             \
		rc = real(fd);                                                 \
		last(v);                                                       \
		return rc;                                                     \
	}
ON_FD(fsync, FAULT_SYNC)
ON_FD(fdatasync, FAULT_SYNC)

#define ON_LEN(fn)                                                             \
	int fn(int fd, off_t to);                                              \
	int fn(int fd, off_t to)                                               \
	{                                                                      \
		enum verdict v;                                                \
		size_t none = 0;                                               \
		int rc;                                                        \
		REAL(int, #fn, int, off_t);                                    \
		v = judge(FAULT_TRUNCATE, 0, &none);                           \
		if (v == FAIL)                                                 \
			return -1;                                             \
		rc = real(fd, to);                                             \
		last(v);                                                       \
		return rc;                                                     \
	}
ON_LEN(ftruncate)
ON_LEN(ftruncate64)

int
rename(const char *from, const char *to)
{
	size_t none = 0;
	enum verdict v = judge(FAULT_NAME, 0, &none);
	int rc;

	REAL(int, "rename", const char *, const char *);
	if (v == FAIL)
		return -1;
	rc = real(from, to);
	last(v);
	return rc;
}

int
renameat(int fd, const char *from, int to_fd, const char *to)
{
	size_t none = 0;
	enum verdict v = judge(FAULT_NAME, 0, &none);
	int rc;

	REAL(int, "renameat", int, const char *, int, const char *);
	if (v == FAIL)
		return -1;
	rc = real(fd, from, to_fd, to);
	last(v);
	return rc;
}

int
unlink(const char *path)
{
	size_t none = 0;
	enum verdict v = judge(FAULT_NAME, 0, &none);
	int rc;

	REAL(int, "unlink", const char *);
	if (v == FAIL)
		return -1;
	rc = real(path);
	last(v);
	return rc;
}
