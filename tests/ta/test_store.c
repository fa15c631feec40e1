/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_store.c - a record that is not the newest has a name: rolled back,
 * deleted, damaged, forked, of an unfinished box; and what is clean.
 */
#include "ta_rig.h"

#include <stdlib.h>
#include <string.h>

#include "ta.h"

static struct rig r;
static struct rig_key key;

static uint32_t
state_now(enum btz_rc *why)
{
	struct btz_ta_info info;

	rig_info(&r, &info);
	if (why != NULL)
		*why = (enum btz_rc)info.last_rc;
	return info.state;
}

static void
destroy_one(void)
{
	struct btz_ta_blob req;

	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &key), BTZ_OK);
	req.blob = btz_span_of(key.blob, key.blob_len);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_KEY_DESTROY, &btz_def_ta_blob, &req, NULL, NULL),
	    BTZ_OK);
}

static void
test_rolled_back(void **state)
{
	enum btz_rc why;
	uint32_t h;

	(void)state;
	rig_save(&r, "old");
	destroy_one();
	rig_kill(&r);
	rig_save(&r, "new");
	rig_restore(&r, "old");
	rig_start(&r);
	assert_int_equal(state_now(&why), BTZ_TA_STORAGE_ROLLED_BACK);
	assert_int_equal(why, BTZ_E_STORAGE_ROLLED);
	assert_int_equal(rig_open(&r, btz_span_of(key.blob, key.blob_len), &h),
	    BTZ_E_STORAGE_ROLLED);
	rig_kill(&r);
	rig_restore(&r, "new");
	rig_start(&r);
	assert_int_equal(state_now(NULL), BTZ_TA_READY);
}

static void
test_lost(void **state)
{
	static const char *const objects[] = { "record", "slots-a0",
		"slots-a1" };
	enum btz_rc why;
	struct btz_ta_step s;
	int named = 0;

	(void)state;
	destroy_one();
	for (size_t i = 0; i < BTZ_COUNT(objects); i++) {
		print_message("# case: %s\n", objects[i]);
		rig_kill(&r);
		rig_save(&r, "whole");
		rig_storage_delete(&r, objects[i]);
		rig_start(&r);
		/* one side of the page is the valid one, the other not */
		if (state_now(&why) != BTZ_TA_READY || i == 0) {
			assert_int_equal(state_now(&why), BTZ_TA_STORAGE_LOST);
			assert_int_equal(rig_step(&r, &s), BTZ_E_STORAGE_LOST);
			named++;
		}
		rig_kill(&r);
		/* the record may have gone on in the other case */
		if (r.state == BTZ_TA_READY)
			rig_drop(&r, "whole");
		else
			rig_restore(&r, "whole");
		rig_start(&r);
		destroy_one();
	}
	assert_true(named >= 2);
}

/* A read that fails says nothing about what lies there: the start is tried
 * again, and no person is needed. */
static void
test_read_fails(void **state)
{
	static const char *const reads[] = { "record", "page of slots" };
	struct btz_ta_step s;
	enum btz_rc why;

	(void)state;
	destroy_one(); /* there is a page */
	for (size_t i = 0; i < BTZ_COUNT(reads); i++) {
		print_message("# case: %s\n", reads[i]);
		rig_kill(&r);
		btz_hostkit_fail_reads_after((int)i);
		rig_start(&r);
		assert_int_equal(state_now(&why), BTZ_TA_TPM_UNAVAILABLE);
		assert_int_equal(why, BTZ_E_IO);
		assert_int_equal(rig_step(&r, &s), BTZ_E_TPM_UNAVAILABLE);
		btz_hostkit_fail_reads_after(-1);
		rig_wait(&r);
		assert_int_equal(state_now(NULL), BTZ_TA_READY);
		destroy_one();
	}
}

/* The layout byte in the head of the record. */
static void
put_layout(struct btz_span file, uint8_t layout)
{
	uint8_t *copy = malloc(file.len);

	assert_non_null(copy);
	memcpy(copy, file.p, file.len);
	copy[4] = layout;
	assert_int_equal(
	    ta_store_put("record", btz_span_of(copy, file.len)), BTZ_OK);
	free(copy);
	rig_kill(&r);
	rig_start(&r);
}

