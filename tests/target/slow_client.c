/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slow_client.c - on a box whose TPM takes 500 ms for a command (tpm_relay):
 * while one checkpoint follows the other, signatures by a key of the TEE keep
 * their rate, and are made while the TPM has a command in hand. The second is
 * a matter of order only. On a machine that is busy with other things the TPM
 * gets slower as the signatures do. Speaks TAP.
 *
 *   slow_client DIRECTORY     the box's run/admin
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/kms.h"
#include "ta_call.h"
#include "tpm_relay.h"

#define DELAY_MS 500u /* more where fewer than WITHIN signatures fit in it */
#define WITHIN 8u
#define PAUSE_MS 100u /* between two checkpoints */
#define DELAYS 8u     /* is how long a rate is measured */
#define ROUNDS 3u
#define BAR 0.5

static struct btz_conn tee, soft, audit; /* soft, audit: the thread's */
static struct relay *relay;
static uint8_t key[BTZ_ID_LEN];
static atomic_bool wanted, over;
static atomic_uint checkpoints;
static unsigned delay = DELAY_MS;

static void
die(const char *what, const struct btz_err *err)
{
	(void)printf("# %s: %s\n", what, err->msg);
	exit(1);
}

static uint64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void
at(char *path, size_t cap, const char *dir, const char *name)
{
	(void)snprintf(path, cap, "%s/%s", dir, name);
}

static void
lease(const char *dir, const char *backend, struct btz_conn *out)
{
	struct btz_conn broker;
	struct btz_open_ok ok;
	struct btz_err err;
	char path[108];

	at(path, sizeof(path), dir, "broker.sock");
	if (btz_conn_open(&broker, path, &err) != BTZ_OK ||
	    btz_kms_open(&broker, backend, 0, out, &ok, &err) != BTZ_OK)
		die(backend, &err);
	btz_conn_close(&broker);
}

static void
generate(struct btz_conn *c, uint8_t alg, uint8_t id[BTZ_ID_LEN])
{
	const struct btz_generate g = {
		.alg = alg, .kind = BTZ_KIND_PLAIN, .usage = BTZ_USE_SIGN
	};
	struct btz_key_info k;
	struct btz_err err;

	if (btz_kms_generate(c, &g, &k, &err) != BTZ_OK)
		die("generate", &err);
	memcpy(id, k.id, BTZ_ID_LEN);
}

/* A new key of soft is a new record, which the next checkpoint signs. */
static void *
checkpointer(void *arg)
{
	struct btz_checkpoint_ok ok;
	uint8_t id[BTZ_ID_LEN];
	struct btz_err err;

	(void)arg;
	while (!atomic_load(&over)) {
		(void)usleep(PAUSE_MS * 1000);
		if (!atomic_load(&wanted))
			continue;
		generate(&soft, BTZ_ALG_EC_P256, id);
		if (btz_conn_call(&audit, BTZ_OP_CHECKPOINT_NOW, NULL, NULL,
			&btz_def_checkpoint_ok, &ok, NULL, &err) != BTZ_OK)
			die("checkpoint", &err);
		(void)atomic_fetch_add(&checkpoints, 1);
	}
	return NULL;
}

struct window {
	unsigned signatures, inside; /* wholly while the TPM had a command */
	unsigned commands;
	uint64_t ms;
};

static struct window
measure(void)
{
	struct btz_sign rq = { .alg = BTZ_SIG_ED25519,
		.input_kind = BTZ_IN_MESSAGE,
		.input = btz_span_str("signed while the TPM is slow") };
	struct window w = { .commands = atomic_load(&relay->commands) };
	struct btz_span sig;
	struct btz_err err;
	const uint64_t start = now_ms();

	memcpy(rq.id, key, sizeof(rq.id));
	do {
		unsigned turn = atomic_load(&relay->turn);

		if (btz_kms_sign(&tee, &rq, &sig, &err) != BTZ_OK)
			die("sign", &err);
		w.signatures++;
		if (turn % 2 == 1 && turn == atomic_load(&relay->turn))
			w.inside++;
		w.ms = now_ms() - start;
	} while (w.ms < DELAYS * delay);
	w.commands = atomic_load(&relay->commands) - w.commands;
	return w;
}

static double
rate(const struct window *w)
{
	return w->signatures * 1000.0 / (double)w->ms;
}

static int
by_double(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Without and with by turns, since the machine is shared. */
static void
compare(void)
{
	double without[ROUNDS], with[ROUNDS], ratio[ROUNDS];
	unsigned inside = 0, commands = 0;
	struct window warm = measure();

	if (warm.ms * WITHIN / warm.signatures > delay)
		delay = (unsigned)(warm.ms * WITHIN / warm.signatures);
	for (size_t i = 0; i < ROUNDS; i++) {
		struct window w = measure();

		without[i] = rate(&w);
		atomic_store(&relay->delay, delay);
		atomic_store(&wanted, true);
		w = measure();
		atomic_store(&wanted, false);
		(void)usleep(2 * delay * 1000);
		atomic_store(&relay->delay, 0);
		with[i] = rate(&w);
		ratio[i] = with[i] / without[i];
		inside += w.inside;
		commands += w.commands;
	}
	qsort(without, ROUNDS, sizeof(double), by_double);
	qsort(with, ROUNDS, sizeof(double), by_double);
	qsort(ratio, ROUNDS, sizeof(double), by_double);
	(void)printf("# Ed25519 of the TEE: %.1f/s, with checkpoints and %u ms "
		     "per TPM command %.1f/s, ratio %.2f; %u TPM commands, %u "
		     "checkpoints, %u signatures wholly inside a command\n",
	    without[1], delay, with[1], ratio[1], commands,
	    atomic_load(&checkpoints), inside);
	tap(commands >= 2 * ROUNDS, "the slow TPM was at work");
	tap(ratio[1] >= BAR, "signatures of the TEE keep their rate");
	tap(inside >= commands,
	    "as many and more are made inside TPM commands as there are");
}

int
main(int argc, char **argv)
{
	struct btz_err err;
	char path[108];
	pthread_t t;

	relay = relay_map(0);
	if (argc != 2 || relay == NULL)
		return 1;
	lease(argv[1], "tee", &tee);
	lease(argv[1], "soft", &soft);
	at(path, sizeof(path), argv[1], "audit.sock");
	if (btz_conn_open(&audit, path, &err) != BTZ_OK)
		die("audit", &err);
	generate(&tee, BTZ_ALG_ED25519, key);
	if (pthread_create(&t, NULL, checkpointer, NULL) != 0)
		return 1;
	compare();
	atomic_store(&over, true);
	(void)pthread_join(t, NULL);
	return tap_end();
}
