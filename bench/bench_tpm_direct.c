/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_tpm_direct.c - an ECDSA P-256 signature by the backend tpm-direct, from
 * client through broker's lease and crypto service, parameters encrypted,
 * beside TPM2_Sign by ESAPI with a password and nothing encrypted, on the same
 * software TPM. They take turns, as it serves one connection at a time. One
 * JSON object per line.
 */
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/kms.h"
#include "esapi.h"
#include "measure.h"
#include "support/auditor.h"
#include "support/spawn.h"
#include "support/swtpm.h"

#define ROUNDS 15
#define SIGNS 150
#define WARM 5

static struct btz_swtpm tpm;
static struct btz_box *box;
static struct btz_auditor *audits[2];
static struct btz_conn broker, leased;
static struct btz_err err;
static const uint8_t digest[32] = { 0xd1 };

/* Of one way to sign, by round. */
struct way {
	double rate[ROUNDS], p50[ROUNDS], cpu[ROUNDS];
};

static void
check(enum btz_rc rc)
{
	if (rc != BTZ_OK) {
		(void)fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
}

static void
run_daemons(void)
{
	struct btz_open_ok ok;

	btz_box_start(box, BTZ_PROG_CRYPTO_TPM, NULL);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	audits[0] = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_TPM, BTZ_PROG_AUDIT));
	audits[1] = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT));
	broker.fd = leased.fd = -1;
	btz_conn_adopt(&broker, btz_box_connect(box, "kms.sock"));
	check(btz_kms_open(&broker, NULL, 0, &leased, &ok, &err));
}

static void
end_daemons(void)
{
	btz_conn_close(&leased);
	btz_conn_close(&broker);
	btz_auditor_free(audits[0]);
	btz_auditor_free(audits[1]);
	(void)btz_box_kill(box, BTZ_PROG_BROKER, SIGTERM);
	(void)btz_box_kill(box, BTZ_PROG_CRYPTO_TPM, SIGTERM);
}

static void
generate(uint8_t *id)
{
	const struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN };
	struct btz_key_info key;

	check(btz_kms_generate(&leased, &g, &key, &err));
	memcpy(id, key.id, BTZ_ID_LEN);
}

static void
ours_once(const void *arg)
{
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_DIGEST,
		.input = { digest, sizeof(digest) } };
	struct btz_span sig;

	memcpy(rq.id, arg, sizeof(rq.id));
	check(btz_kms_sign(&leased, &rq, &sig, &err));
}

static void
peer_once(const void *arg)
{
	const struct esapi *e = arg;

	if (!esapi_sign((struct esapi *)(uintptr_t)e, digest))
		btz_die("Esys_Sign");
}

/* pid: whose CPU counts. */
static void
play(struct way *w, int round, void (*once)(const void *), const void *arg,
    pid_t pid)
{
	static double took[SIGNS];
	uint64_t cpu, begun;

	for (int i = 0; i < WARM; i++)
		once(arg);
	cpu = btz_cpu_ns(pid);
	begun = btz_now_ns();
	for (int i = 0; i < SIGNS; i++) {
		const uint64_t t = btz_now_ns();

		once(arg);
		took[i] = (double)(btz_now_ns() - t) / 1000;
	}
	w->rate[round] = SIGNS * 1e9 / (double)(btz_now_ns() - begun);
	w->cpu[round] = (double)(btz_cpu_ns(pid) - cpu) / 1000 / SIGNS;
	w->p50[round] = btz_median(took, SIGNS);
}

static void
peer_round(struct way *w, int round)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct esapi *e;

	btz_swtpm_socket(&tpm, sa.sun_path, sizeof(sa.sun_path));
	tpm.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (tpm.fd < 0 ||
	    connect(tpm.fd, (const struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    (e = esapi_open(&tpm, false)) == NULL)
		btz_die("ESAPI");
	play(w, round, peer_once, e, getpid());
	esapi_close(e);
	(void)close(tpm.fd);
	tpm.fd = -1;
}

/* Two keys in turn: each of them has to be loaded. */
static uint8_t id[2][BTZ_ID_LEN];

static void
cold_once(const void *arg)
{
	static unsigned n;

	(void)arg;
	ours_once(id[n++ % 2]);
}

static void
report(struct way *hot, struct way *cold, struct way *raw)
{
	const char *peer = "ESAPI, password, nothing encrypted, same TPM";
	double ratio[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		ratio[i] = hot->rate[i] / raw->rate[i];
	btz_figure("sign P-256 tpm-direct, client to TPM and back",
	    btz_median(hot->rate, ROUNDS), "/s", peer,
	    btz_median(raw->rate, ROUNDS), btz_median(ratio, ROUNDS), ">= 0.8",
	    btz_median(ratio, ROUNDS) >= 0.8);
	btz_figure("sign P-256 tpm-direct, p50", btz_median(hot->p50, ROUNDS),
	    "us", peer, btz_median(raw->p50, ROUNDS),
	    btz_median(hot->p50, ROUNDS) / btz_median(raw->p50, ROUNDS), NULL,
	    0);
	btz_figure("sign P-256 tpm-direct, CPU of crypto-tpm-direct",
	    btz_median(hot->cpu, ROUNDS), "us", "CPU of ESAPI's process",
	    btz_median(raw->cpu, ROUNDS),
	    btz_median(hot->cpu, ROUNDS) / btz_median(raw->cpu, ROUNDS), NULL,
	    0);
	btz_figure("sign P-256 tpm-direct, two keys in turn",
	    btz_median(cold->rate, ROUNDS), "/s", NULL, 0, 0, NULL, 0);
}

int
main(void)
{
	static struct way hot, cold, raw;
	static char self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char path[128], conf[512];

	if (!btz_swtpm_present() || !btz_swtpm_start(&tpm)) {
		(void)fprintf(stderr, "swtpm is not installed\n");
		return 1;
	}
	(void)setenv("TSS2_LOG", "all+none", 1);
	(void)close(tpm.fd);
	tpm.fd = -1;
	btz_swtpm_socket(&tpm, path, sizeof(path));
	if (n > 0)
		(void)setenv("BTZ_BUILD", dirname(dirname(self)), 0);
	(void)snprintf(conf, sizeof(conf),
	    "[tpm-direct]\ntcti = unix:%s\n[app bench]\nuid = %u\n"
	    "backend = tpm-direct\n",
	    path, getuid());
	box = btz_box_new(conf);
	for (int r = 0; r < ROUNDS; r++) {
		run_daemons();
		for (int i = 0; r == 0 && i < 2; i++)
			generate(id[i]);
		play(&hot, r, ours_once, id[0],
		    btz_box_pid(box, BTZ_PROG_CRYPTO_TPM));
		play(&cold, r, cold_once, NULL,
		    btz_box_pid(box, BTZ_PROG_CRYPTO_TPM));
		end_daemons();
		peer_round(&raw, r);
	}
	report(&hot, &cold, &raw);
	btz_swtpm_end(&tpm);
	return btz_box_free(box);
}
