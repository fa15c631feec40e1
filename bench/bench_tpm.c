/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_tpm - an ECDSA P-256 signature made in the TPM, four ways, on one
 * software TPM in one run: SIGN_CHECKPOINT of a growing log through the TA's
 * entry point (record, consistency proof, note, session with parameter
 * encryption), src/tpm2 alone, and ESAPI with a password and with an HMAC
 * session and parameter encryption. They take turns, because the TPM serves
 * one connection at a time and the machine is not always as fast.
 *
 * CPU is this process's: everything but the TPM itself. Prints one JSON object
 * a line, as bench.py collects them. Start at ways[].
 */
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "esapi.h"
#include "support/tpm_crypto_ossl.h"
#include "ta/ta_rig.h"
#include "tlog/merkle.h"
#include "tpm2/tpm.h"

#define ROUNDS 5
#define PER_ROUND 60
#define SIGNS (ROUNDS * PER_ROUND)
#define WARM 3 /* signatures of a round before the clock runs */
#define LEAVES_MAX (ROUNDS * (PER_ROUND + WARM) + 64)
#define LEVELS 12

static struct rig rig;
static uint8_t checkpoint_id[BTZ_ID_LEN];

static void
die(const char *what)
{
	(void)fprintf(stderr, "bench_tpm: %s\n", what);
	rig_end(&rig);
	exit(1);
}

/* The log: all perfect subtrees, so that proofs are looked up. */
static uint8_t tree[LEVELS][LEAVES_MAX][BTZ_TLOG_HASH];
static uint64_t leaves;

static void
sha256(void *ctx, const struct btz_span *parts, size_t n,
    uint8_t out[BTZ_TLOG_HASH])
{
	uint8_t buf[256];
	size_t len = 0;

	(void)ctx;
	for (size_t i = 0; i < n && len + parts[i].len <= sizeof(buf); i++) {
		memcpy(buf + len, parts[i].p, parts[i].len);
		len += parts[i].len;
	}
	(void)SHA256(buf, len, out);
}

static enum btz_rc
node(void *ctx, unsigned level, uint64_t index, uint8_t out[BTZ_TLOG_HASH])
{
	(void)ctx;
	memcpy(out, tree[level][index], BTZ_TLOG_HASH);
	return BTZ_OK;
}

static const struct btz_tlog_hash hash = { .sha256 = sha256 };
static const struct btz_tlog_source source = { .node = node };

static void
grow(void)
{
	uint64_t i = leaves++;
	unsigned level = 0;

	btz_tlog_leaf(&hash, btz_span_of(&i, sizeof(i)), tree[0][i]);
	for (; (i & 1) != 0; i >>= 1, level++)
		btz_tlog_node(&hash, tree[level][i - 1], tree[level][i],
		    tree[level + 1][i >> 1]);
}

/* One way to sign: open and close are outside the clock. */
struct way {
	const char *name;
	void (*open)(void);
	void (*sign)(unsigned n);
	void (*close)(void);
	double took[SIGNS], cpu;
	unsigned n;
};

/* -- through the TA; the request is made outside the clock */

static struct btz_checkpoint request;
static struct btz_tlog_proof proof;

static void
next_request(void)
{
	struct btz_checkpoint ask = { .size = 0 };
	struct btz_checkpoint_ok last;

	memcpy(ask.id, checkpoint_id, sizeof(ask.id));
	if (rig_do(&rig, BTZ_TA_SIGN_CHECKPOINT, &btz_def_checkpoint, &ask,
		&btz_def_checkpoint_ok, &last) != BTZ_OK)
		die("size of the last checkpoint");
	grow();
	request = ask;
	request.size = leaves;
	if (btz_tlog_source_root(&hash, &source, leaves, request.root) !=
		BTZ_OK ||
	    btz_tlog_prove_consistency(
		&hash, &source, last.size, leaves, &proof) != BTZ_OK)
		die("proof");
	/* the empty tree is extended by every tree */
	request.proof = last.size == 0 ? btz_span_of(NULL, 0)
				       : btz_tlog_proof_span(&proof);
}

