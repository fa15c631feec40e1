/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_op_sign_checkpoint.c - the log only grows: smaller, forked, badly
 * proven heads are refused; notes verify; what a crash forgets and what not.
 */
#include "ta_rig.h"

#include <string.h>

#include "crypt.h"
#include "tlog/checkpoint.h"

static struct rig r;
static struct btz_ta_info info;
static uint8_t leaves[64][32];

static enum btz_rc
node(void *ctx, unsigned level, uint64_t index, uint8_t out[32])
{
	uint64_t first = index << level, n = UINT64_C(1) << level;
	struct btz_tlog_tree t;

	(void)ctx;
	btz_tlog_tree_init(&t);
	for (uint64_t i = first; i < first + n; i++)
		assert_int_equal(
		    btz_tlog_append(&ta_tlog_hash, &t, leaves[i]), BTZ_OK);
	btz_tlog_root(&ta_tlog_hash, &t, out);
	return BTZ_OK;
}

static const struct btz_tlog_source source = { .node = node };

static enum btz_rc
sign(uint64_t from, uint64_t size, int damage, struct btz_checkpoint_ok *ok)
{
	struct btz_checkpoint req = { .size = size };
	struct btz_tlog_proof proof = { 0 };

	memcpy(req.id, info.checkpoint_id, sizeof(req.id));
	if (size > 0)
		assert_int_equal(btz_tlog_source_root(
				     &ta_tlog_hash, &source, size, req.root),
		    BTZ_OK);
	if (from > 0 && from <= size)
		assert_int_equal(btz_tlog_prove_consistency(&ta_tlog_hash,
				     &source, from, size, &proof),
		    BTZ_OK);
	if (damage == 1)
		proof.hash[0][0] ^= 1;
	if (damage == 2)
		req.root[31] ^= 1;
	if (damage == 3)
		req.id[0] ^= 1;
	req.proof = btz_tlog_proof_span(&proof);
	return rig_do(&r, BTZ_TA_SIGN_CHECKPOINT, &btz_def_checkpoint, &req,
	    &btz_def_checkpoint_ok, ok);
}

static enum btz_rc
verify(void *ctx, struct btz_span text, struct btz_span sig)
{
	const struct btz_span *spki = ctx;

	return rig_verify(*spki, text, sig) ? BTZ_OK : BTZ_E_SIGNATURE;
}

static void
check_note(const struct btz_checkpoint_ok *ok, uint64_t size)
{
	static uint8_t spki[256];
	struct btz_span key;
	struct btz_note_verifier v = { .verify = verify, .ctx = &key };
	struct btz_tlog_checkpoint cp;
	struct btz_note note;

	assert_int_equal(btz_note_parse(ok->note, &note), BTZ_OK);
	assert_int_equal(btz_tlog_checkpoint_parse(note.text, &cp), BTZ_OK);
	assert_int_equal(cp.head.size, size);
	assert_true(btz_span_eq(cp.origin, btz_span_str("box.example/audit")));
	assert_int_equal(memcmp(cp.extensions.p, "btz-epoch ", 10), 0);
	assert_non_null(
	    memmem(cp.extensions.p, cp.extensions.len, "\nbtz-chain ", 11));
	memcpy(spki, info.checkpoint_spki.p, info.checkpoint_spki.len);
	key = btz_span_of(spki, info.checkpoint_spki.len);
	v.name = cp.origin;
	btz_note_key_id(&ta_tlog_hash, v.name, BTZ_NOTE_ECDSA, key, v.id);
	assert_int_equal(btz_note_verify(&note, &v, 1), BTZ_OK);
}

static void
keep_info(void)
{
	static uint8_t copy[256];

	rig_info(&r, &info);
	memcpy(copy, info.checkpoint_spki.p, info.checkpoint_spki.len);
	info.checkpoint_spki.p = copy;
}

