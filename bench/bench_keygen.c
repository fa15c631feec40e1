/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_keygen.c - durable P-256 keys by eight clients at a time, on a box that
 * runs: record in the log, key in the store, both on the disk before the
 * answer. Beside it: one write and one fdatasync after the other, on the same
 * disk. One JSON object per line.
 *
 *   bench_keygen KMS-SOCKET DIRECTORY
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/kms.h"
#include "measure.h"

#define CLIENTS 8
#define RUN_NS 4000000000ull

static struct btz_conn broker, conn[CLIENTS];
static struct btz_msgbuf rq;
static struct btz_err err;

static void
open_all(const char *path)
{
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN,
		.label = btz_span_str("bench") };
	struct btz_frame f = { .op = BTZ_OP_GENERATE, .tag = 1, .id = 1 };
	struct btz_open_ok ok;

	if (btz_conn_open(&broker, path, &err) != BTZ_OK)
		btz_die(err.msg);
	for (int i = 0; i < CLIENTS; i++)
		if (btz_kms_open(&broker, "soft", 0, &conn[i], &ok, &err) !=
		    BTZ_OK)
			btz_die(err.msg);
	if (btz_sock_pack(&rq, &f, &btz_def_generate, &g) != BTZ_OK)
		btz_die("request");
}

static void
ask(int i)
{
	if (btz_sock_send(conn[i].fd, rq.bytes, rq.len, -1) != BTZ_OK)
		btz_die("send");
}

static void
take(int i)
{
	struct btz_frame f;
	int fd;

	if (btz_sock_recv(conn[i].fd, &conn[i].buf, &fd, NULL) != BTZ_OK ||
	    !btz_frame_decode(
		btz_span_of(conn[i].buf.bytes, conn[i].buf.len), &f) ||
	    f.status != BTZ_OK)
		btz_die("generate");
}

static double
keys_per_second(void)
{
	struct pollfd p[CLIENTS];
	uint64_t t0 = btz_now_ns(), t = 0, n = 0;

	for (int i = 0; i < CLIENTS; i++) {
		p[i] = (struct pollfd){ conn[i].fd, POLLIN, 0 };
		ask(i);
	}
	while (t < RUN_NS) {
		if (poll(p, CLIENTS, 5000) <= 0)
			btz_die("poll");
		for (int i = 0; i < CLIENTS; i++) {
			if (p[i].revents == 0)
				continue;
			take(i);
			ask(i);
			n++;
		}
		t = btz_now_ns() - t0;
	}
	for (int i = 0; i < CLIENTS; i++)
		take(i);
	return (double)n * 1e9 / (double)t;
}

static double
syncs_per_second(const char *dir)
{
	static const uint8_t block[512] = { 1 };
	char path[512];
	uint64_t t0, t = 0, n = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/floor", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	t0 = btz_now_ns();
	while (fd >= 0 && t < RUN_NS / 4) {
		if (write(fd, block, sizeof(block)) < 0 || fdatasync(fd) != 0)
			btz_die("fdatasync");
		n++;
		t = btz_now_ns() - t0;
	}
	(void)close(fd);
	(void)unlink(path);
	return (double)n * 1e9 / (double)t;
}

int
main(int argc, char **argv)
{
	double keys, syncs;

	if (argc != 3)
		return 2;
	open_all(argv[1]);
	keys = keys_per_second();
	syncs = syncs_per_second(argv[2]);
	btz_figure("durable key generation P-256, 8 clients", keys, "op/s",
	    "write + fdatasync, one after the other", syncs, keys / syncs,
	    ">= 400", keys >= 400);
	return 0;
}
