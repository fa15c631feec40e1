/* SPDX-License-Identifier: Apache-2.0 */
/* test_recovery.c - what is no recovery key, and the form of what is sealed to
 * one. That it opens again: tests/cli/test_recovery.c. */
#include "crypto/recovery.h"

#include <string.h>

#include "support/cmocka_all.h"
#include "wire/msg_backup.h"

/* The generator of P-256. */
#define GOOD                                                                   \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg" \
	"9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q=="

static const struct {
	const char *name, *text;
	enum btz_rc rc;
} cases[] = {
	{ "none", "", BTZ_E_RECOVERY_KEY },
	{ "short", "MFkw", BTZ_E_CONFIG },
	{ "not base64",
	    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6z"
	    "Og9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9*==",
	    BTZ_E_CONFIG },
	{ "bits behind the end",
	    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6z"
	    "Og9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9R==",
	    BTZ_E_CONFIG },
	{ "not on the curve",
	    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6z"
	    "Og9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9A==",
	    BTZ_E_CONFIG },
	{ "good", GOOD, BTZ_OK },
};

static void
test_texts(void **state)
{
	uint8_t out[512];
	struct btz_err err;
	struct btz_wr wr;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		print_message("# case: %s\n", cases[i].name);
		btz_wr_init(&wr, out, sizeof(out));
		assert_int_equal(btz_recovery_seal(cases[i].text,
				     btz_span_str("plain"), &wr, &err),
		    cases[i].rc);
	}
}

static void
test_form(void **state)
{
	uint8_t one[512], two[512];
	const size_t want = BTZ_BACKUP_HEAD + 5 + BTZ_BACKUP_TAG;
	struct btz_err err;
	struct btz_wr wr;

	(void)state;
	btz_wr_init(&wr, one, sizeof(one));
	assert_int_equal(
	    btz_recovery_seal(GOOD, btz_span_str("plain"), &wr, &err), BTZ_OK);
	assert_int_equal(wr.len, want);
	assert_memory_equal(one, "BTZR\2\0", 6);
	assert_int_equal(one[38], 4); /* uncompressed */
	assert_null(memmem(one, wr.len, "plain", 5));
	btz_wr_init(&wr, two, sizeof(two));
	assert_int_equal(
	    btz_recovery_seal(GOOD, btz_span_str("plain"), &wr, &err), BTZ_OK);
	assert_memory_equal(one, two, 38);
	assert_memory_not_equal(one + 39, two + 39, BTZ_BACKUP_POINT - 1);
	btz_wr_init(&wr, two, want - 1);
	assert_int_not_equal(
	    btz_recovery_seal(GOOD, btz_span_str("plain"), &wr, &err), BTZ_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
