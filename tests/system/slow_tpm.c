/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slow_tpm.c - a TPM with 500 ms for every command behind a real service and
 * trusted application (emulated): while one checkpoint follows the other, TEE
 * signatures keep the rate that they have without, from 1 and from 8 clients.
 *
 * The delay is made by a proxy between the trusted application and swtpm.
 * Both sides of each ratio are measured in turn in one run. As a test: TAP and
 * a bar that a noisy machine does not miss (a TPM that holds up signatures
 * leaves a quarter of them); with --bench: one JSON line per figure.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client/kms.h"
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"
#include "support/swtpm.h"

#define DELAY_MS 500
#define PAUSE_MS 200u /* between two checkpoints */
#define CLIENTS 8u
#define ROUNDS 3u
#define BENCH_ROUNDS 7u
#define ROUNDS_MAX 8u
#define WINDOW_MS 1400u
#define SAMPLES 100000u

static const uint8_t text[32] = "thirty-two bytes to be signed";
static struct btz_swtpm tpm;
static char proxy_path[108];
static int listener;
static atomic_int delay_ms;
static atomic_bool checkpoints;	  /* are to be made */
static atomic_uint n_checkpoints; /* were made */
static atomic_bool over;

static struct btz_box *box;
static struct btz_conn leased[CLIENTS], log_;
static uint8_t cp[BTZ_ID_LEN], request[256];
static size_t request_len;

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

/* -- the proxy */

static bool
read_frame(int fd, uint8_t *p, size_t cap, size_t *len)
{
	size_t want = 10, have = 0;

	while (have < want) {
		ssize_t n = read(fd, p + have, want - have);

		if (n <= 0)
			return false;
		have += (size_t)n;
		if (have >= 10)
			want = (size_t)p[2] << 24 | (size_t)p[3] << 16 |
			       (size_t)p[4] << 8 | p[5];
		if (want > cap)
			return false;
	}
	*len = have;
	return true;
}

static void
forward(int from, int to)
{
	uint8_t frame[8192];
	size_t len;

	while (read_frame(from, frame, sizeof(frame), &len)) {
		(void)usleep((useconds_t)atomic_load(&delay_ms) * 1000);
		if (send(to, frame, len, MSG_NOSIGNAL) != (ssize_t)len ||
		    !read_frame(to, frame, sizeof(frame), &len) ||
		    send(from, frame, len, MSG_NOSIGNAL) != (ssize_t)len)
			return;
	}
}

static void *
proxy(void *arg)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	btz_swtpm_socket(arg, sun.sun_path, sizeof(sun.sun_path));
	for (;;) {
		int from = accept(listener, NULL, NULL);
		int to = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (from < 0 || to < 0)
			return NULL;
		if (connect(to, (struct sockaddr *)&sun, sizeof(sun)) == 0)
			forward(from, to);
		(void)close(from);
		(void)close(to);
	}
}

static void
start_proxy(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	pthread_t t;

	(void)snprintf(proxy_path, sizeof(proxy_path), "%s/slow", tpm.dir);
	memcpy(sun.sun_path, proxy_path, sizeof(proxy_path));
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    listen(listener, 4) != 0 ||
	    pthread_create(&t, NULL, proxy, &tpm) != 0 ||
	    pthread_detach(t) != 0)
		die("proxy");
}

/* -- the box */

static void
open_over(struct btz_conn *to, size_t n, int fd)
{
	struct btz_conn broker;
	struct btz_open_ok ok;
	struct btz_err err;

	btz_conn_adopt(&broker, fd);
	for (size_t i = 0; i < n; i++)
		if (btz_kms_open(&broker, "tee", 0, &to[i], &ok, &err) !=
		    BTZ_OK)
			die(err.msg);
	btz_conn_close(&broker);
}

static void
provision(void)
{
	struct btz_provision rq = { .trust_domain = btz_span_str("box.test"),
		.box = btz_span_str("box"),
		.origin = btz_span_str("box.test/log"),
		.now = 1790000000,
		.root_not_after = 2100000000 };
	struct btz_provision_ok ok;
	struct btz_err err;

	if (btz_kms_provision(&leased[0], &rq, &ok, &err) != BTZ_OK)
		die(err.msg);
	memcpy(cp, ok.checkpoint_id, sizeof(cp));
}

