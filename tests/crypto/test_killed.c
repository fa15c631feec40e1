/* SPDX-License-Identifier: Apache-2.0 */
/* test_killed.c - a service that is killed at any moment has lost nothing of
 * what it acknowledged about keys. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crypto/lifebox.h"
#include "support/cmocka_all.h"

/* Killed after every acknowledgement, and while a record is waited for. */
static void
test_killed(void **state)
{
	uint8_t id[BTZ_ID_LEN], other[BTZ_ID_LEN];
	struct life_sig s[4];

	(void)state;
	life_generate(&life.app, "k", id);
	life_restart();
	assert_int_equal(life_sign(&life.app, id, &s[1]), BTZ_OK);
	for (uint32_t v = 2; v <= 3; v++) {
		assert_int_equal(
		    btz_kms_rotate(&life.app, id, &life.key, &life.err),
		    BTZ_OK);
		life_restart();
		assert_int_equal(life_sign(&life.app, id, &s[v]), BTZ_OK);
	}
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_LABEL, 0, "a=b"), BTZ_OK);
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_DISABLE, 3, ""), BTZ_OK);
	life_restart();
	assert_int_equal(
	    btz_kms_export_public(&life.app, id, &life.key, &life.err), BTZ_OK);
	assert_int_equal(life.key.version, 2);
	assert_true(btz_span_eq(life.key.labels, btz_span_str("a=b\n")));
	assert_int_equal(life_verify(&life.app, id, &s[1]), BTZ_OK);
	assert_int_equal(life_verify(&life.app, id, &s[3]), BTZ_E_SIGNATURE);
	/* Not acknowledged: not there, or there whole. */
	btz_auditor_delay(life.audit, 300);
	for (int i = 0; i < 2; i++) {
		life.app.timeout_ms = 100;
		assert_int_not_equal(
		    btz_kms_rotate(&life.app, id, &life.key, &life.err),
		    BTZ_OK);
		life_restart();
		assert_int_equal(
		    btz_kms_export_public(&life.app, id, &life.key, &life.err),
		    BTZ_OK);
		assert_int_equal(life.key.version, 2);
		btz_auditor_delay(life.audit, 300);
	}
	btz_auditor_delay(life.audit, 0);
	life_generate(&life.app, "other", other);
	assert_int_equal(btz_kms_destroy(&life.app, other, &life.err), BTZ_OK);
	life_restart();
	assert_int_equal(life_sign(&life.app, other, NULL), BTZ_E_KEY_STATE);
	assert_int_equal(life_sign(&life.app, id, NULL), BTZ_OK);
}

struct rotating {
	struct btz_conn *c;
	uint8_t id[BTZ_ID_LEN];
	uint32_t acknowledged; /* version */
};

static void *
rotate_on(void *arg)
{
	struct rotating *r = arg;
	struct btz_key_info k;
	struct btz_err e;

	while (btz_kms_rotate(r->c, r->id, &k, &e) == BTZ_OK)
		r->acknowledged = k.version;
	return NULL;
}

/* At any moment: what was acknowledged is there, at most one more, and every
 * version that is there works. */
static void
test_killed_anywhere(void **state)
{
	static struct life_sig s[2000];
	struct rotating r = { .c = &life.app, .acknowledged = 1 };
	unsigned seed = (unsigned)time(NULL);
	pthread_t thread;

	(void)state;
	print_message("# seed %u\n", seed);
	life_generate(&life.app, "k", r.id);
	assert_int_equal(life_sign(&life.app, r.id, &s[1]), BTZ_OK);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(
		    pthread_create(&thread, NULL, rotate_on, &r), 0);
		seed = seed * 1103515245u + 12345u;
		(void)usleep(1000 * (10 + (seed >> 16) % 120));
		(void)btz_box_kill(life.box, BTZ_PROG_CRYPTO_SOFT, SIGKILL);
		assert_int_equal(pthread_join(thread, NULL), 0);
		btz_box_start(life.box, BTZ_PROG_CRYPTO_SOFT, NULL);
		btz_auditor_free(life.audit);
		life.audit = btz_auditor_new(btz_box_take(
		    life.box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
		life_open();
		assert_int_equal(btz_kms_export_public(
				     &life.app, r.id, &life.key, &life.err),
		    BTZ_OK);
		print_message("# acknowledged %u, there %u\n", r.acknowledged,
		    life.key.version);
		assert_in_range(
		    life.key.version, r.acknowledged, r.acknowledged + 1);
		r.acknowledged = life.key.version;
		assert_in_range(life.key.version, 1, BTZ_COUNT(s) - 1);
		assert_int_equal(
		    life_sign(&life.app, r.id, &s[life.key.version]), BTZ_OK);
		assert_int_equal(
		    life_verify(&life.app, r.id, &s[life.key.version]), BTZ_OK);
		if (life.key.version <= 30) /* as many as are tried */
			assert_int_equal(
			    life_verify(&life.app, r.id, &s[1]), BTZ_OK);
	}
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, life_setup, life_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_killed),
		WITH(test_killed_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
