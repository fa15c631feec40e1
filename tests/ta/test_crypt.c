/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_crypt.c - hash, HMAC and ECDH of the table that the TPM layer asks, against
 * libcrypto, with keys around the lengths where they are padded or hashed.
 */
#include "support/cmocka_all.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "crypt.h"
#include "tpm2/spec.h"

static const struct {
	uint16_t alg;
	size_t len;
	const EVP_MD *(*md)(void);
} rows[] = {
	{ BTZ_TPM_ALG_SHA256, 32, EVP_sha256 },
	{ BTZ_TPM_ALG_SHA384, 48, EVP_sha384 },
};

static uint8_t text[300];
/* in three parts, one of them empty */
static const struct btz_span parts[] = { { text, 100 }, { text, 0 },
	{ text + 100, 200 } };

static void
test_hash(void **state)
{
	(void)state;
	for (size_t r = 0; r < BTZ_COUNT(rows); r++) {
		uint8_t got[48], want[48];

		assert_int_equal(ta_tpm_crypto.hash(NULL, rows[r].alg, parts,
				     BTZ_COUNT(parts), got),
		    BTZ_OK);
		assert_int_equal(EVP_Digest(text, sizeof(text), want, NULL,
				     rows[r].md(), NULL),
		    1);
		assert_memory_equal(got, want, rows[r].len);
	}
}

static void
test_hmac(void **state)
{
	static const size_t lens[] = { 0, 1, 31, 32, 48, 63, 64, 65, 96, 127,
		128, 129, 200 };
	uint8_t key[200];

	(void)state;
	memset(key, 0x5a, sizeof(key));
	for (size_t i = 0; i < 2 * BTZ_COUNT(lens); i++) {
		size_t r = i % 2, len = lens[i / 2];
		uint8_t got[48], want[48];

		assert_int_equal(
		    ta_tpm_crypto.hmac(NULL, rows[r].alg, btz_span_of(key, len),
			parts, BTZ_COUNT(parts), got),
		    BTZ_OK);
		assert_non_null(HMAC(rows[r].md(), key, (int)len, text,
		    sizeof(text), want, NULL));
		assert_memory_equal(got, want, rows[r].len);
	}
}

/* The peer is libcrypto: it derives the same z from the point that comes. */
static void
agree(uint16_t curve, const char *group, size_t n)
{
	EVP_PKEY *peer = EVP_EC_gen(group), *own = EVP_PKEY_new();
	EVP_PKEY_CTX *ctx;
	uint8_t *point = NULL, xy[97] = { 4 }, z[48], want[48];
	size_t len = sizeof(want);

	assert_int_equal(
	    EVP_PKEY_get1_encoded_public_key(peer, &point), 1 + 2 * n);
	assert_int_equal(ta_tpm_crypto.ecdh(NULL, curve, point + 1,
			     point + 1 + n, xy + 1, xy + 1 + n, z),
	    BTZ_OK);
	assert_int_equal(EVP_PKEY_copy_parameters(own, peer), 1);
	assert_int_equal(
	    EVP_PKEY_set1_encoded_public_key(own, xy, 1 + 2 * n), 1);
	ctx = EVP_PKEY_CTX_new(peer, NULL);
	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, own), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, want, &len), 1);
	assert_int_equal(len, n);
	assert_memory_equal(z, want, n);
	point[n] ^= 1; /* off the curve */
	assert_int_equal(ta_tpm_crypto.ecdh(NULL, curve, point + 1,
			     point + 1 + n, xy + 1, xy + 1 + n, z),
	    BTZ_E_TPM_FORMAT);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
	EVP_PKEY_free(peer);
	OPENSSL_free(point);
}

static void
test_ecdh(void **state)
{
	(void)state;
	agree(BTZ_TPM_ECC_P256, "P-256", 32);
	agree(BTZ_TPM_ECC_P384, "P-384", 48);
}

static void
test_unknown(void **state)
{
	uint8_t out[48];

	(void)state;
	assert_int_equal(
	    ta_tpm_crypto.hash(NULL, 0x000d, parts, 1, out), BTZ_E_UNSUPPORTED);
	assert_int_equal(
	    ta_tpm_crypto.hmac(NULL, 0x000d, parts[0], parts, 1, out),
	    BTZ_E_UNSUPPORTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_ecdh),
		cmocka_unit_test(test_unknown),
	};

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)i;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
