/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_tee.c - P-256 signatures of the TEE (host emulation) beside those of
 * the soft backend, both over a real broker in one run: CPU time per operation
 * of crypto service and trusted application, and the rate, 1 and 8 clients.
 * One JSON object per line.
 */
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "client/kms.h"
#include "support/auditor.h"
#include "support/spawn.h"
#include "support/swtpm.h"

#define CLIENTS 8
#define ROUNDS 7
#define WINDOW_MS 1000u
#define MORE_US 40.0

static const uint8_t text[32] = "thirty-two bytes to be signed";

struct side { /* one of the two backends */
	const char *backend;
	pid_t pid[2]; /* whose CPU counts; 0: none */
	struct btz_conn c[CLIENTS];
	uint8_t request[256];
	size_t len;
	double rate[ROUNDS], cpu[ROUNDS];
};

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Time on a CPU so far, in nanoseconds. */
static uint64_t
cpu_ns(const struct side *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < BTZ_COUNT(s->pid) && s->pid[i] != 0; i++) {
		char path[64];
		unsigned long long ns = 0;
		FILE *f;

		(void)snprintf(
		    path, sizeof(path), "/proc/%d/schedstat", (int)s->pid[i]);
		f = fopen(path, "r");
		if (f == NULL || fscanf(f, "%llu", &ns) != 1)
			die(path);
		(void)fclose(f);
		sum += ns;
	}
	return sum;
}

/* Each client has one request under way. */
static void
window(struct side *s, size_t clients, int round)
{
	struct pollfd p[CLIENTS];
	const uint64_t start = now_ns(), cpu = cpu_ns(s);
	uint64_t n = 0, t = start;
	size_t open = clients;
	uint8_t in[512];

	for (size_t i = 0; i < clients; i++) {
		p[i] = (struct pollfd){ .fd = s->c[i].fd, .events = POLLIN };
		if (send(p[i].fd, s->request, s->len, MSG_NOSIGNAL) < 0)
			die("send");
	}
	while (open > 0) {
		if (poll(p, (nfds_t)clients, 20000) <= 0)
			die("poll");
		for (size_t i = 0; i < clients; i++) {
			if (p[i].revents == 0)
				continue;
			if (recv(p[i].fd, in, sizeof(in), 0) < 60)
				die("answer");
			n++;
			t = now_ns();
			if (t - start > WINDOW_MS * 1000000ull) {
				p[i].fd = -1;
				open--;
			} else if (send(p[i].fd, s->request, s->len,
				       MSG_NOSIGNAL) < 0) {
				die("send");
			}
		}
	}
	s->cpu[round] = (double)(cpu_ns(s) - cpu) / (double)n / 1000;
	s->rate[round] = (double)n * 1e9 / (double)(t - start);
}

static int
compare(const void *a, const void *b)
{
	const double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static double
median(double v[ROUNDS])
{
	qsort(v, ROUNDS, sizeof(v[0]), compare);
	return v[ROUNDS / 2];
}

static void
measure(struct side *tee, struct side *soft, size_t clients)
{
	double t, s;

	for (int i = 0; i < ROUNDS; i++) { /* in turn: the machine is shared */
		window(tee, clients, i);
		window(soft, clients, i);
	}
	t = median(tee->cpu);
	s = median(soft->cpu);
	(void)printf("{\"name\":\"TEE sign (hot key, emulation), %zu clients, "
		     "CPU per op\",\"value\":%.1f,\"unit\":\"us\","
		     "\"peer\":\"soft\",\"peer_value\":%.1f,"
		     "\"bar\":\"<= soft + %.0f us\",\"met\":%s}\n",
	    clients, t, s, MORE_US, t <= s + MORE_US ? "true" : "false");
	t = median(tee->rate);
	s = median(soft->rate);
	(void)printf("{\"name\":\"TEE sign (hot key, emulation), %zu clients"
		     "\",\"value\":%.0f,\"unit\":\"op/s\",\"peer\":\"soft\","
		     "\"peer_value\":%.0f,\"ratio\":%.2f}\n",
	    clients, t, s, t / s);
	(void)fflush(stdout);
}

static void
open_leases(struct side *s, struct btz_box *box)
{
	struct btz_conn broker;
	struct btz_open_ok ok;
	struct btz_err err;

	btz_conn_adopt(&broker, btz_box_connect(box, "admin/broker.sock"));
	for (int i = 0; i < CLIENTS; i++)
		if (btz_kms_open(&broker, s->backend, 0, &s->c[i], &ok, &err) !=
		    BTZ_OK)
			die(err.msg);
	btz_conn_close(&broker);
}

/* The request is packed once. */
static void
make_request(struct side *s)
{
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN };
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = { text, sizeof(text) } };
	struct btz_frame f = { .op = BTZ_OP_SIGN, .tag = 1, .id = 1 };
	static struct btz_msgbuf buf;
	struct btz_key_info key;
	struct btz_err err;

	if (btz_kms_generate(&s->c[0], &g, &key, &err) != BTZ_OK)
		die(err.msg);
	memcpy(rq.id, key.id, sizeof(rq.id));
	if (btz_sock_pack(&buf, &f, &btz_def_sign, &rq) != BTZ_OK ||
	    buf.len > sizeof(s->request))
		die("request");
	memcpy(s->request, buf.bytes, s->len = buf.len);
}

static void
provision(struct side *s)
{
	struct btz_provision rq = { .trust_domain = btz_span_str("box.test"),
		.box = btz_span_str("box"),
		.origin = btz_span_str("box.test/log"),
		.now = 1790000000,
		.root_not_after = 2100000000 };
	struct btz_provision_ok ok;
	struct btz_err err;

	if (btz_kms_provision(&s->c[0], &rq, &ok, &err) != BTZ_OK)
		die(err.msg);
}

int
main(void)
{
	static char self[512], path[108], conf[256];
	static struct side tee = { .backend = "tee" },
			   soft = { .backend = "soft" };
	struct btz_auditor *audit[2];
	struct btz_swtpm tpm;
	struct btz_box *box;

	if (!btz_swtpm_present() ||
	    readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0)
		die("swtpm");
	(void)setenv("BTZ_BUILD", dirname(dirname(self)), 0);
	if (!btz_swtpm_start(&tpm))
		die("swtpm");
	(void)close(tpm.fd); /* the trusted application connects */
	tpm.fd = -1;
	btz_swtpm_socket(&tpm, path, sizeof(path));
	(void)snprintf(conf, sizeof(conf),
	    "[tpm]\ntcti = unix:%s\nexclusive = yes\n", path);
	box = btz_box_new(conf);
	btz_box_start(box, BTZ_PROG_TA, NULL);
	btz_box_start(box, BTZ_PROG_CRYPTO_TEE, NULL);
	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	audit[0] = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_TEE, BTZ_PROG_AUDIT));
	audit[1] = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	open_leases(&tee, box);
	open_leases(&soft, box);
	provision(&tee);
	make_request(&tee);
	make_request(&soft);
	tee.pid[0] = btz_box_pid(box, BTZ_PROG_CRYPTO_TEE);
	tee.pid[1] = btz_box_pid(box, BTZ_PROG_TA);
	soft.pid[0] = btz_box_pid(box, BTZ_PROG_CRYPTO_SOFT);
	measure(&tee, &soft, 1);
	measure(&tee, &soft, CLIENTS);
	btz_auditor_free(audit[0]);
	btz_auditor_free(audit[1]);
	(void)btz_box_free(box);
	btz_swtpm_end(&tpm);
	return 0;
}
