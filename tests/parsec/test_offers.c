/* SPDX-License-Identifier: Apache-2.0 */
/* test_offers.c - what backends offer as opcodes of ListOpcodes and answers of
 * CanDoCrypto. */
#include "parsec/offers.h"

#include <string.h>

#include "parsec/wire.h"
#include "support/cmocka_all.h"
#include "wire/alg.h"
#include "wire/limits.h"

#define A(name) (1u << BTZ_ALG_##name)
#define C(name) (1u << BTZ_CRYPT_##name)

static const struct {
	const char *name;
	struct btz_offers o;
	const char *opcodes;
} lists[] = {
	{ "nothing", { 0 }, "02 03 07 0d 0f 10 20" },
	{ "agreement only", { .algs = A(X25519), .crypts = C(ECDH) },
	    "02 03 07 0d 0f 10 13 20" },
	{ "a device that signs", { .algs = A(EC_P256) | A(RSA_2048) },
	    "02 03 04 05 07 0d 0f 10 18 19 20" },
	{ "a token",
	    { .algs = A(EC_P256) | A(AES_128),
		.crypts = C(AES_GCM) | C(AES_CBC),
		.transfers = BTZ_TRANSFER_IMPORT },
	    "02 03 04 05 06 07 0d 0f 10 11 12 14 15 18 19 20" },
	{ "RSA that decrypts", { .algs = A(RSA_4096), .crypts = C(RSA_PKCS1) },
	    "02 03 04 05 07 0a 0b 0d 0f 10 18 19 20" },
	{ "a TPM",
	    { .algs = A(EC_P256),
		.transfers = BTZ_TRANSFER_IMPORT | BTZ_TRANSFER_ATTEST },
	    "02 03 04 05 06 07 0d 0f 10 18 19 1e 1f 20" },
	{ "everything", { .algs = ~1u, .crypts = ~1u, .transfers = 7 },
	    "02 03 04 05 06 07 0a 0b 0c 0d 0f 10 11 12 13 14 15 18 19 1e 1f "
	    "20" },
};

static void
test_opcodes(void **state)
{
	uint32_t got[BTZ_POPCODES_MAX];
	uint8_t want[BTZ_POPCODES_MAX];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(lists); i++) {
		print_message("# case: %s\n", lists[i].name);
		assert_int_equal(btz_poffers_opcodes(&lists[i].o, got),
		    pw_hex(lists[i].opcodes, want));
		for (size_t k = 0; k < pw_hex(lists[i].opcodes, want); k++)
			assert_int_equal(got[k], want[k]);
	}
}

#define P256_SHA256                                                            \
	{                                                                      \
		.type = BTZ_PT_ECC_PAIR, .family = 2, .bits = 256,             \
		.flags = BTZ_PF_SIGN_HASH | BTZ_PF_EXPORT,                     \
		.alg = {.cls = BTZ_PC_SIGNATURE,                               \
			.scheme = 4,                                           \
			.hash = 7 }                                            \
	}
#define GCM                                                                    \
	{                                                                      \
		.type = BTZ_PT_AES, .bits = 256, .flags = BTZ_PF_ENCRYPT,      \
		.alg = {.cls = BTZ_PC_AEAD,                                    \
			.scheme = 2 }                                          \
	}

static const struct {
	const char *name;
	struct btz_pattr attr;
	struct btz_offers o;
	bool can;
} keys[] = {
	{ "no such key", P256_SHA256, { .algs = A(EC_P384), .transfers = 3 },
	    false },
	{ "no such signature", P256_SHA256,
	    { .algs = A(EC_P256),
		.sigs = 1u << BTZ_SIG_ECDSA_SHA384,
		.transfers = 3 },
	    false },
	{ "never leaves", P256_SHA256, { .algs = A(EC_P256) }, false },
	{ "no such cipher", GCM, { .algs = A(AES_256), .crypts = C(AES_CBC) },
	    false },
	{ "signatures of its keys", P256_SHA256,
	    { .algs = A(EC_P256), .transfers = BTZ_TRANSFER_EXPORT }, true },
	{ "this signature", P256_SHA256,
	    { .algs = A(EC_P256),
		.sigs = 1u << BTZ_SIG_ECDSA_SHA256,
		.transfers = 3 },
	    true },
	{ "this cipher", GCM, { .algs = A(AES_256), .crypts = C(AES_GCM) },
	    true },
};

static void
test_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(keys); i++) {
		print_message("# case: %s\n", keys[i].name);
		assert_int_equal(
		    btz_poffers_key(&keys[i].o, &keys[i].attr), keys[i].can);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opcodes),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
