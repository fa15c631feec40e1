/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_op_tpm_end.c - a signature by a TPM key in two calls: what runs
 * meanwhile and what waits, and that a wrong answer, none, or one too many is
 * never taken for a signature.
 */
#include "ta_rig.h"

#include <string.h>
#include <unistd.h>

static struct rig r;
static struct btz_ta_info info;
static uint64_t size; /* last head asked for; its root is its number */

static enum btz_rc
checkpoint(uint64_t n, struct btz_checkpoint_ok *ok)
{
	struct btz_checkpoint req = { .size = n };

	memcpy(req.id, info.checkpoint_id, sizeof(req.id));
	req.root[0] = (uint8_t)n;
	return rig_do(&r, BTZ_TA_SIGN_CHECKPOINT, &btz_def_checkpoint, &req,
	    &btz_def_checkpoint_ok, ok);
}

/* The first head needs no proof, and the same head can always be asked for. */
static enum btz_rc
begin(void)
{
	return checkpoint(size, NULL);
}

static enum btz_rc
end(void)
{
	return rig_do(&r, BTZ_TA_TPM_END, NULL, NULL, NULL, NULL);
}

static void
end_well(void)
{
	struct btz_checkpoint_ok ok;

	assert_int_equal(
	    rig_do(&r, BTZ_TA_TPM_END, NULL, NULL, &btz_def_checkpoint_ok, &ok),
	    BTZ_OK);
	assert_int_equal(ok.size, size);
	assert_true(ok.note.len > 100);
	assert_int_equal(end(), BTZ_E_STATE); /* once */
}

static void
test_order(void **state)
{
	(void)state;
	assert_int_equal(end(), BTZ_E_STATE);
	btz_hostkit_tpm_busy(2);
	assert_int_equal(begin(), BTZ_E_PENDING);
	assert_int_equal(r.answer_len, 0);
	assert_int_equal(
	    rig_call(&r, BTZ_TA_TPM_END, btz_span_str("x")), BTZ_E_PROTO);
	assert_int_equal(begin(), BTZ_E_AGAIN);
	assert_int_equal(end(), BTZ_E_PENDING);
	assert_int_equal(end(), BTZ_E_PENDING);
	end_well();
	assert_int_equal(begin(), BTZ_E_PENDING);
	end_well();
}

static void
check_waits(const struct rig_key *plain)
{
	struct btz_ta_blob blob = { btz_span_of(plain->blob, plain->blob_len) };
	struct btz_ta_sign_issuing si = { .now = RIG_NOW, .blob = blob.blob };
	uint8_t buf[512];
	struct rig_key k;
	struct btz_ta_step s;

	assert_int_equal(begin(), BTZ_E_AGAIN);
	assert_int_equal(rig_do(&r, BTZ_TA_SIGN_ISSUING,
			     &btz_def_ta_sign_issuing, &si, NULL, NULL),
	    BTZ_E_AGAIN);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_KEY_DESTROY, &btz_def_ta_blob, &blob, NULL, NULL),
	    BTZ_E_AGAIN);
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_ISSUING,
		btz_span_of(buf, rig_constraints(buf, sizeof(buf))), &k),
	    BTZ_E_AGAIN);
	assert_int_equal(rig_step(&r, &s), BTZ_E_AGAIN);
}

static void
check_runs(const struct rig_key *plain)
{
	static const uint8_t digest[32] = { 1 };
	struct btz_ta_info now;
	uint32_t handle;

	assert_int_equal(
	    rig_open(&r, btz_span_of(plain->blob, plain->blob_len), &handle),
	    BTZ_OK);
	for (int i = 0; i < 20; i++)
		assert_int_equal(
		    rig_sign(&r, BTZ_TA_SIGN_DIGEST, handle, RIG_NOW,
			btz_span_of(digest, 32), btz_span_of(NULL, 0)),
		    BTZ_OK);
	rig_info(&r, &now);
	assert_int_equal(now.state, BTZ_TA_READY);
	assert_int_equal(now.tpm_failures, 0);
}

