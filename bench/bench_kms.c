/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_kms.c - the KMS around a signature: a lease for each one, memory with
 * many keys, strangers who connect and say nothing, and 100,000 keys. A real
 * broker and crypto service (soft); the audit log is played. One JSON object
 * per line.
 *
 *   bench_kms              all of it; as root, else without strangers
 *   bench_kms lease        only the lease for each signature, with the
 *                          context switches of each process
 */
#include <libgen.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/kms.h"
#include "crypto/backend/softkey.h"
#include "crypto/keystore_int.h"
#include "measure.h"
#include "support/auditor.h"
#include "support/spawn.h"

#define ROUNDS 5
#define PER_ROUND 1000
#define STRANGER 54321u
#define STRANGERS 1000
#define MANY 100000u

static const uint8_t text[32] = "thirty-two bytes to be signed";
static struct btz_box *box;
static struct btz_auditor *audits[2];
static struct btz_conn broker, leased;
static struct btz_err err;
static char exe[640], kms_sock[128];

static void
check(enum btz_rc rc)
{
	if (rc != BTZ_OK) {
		(void)fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
}

static void
start(void)
{
	char conf[256];

	(void)snprintf(conf, sizeof(conf),
	    "[broker]\nmax_leases_per_uid = 64\n"
	    "[crypto]\nmax_keys_per_app = 200000\n[app bench]\nuid = %u\n"
	    "[app strangers]\nuid = %u\n",
	    getuid(), STRANGER);
	box = btz_box_new(conf);
	(void)snprintf(
	    kms_sock, sizeof(kms_sock), "%s/run/kms.sock", btz_box_home(box));
}

static void
run_daemons(void)
{
	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	audits[0] = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	audits[1] = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT));
	broker.fd = leased.fd = -1;
}

static void
open_lease(void)
{
	struct btz_open_ok ok;

	btz_conn_close(&broker);
	btz_conn_adopt(&broker, btz_box_connect(box, "kms.sock"));
	check(btz_kms_open(&broker, NULL, 0, &leased, &ok, &err));
}

/* On the very connection; the broker's word is waited for, or not. */
static void
open_here(bool wait)
{
	struct btz_open_ok ok;

	check(btz_conn_open(&leased, kms_sock, &err));
	if (wait)
		check(btz_kms_open_here(&leased, NULL, 0, &ok, &err));
	else
		check(btz_kms_open_ahead(&leased, NULL, 0, &err));
}

static void
generate(uint8_t *id)
{
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN };
	struct btz_key_info key;

	check(btz_kms_generate(&leased, &g, &key, &err));
	memcpy(id, key.id, BTZ_ID_LEN);
}

static void
sign(const uint8_t *id)
{
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = { text, sizeof(text) } };
	struct btz_span sig;

	memcpy(rq.id, id, sizeof(rq.id));
	check(btz_kms_sign(&leased, &rq, &sig, &err));
}

static pid_t
start_floor(char *path, size_t cap)
{
	pid_t pid;

	(void)snprintf(path, cap, "%s/floor.sock", btz_box_home(box));
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		(void)execl(exe, exe, path, (char *)NULL);
		_exit(1);
	}
	for (int i = 0; i < 200 && access(path, F_OK) != 0; i++)
		(void)usleep(5000);
	(void)usleep(50000);
	return pid;
}

static double
ours_once(const uint8_t *id, bool wait)
{
	const uint64_t t = btz_now_ns();

	open_here(wait);
	sign(id);
	btz_conn_close(&leased);
	return (double)(btz_now_ns() - t) / 1000;
}

static double
floor_once(const char *path)
{
	const uint64_t t = btz_now_ns();
	uint8_t in[256];
	int fd;

	check(btz_sock_connect(path, &fd, &err));
	if (send(fd, text, sizeof(text), 0) < 0 ||
	    recv(fd, in, sizeof(in), 0) < 60)
		btz_die("floor server");
	(void)close(fd);
	return (double)(btz_now_ns() - t) / 1000;
}

#define PROCS 4

/* Of the processes, since the last call: per operation. */
static void
count_switches(const pid_t *pid, double *per_op)
{
	static unsigned long last[PROCS];

	for (int i = 0; i < PROCS; i++) {
		unsigned long n = btz_switches(pid[i]);

		per_op[i] = (double)(n - last[i]) / PER_ROUND;
		last[i] = n;
	}
}

static void
print_anew(const char *name, double *v, double *bare_v, const double *sw,
    const double *bare_sw)
{
	double p50 = btz_median(v, ROUNDS), bare = btz_median(bare_v, ROUNDS);

	btz_figure(name, p50, "us", "bare C socket server, reconnecting", bare,
	    p50 / bare, "<= 2.5", p50 / bare <= 2.5);
	btz_figure("the same, context switches of all processes",
	    sw[0] + sw[1] + sw[2], "per op", "bare C socket server",
	    bare_sw[0] + bare_sw[3],
	    (sw[0] + sw[1] + sw[2]) / (bare_sw[0] + bare_sw[3]), NULL, 0);
}