/* The request is packed once. */
static void
make_request(void)
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

	if (btz_kms_generate(&leased[0], &g, &key, &err) != BTZ_OK)
		die(err.msg);
	memcpy(rq.id, key.id, sizeof(rq.id));
	if (btz_sock_pack(&buf, &f, &btz_def_sign, &rq) != BTZ_OK ||
	    buf.len > sizeof(request))
		die("request");
	memcpy(request, buf.bytes, request_len = buf.len);
}

static struct btz_auditor *
start_box(void)
{
	struct btz_auditor *audit;
	char conf[256];

	(void)snprintf(conf, sizeof(conf),
	    "[tpm]\ntcti = unix:%s\nexclusive = yes\n", proxy_path);
	box = btz_box_new(conf);
	btz_box_start(box, BTZ_PROG_TA, NULL);
	btz_box_start(box, BTZ_PROG_CRYPTO_TEE, NULL);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	audit = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_TEE, BTZ_PROG_AUDIT));
	open_over(leased, CLIENTS, btz_box_connect(box, "admin/broker.sock"));
	open_over(&log_, 1, btz_box_take(box, BTZ_PROG_AUDIT, BTZ_PROG_BROKER));
	provision();
	make_request();
	return audit;
}

/* The same head may be signed again and again. */
static void *
checkpointer(void *arg)
{
	struct btz_checkpoint rq = { .size = 5, .root = { 1 } };
	struct btz_checkpoint_ok ok;
	struct btz_err err;

	(void)arg;
	memcpy(rq.id, cp, sizeof(rq.id));
	while (!atomic_load(&over)) {
		(void)usleep(PAUSE_MS * 1000);
		if (!atomic_load(&checkpoints))
			continue;
		if (btz_kms_sign_checkpoint(&log_, &rq, &ok, &err) != BTZ_OK)
			die(err.msg);
		atomic_fetch_add(&n_checkpoints, 1);
	}
	return NULL;
}

/* -- measuring */

struct side { /* one window */
	uint64_t n, ns, slowest;
	uint32_t us[SAMPLES];
};

static void
take_sample(struct side *s, uint64_t ns)
{
	if (s->n < SAMPLES)
		s->us[s->n] = (uint32_t)(ns / 1000);
	s->n++;
	s->slowest = ns > s->slowest ? ns : s->slowest;
}

/* Each client has one request under way. */
static void
window(struct side *s, size_t clients)
{
	struct pollfd p[CLIENTS];
	uint64_t sent[CLIENTS], start = now_ns(), t = start;
	size_t open = clients;
	uint8_t in[512];

	s->n = s->slowest = 0;
	for (size_t i = 0; i < clients; i++) {
		p[i] = (struct pollfd){ .fd = leased[i].fd, .events = POLLIN };
		sent[i] = now_ns();
		if (send(p[i].fd, request, request_len, MSG_NOSIGNAL) < 0)
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
			t = now_ns();
			take_sample(s, t - sent[i]);
			sent[i] = t;
			if (t - start > WINDOW_MS * 1000000ull) {
				p[i].fd = -1;
				open--;
			} else if (send(p[i].fd, request, request_len,
				       MSG_NOSIGNAL) < 0) {
				die("send");
			}
		}
	}
	s->ns = t - start;
}

static int
by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static double
p50(struct side *s)
{
	size_t n = s->n < SAMPLES ? s->n : SAMPLES;

	qsort(s->us, n, sizeof(s->us[0]), by_value);
	return s->us[n / 2];
}

static int
by_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(v[0]), by_double);
	return v[n / 2];
}

/* One figure with and without work for the TPM, and the ratio: medians over
 * the rounds, since the machine is shared. */
struct figure {
	double busy[ROUNDS_MAX], quiet[ROUNDS_MAX], ratio[ROUNDS_MAX];
};

static void
note(struct figure *f, size_t i, double quiet, double busy)
{
	f->quiet[i] = quiet;
	f->busy[i] = busy;
	f->ratio[i] = busy / quiet;
}

struct result {
	size_t clients, rounds;
	struct figure rate, p50;
	double slowest; /* ms, with work for the TPM */
	unsigned checkpoints;
};