static void
test_meanwhile(void **state)
{
	struct rig_key plain, k;
	struct btz_ta_info before, after;
	enum btz_rc rc = BTZ_OK;
	uint32_t n = 0;

	(void)state;
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &plain),
	    BTZ_OK);
	rig_info(&r, &before);
	btz_hostkit_tpm_busy(1);
	assert_int_equal(begin(), BTZ_E_PENDING);
	check_runs(&plain);
	check_waits(&plain);
	check_runs(&plain); /* the blob was not destroyed */
	/* New keys, as far as slots were reserved; nothing is stored. */
	btz_hostkit_fail_storage_after(0);
	for (; rc == BTZ_OK && n < 65; n++)
		rc = rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &k);
	btz_hostkit_fail_storage_after(-1);
	assert_int_equal(rc, BTZ_E_AGAIN);
	assert_int_equal(n, 16); /* of the first range one is used */
	assert_int_equal(end(), BTZ_E_PENDING);
	end_well();
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &k), BTZ_OK);
	rig_info(&r, &after); /* no slot was lost */
	assert_int_equal(after.slots_used, before.slots_used + n);
}

/* Another session can neither take the answer nor be kept waiting for ever by
 * one that is gone. */
static void
test_sessions(void **state)
{
	TEE_Param none[4];
	void *first = r.session, *second;

	(void)state;
	memset(none, 0, sizeof(none));
	assert_int_equal(
	    TA_OpenSessionEntryPoint(0, none, &second), TEE_SUCCESS);
	btz_hostkit_tpm_busy(2);
	assert_int_equal(begin(), BTZ_E_PENDING);
	r.session = second;
	assert_int_equal(end(), BTZ_E_STATE);
	assert_int_equal(begin(), BTZ_E_AGAIN);
	TA_CloseSessionEntryPoint(first);
	assert_int_equal(begin(), BTZ_E_AGAIN);
	assert_int_equal(begin(), BTZ_E_AGAIN);
	assert_int_equal(end(), BTZ_E_STATE);
	assert_int_equal(begin(), BTZ_E_PENDING);
	end_well();
}

/* What stands between plugin and TPM. */
static uint8_t old_rsp[4096];
static size_t old_len;
static int times;
static uint8_t aim = 0x5d; /* low byte of the command: TPM2_Sign */

static bool
is_sign(const uint8_t *cmd)
{
	return cmd[8] == 1 && cmd[9] == aim;
}

static bool
record(uint8_t *buf, size_t len, size_t cap, size_t *outlen)
{
	bool sign = is_sign(buf), ok;

	ok = btz_hostkit_tpm_raw(buf, len, cap, outlen);
	if (sign && ok) {
		memcpy(old_rsp, buf, *outlen);
		old_len = *outlen;
	}
	return ok;
}

/* The answer to an earlier signature instead of the true one. */
static bool
replay(uint8_t *buf, size_t len, size_t cap, size_t *outlen)
{
	bool sign = is_sign(buf);

	if (!btz_hostkit_tpm_raw(buf, len, cap, outlen))
		return false;
	if (sign && times-- > 0) {
		memcpy(buf, old_rsp, old_len);
		*outlen = old_len;
	}
	return true;
}

/* The answer of another command, authentic for that one only. */
static bool
other(uint8_t *buf, size_t len, size_t cap, size_t *outlen)
{
	static const uint8_t random[] = { 0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b,
		0, 32 };

	if (is_sign(buf) && times-- > 0) {
		memcpy(buf, random, sizeof(random));
		len = sizeof(random);
	}
	return btz_hostkit_tpm_raw(buf, len, cap, outlen);
}

static bool
lose(uint8_t *buf, size_t len, size_t cap, size_t *outlen)
{
	bool sign = is_sign(buf);
	bool ok = btz_hostkit_tpm_raw(buf, len, cap, outlen);

	return ok && !(sign && times-- > 0);
}

/* The first answers to TPM2_Sign, NV_Write, NV_Read. */
static bool
lose_each(uint8_t *buf, size_t len, size_t cap, size_t *outlen)
{
	static const uint8_t low[] = { 0x5d, 0x37, 0x4e };
	static bool lost[3];
	uint8_t cmd = buf[9];
	bool ok = btz_hostkit_tpm_raw(buf, len, cap, outlen);

	for (size_t i = 0; i < BTZ_COUNT(low); i++)
		if (cmd == low[i] && !lost[i]) {
			lost[i] = true;
			return false;
		}
	return ok;
}