/* All on one CPU, in turn: not waiting, waiting, the floor. */
static void
each_time_anew(const uint8_t *id)
{
	static double t[3][ROUNDS], v[PER_ROUND];
	double sw[3][PROCS];
	char path[128];
	const pid_t pid[PROCS] = { getpid(), btz_box_pid(box, BTZ_PROG_BROKER),
		btz_box_pid(box, BTZ_PROG_CRYPTO_SOFT),
		start_floor(path, sizeof(path)) };

	for (int i = 0; i < PROCS; i++)
		btz_pin(pid[i], 0);
	count_switches(pid, sw[0]);
	for (int r = 0; r < 3 * ROUNDS; r++) {
		for (int i = 0; i < PER_ROUND; i++)
			v[i] = r % 3 < 2 ? ours_once(id, r % 3 == 1)
					 : floor_once(path);
		t[r % 3][r / 3] = btz_median(v, PER_ROUND);
		count_switches(pid, sw[r % 3]);
	}
	print_anew("sign P-256 soft, connection and lease each time, p50", t[0],
	    t[2], sw[0], sw[2]);
	print_anew(
	    "the same, the lease waited for, p50", t[1], t[2], sw[1], sw[2]);
	for (int i = 0; i < PROCS; i++)
		btz_pin(pid[i], -1);
	(void)kill(pid[3], SIGKILL);
	(void)waitpid(pid[3], NULL, 0);
}

static void
memory(void)
{
	static uint8_t id[1000][BTZ_ID_LEN];
	unsigned long kb;

	for (int i = 0; i < 1000; i++)
		generate(id[i]);
	for (int i = 0; i < 64; i++)
		sign(id[i]);
	kb = btz_dirty_kb(btz_box_pid(box, BTZ_PROG_BROKER));
	btz_figure("1,000 keys, 64 hot: private dirty of broker", (double)kb,
	    "kB", NULL, 0, 0, "<= 1024", kb <= 1024);
	kb = btz_dirty_kb(btz_box_pid(box, BTZ_PROG_CRYPTO_SOFT));
	btz_figure("1,000 keys, 64 hot: private dirty of crypto-soft",
	    (double)kb, "kB", NULL, 0, 0, "<= 3584", kb <= 3584);
}

/* Another uid: as many connections as it gets, and not a word. Every second
 * one has been asked something that is never read. */
static pid_t
strangers(int ready)
{
	pid_t pid = fork();
	char path[128];
	int fd;

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)snprintf(
	    path, sizeof(path), "%s/run/kms.sock", btz_box_home(box));
	if (setresuid(STRANGER, STRANGER, STRANGER) != 0)
		_exit(1);
	for (int i = 0; i < STRANGERS; i++)
		if (btz_sock_connect(path, &fd, &err) == BTZ_OK && i % 2 == 0)
			(void)send(fd, "\1\0\1\1half", 8, MSG_NOSIGNAL);
	(void)!write(ready, "x", 1);
	for (;;)
		(void)pause();
}

static void
quantiles(const uint8_t *id, double *p50, double *p99)
{
	static double v[4000];

	for (int i = 0; i < 4000; i++)
		v[i] = i % 2 == 0 ? ours_once(id, true) : v[i - 1];
	*p50 = btz_quantile(v, 4000, 0.5);
	*p99 = btz_quantile(v, 4000, 0.99);
}

