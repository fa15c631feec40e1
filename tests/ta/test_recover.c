/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_recover.c - what only administrators can mend: a time that is not
 * believed any more (TIME_SET), and a storage that was rolled back (RECOVER).
 */
#include "admins.h"

#include <string.h>
#include <unistd.h>

#define DAY 86400ull

static struct rig r;
static struct rig_key key;

/* Time is looked at by a key that ends. */
static enum btz_rc
sign_at(uint64_t now)
{
	static const uint8_t digest[32] = { 1 };
	uint32_t h = 0;

	assert_int_equal(
	    rig_open(&r, btz_span_of(key.blob, key.blob_len), &h), BTZ_OK);
	return rig_sign(&r, BTZ_TA_SIGN_DIGEST, h, now,
	    btz_span_of(digest, sizeof(digest)), btz_span_of(NULL, 0));
}

static enum btz_rc
set_time(uint64_t t)
{
	uint8_t request[8];
	struct btz_time_set m = { t };
	struct btz_wr wr;

	btz_wr_init(&wr, request, sizeof(request));
	btz_msg_write(&btz_def_time_set, &m, &wr);
	return admins_do(&r, BTZ_TA_TIME_SET, BTZ_APPROVE_TIME_SET,
	    btz_wr_span(&wr), RIG_NOW);
}

#define T0 (RIG_NOW + 400 * DAY) /* too far for Linux alone */

static const struct {
	const char *name;
	uint64_t now;
	enum btz_rc want;
} times[] = {
	{ "6 minutes before it", T0 - 360, BTZ_E_TIME_UNSURE },
	{ "31 days after it", T0 + 31 * DAY, BTZ_E_TIME_UNSURE },
	{ "just before it", T0 - 200, BTZ_OK },
	{ "29 days after it", T0 + 29 * DAY, BTZ_OK },
	{ "back by a day", T0 + 28 * DAY, BTZ_E_TIME_UNSURE },
	/* one budget: the last use does not move the end */
	{ "31 days again", T0 + 31 * DAY, BTZ_E_TIME_UNSURE },
	{ "back by 4 minutes", T0 + 29 * DAY - 240, BTZ_OK },
};

static void
test_time(void **state)
{
	struct btz_ta_info info;

	(void)state;
	assert_int_equal(sign_at(T0), BTZ_E_TIME_UNSURE);
	assert_int_equal(r.state, BTZ_TA_TIME_UNSURE);
	assert_int_equal(set_time(0), BTZ_E_RANGE);
	assert_int_equal(set_time(T0), BTZ_OK);
	assert_int_equal(r.state, BTZ_TA_READY);
	/* Seven minutes later the base has gone on, although nothing used it. */
	for (int i = 0; i < 7; i++)
		rig_wait(&r);
	assert_int_equal(sign_at(T0 + 60), BTZ_E_TIME_UNSURE);
	assert_int_equal(set_time(T0), BTZ_OK);
	for (size_t i = 0; i < BTZ_COUNT(times); i++) {
		print_message("# case: %s\n", times[i].name);
		assert_int_equal(sign_at(times[i].now), times[i].want);
	}
	rig_info(&r, &info);
	assert_int_equal(info.t0, T0);
	assert_int_equal(info.last_time, T0 + 29 * DAY);
	assert_null(memmem(info.weaknesses.p, info.weaknesses.len,
	    "time: unsigned", strlen("time: unsigned")));
}

/* Only the administrators' word takes a used time back; and it stays over a
 * restart of TA and TPM. */
static void
test_time_back(void **state)
{
	(void)state;
	assert_int_equal(set_time(T0), BTZ_OK);
	assert_int_equal(sign_at(T0 + 5), BTZ_OK);
	rig_power_back(&r);
	assert_int_equal(sign_at(T0 - 360), BTZ_E_TIME_UNSURE);
	assert_int_equal(sign_at(T0 + 31 * DAY), BTZ_E_TIME_UNSURE);
	assert_int_equal(sign_at(T0 + 10), BTZ_OK);
}

/* What the threat model admits: before the TA has switched the platform off, it
 * can put the TPM's clock forward (TPM2_ClockSet), and with it the base. */
static void
test_clock_set(void **state)
{
	uint8_t cmd[] = { 0x80, 2, 0, 0, 0, 35, 0, 0, 1, 0x28, 0x40, 0, 0, 0x0c,
		0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0, /* new: */ 0, 0, 0,
		0x10, 0, 0, 0, 0 };
	uint8_t resp[256];
	size_t n = 0;

	(void)state;
	rig_kill(&r);
	assert_true(btz_swtpm_restart(&r.tpm));
	assert_int_equal(btz_swtpm_transceive(
			     &r.tpm, cmd, sizeof(cmd), resp, sizeof(resp), &n),
	    BTZ_OK);
	assert_memory_equal(resp + 6, "\0\0\0\0", 4);
	(void)close(r.tpm.fd);
	r.tpm.fd = -1;
	rig_start(&r);
	assert_int_equal(sign_at(T0 + 10), BTZ_E_TIME_UNSURE);
	assert_int_equal(sign_at(T0 + 796 * DAY), BTZ_OK);
	assert_int_equal(set_time(T0), BTZ_OK);
}

