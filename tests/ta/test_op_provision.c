/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_op_provision.c - PROVISION against a real software TPM: to the end,
 * killed at every step and at every TPM command and storage write.
 */
#include "ta_rig.h"

#include <string.h>
#include <unistd.h>

#include "der/x509.h"

static void
check_root(struct rig *r)
{
	struct btz_ta_step s;
	struct btz_provision_ok ok;
	struct btz_x509 x;

	/* Repeated when done: the same answer. */
	assert_int_equal(rig_step(r, &s), BTZ_OK);
	assert_int_equal(s.done, 1);
	assert_true(btz_msg_decode(&btz_def_provision_ok, s.ok, &ok));
	assert_int_equal(btz_x509_parse(ok.root_cert, &x), BTZ_OK);
	assert_true(x.ext.ca);
	assert_true(rig_verify(x.spki, x.tbs, x.signature));
	assert_int_not_equal(ok.checkpoint_spki.len, 0);
}

static void
test_to_the_end(void **state)
{
	static struct rig r;
	struct btz_ta_step s = { 0 };
	struct btz_ta_info info;
	struct btz_provision other = {
		.trust_domain = btz_span_str("other.example"),
		.box = btz_span_str("nas"),
		.origin = btz_span_str("box.example/audit"),
		.now = RIG_NOW,
		.root_not_after = RIG_NOW + 1,
	};

	(void)state;
	rig_begin(&r);
	rig_start(&r);
	rig_info(&r, &info);
	assert_int_equal(info.state, BTZ_TA_UNPROVISIONED);
	other.box = btz_span_str("No Name");
	assert_int_equal(rig_do(&r, BTZ_TA_PROVISION, &btz_def_provision,
			     &other, NULL, NULL),
	    BTZ_E_NAME);
	/* X.509 has no such time: found at the root's certificate it would be
	 * too late, the TPM has an owner then */
	other.box = btz_span_str("nas");
	other.root_not_after = 253402300800;
	assert_int_equal(rig_do(&r, BTZ_TA_PROVISION, &btz_def_provision,
			     &other, NULL, NULL),
	    BTZ_E_RANGE);
	other.root_not_after = RIG_NOW + 1;
	for (uint32_t i = 1; s.done == 0; i++) {
		assert_int_equal(rig_step(&r, &s), BTZ_OK);
		print_message("# step %u of %u: %.*s\n", s.step, s.steps,
		    (int)s.text.len, (const char *)s.text.p);
		assert_int_equal(s.step, i);
	}
	assert_int_equal(s.step, s.steps);
	check_root(&r);
	assert_int_equal(rig_do(&r, BTZ_TA_PROVISION, &btz_def_provision,
			     &other, NULL, NULL),
	    BTZ_E_PROVISIONED);
	rig_info(&r, &info);
	assert_int_equal(info.state, BTZ_TA_READY);
	assert_int_equal(info.epoch, 1);
	assert_int_equal(info.tpm_failures, 0);
	assert_non_null(memmem(info.weaknesses.p, info.weaknesses.len,
	    "tee-emulated,ek: unchecked", 26));
	assert_null(memmem(
	    info.weaknesses.p, info.weaknesses.len, "platform-hierarchy", 18));
	rig_kill(&r);
	/* The TPM starts again: the record and its index still fit. */
	assert_true(btz_swtpm_restart(&r.tpm));
	if (r.tpm.fd >= 0)
		(void)close(r.tpm.fd);
	r.tpm.fd = -1;
	rig_start(&r);
	rig_info(&r, &info);
	assert_int_equal(info.state, BTZ_TA_READY);
	assert_int_equal(info.epoch, 2);
	assert_int_equal(info.previous_clean, 0);
	check_root(&r);
	rig_end(&r);
}

/* A TPM as swtpm_setup makes it, and the build's table of roots. */
static void
test_certified(void **state)
{
	static struct rig r;
	struct btz_ta_info info;

	(void)state;
	if (!rig_begin_ek(&r))
		skip();
	rig_start(&r);
	rig_provision(&r);
	rig_info(&r, &info);
	assert_non_null(memmem(info.weaknesses.p, info.weaknesses.len,
	    "tee-emulated,test-ek-root", 25));
	rig_kill(&r);
	rig_start(&r);
	check_root(&r);
	rig_end(&r);
}

/* One run; the fuse (TPM command or storage write) blows at n. Returns true
 * when it never blew. */
static bool
run_cut(struct rig *r, int n, bool storage)
{
	struct btz_ta_step s = { 0 };
	bool whole = true;
	int guard = 0;

	if (storage)
		btz_hostkit_fail_storage_after(n);
	else
		btz_hostkit_fail_tpm_after(n);
	while (s.done == 0 && guard++ < 40) {
		if (rig_step(r, &s) == BTZ_OK)
			continue;
		whole = false;
		rig_kill(r);
		rig_start(r);
	}
	assert_int_equal(s.done, 1);
	return whole;
}

static void
test_killed(bool storage)
{
	static struct rig r;
	bool whole = false;
	int n;

	for (n = 0; !whole && n < 400; n++) {
		rig_begin(&r);
		rig_start(&r);
		whole = run_cut(&r, n, storage);
		check_root(&r);
		/* ... and it is what the index says, after a start too. */
		rig_kill(&r);
		rig_start(&r);
		rig_provision(&r);
		rig_end(&r);
	}
	assert_true(whole);
	print_message("# %d cuts\n", n);
}

static void
test_killed_storage(void **state)
{
	(void)state;
	test_killed(true);
}

static void
test_killed_tpm(void **state)
{
	(void)state;
	test_killed(false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_the_end),
		cmocka_unit_test(test_certified),
		cmocka_unit_test(test_killed_storage),
		cmocka_unit_test(test_killed_tpm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
