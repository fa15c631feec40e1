/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to the commands of application keys, good and malformed. Good ones of
 * a TPM: tests/crypto/test_contract.c. */
#include "tpm2/key.h"

#include <string.h>

#include "support/cmocka_all.h"

#define B(...)                                                                 \
	(const uint8_t[]){ __VA_ARGS__ },                                      \
	    sizeof((const uint8_t[]){ __VA_ARGS__ })

static const struct {
	const char *name;
	const struct btz_tpm_cmd *row;
	const uint8_t *in;
	size_t len;
	bool ok;
} cases[] = {
	{ "ECDSA: r too long for any curve", &btz_tpm_key_sign,
	    B(0, 0x18, 0, 0x0b, 0, 67, 1), false },
	{ "ECDSA: s cut", &btz_tpm_key_sign,
	    B(0, 0x18, 0, 0x0b, 0, 1, 1, 0, 2, 1), false },
	{ "another scheme", &btz_tpm_key_sign, B(0, 0x1a, 0, 0x0b, 0, 1, 1),
	    false },
	{ "RSA: longer than 4096 bits", &btz_tpm_key_sign,
	    B(0, 0x14, 0, 0x0b, 2, 1), false },
	{ "ECDSA", &btz_tpm_key_sign, B(0, 0x18, 0, 0x0b, 0, 1, 1, 0, 2, 1, 2),
	    true },
	{ "PSS", &btz_tpm_key_sign, B(0, 0x16, 0, 0x0c, 0, 1, 1), true },
	{ "point: bytes behind y", &btz_tpm_key_zgen,
	    B(0, 7, 0, 1, 9, 0, 1, 8, 0), false },
	{ "point", &btz_tpm_key_zgen, B(0, 6, 0, 1, 9, 0, 1, 8), true },
	{ "MAC cut", &btz_tpm_key_hmac, B(0, 3, 1, 2), false },
	{ "MAC", &btz_tpm_key_hmac, B(0, 2, 1, 2), true },
	{ "ticket of another kind", &btz_tpm_key_complete,
	    B(0, 1, 1, 0x80, 0x21, 0x40, 0, 0, 7, 0, 0), false },
	{ "end of a sequence", &btz_tpm_key_complete,
	    B(0, 1, 1, 0x80, 0x24, 0x40, 0, 0, 7, 0, 0), true },
	{ "IV too long", &btz_tpm_key_cipher,
	    B(0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
	    false },
	{ "cipher", &btz_tpm_key_cipher, B(0, 1, 5, 0, 0), true },
	{ "two rows", &btz_tpm_key_ask,
	    B(0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0), false },
	{ "neither yes nor no", &btz_tpm_key_ask, B(2, 0, 0, 0, 0, 0, 0, 0, 0),
	    false },
	{ "another list", &btz_tpm_key_ask,
	    B(0, 0, 0, 0, 6, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0), false },
	{ "algorithm", &btz_tpm_key_ask,
	    B(1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0), true },
	{ "command", &btz_tpm_key_ask,
	    B(0, 0, 0, 0, 2, 0, 0, 0, 1, 2, 0, 1, 0x5d), true },
	{ "none", &btz_tpm_key_ask, B(0, 0, 0, 0, 2, 0, 0, 0, 0), true },
	{ "private part longer than any", &btz_tpm_key_import, B(6, 0x41),
	    false },
	{ "imported", &btz_tpm_key_import, B(0, 1, 1), true },
};

static union {
	struct btz_tpm_key_blob blob;
	struct btz_tpm_out_key_sign sign;
	struct btz_tpm_out_key_data data;
	struct btz_tpm_out_key_cipher cipher;
	struct btz_tpm_out_key_ask ask;
} out;

static void
test_answers(void **state)
{
	struct btz_rd rd;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		print_message("# case: %s\n", cases[i].name);
		memset(&out, 0, sizeof(out));
		btz_rd_init(&rd, cases[i].in, cases[i].len);
		assert_int_equal(
		    cases[i].row->get(&rd, &out) && btz_rd_end(&rd),
		    cases[i].ok);
		assert_true(cases[i].row->out_size <= sizeof(out));
	}
	assert_int_equal(out.blob.priv_len, 1);
}

static void
test_values(void **state)
{
	static const uint8_t sign[] = { 0, 0x18, 0, 0x0b, 0, 1, 4, 0, 2, 5, 6 },
			     cmd[] = { 0, 0, 0, 0, 2, 0, 0, 0, 1, 2, 0x40, 1,
				     0x5d };
	struct btz_rd rd;

	(void)state;
	btz_rd_init(&rd, sign, sizeof(sign));
	assert_true(btz_tpm_key_sign.get(&rd, &out));
	assert_int_equal(out.sign.len, 1);
	assert_int_equal(out.sign.b[0], 4);
	assert_int_equal(out.sign.s_len, 2);
	assert_int_equal(out.sign.s[1], 6);
	btz_rd_init(&rd, cmd, sizeof(cmd));
	assert_true(btz_tpm_key_ask.get(&rd, &out));
	assert_int_equal(out.ask.id, BTZ_TPM_CC_SIGN); /* without attributes */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
