/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_attack_listen.c - a whole life of a box, every frame between TA and TPM
 * and every answer of the TA to Linux kept: none holds a secret of the box.
 * What is public is found, so that the search would find.
 */
#include "mitm.h"
#include "ta_box.h"

#include <string.h>
#include <unistd.h>

#include "ta.h"

#define WINDOW 12u /* octets of a secret in a row */

static struct box box;
static struct ta ta; /* a second look at the same box, for its secrets */
static unsigned searched;

static bool
heard(struct btz_span what)
{
	return mitm_saw(what) || rig_answered(what);
}

static bool
any_window(struct btz_span secret)
{
	for (size_t i = 0; i + WINDOW <= secret.len; i++)
		if (heard(btz_span_of(secret.p + i, WINDOW)))
			return true;
	return false;
}

static void
check_secret(const char *name, const void *p, size_t len)
{
	uint8_t back[64];
	const uint8_t *b = p;

	print_message("# secret: %s\n", name);
	assert_true(len >= WINDOW && len <= sizeof(back));
	assert_false(any_window(btz_span_of(p, len)));
	for (size_t i = 0; i < len; i++)
		back[i] = b[len - 1 - i];
	assert_false(any_window(btz_span_of(back, len)));
	searched++;
}

static void
check_key(const char *name, const struct rig_key *k)
{
	struct btz_keyblob b;
	uint8_t d[TA_SECRET_MAX];

	assert_int_equal(
	    ta_blob_open(&ta, btz_span_of(k->blob, k->blob_len), &b, d),
	    BTZ_OK);
	check_secret(name, d, 32); /* P-256 */
	/* ... and what is public of it is in an answer */
	assert_true(heard(btz_span_of(k->spki + k->spki_len - 64, 64)));
}

/* Everything that the TA does, with a session that ends in between. */
static void
live(struct rig_key *gone)
{
	assert_int_equal(box_create(&box, BTZ_KIND_PLAIN, gone), BTZ_OK);
	assert_int_equal(box_sign_plain(&box, gone), BTZ_OK);
	assert_int_equal(box_leaf(&box), BTZ_OK);
	assert_int_equal(box_list(&box), BTZ_OK);
	assert_int_equal(box_checkpoint(&box, 9, false), BTZ_OK);
	assert_int_equal(box_stop(&box), BTZ_OK);
}

static void
test_whole_life(void **state)
{
	struct rig_key gone;

	(void)state;
	rig_keep_answers(true);
	box_make_heard(&box, mitm_begin);
	assert_true(btz_swtpm_restart(&box.r.tpm));
	(void)close(box.r.tpm.fd);
	box.r.tpm.fd = -1;
	rig_arm(&box.r, mitm_begin, MITM_NO_PLAN);
	box_start(&box);
	live(&gone);
	box_kill(&box);
	rig_arm(&box.r, mitm_begin, MITM_NO_PLAN);
	box_start(&box);
	live(&gone);
	mitm_end();
	print_message("# %u frames\n", mitm_frames());
	assert_true(mitm_frames() > 100);
	/* the second look is on the bus too, but not in the frames */
	ta_boot(&ta);
	assert_int_equal(ta.state, BTZ_TA_READY);
	assert_true(heard(btz_span_of(box.root_spki + 27, 32)));
	assert_true(heard(btz_span_of(box.cp_spki + 27, 32)));
	check_key("plain key", &box.plain);
	check_key("issuing key", &box.issuing);
	check_key("another plain key", &gone);
}

static void
test_secrets(void **state)
{
	static const char *const auths[TA_AUTH_COUNT] = { "owner", "lockout",
		"NV index", "primary", "sealed", "root", "checkpoint" };
	uint8_t master[32], zero[32] = { 0 };

	(void)state;
	for (size_t i = 0; i < TA_AUTH_COUNT; i++) {
		assert_memory_not_equal(ta.rec.auth[i], zero, 32);
		check_secret(auths[i], ta.rec.auth[i], 32);
	}
	assert_int_equal(ta_tpm_unseal(&ta, master), BTZ_OK);
	check_secret("master", master, 32);
	check_secret("of the TEE", ta.tee_secret, 32);
	check_secret("KEK", ta.kek, 32);
	assert_int_equal(searched, TA_AUTH_COUNT + 6);
}

static int
end(void **state)
{
	(void)state;
	ta_tpm_down(&ta);
	rig_keep_answers(false);
	mitm_forget();
	box_end(&box);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_life),
		cmocka_unit_test(test_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
