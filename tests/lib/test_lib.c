/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_lib.c - libbartizan.so, by its public header only, against a real
 * broker and crypto service: blocking and not, errors, and a service that dies
 * with requests under way.
 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/bartizan.h"
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"

static struct btz_box *box;
static struct btz_auditor *audit_soft, *audit_broker;
static struct bartizan *b;
static char path[128];

static const char text[] = "what is signed";

static int
setup(void **state)
{
	char conf[64];

	(void)state;
	(void)snprintf(conf, sizeof(conf), "[app one]\nuid = %u\n", getuid());
	box = btz_box_new(conf);
	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	audit_soft = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	audit_broker = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT));
	(void)snprintf(
	    path, sizeof(path), "%s/run/kms.sock", btz_box_home(box));
	assert_int_equal(bartizan_open(path, NULL, &b), BARTIZAN_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	bartizan_close(b);
	btz_auditor_free(audit_soft);
	btz_auditor_free(audit_broker);
	return btz_box_free(box);
}

static void
make(const char *label, uint8_t *id)
{
	assert_int_equal(
	    bartizan_generate(b, BARTIZAN_EC_P256,
		BARTIZAN_USE_SIGN | BARTIZAN_USE_VERIFY, label, id),
	    BARTIZAN_OK);
}

/* Checked without us: libcrypto and the public key as it comes. */
static bool
verifies(struct bartizan_bytes spki, const struct bartizan_bytes *sig)
{
	const uint8_t *p = spki.p;
	EVP_PKEY *pub = d2i_PUBKEY(NULL, &p, (long)spki.len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pub) ==
		      1 &&
		  EVP_DigestVerify(ctx, sig->p, sig->len, (const uint8_t *)text,
		      sizeof(text)) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pub);
	return ok;
}

static void
test_sync(void **state)
{
	struct bartizan_request rq = { .op = BARTIZAN_OP_PUBLIC };
	struct bartizan_result r;
	uint8_t id[BARTIZAN_ID_LEN], found[BARTIZAN_ID_LEN], sig[128],
	    spki[200];
	struct bartizan_bytes s = { sig, 0 }, pub = { spki, 0 };

	(void)state;
	assert_string_equal(bartizan_backend(b), "soft");
	make("sync", id);
	assert_int_equal(bartizan_find(b, "sync", found), BARTIZAN_OK);
	assert_memory_equal(id, found, sizeof(id));
	assert_int_equal(bartizan_find(b, "none", found), BARTIZAN_NOT_FOUND);
	assert_int_equal(
	    bartizan_sign(b, id, BARTIZAN_ECDSA_SHA256, text, sizeof(text), &r),
	    BARTIZAN_OK);
	/* what one call gave may go into the next as it is */
	assert_int_equal(bartizan_verify(b, id, BARTIZAN_ECDSA_SHA256, text,
			     sizeof(text), r.output.p, r.output.len),
	    BARTIZAN_OK);
	assert_int_equal(
	    bartizan_sign(b, id, BARTIZAN_ECDSA_SHA256, text, sizeof(text), &r),
	    BARTIZAN_OK);
	assert_true(r.output.len <= sizeof(sig));
	memcpy(sig, r.output.p, s.len = r.output.len);
	memcpy(rq.id, id, sizeof(id));
	assert_int_equal(bartizan_call(b, &rq, &r), BARTIZAN_OK);
	assert_true(r.output.len <= sizeof(spki));
	memcpy(spki, r.output.p, pub.len = r.output.len);
	assert_true(verifies(pub, &s));
	assert_int_equal(bartizan_verify(b, id, BARTIZAN_ECDSA_SHA256, text,
			     sizeof(text), sig, s.len),
	    BARTIZAN_OK);
	sig[s.len - 1] ^= 1;
	assert_false(verifies(pub, &s));
	assert_int_equal(bartizan_verify(b, id, BARTIZAN_ECDSA_SHA256, text,
			     sizeof(text), sig, s.len),
	    BARTIZAN_BAD_SIGNATURE);
	make("sync", id);
	assert_int_equal(bartizan_find(b, "sync", found), BARTIZAN_AMBIGUOUS);
}

static void
test_random(void **state)
{
	uint8_t a[32] = { 0 }, c[32] = { 0 };

	(void)state;
	assert_int_equal(bartizan_random(b, a, sizeof(a)), BARTIZAN_OK);
	assert_int_equal(bartizan_random(b, c, sizeof(c)), BARTIZAN_OK);
	assert_memory_not_equal(a, c, sizeof(a));
	assert_int_not_equal(bartizan_random(b, NULL, 1u << 20), BARTIZAN_OK);
}

