/* SPDX-License-Identifier: Apache-2.0 */
/* test_killed.c - a service that is killed between two requests has lost
 * nothing of what it acknowledged about keys (at any moment: tests/crash). */
#include <string.h>

#include "crypto/lifebox.h"
#include "support/cmocka_all.h"

/* Killed after every acknowledgement, and while a record is waited for. */
static void
test_killed(void **state)
{
	uint8_t id[BTZ_ID_LEN], other[BTZ_ID_LEN];
	struct life_sig s[4];

	(void)state;
	life_generate(&life.app, "k", id);
	life_restart();
	assert_int_equal(life_sign(&life.app, id, &s[1]), BTZ_OK);
	for (uint32_t v = 2; v <= 3; v++) {
		assert_int_equal(
		    btz_kms_rotate(&life.app, id, &life.key, &life.err),
		    BTZ_OK);
		life_restart();
		assert_int_equal(life_sign(&life.app, id, &s[v]), BTZ_OK);
	}
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_LABEL, 0, "a=b"), BTZ_OK);
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_DISABLE, 3, ""), BTZ_OK);
	life_restart();
	assert_int_equal(
	    btz_kms_export_public(&life.app, id, &life.key, &life.err), BTZ_OK);
	assert_int_equal(life.key.version, 2);
	assert_true(btz_span_eq(life.key.labels, btz_span_str("a=b\n")));
	assert_int_equal(life_verify(&life.app, id, &s[1]), BTZ_OK);
	assert_int_equal(life_verify(&life.app, id, &s[3]), BTZ_E_SIGNATURE);
	/* Not acknowledged: not there, or there whole. */
	btz_auditor_delay(life.audit, 300);
	for (int i = 0; i < 2; i++) {
		life.app.timeout_ms = 100;
		assert_int_not_equal(
		    btz_kms_rotate(&life.app, id, &life.key, &life.err),
		    BTZ_OK);
		life_restart();
		assert_int_equal(
		    btz_kms_export_public(&life.app, id, &life.key, &life.err),
		    BTZ_OK);
		assert_int_equal(life.key.version, 2);
		btz_auditor_delay(life.audit, 300);
	}
	btz_auditor_delay(life.audit, 0);
	life_generate(&life.app, "other", other);
	assert_int_equal(btz_kms_destroy(&life.app, other, &life.err), BTZ_OK);
	life_restart();
	assert_int_equal(life_sign(&life.app, other, NULL), BTZ_E_KEY_STATE);
	assert_int_equal(life_sign(&life.app, id, NULL), BTZ_OK);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, life_setup, life_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
