/* SPDX-License-Identifier: Apache-2.0 */
/* Public areas of application keys: bytes of Part 2 12.2.4, and what is taken
 * for one. That a TPM takes them: tests/crypto/test_contract.c. */
#include "tpm2/key.h"

#include <string.h>

#include "support/cmocka_all.h"
#include "support/tpm_crypto_ossl.h"
#include "tpm2/kdf.h"

static const struct btz_span none = { NULL, 0 };

static const struct {
	const char *name;
	struct btz_tpm_keyform form;
	const char *bytes; /* of a template */
	size_t len;
} rows[] = {
	{ "P-256", { BTZ_TPM_ALG_ECC, BTZ_TPM_ECC_P256, 0, 0x40472 },
	    "\x00\x23\x00\x0b\x00\x04\x04\x72\x00\x00\x00\x10\x00\x10\x00\x03"
	    "\x00\x10\x00\x00\x00\x00",
	    22 },
	{ "RSA 2048", { BTZ_TPM_ALG_RSA, 0, 2048, 0x60472 },
	    "\x00\x01\x00\x0b\x00\x06\x04\x72\x00\x00\x00\x10\x00\x10\x08\x00"
	    "\x00\x00\x00\x00\x00\x00",
	    22 },
	{ "AES 256", { BTZ_TPM_ALG_SYMCIPHER, 0, 256, 0x60472 },
	    "\x00\x25\x00\x0b\x00\x06\x04\x72\x00\x00\x00\x06\x01\x00\x00\x10"
	    "\x00\x00",
	    18 },
	{ "HMAC", { BTZ_TPM_ALG_KEYEDHASH, 0, 0, 0x60472 },
	    "\x00\x08\x00\x0b\x00\x06\x04\x72\x00\x00\x00\x10\x00\x00", 14 },
};

static void
test_templates(void **state)
{
	uint8_t buf[64];
	struct btz_wr wr;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: %s\n", rows[i].name);
		btz_wr_init(&wr, buf, sizeof(buf));
		btz_tpm_keyform_write(&wr, &rows[i].form, none, none);
		assert_true(btz_wr_ok(&wr));
		assert_int_equal(wr.len, rows[i].len);
		assert_memory_equal(buf, rows[i].bytes, wr.len);
	}
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_tpm_keyform_write(
	    &wr, &(struct btz_tpm_keyform){ .type = 0x10 }, none, none);
	assert_false(btz_wr_ok(&wr));
}

static void
check_parse(const struct btz_tpm_keyform *f, size_t n, bool two)
{
	uint8_t key[256], buf[320];
	struct btz_tpm_keyform other = *f;
	struct btz_span area, x, y;
	struct btz_wr wr;

	memset(key, 0x5a, sizeof(key));
	btz_wr_init(&wr, buf, sizeof(buf) - 1);
	btz_tpm_keyform_write(
	    &wr, f, btz_span_of(key, n), btz_span_of(key, two ? n : 0));
	area = btz_wr_span(&wr);
	assert_true(btz_tpm_keyform_parse(f, area, &x, &y));
	assert_int_equal(x.len, n);
	assert_int_equal(y.len, two ? n : 0);
	for (size_t i = 0; i < area.len - (two ? 2 : 1) * (n + 2);
	     i++) { /* each field */
		buf[i] ^= 1;
		assert_false(btz_tpm_keyform_parse(f, area, &x, &y));
		buf[i] ^= 1;
	}
	for (size_t i = 0; i < area.len; i++)
		assert_false(
		    btz_tpm_keyform_parse(f, btz_span_of(area.p, i), &x, &y));
	buf[area.len] = 0;
	assert_false(btz_tpm_keyform_parse(
	    f, btz_span_of(area.p, area.len + 1), &x, &y));
	other.attrs ^= BTZ_TPM_OA_FIXED_TPM;
	assert_false(btz_tpm_keyform_parse(&other, area, &x, &y));
	btz_wr_init(&wr, buf, sizeof(buf)); /* a coordinate that is short */
	btz_tpm_keyform_write(
	    &wr, f, btz_span_of(key, n - 1), btz_span_of(key, two ? n : 0));
	assert_false(btz_tpm_keyform_parse(f, btz_wr_span(&wr), &x, &y));
}

static void
test_parse(void **state)
{
	(void)state;
	check_parse(&rows[0].form, 32, true);
	check_parse(&rows[2].form, 32, false);
	check_parse(&rows[3].form, 32, false);
}

/* Opened as a TPM opens it: Part 1, 23.3.2.2 the other way round. */
static void
test_wrap(void **state)
{
	const struct btz_tpm_crypto *c = &btz_tpm_crypto_ossl;
	const uint8_t secret[] = { 1, 2, 3 }, auth[] = { 7, 7 },
		      key[16] = { 3 };
	static const uint8_t iv[16],
	    want[] = { 0, 13, 0, 0x23, 0, 2, 7, 7, 0, 0, 0, 3, 1, 2, 3 };
	const struct btz_tpm_keysecret s = { .type = BTZ_TPM_ALG_ECC,
		.auth = { auth, sizeof(auth) },
		.secret = { secret, sizeof(secret) } };
	const struct btz_tpm_name name = { .len = 34, .b = { 0, 0x0b, 9 } };
	const struct btz_span parts[] = { { want, sizeof(want) },
		{ name.b, name.len } };
	uint8_t buf[200], digest[32];
	struct btz_wr wr;

	(void)state;
	btz_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(btz_tpm_keyform_wrap(c, &s, &name, key, &wr), BTZ_OK);
	assert_int_equal(wr.len, 34 + sizeof(want));
	assert_int_equal(btz_tpm_cfb(c, key, iv, false, buf, wr.len), BTZ_OK);
	assert_int_equal(
	    c->hash(c->arg, BTZ_TPM_ALG_SHA256, parts, 2, digest), BTZ_OK);
	assert_int_equal(buf[0] << 8 | buf[1], 32);
	assert_memory_equal(buf + 2, digest, 32);
	assert_memory_equal(buf + 34, want, sizeof(want));
	btz_wr_init(&wr, buf, 40);
	assert_int_equal(
	    btz_tpm_keyform_wrap(c, &s, &name, key, &wr), BTZ_E_TOOBIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_templates),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