/* A record of another layout cannot be opened, one of a newer TA says so;
 * ours again can. */
static void
test_other_layout(void **state)
{
	static const struct {
		uint8_t layout;
		enum btz_ta_state state;
		enum btz_rc why, step;
	} rows[] = {
		{ 0, BTZ_TA_STORAGE_LOST, BTZ_E_CORRUPT, BTZ_E_STORAGE_LOST },
		{ TA_RECORD_VERSION - 1, BTZ_TA_STORAGE_LOST, BTZ_E_CORRUPT,
		    BTZ_E_STORAGE_LOST },
		{ TA_RECORD_VERSION + 1, BTZ_TA_TOO_OLD, BTZ_E_TA_TOO_OLD,
		    BTZ_E_TA_TOO_OLD },
	};
	struct btz_ta_step s;
	enum btz_rc why;
	uint8_t *file;
	size_t len;

	(void)state;
	assert_int_equal(
	    ta_store_get("record", TA_RECORD_MAX, &file, &len), BTZ_OK);
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: layout %u\n", rows[i].layout);
		put_layout(btz_span_of(file, len), rows[i].layout);
		assert_int_equal(state_now(&why), rows[i].state);
		assert_int_equal(why, rows[i].why);
		assert_int_equal(rig_step(&r, &s), rows[i].step);
	}
	put_layout(btz_span_of(file, len), TA_RECORD_VERSION);
	assert_int_equal(state_now(NULL), BTZ_TA_READY);
	TEE_Free(file);
}

/* A foreign record: whole and readable, but not of this index. */
static void
test_forked(void **state)
{
	(void)state;
	rig_kill(&r);
	rig_save(&r, "base");
	rig_start(&r);
	destroy_one();
	destroy_one();
	rig_kill(&r);
	rig_save(&r, "tip");
	rig_restore(&r, "base");
	rig_start(&r);
	assert_int_equal(state_now(NULL), BTZ_TA_STORAGE_ROLLED_BACK);
	rig_kill(&r);
	rig_restore(&r, "tip");
	rig_start(&r);
	assert_int_equal(state_now(NULL), BTZ_TA_READY);
}

/* Cut at each TPM command of a commit: the next start is ready again. */
static void
test_cut_commit(void **state)
{
	struct btz_ta_blob req;
	enum btz_rc rc = BTZ_E_INTERNAL;
	uint32_t h;

	(void)state;
	for (int n = 0; rc != BTZ_OK && n < 40; n++) {
		assert_int_equal(
		    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &key),
		    BTZ_OK);
		req.blob = btz_span_of(key.blob, key.blob_len);
		btz_hostkit_fail_tpm_after(n);
		rc = rig_do(
		    &r, BTZ_TA_KEY_DESTROY, &btz_def_ta_blob, &req, NULL, NULL);
		rig_kill(&r);
		rig_start(&r);
		assert_int_equal(state_now(NULL), BTZ_TA_READY);
	}
	assert_int_equal(rc, BTZ_OK);
	assert_int_equal(rig_open(&r, req.blob, &h), BTZ_E_KEY_GENERATION);
}

static int lose_in;

/* The command was carried out, its answer never came. */
static void
lose_answer(uint8_t *rsp, size_t *len)
{
	(void)rsp;
	if (lose_in-- == 0)
		*len = 0;
}

/* Whether NV_Write happened is not known: the next commit asks the index. */
static void
test_lost_answer(void **state)
{
	struct btz_ta_blob req;

	(void)state;
	for (int n = 0; n < 2; n++) {
		assert_int_equal(
		    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &key),
		    BTZ_OK);
		req.blob = btz_span_of(key.blob, key.blob_len);
		lose_in = n / 2;
		btz_hostkit_tamper(lose_answer);
		assert_int_not_equal(rig_do(&r, BTZ_TA_KEY_DESTROY,
					 &btz_def_ta_blob, &req, NULL, NULL),
		    BTZ_OK);
		btz_hostkit_tamper(NULL);
		rig_wait_ready(&r);
		/* The second commit is cut off between record and index. */
		assert_int_equal(
		    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &key),
		    BTZ_OK);
		req.blob = btz_span_of(key.blob, key.blob_len);
		btz_hostkit_fail_tpm_after(n % 2);
		assert_int_not_equal(rig_do(&r, BTZ_TA_KEY_DESTROY,
					 &btz_def_ta_blob, &req, NULL, NULL),
		    BTZ_OK);
		rig_kill(&r);
		rig_start(&r);
		assert_int_equal(state_now(NULL), BTZ_TA_READY);
	}
}

