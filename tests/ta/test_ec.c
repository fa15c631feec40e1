/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ec.c - the table of key algorithms, row by row: what was generated
 * loads and signs, a public half of another key does not load.
 */
#include "support/cmocka_all.h"

#include <string.h>

#include "ec.h"

static const uint8_t algs[] = { BTZ_ALG_EC_P256, BTZ_ALG_EC_P384,
	BTZ_ALG_EC_P521, BTZ_ALG_ED25519 };

struct pair {
	uint8_t secret[TA_EC_SECRET_MAX], pub[TA_EC_PUB_MAX];
};

static const uint8_t text[TA_EC_DIGEST_MAX] = { 0x5e, 1, 2, 3 };

/* Both sides of an agreement come to the same. */
static void
check_agree(const struct ta_ec *e, TEE_ObjectHandle key, const uint8_t *pub)
{
	struct pair peer = { { 0 }, { 0 } };
	uint8_t z[TA_EC_SECRET_MAX], again[TA_EC_SECRET_MAX];
	TEE_ObjectHandle other;

	assert_int_equal(e->generate(e, peer.secret, peer.pub), BTZ_OK);
	assert_int_equal(e->load(e, peer.secret, peer.pub, &other), BTZ_OK);
	assert_int_equal(e->agree(e, key, peer.pub, z), BTZ_OK);
	assert_int_equal(e->agree(e, other, pub, again), BTZ_OK);
	assert_memory_equal(z, again, e->secret);
	TEE_FreeTransientObject(other);
}

static void
check_row(const struct ta_ec *e)
{
	struct btz_span in = btz_span_of(
	    text, e->digest != 0 ? e->digest : sizeof(text));
	struct pair a = { { 0 }, { 0 } }, b = { { 0 }, { 0 } };
	uint8_t sig[TA_EC_SIG_MAX];
	TEE_ObjectHandle key;

	assert_int_equal(e->generate(e, a.secret, a.pub), BTZ_OK);
	assert_int_equal(e->generate(e, b.secret, b.pub), BTZ_OK);
	assert_memory_not_equal(a.pub, b.pub, e->pub);
	assert_int_equal(e->load(e, a.secret, b.pub, &key), BTZ_E_KEY_BLOB);
	assert_int_equal(e->load(e, a.secret, a.pub, &key), BTZ_OK);
	assert_int_equal(e->sign(e, key, in, sig), BTZ_OK);
	assert_int_equal(e->verify(e, a.pub, in, sig), BTZ_OK);
	assert_int_equal(e->verify(e, b.pub, in, sig), BTZ_E_SIGNATURE);
	sig[e->sig_len - 20] ^= 1;
	assert_int_equal(e->verify(e, a.pub, in, sig), BTZ_E_SIGNATURE);
	in.len--;
	assert_int_equal(e->sign(e, key, in, sig),
	    e->digest != 0 ? BTZ_E_DIGEST_LEN : BTZ_OK);
	if (e->agree != NULL)
		check_agree(e, key, a.pub);
	TEE_FreeTransientObject(key);
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(algs); i++) {
		const struct ta_ec *e = ta_ec_of(algs[i]);

		print_message("# %s\n", btz_alg_name(algs[i]));
		assert_non_null(e);
		assert_true(btz_sig_fits(e->alg, e->sig));
		assert_int_equal(btz_sig_digest_len(e->sig), e->digest);
		check_row(e);
	}
	assert_null(ta_ec_of(0));
	assert_null(ta_ec_of(BTZ_ALG_RSA_2048));
}

/* RFC 8032 7.1, TEST 2 */
static void
test_ed25519_known(void **state)
{
	static const uint8_t seed[32] = { 0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff,
		0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f,
		0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c,
		0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb };
	static const uint8_t pub[32] = { 0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43,
		0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
		0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd,
		0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c };
	static const uint8_t want[4] = { 0x92, 0xa0, 0x09, 0xa9 };
	const struct ta_ec *e = ta_ec_of(BTZ_ALG_ED25519);
	const uint8_t message[1] = { 0x72 };
	uint8_t sig[TA_EC_SIG_MAX];
	TEE_ObjectHandle key;

	(void)state;
	assert_int_equal(e->load(e, seed, pub, &key), BTZ_OK);
	assert_int_equal(e->sign(e, key, btz_span_of(message, 1), sig), BTZ_OK);
	assert_memory_equal(sig, want, sizeof(want));
	TEE_FreeTransientObject(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_ed25519_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
