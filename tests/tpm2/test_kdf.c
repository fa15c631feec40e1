/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_kdf.c - KDFa, KDFe and CFB against libcrypto's own KBKDF, SSKDF and
 * AES-128-CFB, which share no code with ours.
 */
#include "support/cmocka_all.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

#include "support/tpm_crypto_ossl.h"
#include "tpm2/kdf.h"
#include "tpm2/secret.h"
#include "tpm2/spec.h"

static const struct btz_tpm_crypto *const c = &btz_tpm_crypto_ossl;

static const struct {
	const char *name;
	uint16_t alg;
	const char *label;
	size_t key, u, v, out;
} kdf_rows[] = {
	{ "session key", BTZ_TPM_ALG_SHA256, "ATH", 32, 32, 32, 32 },
	{ "session key, SHA-384 salt", BTZ_TPM_ALG_SHA256, "ATH", 48, 32, 32,
	    32 },
	{ "CFB key and IV", BTZ_TPM_ALG_SHA256, "CFB", 64, 32, 32, 32 },
	{ "two blocks", BTZ_TPM_ALG_SHA256, "CFB", 32, 32, 32, 64 },
	{ "odd length", BTZ_TPM_ALG_SHA256, "X", 32, 1, 0, 33 },
	{ "salt P-256", BTZ_TPM_ALG_SHA256, "SECRET", 32, 32, 32, 32 },
	{ "salt P-384", BTZ_TPM_ALG_SHA384, "SECRET", 48, 48, 48, 48 },
	{ "SHA-384, two blocks", BTZ_TPM_ALG_SHA384, "STORAGE", 48, 48, 0, 64 },
};

static void
fill(uint8_t *p, size_t len, uint8_t seed)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(seed + 7 * i);
}

static void
derive_ossl(const char *kdf, OSSL_PARAM *params, uint8_t *out, size_t len)
{
	EVP_KDF *k = EVP_KDF_fetch(NULL, kdf, NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(k);

	assert_non_null(ctx);
	assert_int_equal(EVP_KDF_derive(ctx, out, len, params), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(k);
}

static char *
digest_name(uint16_t alg)
{
	static char sha256[] = "SHA256", sha384[] = "SHA384";

	return alg == BTZ_TPM_ALG_SHA256 ? sha256 : sha384;
}

static void
kdfa_as_kbkdf(void **state)
{
	static char mac[] = "HMAC", mode[] = "COUNTER";

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(kdf_rows); i++) {
		uint8_t key[64], info[96], label[16], mine[64], ref[64];
		size_t u = kdf_rows[i].u, v = kdf_rows[i].v;
		size_t len = kdf_rows[i].out;
		struct btz_span ctx[2] = { { info, u }, { info + u, v } };
		OSSL_PARAM p[7];

		print_message("# case: %s\n", kdf_rows[i].name);
		fill(key, sizeof(key), 1);
		fill(info, sizeof(info), 0x55);
		memcpy(label, kdf_rows[i].label, strlen(kdf_rows[i].label));
		p[0] = OSSL_PARAM_construct_utf8_string("mac", mac, 0);
		p[1] = OSSL_PARAM_construct_utf8_string("mode", mode, 0);
		p[2] = OSSL_PARAM_construct_utf8_string(
		    "digest", digest_name(kdf_rows[i].alg), 0);
		p[3] = OSSL_PARAM_construct_octet_string(
		    "key", key, kdf_rows[i].key);
		p[4] = OSSL_PARAM_construct_octet_string(
		    "salt", label, strlen(kdf_rows[i].label));
		p[5] = OSSL_PARAM_construct_octet_string("info", info, u + v);
		p[6] = OSSL_PARAM_construct_end();
		derive_ossl("KBKDF", p, ref, len);
		assert_int_equal(btz_tpm_kdfa(c, kdf_rows[i].alg,
				     btz_span_of(key, kdf_rows[i].key),
				     kdf_rows[i].label, ctx, mine, len),
		    BTZ_OK);
		assert_memory_equal(mine, ref, len);
	}
}

static void
kdfe_as_sskdf(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(kdf_rows); i++) {
		uint8_t z[64], info[128], mine[64], ref[64];
		size_t l = strlen(kdf_rows[i].label) + 1;
		size_t u = kdf_rows[i].u, v = kdf_rows[i].v;
		size_t len = kdf_rows[i].out;
		struct btz_span ctx[2] = { { info + l, u },
			{ info + l + u, v } };
		OSSL_PARAM p[4];

		print_message("# case: %s\n", kdf_rows[i].name);
		fill(z, sizeof(z), 9);
		fill(info, sizeof(info), 0x33);
		memcpy(info, kdf_rows[i].label, l);
		p[0] = OSSL_PARAM_construct_utf8_string(
		    "digest", digest_name(kdf_rows[i].alg), 0);
		p[1] = OSSL_PARAM_construct_octet_string(
		    "key", z, kdf_rows[i].key);
		p[2] = OSSL_PARAM_construct_octet_string(
		    "info", info, l + u + v);
		p[3] = OSSL_PARAM_construct_end();
		derive_ossl("SSKDF", p, ref, len);
		assert_int_equal(btz_tpm_kdfe(c, kdf_rows[i].alg,
				     btz_span_of(z, kdf_rows[i].key),
				     kdf_rows[i].label, ctx, mine, len),
		    BTZ_OK);
		assert_memory_equal(mine, ref, len);
	}
}

