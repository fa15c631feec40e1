/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_powercut.c - the power goes, for TEE and TPM, before or after every TPM
 * command and every storage write of whatever commits (PROVISION has a test of
 * its own). The box is ready again and has all that was answered.
 */
#include "mitm.h"
#include "ta_box.h"

#include <string.h>

static struct box made, box;

static struct rig_key fresh, doomed;

static enum btz_rc
do_start(void)
{
	return box_state(&box) == BTZ_TA_READY ? BTZ_OK : BTZ_E_STATE;
}

static enum btz_rc
do_plain(void)
{
	return box_create(&box, BTZ_KIND_PLAIN, &fresh);
}

static enum btz_rc
do_issuing(void)
{
	return box_create(&box, BTZ_KIND_ISSUING, &fresh);
}

static enum btz_rc
do_destroy(void)
{
	return box_destroy(&box, &doomed);
}

static enum btz_rc
do_certify(void)
{
	return box_certify(&box, &box.issuing);
}

static enum btz_rc
do_list(void)
{
	box.crl_number = 0;
	box.crl_len = 0;
	return box_list(&box);
}

/* An hour after the commit: with one of its own. */
static enum btz_rc
do_checkpoint(void)
{
	for (int i = 0; i < 60; i++)
		rig_wait(&box.r);
	return box_checkpoint(&box, 7, false);
}

static enum btz_rc
do_stop(void)
{
	return box_stop(&box);
}

static void
has_plain(bool answered)
{
	BOX_HOLD(!answered || box_sign_plain(&box, &fresh) == BTZ_OK);
}

static void
has_issuing(bool answered)
{
	uint32_t h;

	BOX_HOLD(!answered || box_open(&box, &fresh, &h) == BTZ_OK);
	BOX_HOLD(!answered || box_certify(&box, &fresh) == BTZ_OK);
}

static void
has_destroyed(bool answered)
{
	enum btz_rc rc = box_sign_plain(&box, &doomed);

	BOX_HOLD(rc == BTZ_E_KEY_GENERATION || (rc == BTZ_OK && !answered));
}

static void
has_certified(bool answered)
{
	unsigned long n = box_count(&box, box.root_id);

	/* one when the box was made */
	BOX_HOLD(n == 2 || (n == 1 && !answered));
}

static void
has_list(bool answered)
{
	(void)answered;
	/* the same list again, or the first */
	BOX_HOLD(do_list() == BTZ_OK);
	BOX_HOLD(box_list(&box) == BTZ_OK);
}

static void
has_checkpoint(bool answered)
{
	uint64_t size = box_ta_size(&box);

	BOX_HOLD(size == 7 || (size == BOX_SIZE && !answered));
}

/* Within the hour that is not accounted for. */
static void
may_have_checkpoint(bool answered)
{
	uint64_t size = box_ta_size(&box);

	(void)answered;
	BOX_HOLD(size == 7 || size == BOX_SIZE);
}

static void
has_stopped(bool answered)
{
	struct btz_ta_info info;

	rig_info(&box.r, &info);
	BOX_HOLD(info.previous_clean == 1 || !answered);
}

static void
has_nothing(bool answered)
{
	(void)answered;
}

/* The range that was begun is lost. */
static void
crashed(void)
{
	box_kill(&box);
	box_start(&box);
}

static void
stopped(void)
{
	BOX_HOLD(box_stop(&box) == BTZ_OK);
}

/* An issuing key whose list is the first. */
static void
own_issuing(void)
{
	BOX_HOLD(box_create(&box, BTZ_KIND_ISSUING, &box.issuing) == BTZ_OK);
	BOX_HOLD(box_certify(&box, &box.issuing) == BTZ_OK);
}

static const struct {
	const char *name;
	void (*before)(void);
	enum btz_rc (*fn)(void);
	void (*check)(bool answered);
} commits[] = {
	{ "start", NULL, do_start, has_nothing },
	{ "first key of a range of slots", crashed, do_plain, has_plain },
	{ "first key after a stop", stopped, do_plain, has_plain },
	{ "issuing key", NULL, do_issuing, has_issuing },
	{ "destroy", NULL, do_destroy, has_destroyed },
	{ "certify", NULL, do_certify, has_certified },
	{ "CRL number 1", own_issuing, do_list, has_list },
	{ "checkpoint after an hour", NULL, do_checkpoint, has_checkpoint },
	{ "checkpoint after a stop", stopped, do_checkpoint,
	    may_have_checkpoint },
	{ "stop", NULL, do_stop, has_stopped },
	{ "second stop", stopped, do_stop, has_stopped },
};

static void
arm(struct btz_swtpm *tpm, const struct mitm_plan *plan)
{
	(void)tpm;
	btz_hostkit_power_cut((int)plan->at, plan->a != 0);
}

/* row 0 is cut while it starts, the others when they have. */
static enum btz_rc
run_until(size_t row, int n, bool after)
{
	struct mitm_plan when = { .at = (uint32_t)n, .a = after ? 1 : 0 };

	box_copy(&box, &made);
	if (row == 0)
		rig_arm(&box.r, arm, &when);
	box_start(&box);
	if (commits[row].before != NULL)
		commits[row].before();
	if (row > 0)
		btz_hostkit_power_cut(n, after);
	return commits[row].fn();
}

static bool
cut_commit(size_t row, int n, bool after)
{
	bool whole, answered;
	enum btz_rc rc;

	box_case("%s, cut %s event %d", commits[row].name,
	    after ? "after" : "before", n);
	doomed = made.plain;
	rc = run_until(row, n, after);
	whole = !btz_hostkit_dark();
	answered = whole && rc == BTZ_OK;
	BOX_HOLD(!whole || answered);
	box.handle = 0;
	rig_power_back(&box.r);
	BOX_HOLD(box_state(&box) == BTZ_TA_READY);
	commits[row].check(answered);
	BOX_HOLD(box_checkpoint(&box, 20, false) == BTZ_OK);
	BOX_HOLD(box_leaf(&box) == BTZ_OK);
	box_end(&box);
	return whole;
}

static void
test_commits(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(commits); i++) {
		int n[2] = { 0, 0 };

		for (int after = 0; after < 2; after++)
			while (!cut_commit(i, n[after], after == 1))
				n[after]++;
		print_message("# %s: %d events\n", commits[i].name, n[0]);
		assert_int_equal(n[0], n[1]);
		assert_true(n[0] >= 3);
	}
}

static int
begin(void **state)
{
	(void)state;
	box_make(&made);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	box_end(&made);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commits),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