/* The TPM gets the command twice, the TA the second answer. */
static bool
twice(uint8_t *buf, size_t len, size_t cap, size_t *outlen)
{
	uint8_t copy[4096];

	if (is_sign(buf) && times-- > 0) {
		memcpy(copy, buf, len);
		if (!btz_hostkit_tpm_raw(copy, len, sizeof(copy), outlen))
			return false;
	}
	return btz_hostkit_tpm_raw(buf, len, cap, outlen);
}

static bool
reset(uint8_t *buf, size_t len, size_t cap, size_t *outlen)
{
	if (is_sign(buf) && times-- > 0) {
		btz_hostkit_tpm_drop();
		assert_true(btz_swtpm_restart(&r.tpm));
		(void)close(r.tpm.fd);
		r.tpm.fd = -1;
	}
	return btz_hostkit_tpm_raw(buf, len, cap, outlen);
}

static const struct {
	const char *name;
	btz_hostkit_wire *wire;
	int times;
	enum btz_rc want; /* PENDING: asked once more, then all is well */
} wrong[] = {
	{ "an old answer", replay, 1, BTZ_E_TPM_AUTH },
	{ "the answer of another command", other, 1, BTZ_E_TPM_AUTH },
	{ "no answer, once", lose, 1, BTZ_E_PENDING },
	{ "no answer, twice", lose, 2, BTZ_E_TPM_UNAVAILABLE },
	{ "command doubled", twice, 1, BTZ_E_PENDING },
	{ "TPM was reset", reset, 1, BTZ_E_PENDING },
};

static void
test_wrong_answers(void **state)
{
	(void)state;
	btz_hostkit_interpose(record);
	assert_int_equal(begin(), BTZ_E_PENDING);
	end_well();
	for (size_t i = 0; i < BTZ_COUNT(wrong); i++) {
		enum btz_rc rc;

		print_message("# case: %s\n", wrong[i].name);
		times = wrong[i].times;
		btz_hostkit_interpose(wrong[i].wire);
		assert_int_equal(begin(), BTZ_E_PENDING);
		rc = end();
		if (wrong[i].times == 2 && rc == BTZ_E_PENDING)
			rc = end();
		if (rc != wrong[i].want)
			print_message("# %s\n", btz_rc_name(rc));
		assert_int_equal(rc, wrong[i].want);
		if (rc == BTZ_E_PENDING)
			end_well();
		assert_int_equal(end(), BTZ_E_STATE);
		btz_hostkit_interpose(NULL);
		rig_wait_ready(&r);
		assert_int_equal(begin(), BTZ_E_PENDING);
		end_well();
	}
}

static void
test_stop(void **state)
{
	(void)state;
	btz_hostkit_tpm_busy(1000);
	assert_int_equal(begin(), BTZ_E_PENDING);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_STOP, NULL, NULL, NULL, NULL), BTZ_OK);
	assert_int_equal(end(), BTZ_E_STATE);
	btz_hostkit_tpm_busy(0);
	rig_kill(&r);
	rig_start(&r);
	rig_info(&r, &info);
	assert_int_equal(info.previous_clean, 1);
	assert_int_equal(info.checkpoint_size, size);
	/* ... and ended while the TPM is at work. */
	assert_int_equal(begin(), BTZ_E_PENDING);
	rig_kill(&r);
	rig_start(&r);
	rig_info(&r, &info);
	assert_int_equal(info.state, BTZ_TA_READY);
	assert_int_equal(end(), BTZ_E_STATE);
	assert_int_equal(begin(), BTZ_E_PENDING);
	end_well();
}

static const struct {
	const char *name;
	btz_hostkit_wire *wire; /* NULL: nothing stands in between */
	uint8_t aim;		/* 0x37 NV_Write, 0x4e NV_Read */
	int times;
	int kill_after; /* calls of TPM_END; 0: none */
	enum btz_rc want;
} hours[] = {
	{ "killed after the signature", NULL, 0, 0, 1, BTZ_E_PENDING },
	{ "killed after NV_Write", NULL, 0, 0, 2, BTZ_E_PENDING },
	{ "an old answer to NV_Read", replay, 0x4e, 1, 0, BTZ_E_TPM_AUTH },
	{ "another answer to NV_Write", other, 0x37, 1, 0, BTZ_E_TPM_AUTH },
	{ "answer to NV_Write lost", lose, 0x37, 1, 0, BTZ_OK },
	{ "answer to NV_Read lost", lose, 0x4e, 1, 0, BTZ_OK },
	{ "NV_Write lost twice", lose, 0x37, 2, 0, BTZ_E_TPM_UNAVAILABLE },
	{ "NV_Read lost twice", lose, 0x4e, 2, 0, BTZ_E_TPM_UNAVAILABLE },
	{ "each answer lost once", lose_each, 0, 0, 0, BTZ_OK },
	{ "all well", NULL, 0, 0, 0, BTZ_OK },
};

