/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_kill.c - kill -9 at any time after the record: what was acknowledged
 * is in the policy after the next start, generations only grow, nothing is
 * half there.
 */
#include "access/harness.h"

#define ROUNDS 40

static bool
share_in_force(struct box *b, const char *share, uint64_t *generation)
{
	struct btz_policy_reader *r;
	struct btz_policy *p = NULL;
	struct btz_policy_answer ans;
	struct btz_err err;
	struct btz_policy_ask ask = { .uri = S(
					  "spiffe://box.test/home/user/alice"),
		.tenant = S("home"),
		.share = S(share),
		.actions = 1 };
	char path[128], why[200];

	(void)snprintf(path, sizeof(path), "%s/policy", b->dir);
	assert_int_equal(btz_policy_reader_new(path, &r, &err), BTZ_OK);
	assert_int_equal(btz_policy_get(r, &p, &err), BTZ_OK);
	*generation = btz_policy_generation(p);
	btz_policy_explain(p, 1, &ask, &ans, why, sizeof(why));
	btz_policy_put(p);
	btz_policy_reader_free(r);
	return strcmp(ans.reason, "no such share") != 0;
}

static bool
share_stored(struct box *b, const char *share)
{
	return box_do(b, BTZ_NOUN_SHARE, BTZ_VERB_ADD, share, "", "", 0) ==
	       BTZ_E_EXIST;
}

/* Some at once, some after all is done, most at any time between. */
static unsigned
kill_time(unsigned round)
{
	if (round % 8 == 0)
		return 0;
	return round % 8 == 1 ? 300000 : (unsigned)(rand() % 25000);
}

static void
test_kill(void **state)
{
	struct box *b = *state;
	unsigned done = 0, lost = 0, unconfirmed = 0;
	uint64_t last = 0;

	box_fill(b);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t generation;
		enum btz_rc rc;
		char share[16];
		bool there;

		(void)snprintf(share, sizeof(share), "s%u", i);
		b->mode = AUDIT_KILLS;
		b->kill_us = kill_time(i);
		rc = box_do(b, BTZ_NOUN_SHARE, BTZ_VERB_ADD, share, "", "", 0);
		b->mode = AUDIT_OK;
		box_kill(b);
		box_start(b);
		there = share_in_force(b, share, &generation);
		assert_true(generation >= last);
		last = generation;
		if (rc == BTZ_OK)
			assert_true(there); /* acknowledged */
		else
			assert_int_equal(rc, BTZ_E_GONE);
		assert_int_equal(there, share_stored(b, share));
		done += rc == BTZ_OK;
		unconfirmed += rc != BTZ_OK && there;
		lost += !there;
	}
	printf("# %u acknowledged, %u done but not told, %u never happened\n",
	    done, unconfirmed, lost);
	assert_true(done > 0 && lost > 0); /* both sides of the moment */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_kill, box_setup, box_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
