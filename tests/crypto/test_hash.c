/* SPDX-License-Identifier: Apache-2.0 */
/* test_hash.c - the hash of "abc" by every algorithm (FIPS 180-4, FIPS 202). */
#include "crypto/hash.h"

#include <string.h>

#include "prim/prim.h"
#include "support/cmocka_all.h"
#include "wire/alg.h"

static const struct {
	const char *name, *hex; /* the first bytes */
} rows[] = {
	{ "sha256", "ba7816bf8f01cfea" },
	{ "sha384", "cb00753f45a35e8b" },
	{ "sha512", "ddaf35a193617aba" },
	{ "sha3-256", "3a985da74fe225b2" },
	{ "sha3-384", "ec01498288516fc9" },
	{ "sha3-512", "b751850b1a57168a" },
	{ "sha224", "23097d223405d822" },
	{ "sha3-224", "e642824c3f8cf24a" },
	{ "sha512-256", "53048e2681941ef9" },
};

static void
test_abc(void **state)
{
	uint8_t out[BTZ_DIGEST_MAX], want[8];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		const uint8_t alg = btz_hash_by_name(
		    rows[i].name, strlen(rows[i].name));

		print_message("# case: %s\n", rows[i].name);
		assert_true(
		    btz_unhex(btz_span_str(rows[i].hex), want, sizeof(want)));
		/* Twice: a context may be kept. */
		for (int again = 0; again < 2; again++) {
			memset(out, 0, sizeof(out));
			assert_true(
			    btz_hash_run(alg, btz_span_str("abc"), out));
			assert_memory_equal(out, want, sizeof(want));
		}
		assert_int_equal(
		    EVP_MD_size(btz_hash_md(alg)), btz_hash_len(alg));
	}
	assert_false(btz_hash_run(0, btz_span_str("abc"), out));
	assert_false(btz_hash_run(99, btz_span_str("abc"), out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_abc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