static enum btz_rc
end_until(int calls)
{
	enum btz_rc rc = BTZ_E_PENDING;

	for (int i = 0; rc == BTZ_E_PENDING && (calls == 0 || i < calls); i++)
		rc = end();
	return rc;
}

/* The first checkpoint after an hour is committed before its answer; whatever
 * happens on the way, the record is never taken for an old one. */
static void
test_hour(void **state)
{
	static uint32_t ahead = 3600;
	struct btz_ta_info now;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(hours); i++) {
		print_message("# case: %s\n", hours[i].name);
		ahead += 3700;
		btz_hostkit_clock_ahead(ahead);
		aim = hours[i].aim;
		times = hours[i].times;
		btz_hostkit_interpose(hours[i].wire);
		assert_int_equal(begin(), BTZ_E_PENDING);
		assert_int_equal(end_until(hours[i].kill_after), hours[i].want);
		btz_hostkit_interpose(NULL);
		aim = 0x5d;
		if (hours[i].kill_after == 0)
			rig_wait_ready(&r);
		/* A commit that would not know what the index holds. */
		btz_hostkit_fail_tpm_after(0);
		assert_int_not_equal(
		    rig_do(&r, BTZ_TA_STOP, NULL, NULL, NULL, NULL), BTZ_OK);
		rig_kill(&r);
		rig_start(&r);
		rig_info(&r, &now);
		assert_int_equal(now.state, BTZ_TA_READY);
		assert_int_equal(now.checkpoint_size, size);
	}
}

/* Not committed within the hour, then it is. */
static void
test_hour_counts(void **state)
{
	(void)state;
	rig_end(&r);
	rig_begin(&r);
	r.split = false;
	rig_start(&r);
	rig_provision(&r);
	for (uint32_t late = 0; late < 2; late++) {
		r.split = false;
		btz_hostkit_clock_ahead(200000 + late * 3700);
		rig_info(&r, &info);
		r.split = true;
		size = 7;
		if (late == 0) { /* this start has just committed */
			rig_kill(&r);
			rig_start(&r);
		}
		assert_int_equal(begin(), BTZ_E_PENDING);
		assert_int_equal(end_until(0), BTZ_OK);
		rig_kill(&r);
		rig_start(&r);
		rig_info(&r, &info);
		assert_int_equal(info.checkpoint_size, late == 0 ? 0 : size);
		assert_int_equal(info.previous_clean, 0);
	}
}

/* Meanwhile signatures are made, and nothing else is committed. */
static void
test_hour_meanwhile(void **state)
{
	struct rig_key plain;

	(void)state;
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &plain),
	    BTZ_OK);
	btz_hostkit_clock_ahead(100000);
	assert_int_equal(begin(), BTZ_E_PENDING);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(end(), BTZ_E_PENDING);
		check_runs(&plain);
		check_waits(&plain);
	}
	end_well();
	assert_int_equal(begin(), BTZ_E_PENDING); /* not again */
	end_well();
	/* STOP in the middle. */
	btz_hostkit_clock_ahead(110000);
	assert_int_equal(begin(), BTZ_E_PENDING);
	assert_int_equal(end(), BTZ_E_PENDING);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_STOP, NULL, NULL, NULL, NULL), BTZ_OK);
	rig_kill(&r);
	rig_start(&r);
	rig_info(&r, &info);
	assert_int_equal(info.state, BTZ_TA_READY);
	assert_int_equal(info.previous_clean, 1);
}

static int
set_up(void **state)
{
	(void)state;
	rig_begin(&r);
	rig_start(&r);
	rig_provision(&r);
	rig_info(&r, &info);
	r.split = true;
	size = 5;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	rig_end(&r);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_meanwhile),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_wrong_answers),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_hour),
		cmocka_unit_test(test_hour_counts),
		cmocka_unit_test(test_hour_meanwhile),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