static void
test_rules(void **state)
{
	struct btz_checkpoint_ok ok;

	(void)state;
	assert_int_equal(sign(0, 5, 3, &ok), BTZ_E_NOENT);
	assert_int_equal(sign(0, 0, 0, &ok), BTZ_OK);
	assert_int_equal(ok.size, 0);
	assert_int_equal(ok.note.len, 0);
	assert_int_equal(sign(0, 5, 0, &ok), BTZ_OK);
	check_note(&ok, 5);
	assert_int_equal(sign(5, 4, 0, &ok), BTZ_E_LOG_SMALLER);
	assert_int_equal(sign(5, 5, 2, &ok), BTZ_E_LOG_FORKED);
	assert_int_equal(sign(5, 9, 1, &ok), BTZ_E_LOG_FORKED);
	assert_int_equal(sign(5, 9, 2, &ok), BTZ_E_LOG_FORKED);
	assert_int_equal(sign(3, 9, 0, &ok), BTZ_E_LOG_FORKED);
	assert_int_equal(sign(0, 9, 0, &ok), BTZ_E_LOG_FORKED);
	assert_int_equal(sign(0, 0, 0, &ok), BTZ_OK);
	assert_int_equal(ok.size, 5); /* where proofs start */
	assert_int_equal(sign(5, 9, 0, &ok), BTZ_OK);
	check_note(&ok, 9);
	assert_int_equal(sign(9, 9, 0, &ok), BTZ_OK); /* the same again */
	check_note(&ok, 9);
}

/* Linux carries the TPM's answers and keeps those of TPM2_Sign to itself. */
static void
keep_signature(uint8_t *rsp, size_t *len)
{
	static const uint8_t ecdsa_sha256[4] = { 0, 0x18, 0, 0x0b };

	if (*len > 80 && memcmp(rsp + 14, ecdsa_sha256, 4) == 0)
		*len = 0;
}

/* ... which must not give it signatures of two heads of one size. */
static void
test_kept_signature(void **state)
{
	struct btz_checkpoint_ok ok;

	(void)state;
	btz_hostkit_tamper(keep_signature);
	assert_int_not_equal(sign(9, 12, 0, &ok), BTZ_OK);
	btz_hostkit_tamper(NULL);
	rig_wait_ready(&r);
	assert_int_equal(sign(9, 12, 2, &ok), BTZ_E_LOG_FORKED);
	assert_int_equal(sign(12, 12, 2, &ok), BTZ_E_LOG_FORKED);
	assert_int_equal(sign(9, 11, 0, &ok), BTZ_E_LOG_SMALLER);
	assert_int_equal(sign(12, 12, 0, &ok), BTZ_OK);
	check_note(&ok, 12);
}

static void
test_stop_and_crash(void **state)
{
	struct btz_checkpoint_ok ok;

	(void)state;
	assert_int_equal(
	    rig_do(&r, BTZ_TA_STOP, NULL, NULL, NULL, NULL), BTZ_OK);
	rig_kill(&r);
	rig_start(&r);
	keep_info();
	assert_int_equal(info.checkpoint_size, 12);
	assert_int_equal(info.previous_clean, 1);
	assert_int_equal(sign(12, 20, 0, &ok), BTZ_OK);
	rig_kill(&r); /* no commit: 20 is forgotten, and that is told */
	rig_start(&r);
	keep_info();
	assert_int_equal(info.previous_clean, 0);
	assert_int_equal(sign(0, 0, 0, &ok), BTZ_OK);
	assert_int_equal(ok.size, 12);
	assert_int_equal(sign(20, 30, 0, &ok), BTZ_E_LOG_FORKED);
	assert_int_equal(sign(12, 30, 0, &ok), BTZ_OK);
	check_note(&ok, 30);
	assert_non_null(memmem(ok.note.p, ok.note.len, " unclean\n", 9));
}

static int
begin(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(leaves); i++)
		memset(leaves[i], (int)i + 1, 32);
	rig_begin(&r);
	rig_start(&r);
	rig_provision(&r);
	keep_info();
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
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_kept_signature),
		cmocka_unit_test(test_stop_and_crash),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
