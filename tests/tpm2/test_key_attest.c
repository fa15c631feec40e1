/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_key_attest.c - areas of the RSA endorsement key, and answers that are
 * no answers; with a TPM: tests/crypto/test_tpm_attest.c.
 */
#include <string.h>

#include "support/cmocka_all.h"
#include "tpm2/key.h"

static size_t template(uint8_t out[512])
{
	struct btz_wr wr;

	btz_wr_init(&wr, out, 512);
	btz_tpm_keyform_ek_write(&wr);
	assert_true(btz_wr_ok(&wr));
	return wr.len;
}

/* TCG EK Credential Profile, B.3.3 template L-1: all but the 256 zeros */
static void
test_template(void **state)
{
	static const uint8_t head[] = { 0x00, 0x01, 0x00, 0x0b, 0x00, 0x03,
		0x00, 0xb2, 0x00, 0x20, 0x83, 0x71, 0x97, 0x67, 0x44, 0x84,
		0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
		0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1,
		0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa, 0x00, 0x06, 0x00, 0x80,
		0x00, 0x43, 0x00, 0x10, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x01, 0x00 };
	uint8_t area[512];

	(void)state;
	assert_int_equal(template(area), sizeof(head) + 256);
	assert_memory_equal(area, head, sizeof(head));
}

/* Every octet in front of the modulus counts, and the length does. */
static void
test_parse(void **state)
{
	uint8_t area[512];
	const size_t len = template(area);
	struct btz_span n;

	(void)state;
	area[len - 1] = 0xa5;
	assert_true(btz_tpm_keyform_ek_parse(btz_span_of(area, len), &n));
	assert_int_equal(n.len, 256);
	assert_int_equal(n.p[255], 0xa5);
	for (size_t i = 0; i < len - 256; i++) {
		area[i] ^= 1;
		assert_false(
		    btz_tpm_keyform_ek_parse(btz_span_of(area, len), &n));
		area[i] ^= 1;
	}
	for (size_t cut = 0; cut < len; cut++)
		assert_false(
		    btz_tpm_keyform_ek_parse(btz_span_of(area, cut), &n));
	assert_false(btz_tpm_keyform_ek_parse(btz_span_of(area, len + 1), &n));
}

/* Parameters of answers; false: refused. */
static const struct {
	const char *name;
	const struct btz_tpm_cmd *row;
	uint8_t bytes[40];
	size_t len;
	bool ok;
} answers[] = {
	{ "credential", &btz_tpm_key_activate, { 0, 2, 7, 8 }, 4, true },
	{ "credential, empty", &btz_tpm_key_activate, { 0, 0 }, 2, false },
	{ "credential, too long", &btz_tpm_key_activate, { 0, 65 }, 40, false },
	{ "credential, cut", &btz_tpm_key_activate, { 0, 3, 7, 8 }, 4, false },
	{ "policy session", &btz_tpm_key_policy, { 0, 2, 1, 1 }, 4, true },
	{ "policy session, nonce", &btz_tpm_key_policy, { 0, 33 }, 40, false },
	{ "PolicySecret", &btz_tpm_key_policy_secret,
	    { 0, 0, 0x80, 0x23, 0x40, 0, 0, 7, 0, 0 }, 10, true },
	{ "PolicySecret, cut", &btz_tpm_key_policy_secret,
	    { 0, 0, 0x80, 0x23, 0x40, 0, 0, 7, 0 }, 9, false },
	{ "EK", &btz_tpm_key_primary,
	    { 0, 1, 5, 0, 0, 0, 0, 0x80, 0x21, 0x40, 0, 0, 7, 0, 0, 0, 1, 6 },
	    18, true },
	{ "EK, ticket", &btz_tpm_key_primary,
	    { 0, 1, 5, 0, 0, 0, 0, 0x80, 0x22, 0x40, 0, 0, 7, 0, 0, 0, 1, 6 },
	    18, false },
	{ "EK, no Name", &btz_tpm_key_primary,
	    { 0, 1, 5, 0, 0, 0, 0, 0x80, 0x21, 0x40, 0, 0, 7, 0, 0, 0, 0 }, 17,
	    false },
	{ "EK, no area", &btz_tpm_key_primary,
	    { 0, 0, 0, 0, 0, 0, 0x80, 0x21, 0x40, 0, 0, 7, 0, 0, 0, 1, 6 }, 17,
	    false },
};

static void
test_answers(void **state)
{
	union {
		struct btz_tpm_out_key_primary primary;
		struct btz_tpm_out_data data;
		struct btz_tpm_out_load load;
	} out;
	struct btz_rd rd;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(answers); i++) {
		print_message("# case: %s\n", answers[i].name);
		memset(&out, 0, sizeof(out));
		btz_rd_init(&rd, answers[i].bytes, answers[i].len);
		assert_int_equal(answers[i].row->get(&rd, &out), answers[i].ok);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_template),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
