/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind of key takes which input; names there and back. */
#include "wire/alg.h"

#include <string.h>

#include "support/cmocka_all.h"
#include "wire/limits.h"

static void
test_kind_takes(void **state)
{
	/* rows: inputs 1..7, one string per kind 1..7; 'y' is taken */
	static const char *const want[] = { "yynnnnn", "nnyynnn", "nnnynnn",
		"nnnnynn", "nnnnnny", "nnnnnnn", "nnnnnnn" };

	(void)state;
	for (uint8_t kind = 1; kind <= 7; kind++)
		for (uint8_t in = 1; in <= 7; in++) {
			print_message("# kind %u input %u\n", kind, in);
			assert_int_equal(btz_kind_takes(kind, in),
			    want[kind - 1][in - 1] == 'y');
		}
	assert_false(btz_kind_takes(0, 1));
	assert_false(btz_kind_takes(200, 1));
	assert_false(btz_kind_takes(1, 0));
	assert_false(btz_kind_takes(1, 33));
}

static void
test_sig_fits(void **state)
{
	(void)state;
	assert_true(btz_sig_fits(BTZ_ALG_EC_P256, BTZ_SIG_ECDSA_SHA256));
	assert_true(btz_sig_fits(BTZ_ALG_RSA_2048, BTZ_SIG_RSA_PSS_SHA256));
	assert_false(btz_sig_fits(BTZ_ALG_EC_P256, BTZ_SIG_RSA_PKCS1_SHA256));
	assert_false(btz_sig_fits(BTZ_ALG_RSA_2048, BTZ_SIG_ECDSA_SHA256));
	assert_false(btz_sig_fits(BTZ_ALG_EC_P256, 0));
	assert_false(btz_sig_fits(0, BTZ_SIG_ECDSA_SHA256));
	assert_false(btz_sig_fits(BTZ_ALG_EC_P256, BTZ_SIG_ALG_MAX + 1));
	assert_true(btz_sig_fits(BTZ_ALG_EC_P256, BTZ_SIG_ECDSA_SHA512));
	assert_false(btz_sig_fits(BTZ_ALG_EC_P384, BTZ_SIG_ECDSA_SHA256));
	assert_true(btz_sig_fits(BTZ_ALG_EC_P521, BTZ_SIG_ECDSA_SHA512));
	assert_false(btz_sig_fits(BTZ_ALG_EC_P521, BTZ_SIG_ECDSA_SHA384));
	assert_true(btz_sig_fits(BTZ_ALG_RSA_4096, BTZ_SIG_RSA_PSS_SHA512));
	assert_false(btz_sig_fits(BTZ_ALG_ED25519, BTZ_SIG_ECDSA_SHA256));
	assert_int_equal(btz_sig_digest_len(BTZ_SIG_ED25519), 0);
	assert_int_equal(btz_sig_digest_len(BTZ_SIG_RSA_PSS_SHA384), 48);
}

