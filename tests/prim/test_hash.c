/* SPDX-License-Identifier: Apache-2.0 */
/* Digests against published vectors (FIPS 180-4, RFC 4231). */
#include <string.h>

#include "prim/prim.h"
#include "support/cmocka_all.h"
#include "wire/alg.h"

static void
test_vectors(void **state)
{
	struct btz_span parts[2] = { btz_span_str("a"), btz_span_str("bc") };
	uint8_t out[BTZ_SHA256_LEN], longer[BTZ_DIGEST_MAX];
	char hex[65], text384[97];

	(void)state;
	btz_sha256(btz_span_str(""), out);
	btz_hex(out, sizeof(out), hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b"
				 "934ca495991b7852b855");
	btz_sha256_parts(parts, 2, out);
	btz_hex(out, sizeof(out), hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a39617"
				 "7a9cb410ff61f20015ad");
	/* FIPS 180-4, SHA-384 of "abc" */
	btz_sha384(btz_span_str("abc"), longer);
	btz_hex(longer, 8, text384);
	assert_string_equal(text384, "cb00753f45a35e8b");
	btz_sha512(btz_span_str("abc"), longer);
	btz_hex(longer, 8, text384);
	assert_string_equal(text384, "ddaf35a193617aba");
	btz_sha1(btz_span_str("abc"), out);
	btz_hex(out, 20, hex);
	assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_int_equal(btz_hmac_sha256(btz_span_str("Jefe"),
			     btz_span_str("what do ya want for nothing?"), out),
	    BTZ_OK);
	btz_hex(out, sizeof(out), hex);
	assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d27"
				 "39839dec58b964ec3843");
}

/* "abc" of FIPS 180-4 and FIPS 202, the first eight bytes. */
static const struct {
	uint8_t alg;
	size_t len;
	const char *hex;
} digests[] = {
	{ BTZ_HASH_SHA256, 32, "ba7816bf8f01cfea" },
	{ BTZ_HASH_SHA384, 48, "cb00753f45a35e8b" },
	{ BTZ_HASH_SHA512, 64, "ddaf35a193617aba" },
	{ BTZ_HASH_SHA3_256, 32, "3a985da74fe225b2" },
	{ BTZ_HASH_SHA3_384, 48, "ec01498288516fc9" },
	{ BTZ_HASH_SHA3_512, 64, "b751850b1a57168a" },
	{ BTZ_HASH_SHA224, 28, "23097d223405d822" },
	{ BTZ_HASH_SHA3_224, 28, "e642824c3f8cf24a" },
	{ BTZ_HASH_SHA512_256, 32, "53048e2681941ef9" },
	{ 0, 0, NULL },
	{ BTZ_HASH_SHA512_256 + 1, 0, NULL },
	{ 255, 0, NULL },
};

static void
test_digests(void **state)
{
	uint8_t out[BTZ_DIGEST_MAX];
	char hex[17];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(digests); i++) {
		print_message("# case: %u\n", digests[i].alg);
		assert_int_equal(
		    btz_digest(digests[i].alg, btz_span_str("abc"), out),
		    digests[i].len);
		if (digests[i].hex == NULL)
			continue;
		btz_hex(out, 8, hex);
		assert_string_equal(hex, digests[i].hex);
	}
}

static void
test_random_and_compare(void **state)
{
	uint8_t a[32], b[32];

	(void)state;
	btz_random(a, sizeof(a));
	btz_random(b, sizeof(b));
	assert_false(btz_equal_ct(a, b, sizeof(a)));
	memcpy(b, a, sizeof(a));
	assert_true(btz_equal_ct(a, b, sizeof(a)));
	b[31] ^= 1;
	assert_false(btz_equal_ct(a, b, sizeof(a)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_random_and_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
