/* SPDX-License-Identifier: Apache-2.0 */
/* test_soft_det.c - deterministic ECDSA: RFC 6979 A.2.5 to A.2.7. */
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <string.h>

#include "crypto/softtool.h"
#include "support/cmocka_all.h"

#define X256 "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define X384                                                                   \
	"6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba"                     \
	"9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5"
#define X521                                                                   \
	"00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75ca"   \
	"a896eb32f1f47c70855836a6d16fcc1466f6d8fbec67db89ec0c08b0e996b83538"

static const struct {
	const char *name, *x;
	uint8_t alg;
	uint16_t sig;
	const char *message, *r, *s;
} rows[] = {
	{ "A.2.5 SHA-256, sample", X256, BTZ_ALG_EC_P256,
	    BTZ_SIG_ECDSA_DET_SHA256, "sample",
	    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
	    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda"
	    "8" },
	{ "A.2.5 SHA-384, sample", X256, BTZ_ALG_EC_P256,
	    BTZ_SIG_ECDSA_DET_SHA384, "sample",
	    "0eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef7719",
	    "4861f0491e6998b9455193e34e7b0d284ddd7149a74b95b9261f13abde94095"
	    "4" },
	{ "A.2.5 SHA-512, sample", X256, BTZ_ALG_EC_P256,
	    BTZ_SIG_ECDSA_DET_SHA512, "sample",
	    "8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00",
	    "2362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302f"
	    "e" },
	{ "A.2.5 SHA-256, test", X256, BTZ_ALG_EC_P256,
	    BTZ_SIG_ECDSA_DET_SHA256, "test",
	    "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
	    "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f008"
	    "3" },
	{ "A.2.6 SHA-384, sample", X384, BTZ_ALG_EC_P384,
	    BTZ_SIG_ECDSA_DET_SHA384, "sample",
	    "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa7"
	    "3d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
	    "99ef4aeb15f178cea1fe40db2603138f130e740a19624526"
	    "203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8" },
	{ "A.2.7 SHA-512, sample", X521, BTZ_ALG_EC_P521,
	    BTZ_SIG_ECDSA_DET_SHA512, "sample",
	    "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f17"
	    "4e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377f"
	    "a",
	    "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af28"
	    "2623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67"
	    "a" },
};

static const EVP_MD *
md_of(uint16_t sig)
{
	return sig == BTZ_SIG_ECDSA_DET_SHA256	 ? EVP_sha256()
	       : sig == BTZ_SIG_ECDSA_DET_SHA384 ? EVP_sha384()
						 : EVP_sha512();
}

static void
check(const struct btz_backend_sig *sig, const char *r, const char *s)
{
	const uint8_t *p = sig->bytes;
	ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &p, (long)sig->len);
	BIGNUM *want_r = NULL, *want_s = NULL;

	assert_non_null(parsed);
	assert_true(p == sig->bytes + sig->len);
	assert_true(BN_hex2bn(&want_r, r) > 0 && BN_hex2bn(&want_s, s) > 0);
	assert_int_equal(BN_cmp(ECDSA_SIG_get0_r(parsed), want_r), 0);
	assert_int_equal(BN_cmp(ECDSA_SIG_get0_s(parsed), want_s), 0);
	BN_free(want_r);
	BN_free(want_s);
	ECDSA_SIG_free(parsed);
}

static void
test_rfc6979(void **state)
{
	uint8_t digest[BTZ_DIGEST_MAX];
	struct btz_backend_sig sig;
	struct btz_softkey key;
	struct btz_err err;
	unsigned n;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: %s\n", rows[i].name);
		soft_key_hex(&key, rows[i].alg, rows[i].x);
		assert_true(EVP_Digest(rows[i].message, strlen(rows[i].message),
				digest, &n, md_of(rows[i].sig), NULL) > 0);
		for (int again = 0; again < 2; again++) {
			assert_int_equal(
			    btz_softkey_sign(&key, rows[i].sig,
				btz_span_of(digest, n), &sig, &err),
			    BTZ_OK);
			check(&sig, rows[i].r, rows[i].s);
		}
		btz_softkey_close(&key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rfc6979) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