static void
measure(struct result *r)
{
	static struct side s;
	unsigned before = atomic_load(&n_checkpoints);
	double rate, mid;

	window(&s, r->clients); /* warm */
	for (size_t i = 0; i < r->rounds; i++) {
		window(&s, r->clients);
		rate = (double)s.n * 1e9 / (double)s.ns;
		mid = p50(&s);
		atomic_store(&checkpoints, true);
		window(&s, r->clients);
		atomic_store(&checkpoints, false);
		note(&r->rate, i, rate, (double)s.n * 1e9 / (double)s.ns);
		note(&r->p50, i, mid, p50(&s));
		if ((double)s.slowest / 1e6 > r->slowest)
			r->slowest = (double)s.slowest / 1e6;
		(void)usleep((DELAY_MS + 2 * PAUSE_MS) * 1000);
	}
	r->checkpoints = atomic_load(&n_checkpoints) - before;
}

static void
print(const struct result *r, const char *what, struct figure *f,
    const char *unit)
{
	const bool more = *unit == 'o'; /* is better */
	const double ratio = median(f->ratio, r->rounds);

	(void)printf("{\"name\":\"sign P-256 tee, TPM at 500 ms, %zu "
		     "client%s, %s\",\"value\":%.4g,\"unit\":\"%s\","
		     "\"peer\":\"TPM without work\",\"peer_value\":%.4g,"
		     "\"ratio\":%.3f,\"bar\":\"%s\",\"met\":%s}\n",
	    r->clients, r->clients > 1 ? "s" : "", what,
	    median(f->busy, r->rounds), unit, median(f->quiet, r->rounds),
	    ratio, more ? ">= 0.90" : "<= 1.11",
	    (more ? ratio >= 0.9 : ratio <= 1.11) ? "true" : "false");
}

/* With eight requests under way the median depends on how many answers one
 * wake-up of the client finds: there the rate says it all. */
static void
bench(struct result *r)
{
	r->rounds = BENCH_ROUNDS;
	measure(r);
	print(r, "rate", &r->rate, "op/s");
	if (r->clients == 1)
		print(r, "p50", &r->p50, "us");
	(void)fflush(stdout);
}

static void
check(struct result *r)
{
	r->rounds = ROUNDS;
	measure(r);
	print_message("# %zu clients: %.0f/s with, %.0f/s without; p50 %.0f "
		      "and %.0f us; slowest %.0f ms; %u checkpoints\n",
	    r->clients, median(r->rate.busy, ROUNDS),
	    median(r->rate.quiet, ROUNDS), median(r->p50.busy, ROUNDS),
	    median(r->p50.quiet, ROUNDS), r->slowest, r->checkpoints);
	assert_true(r->checkpoints >= 2 * ROUNDS);
	assert_true(median(r->rate.ratio, ROUNDS) >= 0.6);
	if (r->clients == 1)
		assert_true(median(r->p50.ratio, ROUNDS) <= 1 / 0.6);
	assert_true(r->slowest < 0.8 * DELAY_MS);
}

static struct result one = { .clients = 1 }, all = { .clients = CLIENTS };

static void
test_one(void **state)
{
	(void)state;
	check(&one);
}

static void
test_eight(void **state)
{
	(void)state;
	check(&all);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_eight),
	};
	struct btz_auditor *audit;
	pthread_t t;
	int status = 0;

	if (!btz_swtpm_start(&tpm))
		return 77;
	(void)close(tpm.fd);
	tpm.fd = -1;
	start_proxy();
	audit = start_box();
	atomic_store(&delay_ms, DELAY_MS);
	if (pthread_create(&t, NULL, checkpointer, NULL) != 0)
		die("thread");
	if (argc > 1 && strcmp(argv[1], "--bench") == 0) {
		bench(&one);
		bench(&all);
	} else {
		status = cmocka_run_group_tests(tests, NULL, NULL);
	}
	atomic_store(&over, true);
	(void)pthread_join(t, NULL);
	atomic_store(&delay_ms, 0);
	for (size_t i = 0; i < CLIENTS; i++)
		btz_conn_close(&leased[i]);
	btz_conn_close(&log_);
	btz_auditor_free(audit);
	status |= btz_box_free(box);
	(void)unlink(proxy_path);
	btz_swtpm_end(&tpm);
	return status;
}
