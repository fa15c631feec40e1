/* SPDX-License-Identifier: Apache-2.0 */
/* test_spki.c - keys that are recognised, and ECDSA signature values. */
#include "der_help.h"
#include "wire/alg.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <string.h>

static size_t
spki_of(EVP_PKEY *k, uint8_t *out)
{
	size_t n;

	assert_non_null(k);
	n = (size_t)i2d_PUBKEY(k, &out);
	EVP_PKEY_free(k);
	return n;
}

static EVP_PKEY *
ec_with(const char *param, const char *value)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");

	assert_int_equal(EVP_PKEY_set_utf8_string_param(k, param, value), 1);
	return k;
}

/* A key of an application, but not one of a certificate. */
static void
written_back(const uint8_t *der, size_t n, uint8_t alg)
{
	uint8_t out[BTZ_SPKI_EC_MAX];
	struct btz_span bits;
	struct btz_wr wr;

	assert_int_equal(btz_spki_key_alg(btz_span_of(der, n), &bits), alg);
	btz_wr_init(&wr, out, sizeof(out));
	btz_spki_put(&wr, alg, bits.p);
	assert_true(btz_span_eq(btz_wr_span(&wr), btz_span_of(der, n)));
}

/* Keys of applications alone: known only to whoever names the algorithm. */
static void
test_named(void **state)
{
	static const struct {
		const char *type, *group;
		uint8_t alg;
	} rows[] = {
		{ "EC", "P-256", BTZ_ALG_EC_P256 },
		{ "EC", "P-384", BTZ_ALG_EC_P384 },
		{ "EC", "P-521", BTZ_ALG_EC_P521 },
		{ "ED25519", NULL, BTZ_ALG_ED25519 },
		{ "X25519", NULL, BTZ_ALG_X25519 },
	};
	static uint8_t der[2048];
	uint8_t out[BTZ_SPKI_EC_MAX];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		const size_t n = spki_of(
		    rows[i].group != NULL
			? EVP_EC_gen(rows[i].group)
			: EVP_PKEY_Q_keygen(NULL, NULL, rows[i].type),
		    der);
		struct btz_span bits;
		struct btz_wr wr;

		for (size_t k = 0; k < BTZ_COUNT(rows); k++)
			assert_int_equal(btz_spki_bits(rows[k].alg,
					     btz_span_of(der, n), &bits),
			    k == i);
		assert_false(btz_spki_bits(
		    BTZ_ALG_RSA_2048, btz_span_of(der, n), &bits));
		assert_false(
		    btz_spki_bits(rows[i].alg, btz_span_of(der, n - 1), &bits));
		assert_true(
		    btz_spki_bits(rows[i].alg, btz_span_of(der, n), &bits));
		btz_wr_init(&wr, out, sizeof(out));
		btz_spki_put(&wr, rows[i].alg, bits.p);
		assert_true(btz_span_eq(btz_wr_span(&wr), btz_span_of(der, n)));
		der[n - bits.len] ^= 2; /* 04, or the key itself */
		assert_int_equal(
		    btz_spki_bits(rows[i].alg, btz_span_of(der, n), &bits),
		    rows[i].group == NULL);
	}
}

/* Keys that OpenSSL makes and we do not take. */
static void
test_refused_keys(void **state)
{
	static uint8_t der[2048];
	struct btz_span bits, modulus, e;
	size_t n;

	(void)state;
	n = spki_of(EVP_EC_gen("P-384"), der);
	assert_false(btz_spki_rsa(btz_span_of(der, n), &modulus, &e));
	assert_int_equal(btz_spki_alg(btz_span_of(der, n), &bits), 0);
	assert_int_equal(btz_spki_key_alg(btz_span_of(der, n - 1), &bits), 0);
	written_back(der, n, BTZ_ALG_EC_P384);
	n = spki_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), der);
	assert_int_equal(btz_spki_alg(btz_span_of(der, n), &bits), 0);
	written_back(der, n, BTZ_ALG_ED25519);
	n = spki_of(EVP_RSA_gen(1024), der);
	assert_int_equal(btz_spki_alg(btz_span_of(der, n), &bits), 0);
	n = spki_of(EVP_RSA_gen(3072), der);
	assert_int_equal(btz_spki_alg(btz_span_of(der, n), &bits), 0);
	/* but a number pair for those who judge the size */
	assert_true(btz_spki_rsa(btz_span_of(der, n), &modulus, &e));
	assert_int_equal(modulus.len, 385);
	assert_int_equal(e.len, 3);
	assert_false(btz_spki_rsa(btz_span_of(der, n - 1), &modulus, &e));
	/* explicit curve parameters, compressed point */
	n = spki_of(ec_with(OSSL_PKEY_PARAM_EC_ENCODING, "explicit"), der);
	assert_int_equal(btz_spki_alg(btz_span_of(der, n), &bits), 0);
	n = spki_of(
	    ec_with(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"),
	    der);
	assert_int_equal(btz_spki_alg(btz_span_of(der, n), &bits), 0);
	assert_true(bits.p == NULL && bits.len == 0);
}

