/* SPDX-License-Identifier: Apache-2.0 */
/* tpm_wire.c - see tpm_wire.h. */
#include "tpm_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static size_t
named_length(const uint8_t *frame)
{
	return (size_t)frame[2] << 24 | (size_t)frame[3] << 16 |
	       (size_t)frame[4] << 8 | frame[5];
}

bool
btz_tpm_wire_whole(const uint8_t *frame, size_t len)
{
	return len >= BTZ_TPM_HEADER && named_length(frame) == len;
}

void
btz_tpm_wire_drop(struct btz_tpm_wire *w)
{
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = -1;
}

bool
btz_tpm_wire_set(struct btz_tpm_wire *w, const char *where)
{
	const char *path = strchr(where, ':');

	btz_tpm_wire_drop(w);
	if (path == NULL || strlen(path + 1) >= sizeof(w->path))
		return false;
	w->device = strncmp(where, "device:", 7) == 0;
	if (!w->device && strncmp(where, "unix:", 5) != 0)
		return false;
	memset(w->path, 0, sizeof(w->path));
	memcpy(w->path, path + 1, strlen(path + 1));
	return true;
}

static bool
open_tpm(struct btz_tpm_wire *w)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (w->fd >= 0)
		return true;
	if (w->device) {
		w->fd = open(w->path, O_RDWR | O_CLOEXEC);
		return w->fd >= 0;
	}
	memcpy(sun.sun_path, w->path, sizeof(sun.sun_path));
	w->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (w->fd >= 0 &&
	    connect(w->fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return true;
	btz_tpm_wire_drop(w);
	return false;
}

static bool
put(const struct btz_tpm_wire *w, const uint8_t *p, size_t len)
{
	while (len > 0) {
		/* A device takes a command only in one piece. */
		ssize_t n = w->device ? write(w->fd, p, len)
				      : send(w->fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

bool
btz_tpm_wire_send(struct btz_tpm_wire *w, const uint8_t *p, size_t len)
{
	if (open_tpm(w) && put(w, p, len))
		return true;
	btz_tpm_wire_drop(w);
	return false;
}

bool
btz_tpm_wire_ready(const struct btz_tpm_wire *w)
{
	struct pollfd pfd = { .fd = w->fd, .events = POLLIN };

	return w->fd < 0 || poll(&pfd, 1, 0) != 0;
}

static bool
get(const struct btz_tpm_wire *w, uint8_t *p, size_t cap, size_t *len,
    int timeout_ms)
{
	struct pollfd pfd = { .fd = w->fd, .events = POLLIN };
	size_t have = 0, want = BTZ_TPM_HEADER;

	while (have < want) {
		ssize_t n;

		if (poll(&pfd, 1, timeout_ms) <= 0)
			return false;
		n = read(w->fd, p + have, (w->device ? cap : want) - have);
		if (n <= 0)
			return false;
		have += (size_t)n;
		if (have >= BTZ_TPM_HEADER)
			want = named_length(p);
		if (want < BTZ_TPM_HEADER || want > cap)
			return false;
	}
	*len = have;
	return have == want;
}

bool
btz_tpm_wire_receive(
    struct btz_tpm_wire *w, uint8_t *p, size_t cap, size_t *len, int timeout_ms)
{
	if (w->fd >= 0 && get(w, p, cap, len, timeout_ms))
		return true;
	btz_tpm_wire_drop(w);
	return false;
}