static void
test_errors(void **state)
{
	struct bartizan_request rq = { .op = (enum bartizan_op)99 };
	struct bartizan_result r;
	struct bartizan *bad;
	uint8_t id[BARTIZAN_ID_LEN] = { 7 };

	(void)state;
	assert_int_equal(bartizan_call(b, &rq, &r), BARTIZAN_INVALID);
	assert_int_equal(
	    bartizan_sign(b, id, BARTIZAN_ECDSA_SHA256, text, 4, &r),
	    BARTIZAN_NOT_FOUND);
	assert_non_null(strstr(bartizan_error(b), "not found"));
	assert_int_equal(bartizan_generate(b, 250, 1, "x", id),
	    BARTIZAN_INVALID + 2); /* out of range: never sent */
	assert_int_equal(
	    bartizan_open("/nonexistent/kms.sock", NULL, &bad), BARTIZAN_DOWN);
	assert_non_null(bad);
	assert_true(strlen(bartizan_error(bad)) > 10);
	assert_int_equal(bartizan_fd(bad), -1);
	bartizan_close(bad);
	assert_int_equal(
	    bartizan_open(path, "nowhere", &bad), BARTIZAN_NOT_FOUND);
	bartizan_close(bad);
	bartizan_close(NULL);
}

struct seen {
	int done, bad, gone;
	struct bartizan_bytes spki;
};

static void
on_signature(const struct bartizan_result *r, void *arg)
{
	struct seen *s = arg;

	s->done++;
	if (r->status == BARTIZAN_GONE)
		s->gone++;
	else if (r->status != BARTIZAN_OK || !verifies(s->spki, &r->output))
		s->bad++;
}

static void
submit(const uint8_t *id, struct seen *s, int n)
{
	struct bartizan_request rq = { .op = BARTIZAN_OP_SIGN,
		.alg = BARTIZAN_ECDSA_SHA256,
		.input = { (const uint8_t *)text, sizeof(text) } };

	memcpy(rq.id, id, sizeof(rq.id));
	for (int i = 0; i < n; i++)
		assert_int_equal(
		    bartizan_submit(b, &rq, on_signature, s), BARTIZAN_OK);
}

static void
public_key(const uint8_t *id, uint8_t *spki, struct seen *s)
{
	struct bartizan_request rq = { .op = BARTIZAN_OP_PUBLIC };
	struct bartizan_result r;

	memcpy(rq.id, id, sizeof(rq.id));
	assert_int_equal(bartizan_call(b, &rq, &r), BARTIZAN_OK);
	memcpy(spki, r.output.p, r.output.len);
	s->spki = (struct bartizan_bytes){ spki, r.output.len };
}

static void
test_async(void **state)
{
	struct bartizan_request rq = { .op = BARTIZAN_OP_SIGN };
	struct seen s = { .done = 0 };
	uint8_t id[BARTIZAN_ID_LEN], spki[200], some[8];

	(void)state;
	make("async", id);
	public_key(id, spki, &s);
	submit(id, &s, BARTIZAN_PENDING_MAX);
	assert_int_equal(bartizan_pending(b), BARTIZAN_PENDING_MAX);
	memcpy(rq.id, id, sizeof(id));
	assert_int_equal(
	    bartizan_submit(b, &rq, on_signature, &s), BARTIZAN_AGAIN);
	/* A call in the midst of them gets its own answer. */
	assert_int_equal(bartizan_random(b, some, sizeof(some)), BARTIZAN_OK);
	while (bartizan_pending(b) > 0) {
		struct pollfd p = { bartizan_fd(b), POLLIN, 0 };

		assert_int_equal(poll(&p, 1, 5000), 1);
		assert_int_equal(bartizan_process(b, 0), BARTIZAN_OK);
	}
	assert_int_equal(s.done, BARTIZAN_PENDING_MAX);
	assert_int_equal(s.bad + s.gone, 0);
	assert_int_equal(bartizan_process(b, 0), BARTIZAN_OK);
}

/* The service dies with requests under way: each is told once, and the next
 * request works when it is back. */
