/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_relay.c - between the plugin of tee-supplicant (BARTIZAN_TPM=unix:...)
 * and the machine's TPM: late, false or no answers.
 *
 *   tpm_relay run DEVICE          serves RELAY_SOCKET
 *   tpm_relay set FIELD NUMBER    delay, flip, down
 *   tpm_relay get FIELD           also commands
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tpm_relay.h"

#define HEADER 10u
#define TAG_SESSIONS 0x8002u
#define HMAC_LEN 32u

static bool
read_command(int fd, uint8_t *p, size_t cap, size_t *len)
{
	size_t want = HEADER, have = 0;

	while (have < want) {
		ssize_t n = read(fd, p + have, want - have);

		if (n <= 0)
			return false;
		have += (size_t)n;
		if (have >= HEADER)
			want = (size_t)p[2] << 24 | (size_t)p[3] << 16 |
			       (size_t)p[4] << 8 | p[5];
		if (want > cap)
			return false;
	}
	*len = have;
	return true;
}

/* The last thing in an answer is the last session's HMAC. */
static void
falsify(struct relay *r, uint8_t *p, size_t len)
{
	const size_t at = len - HMAC_LEN;

	if (atomic_load(&r->flip) == 0 || len < HEADER + 2 + HMAC_LEN ||
	    (p[0] << 8 | p[1]) != TAG_SESSIONS || p[at - 2] != 0 ||
	    p[at - 1] != HMAC_LEN)
		return;
	p[len - 1] ^= 1;
	(void)atomic_fetch_sub(&r->flip, 1);
}

/* One descriptor of the TPM for each of the plugin. */
static void
serve(struct relay *r, int from, int tpm)
{
	static uint8_t frame[4096];
	size_t len;

	while (read_command(from, frame, sizeof(frame), &len) &&
	       atomic_load(&r->down) == 0) {
		ssize_t n = -1;

		(void)atomic_fetch_add(&r->turn, 1);
		(void)usleep(atomic_load(&r->delay) * 1000);
		if (write(tpm, frame, len) == (ssize_t)len)
			n = read(tpm, frame, sizeof(frame));
		(void)atomic_fetch_add(&r->turn, 1);
		if (n < (ssize_t)HEADER)
			return;
		falsify(r, frame, (size_t)n);
		(void)atomic_fetch_add(&r->commands, 1);
		if (send(from, frame, (size_t)n, MSG_NOSIGNAL) != n)
			return;
	}
}

static int
run(struct relay *r, const char *device)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX,
		.sun_path = RELAY_SOCKET };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(listener, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    listen(listener, 4) != 0 || daemon(0, 0) != 0)
		return 1;
	for (;;) {
		int from = accept(listener, NULL, NULL);
		int tpm = open(device, O_RDWR | O_CLOEXEC);

		if (from < 0)
			return 1;
		if (tpm >= 0)
			serve(r, from, tpm);
		(void)close(from);
		(void)close(tpm);
	}
}

static atomic_uint *
field(struct relay *r, const char *name)
{
	const struct {
		const char *name;
		atomic_uint *at;
	} all[] = {
		{ "delay", &r->delay },
		{ "flip", &r->flip },
		{ "down", &r->down },
		{ "commands", &r->commands },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].at;
	return NULL;
}

int
main(int argc, char **argv)
{
	const bool serving = argc == 3 && strcmp(argv[1], "run") == 0;
	struct relay *r = relay_map(serving ? O_CREAT : 0);
	atomic_uint *at = NULL;

	if (r != NULL && serving)
		return run(r, argv[2]);
	if (r != NULL && argc >= 3)
		at = field(r, argv[2]);
	if (at != NULL && argc == 4 && strcmp(argv[1], "set") == 0) {
		atomic_store(at, (unsigned)strtoul(argv[3], NULL, 10));
		return 0;
	}
	if (at != NULL && argc == 3 && strcmp(argv[1], "get") == 0)
		return printf("%u\n", atomic_load(at)) < 0;
	(void)fprintf(stderr, "tpm_relay: wrong arguments, or not running\n");
	return 1;
}
