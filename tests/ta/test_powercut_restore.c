/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_powercut_restore.c - the power goes while the recovery key is set or
 * changed, and while a key is restored: before or after every TPM command and
 * every storage write. What was answered is there; of a key there is all or
 * nothing; what was there before works.
 */
#include "backups.h"
#include "mitm.h"
#include "ta_box.h"

#include <string.h>

#define VERSIONS 3u
#define MARK BTZ_KEYBLOB_BACKUPABLE

static struct box made, box;
static struct rig_key got[VERSIONS];
static uint8_t plain[BTZ_LIST_MAX], file[BTZ_LIST_MAX], plan[1024];
static struct btz_span content, sealed, planned;
static struct btz_span before, after; /* administrators */

static enum btz_rc
do_pin(void)
{
	struct btz_approved ap = { .operation = BTZ_APPROVE_ADMIN_SET,
		.request = after };

	return rig_do(
	    &box.r, BTZ_TA_ADMIN_SET, &btz_def_approved, &ap, NULL, NULL);
}

static enum btz_rc
do_change(void)
{
	return admins_do(
	    &box.r, BTZ_TA_ADMIN_SET, BTZ_APPROVE_ADMIN_SET, after, RIG_NOW);
}

static enum btz_rc
do_restore(void)
{
	enum btz_rc rc = backups_restore(&box.r, sealed, planned, 3);

	for (size_t i = 0; rc == BTZ_OK && i < VERSIONS; i++)
		backups_answer(&box.r, i, &got[i]);
	return rc;
}

/* An encoded admin_set with this recovery key, or with nobody. */
static struct btz_span
copy_of(uint8_t buf[2048], struct btz_span set)
{
	if (set.len > 0)
		memcpy(buf, set.p, set.len);
	return btz_span_of(buf, set.len);
}

static void
to_pin(void)
{
	static uint8_t b[2048];

	before = btz_span_of(NULL, 0);
	after = copy_of(b, backups_set(backups_recovery()));
}

static void
to_change(void)
{
	static uint8_t b[2][2048];

	before = copy_of(b[0], backups_set(backups_recovery()));
	after = copy_of(b[1], backups_set(admin_spki(3)));
	backups_pin(&box.r);
}

/* A file for a transport key of this start. */
static void
seal(void)
{
	struct btz_transport t;
	struct btz_wr wf, wp;

	backups_transport(&box.r, &t);
	btz_wr_init(&wf, file, sizeof(file));
	backups_seal(&t, content, &wf);
	sealed = btz_wr_span(&wf);
	btz_wr_init(&wp, plan, sizeof(plan));
	backups_plan(sealed, &wp);
	planned = btz_wr_span(&wp);
}

static void
to_restore(void)
{
	to_pin();
	before = after;
	backups_pin(&box.r);
	seal();
}

/* The versions lie on both sides of the end of a range. */
static void
to_restore_across(void)
{
	struct rig_key k;

	box_kill(&box);
	box_start(&box);
	to_restore();
	for (int i = 0; i < 15; i++)
		BOX_HOLD(box_create(&box, BTZ_KIND_PLAIN, &k) == BTZ_OK);
}

static void
has_set(bool answered)
{
	struct btz_ta_info info;

	rig_info(&box.r, &info);
	BOX_HOLD(btz_span_eq(info.admins, after) ||
		 (!answered && btz_span_eq(info.admins, before)));
}

static void
has_key(bool answered)
{
	has_set(true);
	for (size_t i = 0; answered && i < VERSIONS; i++)
		BOX_HOLD(box_sign_plain(&box, &got[i]) == BTZ_OK);
	/* Neither the file nor its approvals survive a start. */
	BOX_HOLD(do_restore() == BTZ_E_TRANSPORT);
	seal();
	BOX_HOLD(do_restore() == BTZ_OK);
	BOX_HOLD(box_sign_plain(&box, &got[VERSIONS - 1]) == BTZ_OK);
}

static const struct {
	const char *name;
	void (*prepare)(void);
	enum btz_rc (*fn)(void);
	void (*check)(bool answered);
	int least;
} rows[] = {
	{ "the first recovery key", to_pin, do_pin, has_set, 3 },
	{ "another recovery key", to_change, do_change, has_set, 3 },
	{ "restore", to_restore, do_restore, has_key, 0 },
	{ "restore across ranges of slots", to_restore_across, do_restore,
	    has_key, 3 },
};

static bool
cut(size_t row, int n, bool late)
{
	bool whole, answered;
	enum btz_rc rc;

	box_case("%s, cut %s event %d", rows[row].name,
	    late ? "after" : "before", n);
	box_copy(&box, &made);
	box_start(&box);
	rows[row].prepare();
	btz_hostkit_power_cut(n, late);
	rc = rows[row].fn();
	whole = !btz_hostkit_dark();
	answered = whole && rc == BTZ_OK;
	BOX_HOLD(!whole || answered);
	box.handle = 0;
	rig_power_back(&box.r);
	rig_wait_ready(&box.r); /* another instance_id: not box_state */
	rows[row].check(answered);
	BOX_HOLD(box_sign_plain(&box, &made.plain) == BTZ_OK);
	box_end(&box);
	return whole;
}

static void
test_cuts(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		int n[2] = { 0, 0 };

		for (int late = 0; late < 2; late++)
			while (!cut(i, n[late], late == 1))
				n[late]++;
		print_message("# %s: %d events\n", rows[i].name, n[0]);
		assert_int_equal(n[0], n[1]);
		assert_true(n[0] >= rows[i].least);
	}
}

static int
begin(void **state)
{
	static struct rig r;
	static struct rig_key keys[VERSIONS];
	const struct btz_generate g = backups_policy(BTZ_ALG_EC_P256, MARK);
	struct btz_span backup;
	struct btz_wr wr;

	(void)state;
	backups_begin();
	rig_begin(&r);
	rig_start(&r);
	rig_provision(&r);
	backups_pin(&r);
	for (size_t i = 0; i < VERSIONS; i++)
		assert_int_equal(backups_create(&r, BTZ_ALG_EC_P256,
				     BTZ_KIND_PLAIN, MARK, &keys[i]),
		    BTZ_OK);
	assert_int_equal(backups_make(&r, &g, keys, VERSIONS, &backup), BTZ_OK);
	btz_wr_init(&wr, plain, sizeof(plain));
	backups_open(backup, &wr);
	content = btz_wr_span(&wr);
	rig_end(&r);
	box_make(&made);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	box_end(&made);
	backups_end();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cuts),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
