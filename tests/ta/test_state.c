/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_state.c - what works in which state, and how states come and go: TPM
 * away, false answers, another TPM, newer record.
 */
#include "ta_rig.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ta.h"

static struct rig r;
static struct rig_key plain;

static uint32_t
state_now(void)
{
	struct btz_ta_info info;

	rig_info(&r, &info);
	return info.state;
}

#define IN(s) (1u << BTZ_TA_##s)
#define KEYS (IN(READY) | IN(TIME_UNSURE) | IN(TPM_UNAVAILABLE) | IN(TAMPER))
#define TPM (IN(READY) | IN(TIME_UNSURE))

/* The rows of secure-world.md again, by hand. */
static const struct {
	const char *name;
	uint32_t command, works;
} commands[] = {
	{ "PROVISION", BTZ_TA_PROVISION,
	    TPM | IN(UNPROVISIONED) | IN(PROVISIONING) },
	{ "KEY_CREATE", BTZ_TA_KEY_CREATE, KEYS },
	{ "KEY_OPEN", BTZ_TA_KEY_OPEN, KEYS },
	{ "KEY_DESTROY", BTZ_TA_KEY_DESTROY, TPM },
	{ "SIGN_DIGEST", BTZ_TA_SIGN_DIGEST, KEYS },
	{ "SIGN_TBS_CERT", BTZ_TA_SIGN_TBS_CERT, KEYS },
	{ "SIGN_TBS_CRL", BTZ_TA_SIGN_TBS_CRL, KEYS },
	{ "SIGN_ISSUING", BTZ_TA_SIGN_ISSUING, TPM },
	{ "SIGN_CHECKPOINT", BTZ_TA_SIGN_CHECKPOINT, TPM },
};

/* A malformed body: E_PROTO when the command got as far as to read it. */
static void
check_table(uint32_t state)
{
	static const uint8_t junk[3] = { 1, 2, 3 };

	print_message("# state %u\n", state);
	for (size_t i = 0; i < BTZ_COUNT(commands); i++) {
		bool works = (commands[i].works & 1u << state) != 0;
		enum btz_rc rc = rig_call(
		    &r, commands[i].command, btz_span_of(junk, sizeof(junk)));

		if (works != (rc == BTZ_E_PROTO))
			print_message("# %s: %u\n", commands[i].name, rc);
		assert_int_equal(rc == BTZ_E_PROTO, works);
		assert_int_not_equal(rc, BTZ_OK);
		assert_int_equal(r.state, state);
	}
	struct btz_random rq = { 32 };
	struct btz_random_ok ok;

	assert_int_equal(rig_do(&r, BTZ_TA_RANDOM, &btz_def_random, &rq,
			     &btz_def_random_ok, &ok),
	    BTZ_OK);
	assert_int_equal(ok.bytes.len, 32);
	assert_int_equal(state_now(), state);
}

static enum btz_rc
sign_plain(void)
{
	uint8_t digest[32] = { 1 };
	uint32_t h;
	enum btz_rc rc = rig_open(
	    &r, btz_span_of(plain.blob, plain.blob_len), &h);

	return rc != BTZ_OK
		   ? rc
		   : rig_sign(&r, BTZ_TA_SIGN_DIGEST, h, RIG_NOW,
			 btz_span_of(digest, 32), btz_span_of(NULL, 0));
}

static enum btz_rc
checkpoint(uint64_t size)
{
	struct btz_ta_info info;
	struct btz_checkpoint req = { .size = size };

	rig_info(&r, &info);
	memcpy(req.id, info.checkpoint_id, sizeof(req.id));
	memcpy(req.root, info.checkpoint_root, sizeof(req.root));
	return rig_do(
	    &r, BTZ_TA_SIGN_CHECKPOINT, &btz_def_checkpoint, &req, NULL, NULL);
}

static void
test_before(void **state)
{
	struct btz_ta_step s;

	(void)state;
	check_table(BTZ_TA_UNPROVISIONED);
	assert_int_equal(rig_step(&r, &s), BTZ_OK);
	check_table(BTZ_TA_PROVISIONING);
	rig_provision(&r);
	check_table(BTZ_TA_READY);
	assert_int_equal(
	    rig_create(&r, BTZ_KIND_PLAIN, btz_span_of(NULL, 0), &plain),
	    BTZ_OK);
	assert_int_equal(checkpoint(1), BTZ_OK);
}