static enum btz_rc
stop(void)
{
	return rig_do(&r, BTZ_TA_STOP, NULL, NULL, NULL, NULL);
}

static enum btz_rc
create_plain(void)
{
	return rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &key);
}

/* After STOP the index says clean. As long as that could not be changed no
 * change is made: the record of STOP could be put back and hide it. */
static void
test_clean_stays_true(void **state)
{
	(void)state;
	/* slots are reserved: only the clean end makes it commit */
	assert_int_equal(create_plain(), BTZ_OK);
	assert_int_equal(stop(), BTZ_OK);
	btz_hostkit_fail_tpm_after(0);
	for (int i = 0; i < 3; i++)
		assert_int_not_equal(create_plain(), BTZ_OK);
	btz_hostkit_fail_tpm_after(-1);
	rig_wait_ready(&r);
	assert_int_equal(create_plain(), BTZ_OK);
}

/* A start that was cut off at any TPM command before the epoch is committed
 * has no keys: nothing would count what they sign. */
static void
test_no_key_before_epoch(void **state)
{
	uint32_t seen = BTZ_TA_UNPROVISIONED;
	int n = 0;

	(void)state;
	assert_int_equal(stop(), BTZ_OK);
	for (; seen != BTZ_TA_READY && n < 60; n++) {
		rig_kill(&r);
		rig_start_until(&r, n);
		seen = state_now(NULL);
		btz_hostkit_fail_tpm_after(0);
		if (seen != BTZ_TA_READY)
			assert_int_not_equal(create_plain(), BTZ_OK);
	}
	assert_int_equal(seen, BTZ_TA_READY);
	assert_true(n > 8); /* session, unseal and commit were cut off */
	btz_hostkit_fail_tpm_after(-1);
	assert_int_equal(create_plain(), BTZ_OK);
}

/* The record of an unfinished box, put back after it was finished. */
static void
test_old_provisioning(void **state)
{
	static struct rig fresh;
	struct btz_ta_step s = { 0 };
	struct btz_ta_info info;

	(void)state;
	rig_kill(&r);
	for (uint32_t at = 1; at <= 12; at += 2) {
		memset(&s, 0, sizeof(s));
		rig_begin(&fresh);
		rig_start(&fresh);
		while (s.done == 0) {
			assert_int_equal(rig_step(&fresh, &s), BTZ_OK);
			if (s.step == at)
				rig_save(&fresh, "early");
		}
		rig_kill(&fresh);
		rig_restore(&fresh, "early");
		rig_start(&fresh);
		print_message("# record of step %u\n", at);
		rig_info(&fresh, &info);
		if (info.state == BTZ_TA_PROVISIONING) {
			/* before there was an index: found at the index */
			for (int i = 0; i < 3 && rig_step(&fresh, &s) == BTZ_OK;
			     i++)
				assert_int_equal(s.done, 0);
			rig_info(&fresh, &info);
			assert_true(at < 4);
			assert_int_equal(
			    info.state, BTZ_TA_STORAGE_ROLLED_BACK);
		} else {
			assert_int_equal(
			    info.state, BTZ_TA_STORAGE_ROLLED_BACK);
		}
		rig_end(&fresh);
	}
	rig_start(&r);
	assert_int_equal(state_now(NULL), BTZ_TA_READY);
}

static int
begin(void **state)
{
	(void)state;
	rig_begin(&r);
	rig_start(&r);
	rig_provision(&r);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	rig_end(&r);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rolled_back),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_read_fails),
		cmocka_unit_test(test_other_layout),
		cmocka_unit_test(test_forked),
		cmocka_unit_test(test_cut_commit),
		cmocka_unit_test(test_lost_answer),
		cmocka_unit_test(test_clean_stays_true),
		cmocka_unit_test(test_no_key_before_epoch),
		cmocka_unit_test(test_old_provisioning),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