static void
beside_strangers(const uint8_t *id)
{
	double a[ROUNDS], b[ROUNDS], p99[ROUNDS], none, ratio;
	char c;

	if (getuid() != 0 || chmod(btz_box_home(box), 0755) != 0) {
		(void)fprintf(stderr, "strangers: needs root\n");
		return;
	}
	for (int r = 0; r < ROUNDS; r++) {
		int ready[2];
		pid_t pid;

		quantiles(id, &a[r], &none);
		if (pipe(ready) != 0)
			btz_die("pipe");
		pid = strangers(ready[1]);
		(void)close(ready[1]);
		(void)!read(ready[0], &c, 1);
		(void)close(ready[0]);
		quantiles(id, &b[r], &p99[r]);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	ratio = btz_median(b, ROUNDS) / btz_median(a, ROUNDS);
	btz_figure("1,000 silent connections of another uid: p50",
	    btz_median(b, ROUNDS), "us", "without them", btz_median(a, ROUNDS),
	    ratio, "<= 1.10", ratio <= 1.10);
	btz_figure("1,000 silent connections of another uid: p99",
	    btz_median(p99, ROUNDS), "us", NULL, 0, 0, "<= 5000",
	    btz_median(p99, ROUNDS) <= 5000);
}

/* One signature after another by ten keys, of those that there are. */
static double
sign_p50(uint8_t (*id)[BTZ_ID_LEN])
{
	static double v[5000];

	open_lease();
	for (int i = 0; i < 5000; i++) {
		const uint64_t t = btz_now_ns();

		sign(id[i % 10]);
		v[i] = (double)(btz_now_ns() - t) / 1000;
	}
	btz_conn_close(&leased);
	return btz_median(v, 5000);
}

static struct btz_key_row
row_of(const struct btz_backend_key *k, char *label)
{
	struct btz_key_row row = { .info = { .owner = btz_span_str("bench"),
				       .label = btz_span_str(label),
				       .alg = BTZ_ALG_EC_P256,
				       .kind = BTZ_KIND_PLAIN,
				       .protection = BTZ_PROT_SOFT,
				       .state = BTZ_KEY_ENABLED,
				       .usage = BTZ_USE_SIGN,
				       .spki = { k->spki, k->spki_len } },
		.blob = { k->blob, k->blob_len } };

	memcpy(row.info.id, k->id, BTZ_ID_LEN);
	return row;
}

static void
read_kek(uint8_t *kek)
{
	char path[256];
	FILE *f;

	(void)snprintf(
	    path, sizeof(path), "%s/lib/crypto-soft/kek", btz_box_home(box));
	f = fopen(path, "r");
	if (f == NULL || fread(kek, 1, BTZ_KEK_LEN, f) != BTZ_KEK_LEN)
		btz_die(path);
	(void)fclose(f);
}

/* Straight into the store, the service being away. Without waiting for the
 * disk: nothing here is to survive. */
static void
fill(const char *path, uint8_t (*id)[BTZ_ID_LEN], size_t n)
{
	static struct btz_backend_key k;
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN };
	uint8_t kek[BTZ_KEK_LEN];
	struct btz_keystore *ks;

	read_kek(kek);
	check(btz_keystore_open(path, &ks, &err));
	(void)sqlite3_exec(btz_db_handle(ks->db), "PRAGMA synchronous = OFF",
	    NULL, NULL, NULL);
	for (size_t i = 0; i < n; i++) {
		char label[32];
		struct btz_key_row row;

		(void)snprintf(label, sizeof(label), "key-%zu", i);
		check(btz_softkey_generate(kek, &g, &k, &err));
		row = row_of(&k, label);
		check(btz_keystore_add(ks, &row, &err));
		memcpy(id[i], k.id, BTZ_ID_LEN);
	}
	btz_keystore_close(ks);
}

static double
lookup_us(const char *path, uint8_t (*id)[BTZ_ID_LEN], size_t n)
{
	static double v[20000];
	struct btz_keystore *ks;
	struct btz_key_row row;
	uint32_t r;

	check(btz_keystore_open(path, &ks, &err));
	for (size_t i = 0; i < 20000; i++) {
		uint64_t t;

		if (RAND_bytes((uint8_t *)&r, sizeof(r)) <= 0)
			btz_die("random");
		t = btz_now_ns();
		check(btz_keystore_get(ks, id[r % n], &row, &err));
		v[i] = (double)(btz_now_ns() - t) / 1000;
	}
	btz_keystore_close(ks);
	return btz_median(v, 20000);
}

static void
end_daemons(void)
{
	btz_auditor_free(audits[0]);
	btz_auditor_free(audits[1]);
	(void)btz_box_kill(box, BTZ_PROG_BROKER, SIGTERM);
	(void)btz_box_kill(box, BTZ_PROG_CRYPTO_SOFT, SIGTERM);
}

static void
many_keys(void)
{
	static uint8_t id[MANY][BTZ_ID_LEN], few[10][BTZ_ID_LEN];
	double ten, many, look, cold;
	char path[256];
	uint64_t t;

	(void)snprintf(path, sizeof(path), "%s/lib/crypto-soft/keys-soft.db",
	    btz_box_home(box));
	open_lease();
	for (int i = 0; i < 10; i++)
		generate(few[i]);
	btz_conn_close(&leased);
	ten = sign_p50(few);
	end_daemons();
	fill(path, id, MANY);
	look = lookup_us(path, id, MANY);
	t = btz_now_ns();
	run_daemons();
	cold = (double)(btz_now_ns() - t) / 1e6;
	many = sign_p50(id);
	btz_figure("100,000 keys: look-up in the store, p50", look, "us", NULL,
	    0, 0, "<= 20", look <= 20);
	btz_figure("100,000 keys: sign, p50", many, "us", "with 10 keys", ten,
	    many / ten, "<= 1.2", many / ten <= 1.2);
	btz_figure("100,000 keys: start of broker and crypto-soft", cold, "ms",
	    NULL, 0, 0, "<= 1000", cold <= 1000);
}

int
main(int argc, char **argv)
{
	static char self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	uint8_t id[BTZ_ID_LEN];
	const char *dir = n > 0 ? dirname(self) : ".";

	(void)snprintf(exe, sizeof(exe), "%s/floor_server", dir);
	(void)setenv("BTZ_BUILD", dirname(self), 0);
	start();
	run_daemons();
	open_lease();
	generate(id);
	btz_conn_close(&leased);
	each_time_anew(id);
	if (argc == 2 && strcmp(argv[1], "lease") == 0) {
		end_daemons();
		return btz_box_free(box);
	}
	beside_strangers(id);
	open_lease();
	memory();
	btz_conn_close(&leased);
	many_keys();
	end_daemons();
	return btz_box_free(box);
}
