/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_sign.c - P-256 signatures of the soft backend, over a real broker and
 * crypto service, against floor_server in the same run: p50 of one client
 * (client and server on one CPU), operations per second and CPU time per
 * operation of the server with 16 clients. One JSON object per line.
 *
 *   bench_sign [BUILD]     (the build folder; default: where it lies)
 */
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/kms.h"
#include "measure.h"
#include "support/auditor.h"
#include "support/spawn.h"

#define CLIENTS 16
#define WARM 2000
#define ROUNDS 5
#define PER_ROUND 4000
#define LOAD_MS 1500

static const uint8_t text[32] = "thirty-two bytes to be signed";

struct side { /* one of the two servers */
	pid_t pid;
	int fd[CLIENTS];
	uint8_t request[256];
	size_t len;
};

static void
ask(const struct side *s, int fd)
{
	uint8_t in[512];

	if (send(fd, s->request, s->len, MSG_NOSIGNAL) != (ssize_t)s->len ||
	    recv(fd, in, sizeof(in), 0) < 60)
		btz_die("request");
}

static double
p50_us(const struct side *s)
{
	static double t[PER_ROUND];

	for (size_t i = 0; i < PER_ROUND; i++) {
		uint64_t start = btz_now_ns();

		ask(s, s->fd[0]);
		t[i] = (double)(btz_now_ns() - start) / 1000;
	}
	return btz_median(t, PER_ROUND);
}

/* All clients in one process, each with one request under way. */
static void
load(const struct side *s, double *ops_s, double *cpu_us)
{
	struct pollfd p[CLIENTS];
	uint64_t start = btz_now_ns(), cpu = btz_cpu_ns(s->pid), n = 0, t;
	uint8_t in[512];

	for (int i = 0; i < CLIENTS; i++) {
		p[i] = (struct pollfd){ .fd = s->fd[i], .events = POLLIN };
		if (send(p[i].fd, s->request, s->len, MSG_NOSIGNAL) < 0)
			btz_die("send");
	}
	do {
		if (poll(p, CLIENTS, 1000) <= 0)
			btz_die("poll");
		for (int i = 0; i < CLIENTS; i++) {
			if (p[i].revents == 0)
				continue;
			if (recv(p[i].fd, in, sizeof(in), 0) < 60 ||
			    send(p[i].fd, s->request, s->len, MSG_NOSIGNAL) < 0)
				btz_die("request");
			n++;
		}
		t = btz_now_ns() - start;
	} while (t < LOAD_MS * 1000000ull);
	*cpu_us = (double)(btz_cpu_ns(s->pid) - cpu) / (double)n / 1000;
	*ops_s = (double)n * 1e9 / (double)t;
	for (int i = 0; i < CLIENTS; i++)
		if (recv(p[i].fd, in, sizeof(in), 0) < 60)
			btz_die("last answer");
}

static void
print(const char *name, double value, const char *unit, double floor_value,
    double ratio, double bar, bool met)
{
	char limit[32];

	(void)snprintf(limit, sizeof(limit), "%s %.2f",
	    strcmp(unit, "op/s") == 0 ? ">=" : "<=", bar);
	btz_figure(name, value, unit, "bare C socket server", floor_value,
	    ratio, limit, met);
}

static void
start_floor(struct side *s, const struct btz_box *box, const char *exe)
{
	char path[128];
	struct btz_err err;

	(void)snprintf(path, sizeof(path), "%s/floor.sock", btz_box_home(box));
	s->pid = fork();
	if (s->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		(void)execl(exe, exe, path, (char *)NULL);
		_exit(1);
	}
	for (int i = 0; i < 200 && access(path, F_OK) != 0; i++)
		(void)usleep(5000);
	(void)usleep(50000);
	for (int i = 0; i < CLIENTS; i++)
		if (btz_sock_connect(path, &s->fd[i], &err) != BTZ_OK)
			btz_die("floor server");
	memcpy(s->request, text, sizeof(text));
	s->len = sizeof(text);
}

