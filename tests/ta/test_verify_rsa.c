/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_verify_rsa.c - RSA signatures of certificate chains: keys of libcrypto
 * in three sizes, and the Wycheproof vectors ($BARTIZAN_VECTORS or
 * ../shared/vectors/wycheproof) where present.
 */
#include "support/cmocka_all.h"

#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypt.h"
#include "prim/prim.h"
#include "verify.h"

static uint8_t n_buf[520], e_buf[8], sig[512], digest[48];
static struct btz_span n_span, e_span;

static struct btz_span
number(const EVP_PKEY *key, const char *name, uint8_t *buf)
{
	BIGNUM *bn = NULL;
	int len;

	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &bn), 1);
	len = BN_bn2bin(bn, buf);
	BN_free(bn);
	return btz_span_of(buf, (size_t)len);
}

static size_t
sign(unsigned bits, const EVP_MD *md)
{
	EVP_PKEY *key = EVP_RSA_gen(bits);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t len = sizeof(sig);

	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, md), 1);
	assert_int_equal(
	    EVP_PKEY_sign(ctx, sig, &len, digest, (size_t)EVP_MD_get_size(md)),
	    1);
	n_span = number(key, OSSL_PKEY_PARAM_RSA_N, n_buf);
	e_span = number(key, OSSL_PKEY_PARAM_RSA_E, e_buf);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return len;
}

static enum btz_rc
check(enum ta_rsa_hash hash, size_t sig_len)
{
	return ta_rsa_verify(n_span, e_span, hash,
	    btz_span_of(digest, hash == TA_RSA_SHA384 ? 48 : 32),
	    btz_span_of(sig, sig_len));
}

static void
test_sizes(void **state)
{
	static const struct {
		unsigned bits;
		enum ta_rsa_hash hash;
	} rows[] = {
		{ 2048, TA_RSA_SHA256 },
		{ 2048, TA_RSA_SHA384 },
		{ 3072, TA_RSA_SHA384 },
	};

	(void)state;
	memset(digest, 0xa5, sizeof(digest));
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		bool big = rows[i].hash == TA_RSA_SHA384;
		size_t len = sign(
		    rows[i].bits, big ? EVP_sha384() : EVP_sha256());

		assert_int_equal(check(rows[i].hash, len), BTZ_OK);
		assert_int_equal(
		    check(big ? TA_RSA_SHA256 : TA_RSA_SHA384, len),
		    BTZ_E_SIGNATURE);
		assert_int_equal(check(rows[i].hash, len - 1), BTZ_E_SIGNATURE);
		digest[31] ^= 1;
		assert_int_equal(check(rows[i].hash, len), BTZ_E_SIGNATURE);
		digest[31] ^= 1;
		sig[len - 1] ^= 1;
		assert_int_equal(check(rows[i].hash, len), BTZ_E_SIGNATURE);
	}
}

static void
test_keys(void **state)
{
	static const uint8_t one[] = { 1 }, even[] = { 4 };
	size_t len = sign(2048, EVP_sha256());
	struct btz_span e = e_span, n = n_span;

	(void)state;
	assert_int_equal(check(TA_RSA_SHA256, len), BTZ_OK);
	e_span = btz_span_of(one, 1); /* s = m: anybody could sign */
	assert_int_equal(check(TA_RSA_SHA256, len), BTZ_E_UNSUPPORTED);
	e_span = btz_span_of(even, 1);
	assert_int_equal(check(TA_RSA_SHA256, len), BTZ_E_UNSUPPORTED);
	e_span = btz_span_of(e.p, 0);
	assert_int_equal(check(TA_RSA_SHA256, len), BTZ_E_UNSUPPORTED);
	e_span = e;
	n_span = btz_span_of(n.p, n.len / 2);
	assert_int_equal(check(TA_RSA_SHA256, len), BTZ_E_UNSUPPORTED);
	n_span = n;
	n_buf[255] ^= 1;
	assert_int_equal(check(TA_RSA_SHA256, len), BTZ_E_UNSUPPORTED);
}

static struct btz_span
unhex(const json_t *o, const char *name, uint8_t *buf, size_t cap)
{
	const char *hex = json_string_value(json_object_get(o, name));
	size_t n = hex == NULL ? 0 : strlen(hex) / 2;

	assert_non_null(hex);
	assert_true(n <= cap);
	assert_true(btz_unhex(btz_span_str(hex), buf, n));
	return btz_span_of(buf, n);
}

static void
check_one(const json_t *group, const json_t *test)
{
	static uint8_t msg[65536], big[8192];
	const json_t *key = json_object_get(group, "publicKey");
	const char *want = json_string_value(json_object_get(test, "result"));
	struct btz_span m = unhex(test, "msg", msg, sizeof(msg));
	enum btz_rc rc;

	assert_int_equal(ta_sha256(&m, 1, digest), BTZ_OK);
	rc = ta_rsa_verify(unhex(key, "modulus", n_buf, sizeof(n_buf)),
	    unhex(key, "publicExponent", e_buf, sizeof(e_buf)), TA_RSA_SHA256,
	    btz_span_of(digest, 32), unhex(test, "sig", big, sizeof(big)));
	if (strcmp(want, "acceptable") != 0 &&
	    (rc == BTZ_OK) != (strcmp(want, "valid") == 0))
		fail_msg("tcId %d (%s): %s, want %s",
		    (int)json_integer_value(json_object_get(test, "tcId")),
		    json_string_value(json_object_get(test, "comment")),
		    btz_rc_name(rc), want);
}

static void
test_wycheproof(void **state)
{
	const char *dir = getenv("BARTIZAN_VECTORS");
	json_t *root, *group, *test;
	char path[512];
	size_t g, i, n = 0;

	(void)state;
	(void)snprintf(path, sizeof(path),
	    "%s/rsa_signature_2048_sha256_test.json",
	    dir != NULL ? dir : BTZ_TOP "/../shared/vectors/wycheproof");
	root = json_load_file(path, 0, NULL);
	if (root == NULL)
		skip();
	json_array_foreach(json_object_get(root, "testGroups"), g, group)
	    json_array_foreach(json_object_get(group, "tests"), i, test)
	{
		check_one(group, test);
		n++;
	}
	json_decref(root);
	print_message("# %zu vectors\n", n);
	assert_true(n > 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_wycheproof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
