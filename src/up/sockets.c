/* SPDX-License-Identifier: Apache-2.0 */
/* sockets.c - the listening sockets of a box. Who may connect: admin/ by the
 * mode of its directory, http/ by its directory's owner (httpd), kms.sock
 * and Parsec's all (broker and front end ask the kernel who it is). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/home.h"
#include "up/up.h"

#define BACKLOG 128

/* Only a socket is removed: anything else there is somebody's file. */
static enum btz_rc
remove_leftover(const char *path, struct btz_err *err)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return BTZ_OK;
	if (!S_ISSOCK(st.st_mode))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "%s is in the way and not a socket: move it away", path);
	if (unlink(path) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "remove %s", path);
	return BTZ_OK;
}

static enum btz_rc
bind_socket(int fd, const char *path, mode_t mode, struct btz_err *err)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	mode_t old;
	int failed;

	memcpy(sa.sun_path, path, strlen(path) + 1);
	/* The mode from the start: chmod would follow what the owner of the
	 * directory (http/ is Apache's) puts in the socket's place. */
	old = umask(~mode & 0777);
	failed = bind(fd, (const struct sockaddr *)&sa, sizeof(sa));
	(void)umask(old);
	if (failed != 0 || listen(fd, BACKLOG) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "listen on %s", path);
	return BTZ_OK;
}

/* Clients of Parsec look for their socket at a place of their own. */
static enum btz_rc
place_of(const struct btz_up *up, const struct btz_listener *l, char *out,
    size_t cap, struct btz_err *err)
{
	const char *own = up->conf.parsec.socket;
	char rel[64];

	if (l->prog == BTZ_PROG_PARSEC && own[0] == '/') {
		(void)snprintf(out, cap, "%s", own);
		return BTZ_OK;
	}
	if (l->prog == BTZ_PROG_PARSEC)
		return btz_up_path(up, own, out, cap, err);
	(void)snprintf(rel, sizeof(rel), "run/%s", l->path);
	return btz_up_path(up, rel, out, cap, err);
}

enum btz_rc
btz_up_listen(const struct btz_up *up, const struct btz_listener *l, int *out,
    struct btz_err *err)
{
	char path[512];
	enum btz_rc rc;

	*out = -1;
	if ((rc = place_of(up, l, path, sizeof(path), err)) != BTZ_OK)
		return rc;
	if (strlen(path) > BTZ_SOCKET_PATH_MAX)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "socket path %s is longer "
		    "than %u bytes: choose a shorter --home",
		    path, BTZ_SOCKET_PATH_MAX);
	if ((rc = remove_leftover(path, err)) != BTZ_OK)
		return rc;
	*out = socket(AF_UNIX,
	    (l->stream ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_CLOEXEC |
		SOCK_NONBLOCK,
	    0);
	if (*out < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "socket %s", path);
	rc = bind_socket(
	    *out, path, l->role == BTZ_ROLE_ADMIN ? 0600 : 0666, err);
	if (rc != BTZ_OK) {
		(void)close(*out);
		*out = -1;
	}
	return rc;
}