/* One key, sixteen leases; the request is packed once. */
static void
open_leases(struct side *s, struct btz_box *box)
{
	static struct btz_conn broker, c;
	static struct btz_msgbuf buf;
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN };
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = { text, sizeof(text) } };
	struct btz_frame f = { .op = BTZ_OP_SIGN, .tag = 1, .id = 1 };
	struct btz_key_info key;
	struct btz_open_ok ok;
	struct btz_err err;

	btz_conn_adopt(&broker, btz_box_connect(box, "kms.sock"));
	for (int i = 0; i < CLIENTS; i++) {
		if (btz_kms_open(&broker, NULL, 0, &c, &ok, &err) != BTZ_OK)
			btz_die(err.msg);
		s->fd[i] = c.fd;
	}
	if (btz_kms_generate(&c, &g, &key, &err) != BTZ_OK)
		btz_die(err.msg);
	memcpy(rq.id, key.id, sizeof(rq.id));
	if (btz_sock_pack(&buf, &f, &btz_def_sign, &rq) != BTZ_OK ||
	    buf.len > sizeof(s->request))
		btz_die("request");
	memcpy(s->request, buf.bytes, s->len = buf.len);
	s->pid = btz_box_pid(box, BTZ_PROG_CRYPTO_SOFT);
}

static void
compare_p50(struct side *ours, struct side *floor_)
{
	double a[ROUNDS], b[ROUNDS], ratio;

	btz_pin(0, 0);
	btz_pin(ours->pid, 0);
	btz_pin(floor_->pid, 0);
	for (int i = 0; i < WARM; i++) {
		ask(ours, ours->fd[0]);
		ask(floor_, floor_->fd[0]);
	}
	for (int i = 0; i < ROUNDS; i++) { /* in turn: the machine is shared */
		a[i] = p50_us(ours);
		b[i] = p50_us(floor_);
	}
	ratio = btz_median(a, ROUNDS) / btz_median(b, ROUNDS);
	print("sign P-256 soft, one client, p50", btz_median(a, ROUNDS), "us",
	    btz_median(b, ROUNDS), ratio, 1.3, ratio <= 1.3);
	btz_pin(0, -1);
	btz_pin(ours->pid, -1);
	btz_pin(floor_->pid, -1);
}

static void
compare_load(struct side *ours, struct side *floor_)
{
	double a[ROUNDS], b[ROUNDS], ca[ROUNDS], cb[ROUNDS], r;

	for (int i = 0; i < ROUNDS; i++) {
		load(ours, &a[i], &ca[i]);
		load(floor_, &b[i], &cb[i]);
	}
	r = btz_median(a, ROUNDS) / btz_median(b, ROUNDS);
	print("sign P-256 soft, 16 clients", btz_median(a, ROUNDS), "op/s",
	    btz_median(b, ROUNDS), r, 0.7, r >= 0.7);
	r = btz_median(ca, ROUNDS) / btz_median(cb, ROUNDS);
	print("sign P-256 soft, 16 clients, CPU per op", btz_median(ca, ROUNDS),
	    "us", btz_median(cb, ROUNDS), r, 1.4, r <= 1.4);
}

int
main(int argc, char **argv)
{
	static char self[512], exe[640], conf[64];
	struct side ours = { .pid = 0 }, floor_ = { .pid = 0 };
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct btz_auditor *audit;
	const char *dir = n > 0 ? dirname(self) : ".";
	struct btz_box *box;

	(void)snprintf(exe, sizeof(exe), "%s/floor_server", dir);
	(void)setenv("BTZ_BUILD", argc > 1 ? argv[1] : dirname(self), 0);
	(void)snprintf(conf, sizeof(conf), "[app bench]\nuid = %u\n", getuid());
	box = btz_box_new(conf);
	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	audit = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	open_leases(&ours, box);
	start_floor(&floor_, box, exe);
	compare_p50(&ours, &floor_);
	compare_load(&ours, &floor_);
	(void)kill(floor_.pid, SIGKILL);
	(void)waitpid(floor_.pid, NULL, 0);
	btz_auditor_free(audit);
	return btz_box_free(box);
}