static void
test_accepted_keys(void **state)
{
	uint8_t out[128];
	struct test_key ec, rsa;
	struct btz_span bits;
	struct btz_wr wr;

	(void)state;
	key_new(&ec, false);
	key_new(&rsa, true);
	assert_int_equal(btz_spki_alg(key_spki(&ec), &bits), BTZ_ALG_EC_P256);
	assert_int_equal(bits.len, 65);
	btz_wr_init(&wr, out, sizeof(out));
	btz_spki_put_p256(&wr, bits.p);
	assert_true(btz_span_eq(btz_wr_span(&wr), key_spki(&ec)));
	assert_int_equal(btz_spki_alg(key_spki(&rsa), &bits), BTZ_ALG_RSA_2048);
	/* one byte less, one more */
	assert_int_equal(
	    btz_spki_alg(btz_span_of(ec.spki, ec.spki_len - 1), &bits), 0);
	assert_int_equal(
	    btz_spki_alg(btz_span_of(ec.spki, ec.spki_len + 1), &bits), 0);
	assert_int_equal(
	    btz_spki_alg(btz_span_of(rsa.spki, rsa.spki_len + 1), &bits), 0);
	/* even exponent: the last byte is that of 65537 */
	rsa.spki[rsa.spki_len - 1] = 0;
	assert_int_equal(btz_spki_alg(key_spki(&rsa), &bits), 0);
	EVP_PKEY_free(ec.pkey);
	EVP_PKEY_free(rsa.pkey);
}

static const struct {
	const char *name;
	struct btz_span sig;
	bool ok;
} sig_cases[] = {
	{ "nothing", { NULL, 0 }, false },
	{ "one integer", BYTES(0x30, 3, 2, 1, 1), false },
	{ "three integers", BYTES(0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1), false },
	{ "zero r", BYTES(0x30, 6, 2, 1, 0, 2, 1, 1), false },
	{ "zero s", BYTES(0x30, 6, 2, 1, 1, 2, 1, 0), false },
	{ "negative s", BYTES(0x30, 6, 2, 1, 1, 2, 1, 0x80), false },
	{ "padded r", BYTES(0x30, 7, 2, 2, 0, 1, 2, 1, 1), false },
	{ "trailing byte", BYTES(0x30, 6, 2, 1, 1, 2, 1, 1, 0), false },
	{ "r of 257 bits",
	    BYTES(0x30, 38, 2, 33, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 1),
	    false },
	{ "small but well-formed", BYTES(0x30, 6, 2, 1, 1, 2, 1, 1), true },
};

static void
test_sig(void **state)
{
	uint8_t rs[64] = { 0x80, [63] = 1 }, out[80], sig[1024];
	struct test_key k;
	struct btz_wr wr;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(sig_cases); i++) {
		print_message("# case: %s\n", sig_cases[i].name);
		assert_int_equal(
		    btz_ecdsa_sig_ok(sig_cases[i].sig), sig_cases[i].ok);
	}
	btz_wr_init(&wr, out, sizeof(out));
	btz_ecdsa_sig_put(&wr, rs);
	assert_true(btz_ecdsa_sig_ok(btz_wr_span(&wr)));
	key_new(&k, false);
	for (int i = 0; i < 50; i++) {
		size_t n = key_sign(&k, btz_span_of(&i, sizeof(i)), sig);

		assert_true(btz_ecdsa_sig_ok(btz_span_of(sig, n)));
	}
	EVP_PKEY_free(k.pkey);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_refused_keys),
		cmocka_unit_test(test_accepted_keys),
		cmocka_unit_test(test_sig),
	};

	return cmocka_run_group_tests_name("spki", tests, NULL, NULL);
}
