/* SPDX-License-Identifier: Apache-2.0 */
/* test_soft_mac.c - HMAC: RFC 4231; CMAC: RFC 4493 4; HKDF: RFC 5869 A. */
#include <string.h>

#include "crypto/softtool.h"
#include "support/cmocka_all.h"

#define KEY_4231_1 "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
#define KEY_4493 "2b7e151628aed2a6abf7158809cf4f3c"

static const struct {
	const char *name;
	uint8_t alg;
	uint16_t crypt;
	const char *key, *input, *mac;
} macs[] = {
	{ "RFC 4231 4.2, SHA-256", BTZ_ALG_SECRET, BTZ_CRYPT_HMAC_SHA256,
	    KEY_4231_1, "4869205468657265",
	    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff"
	    "7" },
	{ "RFC 4231 4.2, SHA-384", BTZ_ALG_SECRET, BTZ_CRYPT_HMAC_SHA384,
	    KEY_4231_1, "4869205468657265",
	    "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
	    "faea9ea9076ede7f4af152e8b2fa9cb6" },
	{ "RFC 4231 4.2, SHA-512", BTZ_ALG_SECRET, BTZ_CRYPT_HMAC_SHA512,
	    KEY_4231_1, "4869205468657265",
	    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
	    "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a12685"
	    "4" },
	{ "RFC 4231 4.3, short key", BTZ_ALG_SECRET, BTZ_CRYPT_HMAC_SHA256,
	    "4a656665",
	    "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec384"
	    "3" },
	{ "RFC 4493 4, nothing", BTZ_ALG_AES_128, BTZ_CRYPT_CMAC, KEY_4493, "",
	    "bb1d6929e95937287fa37d129b756746" },
	{ "RFC 4493 4, 16 bytes", BTZ_ALG_AES_128, BTZ_CRYPT_CMAC, KEY_4493,
	    "6bc1bee22e409f96e93d7e117393172a",
	    "070a16b46b4d4144f79bdd9dd04a287c" },
	{ "RFC 4493 4, 40 bytes", BTZ_ALG_AES_128, BTZ_CRYPT_CMAC, KEY_4493,
	    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
	    "30c81c46a35ce411",
	    "dfa66747de9ae63030ca32611497c827" },
};

static void
test_macs(void **state)
{
	uint8_t input[64];
	struct btz_softkey key;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(macs); i++) {
		struct btz_backend_crypt rq = { .verb = BTZ_VERB_MAC,
			.alg = macs[i].crypt };

		print_message("# case: %s\n", macs[i].name);
		rq.input = btz_span_of(
		    input, soft_unhex(macs[i].input, input, sizeof(input)));
		soft_key_hex(&key, macs[i].alg, macs[i].key);
		/* Twice: the context is kept. */
		soft_crypt_is(&key, &rq, macs[i].mac);
		soft_crypt_is(&key, &rq, macs[i].mac);
		btz_softkey_close(&key);
	}
}

#define IKM_22 "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"

static const struct {
	const char *name, *ikm, *salt, *info, *okm;
} hkdfs[] = {
	{ "A.1", IKM_22, "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
	    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	    "34007208d5b887185865" },
	{ "A.2, longer than one block",
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
	    "404142434445464748494a4b4c4d4e4f",
	    "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
	    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	    "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
	    "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
	    "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
	    "cc30c58179ec3e87c14c01d5c1f3434f1d87" },
	{ "A.3, no salt, no info", IKM_22, "", "",
	    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	    "9d201395faa4b61a96c8" },
};

static void
test_hkdf(void **state)
{
	uint8_t salt[80], info[80], okm[128];
	struct btz_softkey key;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(hkdfs); i++) {
		struct btz_backend_crypt rq = { .verb = BTZ_VERB_DERIVE,
			.alg = BTZ_CRYPT_HKDF_SHA256 };

		print_message("# case: RFC 5869 %s\n", hkdfs[i].name);
		rq.salt = btz_span_of(
		    salt, soft_unhex(hkdfs[i].salt, salt, sizeof(salt)));
		rq.info = btz_span_of(
		    info, soft_unhex(hkdfs[i].info, info, sizeof(info)));
		rq.len = soft_unhex(hkdfs[i].okm, okm, sizeof(okm));
		soft_key_hex(&key, BTZ_ALG_SECRET, hkdfs[i].ikm);
		soft_crypt_is(&key, &rq, hkdfs[i].okm);
		rq.len = 0;
		assert_int_equal(soft_crypt_rc(&key, &rq), BTZ_E_INVAL);
		rq.len = 255 * 32 + 1;
		assert_int_equal(soft_crypt_rc(&key, &rq), BTZ_E_INVAL);
		rq.len = 255 * 32; /* more than there is room for */
		assert_int_equal(soft_crypt_rc(&key, &rq), BTZ_E_TOOBIG);
		btz_softkey_close(&key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_macs),
		cmocka_unit_test(test_hkdf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