/* TEE keys go on without the TPM; it comes back by itself. */
static void
test_tpm_away(void **state)
{
	(void)state;
	btz_hostkit_fail_tpm_after(0);
	assert_int_equal(checkpoint(1), BTZ_E_TPM_UNAVAILABLE);
	assert_int_equal(state_now(), BTZ_TA_TPM_UNAVAILABLE);
	check_table(BTZ_TA_TPM_UNAVAILABLE);
	assert_int_equal(sign_plain(), BTZ_OK);
	btz_hostkit_fail_tpm_after(-1);
	rig_wait_ready(&r);
	assert_int_equal(checkpoint(1), BTZ_OK);
	/* A TPM that was reset lost the session and has its platform on. */
	assert_true(btz_swtpm_restart(&r.tpm));
	(void)close(r.tpm.fd);
	r.tpm.fd = -1;
	assert_int_equal(checkpoint(1), BTZ_OK);
	assert_int_equal(state_now(), BTZ_TA_READY);
}

/* Away at start: nothing is known, nothing is created. */
static void
test_tpm_away_at_start(void **state)
{
	(void)state;
	rig_kill(&r);
	rig_start_without_tpm(&r);
	assert_int_equal(state_now(), BTZ_TA_TPM_UNAVAILABLE);
	check_table(BTZ_TA_TPM_UNAVAILABLE);
	assert_int_equal(sign_plain(), BTZ_E_TPM_UNAVAILABLE);
	btz_hostkit_fail_tpm_after(-1);
	rig_wait_ready(&r);
	assert_int_equal(sign_plain(), BTZ_OK);
}

/* The last byte of every answer in a session belongs to its HMAC. */
static void
flip_last(uint8_t *rsp, size_t *len)
{
	if (rsp[0] == 0x80 && rsp[1] == 0x02)
		rsp[*len - 1] ^= 1;
}

static void
test_tamper(void **state)
{
	uint32_t seen = 0;

	(void)state;
	btz_hostkit_tamper(flip_last);
	/* back-off 1, 2, 4, 8 s: the clock is the system's */
	for (int i = 0; i < 400 && seen != BTZ_TA_TAMPER; i++) {
		enum btz_rc rc = checkpoint(1);

		assert_true(rc == BTZ_E_TPM_AUTH ||
			    rc == BTZ_E_TPM_UNAVAILABLE || rc == BTZ_E_TAMPER);
		seen = state_now();
		assert_int_equal(sign_plain(), BTZ_OK);
		if (seen != BTZ_TA_TAMPER)
			(void)usleep(100000);
	}
	assert_int_equal(seen, BTZ_TA_TAMPER);
	check_table(BTZ_TA_TAMPER);
	/* A start ends it, with an honest TPM. */
	rig_kill(&r);
	rig_start(&r);
	assert_int_equal(state_now(), BTZ_TA_READY);
}

static void
test_swapped(void **state)
{
	struct btz_swtpm mine = r.tpm, other;
	char socket_mine[sizeof(r.socket)];

	(void)state;
	rig_kill(&r);
	memcpy(socket_mine, r.socket, sizeof(socket_mine));
	assert_true(btz_swtpm_start(&other));
	(void)close(other.fd);
	other.fd = -1;
	btz_swtpm_socket(&other, r.socket, sizeof(r.socket));
	rig_start(&r);
	assert_int_equal(state_now(), BTZ_TA_TPM_SWAPPED);
	check_table(BTZ_TA_TPM_SWAPPED);
	assert_int_equal(sign_plain(), BTZ_E_TPM_SWAPPED);
	rig_kill(&r);
	/* ... and without the storage it is a TPM like any other */
	btz_swtpm_end(&other);
	memcpy(r.socket, socket_mine, sizeof(socket_mine));
	r.tpm = mine;
	rig_start(&r);
	assert_int_equal(state_now(), BTZ_TA_READY);
}

static void
test_lost(void **state)
{
	(void)state;
	rig_kill(&r);
	rig_save(&r, "whole");
	rig_storage_delete(&r, "record");
	rig_start(&r);
	check_table(BTZ_TA_STORAGE_LOST);
	rig_kill(&r);
	rig_restore(&r, "whole");
	rig_start(&r);
	assert_int_equal(state_now(), BTZ_TA_READY);
}

static void
test_rolled_back(void **state)
{
	(void)state;
	rig_save(&r, "old");
	assert_int_equal(
	    rig_do(&r, BTZ_TA_STOP, NULL, NULL, NULL, NULL), BTZ_OK);
	rig_kill(&r);
	rig_save(&r, "new");
	rig_restore(&r, "old");
	rig_start(&r);
	check_table(BTZ_TA_STORAGE_ROLLED_BACK);
	rig_kill(&r);
	rig_restore(&r, "new");
	rig_start(&r);
	assert_int_equal(state_now(), BTZ_TA_READY);
}

static int
begin(void **state)
{
	(void)state;
	rig_begin(&r);
	rig_start(&r);
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
		cmocka_unit_test(test_before),
		cmocka_unit_test(test_tpm_away),
		cmocka_unit_test(test_tpm_away_at_start),
		cmocka_unit_test(test_tamper),
		cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_rolled_back),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
