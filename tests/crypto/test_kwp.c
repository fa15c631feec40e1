/* SPDX-License-Identifier: Apache-2.0 */
/* test_kwp.c - wrapping and unwrapping against libcrypto, of every length; and
 * whatever is altered is refused. */
#include "crypto/kwp.h"

#include <openssl/evp.h>
#include <string.h>

#include "support/cmocka_all.h"

#define MAX 72u

static const uint8_t kek[BTZ_KWP_KEK_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static uint8_t secret[MAX];

static size_t
wrap(size_t len, uint8_t out[MAX + 16])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, end = 0;

	assert_non_null(ctx);
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	assert_int_equal(
	    EVP_EncryptInit_ex(ctx, EVP_aes_256_wrap_pad(), NULL, kek, NULL),
	    1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, secret, (int)len), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, out + n, &end), 1);
	EVP_CIPHER_CTX_free(ctx);
	return (size_t)(n + end);
}

static void
test_lengths(void **state)
{
	uint8_t wrapped[MAX + 16], ours[MAX + BTZ_KWP_MORE], out[MAX + 8];
	struct btz_err err;
	size_t n;

	(void)state;
	for (size_t i = 0; i < MAX; i++)
		secret[i] = (uint8_t)(0xff - i);
	for (size_t len = 1; len <= MAX; len++) {
		size_t w = wrap(len, wrapped);

		assert_int_equal(
		    btz_kwp_unwrap(kek, btz_span_of(wrapped, w), out, &n, &err),
		    BTZ_OK);
		assert_int_equal(n, len);
		assert_memory_equal(out, secret, len);
		assert_true(
		    btz_kwp_wrap(kek, btz_span_of(secret, len), ours, &n));
		assert_int_equal(n, w);
		assert_memory_equal(ours, wrapped, w);
	}
	assert_false(btz_kwp_wrap(kek, btz_span_of(secret, 0), ours, &n));
	assert_int_equal(n, 0);
}

static void
test_altered(void **state)
{
	static const uint8_t none[MAX + 8];
	uint8_t wrapped[MAX + 16], out[MAX + 8], other[BTZ_KWP_KEK_LEN];
	struct btz_err err;
	size_t n, w = wrap(20, wrapped);

	(void)state;
	for (size_t i = 0; i < 8 * w; i++) {
		wrapped[i / 8] ^= (uint8_t)(1u << i % 8);
		memset(out, 0x55, sizeof(out));
		assert_int_equal(
		    btz_kwp_unwrap(kek, btz_span_of(wrapped, w), out, &n, &err),
		    BTZ_E_SIGNATURE);
		assert_int_equal(n, 0);
		assert_memory_equal(out, none, w - 8);
		wrapped[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t len = 0; len <= sizeof(wrapped); len++)
		if (len != w)
			assert_int_equal(
			    btz_kwp_unwrap(
				kek, btz_span_of(wrapped, len), out, &n, &err),
			    BTZ_E_SIGNATURE);
	memcpy(other, kek, sizeof(other));
	other[31] ^= 1;
	assert_int_equal(
	    btz_kwp_unwrap(other, btz_span_of(wrapped, w), out, &n, &err),
	    BTZ_E_SIGNATURE);
}

/* Wrapped by hand with a length or padding that RFC 5649 3 does not allow. */
static void
test_padding(void **state)
{
	static const struct {
		const char *name;
		uint8_t mli, last;
	} cases[] = { { "nothing", 0, 0 }, { "longer than it is", 9, 0 },
		{ "padding not zero", 7, 1 } };
	uint8_t block[16] = { 0xa6, 0x59, 0x59, 0xa6, 0, 0, 0, 8 };
	uint8_t wrapped[16], out[8];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct btz_err err;
	size_t len;
	int n;

	(void)state;
	assert_int_equal(
	    EVP_EncryptInit_ex(ctx, EVP_aes_256_ecb(), NULL, kek, NULL), 1);
	(void)EVP_CIPHER_CTX_set_padding(ctx, 0);
	assert_int_equal(EVP_EncryptUpdate(ctx, wrapped, &n, block, 16), 1);
	assert_int_equal(
	    btz_kwp_unwrap(kek, btz_span_of(wrapped, 16), out, &len, &err),
	    BTZ_OK);
	assert_int_equal(len, 8);
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		print_message("# case: %s\n", cases[i].name);
		block[7] = cases[i].mli;
		block[15] = cases[i].last;
		assert_int_equal(
		    EVP_EncryptUpdate(ctx, wrapped, &n, block, 16), 1);
		assert_int_equal(btz_kwp_unwrap(kek, btz_span_of(wrapped, 16),
				     out, &len, &err),
		    BTZ_E_SIGNATURE);
	}
	EVP_CIPHER_CTX_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_altered),
		cmocka_unit_test(test_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
