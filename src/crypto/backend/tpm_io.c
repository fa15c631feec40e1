/* SPDX-License-Identifier: Apache-2.0 */
/* tpm_io.c - frames to a TPM and back; contract in tpm_direct.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "crypto/backend/tpm_direct.h"

#define HEADER 10u
#define ANSWER_S 120 /* RSA keys are drawn slowly by chips */

bool
btz_tpmd_io_set(struct btz_tpmd_io *io, const char *tcti)
{
	const char *path = strchr(tcti, ':');
	struct sockaddr_un sun;

	*io = (struct btz_tpmd_io){ .fd = -1,
		.device = strncmp(tcti, "device:", 7) == 0 };
	if (path == NULL || path[1] != '/' ||
	    (!io->device && strncmp(tcti, "unix:", 5) != 0) ||
	    (!io->device && strlen(path + 1) >= sizeof(sun.sun_path)))
		return false;
	(void)snprintf(io->path, sizeof(io->path), "%s", path + 1);
	return true;
}

void
btz_tpmd_io_drop(struct btz_tpmd_io *io)
{
	if (io->fd >= 0)
		(void)close(io->fd);
	io->fd = -1;
	io->owed = false;
}

static bool
connect_to(struct btz_tpmd_io *io)
{
	const struct timeval limit = { .tv_sec = ANSWER_S };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (io->fd >= 0)
		return true;
	if (io->device) {
		io->fd = open(io->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		return io->fd >= 0;
	}
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%.*s",
	    (int)sizeof(sun.sun_path) - 1, io->path);
	io->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (io->fd >= 0 &&
	    setsockopt(
		io->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
	    connect(io->fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return true;
	btz_tpmd_io_drop(io);
	return false;
}

static bool
put(const struct btz_tpmd_io *io, const uint8_t *p, size_t len)
{
	while (len > 0) {
		/* A device takes a command only in one piece. */
		const ssize_t n = io->device
				      ? write(io->fd, p, len)
				      : send(io->fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* Nothing comes behind an answer: the next command is not sent yet. */
static bool
get(const struct btz_tpmd_io *io, uint8_t *p, size_t cap, size_t *len)
{
	size_t have = 0, want = HEADER;

	while (have < want) {
		const ssize_t n = read(io->fd, p + have, cap - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		have += (size_t)n;
		if (have >= HEADER)
			want = (size_t)p[2] << 24 | (size_t)p[3] << 16 |
			       (size_t)p[4] << 8 | p[5];
		if (want < HEADER || want > cap)
			return false;
	}
	*len = have;
	return have == want;
}

static bool
collect(struct btz_tpmd_io *io)
{
	uint8_t answer[64]; /* of FlushContext: a header */
	size_t len;
	const bool owed = io->owed;

	io->owed = false;
	return !owed || get(io, answer, sizeof(answer), &len);
}

enum btz_rc
btz_tpmd_io_send(void *arg, const uint8_t *cmd, size_t cmd_len, uint8_t *resp,
    size_t cap, size_t *resp_len)
{
	struct btz_tpmd_io *io = arg;

	*resp_len = 0;
	if (connect_to(io) && collect(io) && put(io, cmd, cmd_len) &&
	    get(io, resp, cap, resp_len))
		return BTZ_OK;
	btz_tpmd_io_drop(io);
	return BTZ_E_IO;
}

void
btz_tpmd_io_post(struct btz_tpmd_io *io, const uint8_t *cmd, size_t len)
{
	if (io->fd < 0)
		return;
	if (!collect(io) || !put(io, cmd, len)) {
		btz_tpmd_io_drop(io);
		return;
	}
	io->owed = true;
	if (io->device && !collect(io))
		btz_tpmd_io_drop(io);
}