static void
ta_open(void)
{
	struct btz_ta_info info;

	rig_start(&rig);
	rig_info(&rig, &info);
	memcpy(checkpoint_id, info.checkpoint_id, sizeof(checkpoint_id));
	next_request();
}

static void
ta_sign(unsigned n)
{
	(void)n;
	if (rig_do(&rig, BTZ_TA_SIGN_CHECKPOINT, &btz_def_checkpoint, &request,
		NULL, NULL) != BTZ_OK)
		die("SIGN_CHECKPOINT refused");
}

static void
ta_close(void)
{
	struct btz_ta_info info;

	rig_info(&rig, &info);
	if (info.checkpoint_size != leaves - 1)
		die("the log that was signed is not the one that grew");
	rig_kill(&rig);
}

/* -- without the TA: a connection of our own */

static void
attach(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	rig.tpm.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%.100s", rig.socket);
	if (rig.tpm.fd < 0 ||
	    connect(rig.tpm.fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		die("connection to the TPM");
}

static void
detach(void)
{
	(void)close(rig.tpm.fd);
	rig.tpm.fd = -1;
}

static struct btz_tpm tpm;
static struct btz_tpm_entity key;
static uint8_t key_auth[32];
static const uint8_t digest[32] = { 0xd1 };

/* Session salted to the endorsement key, like the TA's while provisioning. */
static enum btz_rc
salted_session(void)
{
	struct btz_tpm_entity eh = btz_tpm_hierarchy(
	    BTZ_TPM_RH_ENDORSEMENT, btz_span_of(NULL, 0));
	const struct btz_tpm_entity *ents[1] = { &eh };
	struct btz_tpm_public tmpl;
	struct btz_tpm_in_create in = { .tmpl = &tmpl };
	struct btz_tpm_out_create out;
	enum btz_rc rc;

	btz_tpm_tmpl_ek_p256(&tmpl);
	rc = btz_tpm_exec_how(
	    &tpm, BTZ_TPM_PASSWORD, BTZ_TPM_CREATE_PRIMARY, ents, &in, &out);
	if (rc == BTZ_OK)
		rc = btz_tpm_created_check(tpm.crypto, &tmpl, &out);
	if (rc == BTZ_OK)
		rc = btz_tpm_open(&tpm, out.handle, &out.pub);
	return rc == BTZ_OK ? btz_tpm_flush(&tpm, out.handle) : rc;
}

static void
direct_open(void)
{
	struct btz_tpm_entity null = btz_tpm_hierarchy(
	    BTZ_TPM_RH_NULL, btz_span_of(NULL, 0));
	struct btz_tpm_public tmpl, pub;

	attach();
	memset(key_auth, 0x5a, sizeof(key_auth));
	btz_tpm_init(
	    &tpm, &btz_tpm_crypto_ossl, btz_swtpm_transceive, &rig.tpm);
	btz_tpm_tmpl_sign(&tmpl);
	if (btz_tpm_flush_all(&tpm) != BTZ_OK || salted_session() != BTZ_OK ||
	    btz_tpm_create_primary(&tpm, &null, &tmpl,
		btz_span_of(key_auth, sizeof(key_auth)), &key, &pub) != BTZ_OK)
		die("src/tpm2: key under the NULL hierarchy");
}

static void
direct_sign(unsigned n)
{
	struct btz_tpm_out_sign sig;

	(void)n;
	if (btz_tpm_sign(&tpm, &key, digest, &sig) != BTZ_OK)
		die("src/tpm2: TPM2_Sign");
}

static void
direct_close(void)
{
	if (btz_tpm_flush(&tpm, key.handle) != BTZ_OK)
		die("src/tpm2: flush");
	btz_tpm_close(&tpm);
	btz_tpm_end(&tpm);
	detach();
}

static struct esapi *esapi;

static void
clean(void)
{
	attach();
	btz_tpm_init(
	    &tpm, &btz_tpm_crypto_ossl, btz_swtpm_transceive, &rig.tpm);
	if (btz_tpm_flush_all(&tpm) != BTZ_OK)
		die("flush");
	btz_tpm_end(&tpm);
}

static void
raw_open(void)
{
	clean();
	if ((esapi = esapi_open(&rig.tpm, false)) == NULL)
		die("ESAPI");
}

static void
hmac_open(void)
{
	clean();
	if ((esapi = esapi_open(&rig.tpm, true)) == NULL)
		die("ESAPI with a session");
}

static void
esapi_once(unsigned n)
{
	(void)n;
	if (!esapi_sign(esapi, digest))
		die("Esys_Sign");
}

static void
esapi_done(void)
{
	esapi_close(esapi);
	detach();
}

enum { TA, DIRECT, RAW, HMAC, WAYS };

static struct way ways[WAYS] = {
	[TA] = { "sign in the TPM through the TA (checkpoint)", ta_open,
	    ta_sign, ta_close },
	[DIRECT] = { "sign in the TPM by src/tpm2 directly", direct_open,
	    direct_sign, direct_close },
	[RAW] = { "ESAPI, password", raw_open, esapi_once, esapi_done },
	[HMAC] = { "ESAPI, HMAC session + encryption", hmac_open, esapi_once,
	    esapi_done },
};

static double
now(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double
cpu(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
play(struct way *w, unsigned signs, bool count)
{
	for (unsigned i = 0; i < signs; i++) {
		double used = cpu(), begun = now(CLOCK_MONOTONIC);

		w->sign(i);
		if (count) {
			w->took[w->n++] = now(CLOCK_MONOTONIC) - begun;
			w->cpu += cpu() - used;
		}
		if (w == &ways[TA])
			next_request();
	}
}

static int
compare(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static double
p50_us(const struct way *w)
{
	return w->took[w->n / 2] * 1e6;
}

static double
cpu_us(const struct way *w)
{
	return w->cpu / w->n * 1e6;
}

static void
print(const char *name, const char *what, double v, const char *peer, double pv)
{
	(void)printf("{\"name\":\"%s%s\",\"value\":%.0f,\"unit\":\"us\","
		     "\"peer\":\"%s\",\"peer_value\":%.0f,\"ratio\":%.2f}\n",
	    name, what, v, peer, pv, v / pv);
}

/* At most `more` us above the peer. */
static void
within(const char *name, double v, const char *peer, double pv, double more)
{
	(void)printf("{\"name\":\"%s\",\"value\":%.0f,\"unit\":\"us\","
		     "\"peer\":\"%s\",\"peer_value\":%.0f,"
		     "\"bar\":\"<= peer + %.0f us\",\"met\":%s}\n",
	    name, v, peer, pv, more, v <= pv + more ? "true" : "false");
}

int
main(void)
{
	if (!btz_swtpm_present()) {
		(void)fprintf(stderr, "swtpm is not installed\n");
		return 1;
	}
	(void)setenv("TSS2_LOG", "all+none", 1);
	rig_begin(&rig);
	rig_start(&rig);
	rig_provision(&rig);
	rig_kill(&rig);
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < WAYS; i++) {
			ways[i].open();
			play(&ways[i], WARM, false);
			play(&ways[i], PER_ROUND, true);
			ways[i].close();
		}
	rig_end(&rig);
	for (size_t i = 0; i < WAYS; i++)
		qsort(ways[i].took, ways[i].n, sizeof(double), compare);
	for (size_t i = TA; i <= DIRECT; i++)
		for (size_t peer = RAW; peer <= HMAC; peer++) {
			const struct way *w = &ways[i], *p = &ways[peer];

			print(w->name, ", p50", p50_us(w), p->name, p50_us(p));
			print(w->name, ", CPU", cpu_us(w), p->name, cpu_us(p));
		}
	within("TPM sign through the TA, our CPU", cpu_us(&ways[TA]),
	    ways[DIRECT].name, cpu_us(&ways[DIRECT]), 80);
	return 0;
}