static enum btz_rc
recover(const struct btz_ta_info *info, bool approved)
{
	uint8_t request[64];
	struct btz_approved ap = { .operation = BTZ_APPROVE_RECOVER };
	struct btz_recover m;
	struct btz_wr wr;

	memcpy(m.record_digest, info->record_digest, 32);
	memcpy(m.index_digest, info->index_digest, 32);
	btz_wr_init(&wr, request, sizeof(request));
	btz_msg_write(&btz_def_recover, &m, &wr);
	ap.request = btz_wr_span(&wr);
	return approved ? admins_do(&r, BTZ_TA_RECOVER, BTZ_APPROVE_RECOVER,
			      ap.request, 0)
			: rig_do(&r, BTZ_TA_RECOVER, &btz_def_approved, &ap,
			      NULL, NULL);
}

static void
test_recover(void **state)
{
	struct btz_ta_info info, bad;
	uint64_t epoch;

	(void)state;
	rig_info(&r, &info);
	assert_int_equal(recover(&info, true), BTZ_E_STATE);
	epoch = info.epoch;
	rig_save(&r, "old");
	rig_kill(&r);
	rig_start(&r);
	rig_kill(&r);
	rig_restore(&r, "old");
	rig_save(&r, "old");
	rig_start(&r);
	rig_info(&r, &info);
	assert_int_equal(info.state, BTZ_TA_STORAGE_ROLLED_BACK);
	bad = info;
	bad.record_digest[0] ^= 1;
	assert_int_equal(recover(&bad, true), BTZ_E_ROLLBACK);
	bad = info;
	bad.index_digest[31] ^= 1;
	assert_int_equal(recover(&bad, true), BTZ_E_ROLLBACK);
	assert_int_equal(recover(&info, false), BTZ_E_APPROVAL);
	assert_int_equal(r.state, BTZ_TA_STORAGE_ROLLED_BACK);
	assert_int_equal(recover(&info, true), BTZ_OK);
	assert_int_equal(r.state, BTZ_TA_READY);
	rig_info(&r, &info);
	assert_int_equal(info.recoveries, 1);
	assert_int_equal(info.previous_clean, 0);
	assert_int_equal(info.epoch, epoch + 1);
	assert_int_equal(sign_at(T0 + 20), BTZ_OK);
}

/* What was recovered is the truth from then on: it starts again, and the very
 * storage that was recovered from is old now. */
static void
test_after_recovery(void **state)
{
	struct btz_ta_info info;

	(void)state;
	rig_kill(&r);
	rig_start(&r);
	rig_info(&r, &info);
	assert_int_equal(info.state, BTZ_TA_READY);
	assert_int_equal(info.recoveries, 1);
	rig_kill(&r);
	rig_save(&r, "newest");
	rig_restore(&r, "old");
	rig_start(&r);
	rig_info(&r, &info);
	assert_int_equal(info.state, BTZ_TA_STORAGE_ROLLED_BACK);
}

/* What the threat model admits: a storage of the time before administrators
 * were pinned has none that could refuse. It is seen: another instance id, the
 * weakness, the count. */
static void
test_before_administrators(void **state)
{
	struct btz_ta_info info;
	uint8_t id[32];

	(void)state;
	rig_kill(&r);
	rig_restore(&r, "newest");
	rig_start(&r);
	rig_info(&r, &info);
	assert_int_equal(info.state, BTZ_TA_READY);
	memcpy(id, info.instance_id, sizeof(id));
	rig_kill(&r);
	rig_restore(&r, "first");
	rig_start(&r);
	rig_info(&r, &info);
	assert_int_equal(info.state, BTZ_TA_STORAGE_ROLLED_BACK);
	assert_int_equal(recover(&info, false), BTZ_OK);
	rig_info(&r, &info);
	assert_int_equal(info.admins.len, 0);
	assert_int_equal(info.recoveries, 1);
	assert_memory_not_equal(info.instance_id, id, sizeof(id));
	assert_non_null(memmem(info.weaknesses.p, info.weaknesses.len,
	    "root-approval", strlen("root-approval")));
}

static int
setup(void **state)
{
	struct btz_ta_key_create rq = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.operations = BTZ_USE_SIGN,
		.not_after = RIG_NOW + 4000 * DAY };
	struct btz_approved ap = { .operation = BTZ_APPROVE_ADMIN_SET };
	struct btz_ta_key k;

	(void)state;
	admins_make();
	rig_begin(&r);
	rig_start(&r);
	rig_provision(&r);
	assert_int_equal(rig_do(&r, BTZ_TA_KEY_CREATE, &btz_def_ta_key_create,
			     &rq, &btz_def_ta_key, &k),
	    BTZ_OK);
	memcpy(key.blob, k.blob.p, k.blob.len);
	key.blob_len = k.blob.len;
	rig_save(&r, "first");
	ap.request = admins_set(2, 3);
	assert_int_equal(
	    rig_do(&r, BTZ_TA_ADMIN_SET, &btz_def_approved, &ap, NULL, NULL),
	    BTZ_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	rig_end(&r);
	admins_free();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_time_back),
		cmocka_unit_test(test_clock_set),
		cmocka_unit_test(test_recover),
		cmocka_unit_test(test_after_recovery),
		cmocka_unit_test(test_before_administrators),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