static void
kdf_refuses(void **state)
{
	uint8_t out[80];
	struct btz_span none[2] = { { out, 0 }, { out, 0 } };

	(void)state;
	assert_int_equal(btz_tpm_kdfa(c, 0x0004, none[0], "ATH", none, out, 20),
	    BTZ_E_INVAL);
	assert_int_equal(
	    btz_tpm_kdfa(c, BTZ_TPM_ALG_SHA256, none[0], "ATH", none, out, 65),
	    BTZ_E_INVAL);
	assert_int_equal(
	    btz_tpm_kdfe(c, BTZ_TPM_ALG_SHA256, none[0], "ATH", none, out, 0),
	    BTZ_E_INVAL);
}

static void
cfb_as_openssl(void **state)
{
	static const size_t lens[] = { 0, 1, 15, 16, 17, 32, 100 };
	uint8_t key[16], iv[16], plain[100], mine[100], ref[100];

	(void)state;
	fill(key, 16, 3);
	fill(iv, 16, 4);
	fill(plain, sizeof(plain), 5);
	for (size_t i = 0; i < BTZ_COUNT(lens); i++) {
		EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
		int n = 0;

		print_message("# case: %zu octets\n", lens[i]);
		assert_int_equal(
		    EVP_EncryptInit_ex(x, EVP_aes_128_cfb128(), NULL, key, iv),
		    1);
		assert_int_equal(
		    EVP_EncryptUpdate(x, ref, &n, plain, (int)lens[i]), 1);
		EVP_CIPHER_CTX_free(x);
		memcpy(mine, plain, sizeof(mine));
		assert_int_equal(
		    btz_tpm_cfb(c, key, iv, true, mine, lens[i]), BTZ_OK);
		assert_memory_equal(mine, ref, lens[i]);
		assert_int_equal(
		    btz_tpm_cfb(c, key, iv, false, mine, lens[i]), BTZ_OK);
		assert_memory_equal(mine, plain, sizeof(mine));
	}
}

/* The HMAC of an answer, put together a second time by EVP_MAC. */
static void
mac_as_openssl(void **state)
{
	struct btz_tpm_session s = { .crypto = c };
	struct btz_tpm_call call = { .auth_len = 20 };
	uint8_t hash[32], key[52], data[97], mine[32], ref[32];
	size_t n = 0;

	(void)state;
	fill(s.key, 32, 11);
	fill(s.nonce_tpm, 32, 12);
	fill(call.nonce_caller, 32, 13);
	fill(call.auth, 32, 14);
	fill(hash, 32, 15);
	memcpy(key, s.key, 32);
	memcpy(key + 32, call.auth, 20);
	memcpy(data, hash, 32);
	memcpy(data + 32, s.nonce_tpm, 32);
	memcpy(data + 64, call.nonce_caller, 32);
	data[96] = 0x61;
	assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key,
	    sizeof(key), data, sizeof(data), ref, sizeof(ref), &n));
	assert_int_equal(
	    btz_tpm_mac(&s, &call, BTZ_TPM_FROM_TPM, hash, 0x61, mine), BTZ_OK);
	assert_memory_equal(mine, ref, 32);
	memcpy(data + 32, call.nonce_caller, 32);
	memcpy(data + 64, s.nonce_tpm, 32);
	assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key,
	    sizeof(key), data, sizeof(data), ref, sizeof(ref), &n));
	assert_int_equal(
	    btz_tpm_mac(&s, &call, BTZ_TPM_TO_TPM, hash, 0x61, mine), BTZ_OK);
	assert_memory_equal(mine, ref, 32);
}

static void
compare_and_strip(void **state)
{
	static const uint8_t a[4] = { 1, 2, 0, 0 }, b[4] = { 1, 2, 0, 1 };
	static const uint8_t zero[3] = { 0, 0, 0 };

	(void)state;
	assert_false(btz_tpm_ct_eq(a, b, 4));
	assert_true(btz_tpm_ct_eq(a, b, 3));
	assert_int_equal(btz_tpm_auth_len(btz_span_of(a, 4)), 2);
	assert_int_equal(btz_tpm_auth_len(btz_span_of(b, 4)), 4);
	assert_int_equal(btz_tpm_auth_len(btz_span_of(zero, 3)), 0);
	assert_int_equal(btz_tpm_auth_len(btz_span_of(NULL, 0)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kdf_refuses),
		cmocka_unit_test(kdfa_as_kbkdf),
		cmocka_unit_test(kdfe_as_sskdf),
		cmocka_unit_test(cfb_as_openssl),
		cmocka_unit_test(mac_as_openssl),
		cmocka_unit_test(compare_and_strip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