static void
test_crypt_fits(void **state)
{
	static const struct {
		uint8_t key, verb;
		uint16_t alg;
		bool fits;
	} rows[] = {
		{ BTZ_ALG_AES_128, BTZ_VERB_ENCRYPT, BTZ_CRYPT_AES_GCM, true },
		{ BTZ_ALG_AES_256, BTZ_VERB_DECRYPT, BTZ_CRYPT_AES_CTR, true },
		{ BTZ_ALG_AES_256, BTZ_VERB_MAC, BTZ_CRYPT_CMAC, true },
		{ BTZ_ALG_AES_256, BTZ_VERB_ENCRYPT, BTZ_CRYPT_CMAC, false },
		{ BTZ_ALG_AES_256, BTZ_VERB_MAC, BTZ_CRYPT_HMAC_SHA256, false },
		{ BTZ_ALG_CHACHA20, BTZ_VERB_ENCRYPT, BTZ_CRYPT_AES_GCM,
		    false },
		{ BTZ_ALG_X25519, BTZ_VERB_DERIVE, BTZ_CRYPT_ECDH, true },
		{ BTZ_ALG_EC_P384, BTZ_VERB_DERIVE, BTZ_CRYPT_ECDH, true },
		{ BTZ_ALG_ED25519, BTZ_VERB_DERIVE, BTZ_CRYPT_ECDH, false },
		{ BTZ_ALG_SECRET, BTZ_VERB_DERIVE, BTZ_CRYPT_HKDF_SHA512,
		    true },
		{ BTZ_ALG_SECRET, BTZ_VERB_DERIVE, BTZ_CRYPT_ECDH, false },
		{ 0, BTZ_VERB_DERIVE, BTZ_CRYPT_ECDH, false },
		{ BTZ_ALG_SECRET, 40, BTZ_CRYPT_HKDF_SHA512, false },
		{ BTZ_ALG_RSA_2048, BTZ_VERB_DECRYPT, BTZ_CRYPT_RSA_OAEP_SHA256,
		    true },
		{ BTZ_ALG_RSA_3072, BTZ_VERB_ENCRYPT, BTZ_CRYPT_RSA_PKCS1,
		    true },
		{ BTZ_ALG_EC_P256, BTZ_VERB_DECRYPT, BTZ_CRYPT_RSA_PKCS1,
		    false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("# case: %s, %s, verb %u\n",
		    btz_alg_name(rows[i].key), btz_crypt_name(rows[i].alg),
		    rows[i].verb);
		assert_int_equal(
		    btz_crypt_fits(rows[i].key, rows[i].verb, rows[i].alg),
		    rows[i].fits);
	}
	assert_true(btz_crypt_is_aead(BTZ_CRYPT_CHACHA20_POLY1305));
	assert_false(btz_crypt_is_aead(BTZ_CRYPT_AES_CBC));
	assert_true(btz_crypt_tells(BTZ_CRYPT_AES_CCM));
	assert_true(btz_crypt_tells(BTZ_CRYPT_RSA_OAEP_SHA512));
	assert_false(btz_crypt_tells(BTZ_CRYPT_AES_CTR));
	assert_false(btz_crypt_tells(BTZ_CRYPT_RSA_PKCS1));
	assert_false(btz_crypt_tells(BTZ_CRYPT_HMAC_SHA256));
	assert_true(btz_crypt_named_only(BTZ_CRYPT_RSA_PKCS1));
	assert_false(btz_crypt_named_only(BTZ_CRYPT_RSA_OAEP_SHA256));
	assert_int_equal(btz_crypt_nonce_len(BTZ_CRYPT_AES_CTR), 16);
	assert_int_equal(btz_hash_len(BTZ_HASH_SHA3_384), 48);
	assert_int_equal(btz_hash_len(99), 0);
	assert_int_equal(btz_alg_uses(BTZ_ALG_X25519), BTZ_USE_DERIVE);
	assert_int_equal(
	    btz_alg_uses(BTZ_ALG_CHACHA20), BTZ_USE_ENCRYPT | BTZ_USE_DECRYPT);
	assert_int_equal(btz_alg_uses(0), 0);
	assert_int_equal(btz_alg_uses(200), 0);
}

static void
test_names(void **state)
{
	(void)state;
	for (uint8_t i = 1; i <= BTZ_ALG_MAX; i++) {
		const char *n = btz_alg_name(i);

		assert_int_equal(btz_alg_by_name(n, strlen(n)), i);
	}
	for (uint8_t i = 1; i <= 7; i++) {
		const char *n = btz_kind_name(i);

		assert_int_equal(btz_kind_by_name(n, strlen(n)), i);
	}
	for (uint16_t i = 1; i <= BTZ_SIG_ALG_MAX; i++) {
		const char *n = btz_sig_name(i);

		assert_int_equal(btz_sig_by_name(n, strlen(n)), i);
	}
	for (uint16_t i = 1; i <= BTZ_CRYPT_ALG_MAX; i++) {
		const char *n = btz_crypt_name(i);

		if (strcmp(n, "?") != 0)
			assert_int_equal(btz_crypt_by_name(n, strlen(n)), i);
	}
	for (uint8_t i = 1; i <= 9; i++) {
		const char *n = btz_hash_name(i);

		assert_int_equal(btz_hash_by_name(n, strlen(n)), i);
	}
	assert_int_equal(btz_kind_by_name("plainx", 6), 0);
	assert_int_equal(btz_kind_by_name("plain", 4), 0);
	assert_string_equal(btz_protection_name(99), "?");
	assert_string_equal(btz_key_state_name(BTZ_KEY_DISABLED), "disabled");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind_takes),
		cmocka_unit_test(test_sig_fits),
		cmocka_unit_test(test_crypt_fits),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