static void
test_killed(void **state)
{
	struct seen s = { .done = 0 };
	uint8_t id[BARTIZAN_ID_LEN], spki[200];
	struct bartizan_result r;

	(void)state;
	make("killed", id);
	public_key(id, spki, &s);
	(void)kill(btz_box_pid(box, BTZ_PROG_CRYPTO_SOFT), SIGSTOP);
	submit(id, &s, 5);
	(void)btz_box_kill(box, BTZ_PROG_CRYPTO_SOFT, SIGKILL);
	assert_int_equal(bartizan_process(b, 5000), BARTIZAN_GONE);
	assert_int_equal(s.done, 5);
	assert_int_equal(s.gone, 5);
	assert_int_equal(bartizan_pending(b), 0);
	assert_int_equal(bartizan_fd(b), -1);
	btz_auditor_free(audit_soft);
	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, NULL);
	audit_soft = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	assert_int_equal(
	    bartizan_sign(b, id, BARTIZAN_ECDSA_SHA256, text, sizeof(text), &r),
	    BARTIZAN_OK);
	assert_true(verifies(s.spki, &r.output));
}

struct again { /* submits from its callback */
	struct seen s;
	const uint8_t *id;
	int left, now;
};

/* Whoever submits in a callback still has the result that it was given. */
static void
on_again(const struct bartizan_result *r, void *arg)
{
	struct again *a = arg;

	if (a->left > 0) {
		a->left--;
		submit(a->id, &a->s, a->now);
	}
	on_signature(r, &a->s);
}

static void
submit_again(struct again *a, int n)
{
	struct bartizan_request rq = { .op = BARTIZAN_OP_SIGN,
		.alg = BARTIZAN_ECDSA_SHA256,
		.input = { (const uint8_t *)text, sizeof(text) } };

	memcpy(rq.id, a->id, sizeof(rq.id));
	for (int i = 0; i < n; i++)
		assert_int_equal(
		    bartizan_submit(b, &rq, on_again, a), BARTIZAN_OK);
}

static void
test_submit_in_callback(void **state)
{
	uint8_t id[BARTIZAN_ID_LEN], spki[200];
	struct again a = { .id = id, .left = 3, .now = 1 };

	(void)state;
	make("again", id);
	public_key(id, spki, &a.s);
	submit_again(&a, 3);
	while (bartizan_pending(b) > 0)
		assert_int_equal(bartizan_process(b, 5000), BARTIZAN_OK);
	assert_int_equal(a.s.done, 6);
	assert_int_equal(a.s.bad + a.s.gone, 0);
}

/* The connection broke: what the callbacks ask then goes over the new one and
 * is not told to be gone as well. */
static void
test_submit_when_gone(void **state)
{
	uint8_t id[BARTIZAN_ID_LEN], spki[200];
	struct again a = { .id = id, .left = 5, .now = 2 };

	(void)state;
	make("gone", id);
	public_key(id, spki, &a.s);
	(void)kill(btz_box_pid(box, BTZ_PROG_CRYPTO_SOFT), SIGSTOP);
	submit_again(&a, 5);
	(void)btz_box_kill(box, BTZ_PROG_CRYPTO_SOFT, SIGKILL);
	btz_auditor_free(audit_soft);
	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, NULL);
	audit_soft = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	assert_int_equal(bartizan_process(b, 5000), BARTIZAN_GONE);
	assert_int_equal(a.s.gone, 5);
	assert_int_equal(bartizan_pending(b), 10);
	while (bartizan_pending(b) > 0)
		assert_int_equal(bartizan_process(b, 5000), BARTIZAN_OK);
	assert_int_equal(a.s.gone, 5);
	assert_int_equal(a.s.done, 15);
	assert_int_equal(a.s.bad, 0);
}

/* A service that says nothing: the call ends, its late answer harms nobody. */
static void
test_timeout(void **state)
{
	uint8_t id[BARTIZAN_ID_LEN], some[8];
	struct bartizan_result r;

	(void)state;
	make("late", id);
	bartizan_set_timeout(b, 200);
	(void)kill(btz_box_pid(box, BTZ_PROG_CRYPTO_SOFT), SIGSTOP);
	assert_int_equal(
	    bartizan_sign(b, id, BARTIZAN_ECDSA_SHA256, text, 4, &r),
	    BARTIZAN_TIMEOUT);
	(void)kill(btz_box_pid(box, BTZ_PROG_CRYPTO_SOFT), SIGCONT);
	bartizan_set_timeout(b, 5000);
	assert_int_equal(bartizan_pending(b), 0);
	assert_int_equal(bartizan_random(b, some, sizeof(some)), BARTIZAN_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sync),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_async),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_submit_in_callback),
		cmocka_unit_test(test_submit_when_gone),
		cmocka_unit_test(test_timeout),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
