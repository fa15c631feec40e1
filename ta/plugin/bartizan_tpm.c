/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bartizan_tpm.c - plugin of OP-TEE's tee-supplicant: carries TPM commands of
 * the trusted application to a TPM. Frames in, frames out: only the length
 * that a frame names (TPM 2.0 Part 1, 18.1) is compared with the length that
 * it has, nothing is understood, kept or logged. Start at invoke.
 *
 *   BARTIZAN_TPM            device:PATH or unix:PATH (device:/dev/tpmrm0)
 *   BARTIZAN_TPM_EXCLUSIVE  1: nobody else uses this TPM
 *
 * Built as bartizan-tpm.plugin; UUID and commands: ta/include/btz_ta.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <tee_plugin_method.h>

#include "btz_ta.h"

#define HEADER 10u /* tag, size, code */
#define TIMEOUT_MS 120000

/* The supplicant has several threads. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	int fd;
	bool device, exclusive;
	char path[108];
} tpm = { .fd = -1 };

static size_t
named_length(const uint8_t *frame)
{
	return (size_t)frame[2] << 24 | (size_t)frame[3] << 16 |
	       (size_t)frame[4] << 8 | frame[5];
}

static void
drop(void)
{
	if (tpm.fd >= 0)
		(void)close(tpm.fd);
	tpm.fd = -1;
}

static TEEC_Result
init(void)
{
	const char *where = getenv("BARTIZAN_TPM");
	const char *exclusive = getenv("BARTIZAN_TPM_EXCLUSIVE");
	const char *path;

	if (where == NULL)
		where = "device:/dev/tpmrm0";
	tpm.device = strncmp(where, "device:", 7) == 0;
	if (!tpm.device && strncmp(where, "unix:", 5) != 0)
		return TEEC_ERROR_BAD_PARAMETERS;
	path = strchr(where, ':') + 1;
	if (strlen(path) >= sizeof(tpm.path))
		return TEEC_ERROR_BAD_PARAMETERS;
	drop();
	memset(tpm.path, 0, sizeof(tpm.path));
	memcpy(tpm.path, path, strlen(path));
	tpm.exclusive = exclusive != NULL && strcmp(exclusive, "1") == 0;
	return TEEC_SUCCESS;
}

static bool
open_tpm(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (tpm.fd >= 0)
		return true;
	if (tpm.device) {
		tpm.fd = open(tpm.path, O_RDWR | O_CLOEXEC);
		return tpm.fd >= 0;
	}
	memcpy(sun.sun_path, tpm.path, sizeof(sun.sun_path));
	tpm.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (tpm.fd >= 0 &&
	    connect(tpm.fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return true;
	drop();
	return false;
}

static bool
put(const uint8_t *p, size_t len)
{
	while (len > 0) {
		/* A device takes a command only in one piece. */
		ssize_t n = tpm.device ? write(tpm.fd, p, len)
				       : send(tpm.fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* One response, to the length that it names and no byte more. */
static bool
get(uint8_t *p, size_t cap, size_t *len)
{
	struct pollfd pfd = { .fd = tpm.fd, .events = POLLIN };
	size_t have = 0, want = HEADER;

	while (have < want) {
		ssize_t n;

		if (poll(&pfd, 1, TIMEOUT_MS) <= 0)
			return false;
		n = read(tpm.fd, p + have, tpm.device ? cap : want - have);
		if (n <= 0)
			return false;
		have += (size_t)n;
		if (have >= HEADER)
			want = named_length(p);
		if (want < HEADER || want > cap)
			return false;
	}
	*len = have;
	return have == want;
}

/* A failure leaves the connection in an unknown state: the next command has a
 * new one. */
static TEEC_Result
transmit(unsigned cmd_len, uint8_t *buf, size_t len, size_t *out_len)
{
	TEEC_Result res = TEEC_ERROR_COMMUNICATION;

	if (len != BTZ_TPM_PLUGIN_BUFFER || cmd_len < HEADER || cmd_len > len ||
	    named_length(buf) != cmd_len)
		return TEEC_ERROR_BAD_PARAMETERS;
	if (open_tpm() && put(buf, cmd_len) && get(buf, len, out_len))
		res = TEEC_SUCCESS;
	else
		drop();
	return res;
}

static TEEC_Result
mode(unsigned sub, uint8_t *buf, size_t len, size_t *out_len)
{
	(void)sub;
	if (len < 1)
		return TEEC_ERROR_BAD_PARAMETERS;
	buf[0] = tpm.exclusive ? 1 : 0;
	*out_len = 1;
	return TEEC_SUCCESS;
}

static const struct {
	unsigned cmd;
	TEEC_Result (*fn)(
	    unsigned sub, uint8_t *buf, size_t len, size_t *out_len);
} table[] = {
	{ BTZ_TPM_PLUGIN_TRANSMIT, transmit },
	{ BTZ_TPM_PLUGIN_MODE, mode },
};

static TEEC_Result
invoke(unsigned cmd, unsigned sub, void *data, size_t len, size_t *out_len)
{
	TEEC_Result res = TEEC_ERROR_NOT_SUPPORTED;

	if (out_len == NULL || (data == NULL && len > 0))
		return TEEC_ERROR_BAD_PARAMETERS;
	*out_len = 0;
	(void)pthread_mutex_lock(&lock);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].cmd == cmd)
			res = table[i].fn(sub, data, len, out_len);
	(void)pthread_mutex_unlock(&lock);
	return res;
}

/* The only symbol that is exported. */
extern
    __attribute__((visibility("default"))) struct plugin_method plugin_method;
struct plugin_method plugin_method = {
	.name = "bartizan-tpm",
	.uuid = BTZ_TPM_PLUGIN_UUID,
	.init = init,
	.invoke = invoke,
};
