/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_attributes.c - attributes and algorithms of PSA: what is malformed,
 * what is well-formed and not ours, what is ours and how.
 */
#include "parsec/attributes.h"

#include <string.h>

#include "parsec/wire.h"
#include "support/cmocka_all.h"
#include "wire/alg.h"
#include "wire/keyblob.h"

#define S (BTZ_USE_SIGN | BTZ_USE_VERIFY)
#define C (BTZ_USE_ENCRYPT | BTZ_USE_DECRYPT)
#define NONCE (1u << 7)

/* KeyType, bits, flags, Algorithm in hex; what becomes of it. */
static const struct {
	const char *name, *type;
	uint32_t bits;
	const char *flags, *alg;
	uint16_t read, ours; /* status */
	uint8_t key;
	uint32_t usage;
	uint16_t sig, crypt;
	uint8_t keyflags;
} rows[] = {
	{ "no variant of the type", "", 256, "3001", "32062204 0a021007", 16 },
	{ "no variant of the algorithm", "5a020802", 256, "3001", "", 16 },
	{ "family 0", "5a00", 256, "3001", "32062204 0a021007", 16 },
	{ "family 10", "5a02080a", 256, "3001", "32062204 0a021007", 16 },
	{ "negative family", "5a0b08ffffffffffffffffff01", 256, "3001",
	    "32062204 0a021007", 16 },
	{ "hash 0 in a signature", "5a020802", 256, "3001", "320422020a00",
	    16 },
	{ "hash 16", "5a020802", 256, "3001", "32062204 0a021010", 16 },
	{ "cipher 9", "2200", 128, "2001", "2009", 16 },
	{ "AEAD 0", "2200", 128, "2001", "2a020800", 16 },
	{ "MAC, empty", "1200", 256, "3001", "1a00", 16 },
	{ "MAC, full, empty", "1200", 256, "3001", "1a020a00", 16 },
	{ "agreement 3", "5a020802", 256, "5001", "42020803", 16 },
	{ "agreement with a derivation that is none", "5a020802", 256, "5001",
	    "4204 1202 0802", 16 },

	{ "raw data", "0a00", 256, "0801", "0a00", 0, 1134 },
	{ "DES", "2a00", 64, "2001", "2008", 0, 1134 },
	{ "secp256k1", "5a020801", 256, "3001", "32062204 0a021007", 0, 1134 },
	{ "P-224", "5a020802", 224, "3001", "32062204 0a021006", 0, 1134 },
	{ "RSA of 1024 bits", "5200", 1024, "3001", "32060a04 0a021007", 0,
	    1134 },
	{ "RSA public key", "4a00", 2048, "3801", "32060a04 0a021007", 0,
	    1134 },
	{ "DH pair", "6a00", 2048, "5001", "42020801", 0, 1134 },
	{ "PKCS#1 v1.5 raw", "5200", 2048, "3001", "32021200", 0, 1134 },
	{ "SHA-1 signature", "5200", 2048, "3001", "32060a04 0a021005", 0,
	    1134 },
	{ "GCM with a tag of 12", "2200", 128, "2001", "2a06 1204 0802100c", 0,
	    1134 },
	{ "truncated HMAC", "1200", 256, "3001", "1a0a 1208 0a04 0a020807 1010",
	    0, 1134 },
	{ "ECDH with HKDF", "5a020802", 256, "5001",
	    "420a 1208 0802 1204 0a02 0807", 0, 1134 },
	{ "no algorithm", "5a020802", 256, "3001", "0a00", 0, 1134 },
	{ "a hash is no policy", "5a020802", 256, "3001", "1007", 0, 1134 },
	{ "AES that signs", "2200", 128, "3001", "32062204 0a021007", 0, 1135 },
	{ "EC with an RSA scheme", "5a020802", 256, "3001", "32060a04 0a021007",
	    0, 1135 },
	{ "AES for nothing", "2200", 128, "0801", "2a020802", 0, 1134 },
	{ "HMAC key of 255 bits", "1200", 255, "3001", "1a060a040a020807", 0,
	    1135 },
	{ "HMAC key of 0 bits", "1200", 0, "3001", "1a060a040a020807", 0,
	    1135 },

	{ "P-256", "5a020802", 256, "3001 3801", "32062204 0a021007", 0, 0,
	    BTZ_ALG_EC_P256, S, BTZ_SIG_ECDSA_SHA256, 0, 0 },
	{ "hash flags", "5a020802", 256, "4001 4801", "32062204 0a021007", 0, 0,
	    BTZ_ALG_EC_P256, S, BTZ_SIG_ECDSA_SHA256, 0, 0 },
	{ "only to sign", "5a020802", 384, "4001", "32062204 0a021008", 0, 0,
	    BTZ_ALG_EC_P384, BTZ_USE_SIGN, BTZ_SIG_ECDSA_SHA384, 0, 0 },
	{ "P-521, RFC 6979", "5a020802", 521, "4001", "32063204 0a021009", 0, 0,
	    BTZ_ALG_EC_P521, BTZ_USE_SIGN, BTZ_SIG_ECDSA_DET_SHA512, 0, 0 },
	{ "any hash", "5a020802", 256, "4001", "32062204 0a020a00", 0, 0,
	    BTZ_ALG_EC_P256, BTZ_USE_SIGN, 0, 0, 0 },
	{ "ECDSA of any digest", "5a020802", 521, "4001", "32022a00", 0, 0,
	    BTZ_ALG_EC_P521, BTZ_USE_SIGN, 0, 0, 0 },
	{ "only to be exported", "5a020802", 256, "0801", "32062204 0a021007",
	    0, 0, BTZ_ALG_EC_P256, BTZ_USE_VERIFY, BTZ_SIG_ECDSA_SHA256, 0,
	    BTZ_KEYBLOB_EXPORTABLE },
	{ "flags that mean nothing here", "5a020802", 256, "2001 4001 5001",
	    "32062204 0a021007", 0, 0, BTZ_ALG_EC_P256, BTZ_USE_SIGN,
	    BTZ_SIG_ECDSA_SHA256, 0, 0 },
	{ "RSA PSS", "5200", 3072, "4001", "32061a04 0a021008", 0, 0,
	    BTZ_ALG_RSA_3072, BTZ_USE_SIGN, BTZ_SIG_RSA_PSS_SHA384, 0, 0 },
	{ "OAEP", "5200", 4096, "2001 2801", "3a0412020807", 0, 0,
	    BTZ_ALG_RSA_4096, C, 0, BTZ_CRYPT_RSA_OAEP_SHA256, 0 },
	{ "RSA PKCS#1 encryption", "5200", 2048, "2001 2801", "3a020a00", 0, 0,
	    BTZ_ALG_RSA_2048, C, 0, BTZ_CRYPT_RSA_PKCS1, 0 },
	{ "X25519", "5a020809", 255, "5001", "42020802", 0, 0, BTZ_ALG_X25519,
	    BTZ_USE_DERIVE, 0, BTZ_CRYPT_ECDH, 0 },
	{ "GCM", "2200", 256, "2001 2801 0801", "2a020802", 0, 0,
	    BTZ_ALG_AES_256, C, 0, BTZ_CRYPT_AES_GCM,
	    NONCE | BTZ_KEYBLOB_EXPORTABLE },
	{ "GCM, tag of 16 said", "2200", 192, "2001", "2a06 1204 08021010", 0,
	    0, BTZ_ALG_AES_192, BTZ_USE_ENCRYPT, 0, BTZ_CRYPT_AES_GCM, NONCE },
	{ "ChaCha20-Poly1305", "4200", 256, "2801", "2a020803", 0, 0,
	    BTZ_ALG_CHACHA20, BTZ_USE_DECRYPT, 0, BTZ_CRYPT_CHACHA20_POLY1305,
	    NONCE },
	{ "CBC", "2200", 128, "2001 2801", "2008", 0, 0, BTZ_ALG_AES_128, C, 0,
	    BTZ_CRYPT_AES_CBC, 0 },
	{ "HMAC", "1200", 256, "3001 3801", "1a060a040a020807", 0, 0,
	    BTZ_ALG_SECRET, S, 0, BTZ_CRYPT_HMAC_SHA256, 0 },
	{ "CMAC", "2200", 128, "3001", "1a040a021a00", 0, 0, BTZ_ALG_AES_128,
	    BTZ_USE_SIGN, 0, BTZ_CRYPT_CMAC, 0 },
	{ "HKDF", "1a00", 512, "5001", "4a040a020809", 0, 0, BTZ_ALG_SECRET,
	    BTZ_USE_DERIVE, 0, BTZ_CRYPT_HKDF_SHA512, 0 },
};

/* Length and content of a field in hex. */
static size_t
field(uint8_t *out, uint8_t number, const char *hex)
{
	out[0] = (uint8_t)(number << 3 | 2);
	out[1] = (uint8_t)pw_hex(hex, out + 2);
	return 2u + out[1];
}

static Parsec__KeyAttributes *
make(size_t i)
{
	uint8_t buf[256], policy[128];
	size_t n = field(buf, 1, rows[i].type), m;

	buf[n++] = 2 << 3;
	buf[n++] = (uint8_t)(0x80 | (rows[i].bits & 0x7f));
	buf[n++] = (uint8_t)(rows[i].bits >> 7);
	m = field(policy, 1, rows[i].flags);
	m += field(policy + m, 2, rows[i].alg);
	buf[n++] = 3 << 3 | 2;
	buf[n++] = (uint8_t)m;
	memcpy(buf + n, policy, m);
	return parsec__key_attributes__unpack(NULL, n + m, buf);
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		Parsec__KeyAttributes *in = make(i);
		struct btz_pattr a;
		struct btz_generate g;

		print_message("# case: %s\n", rows[i].name);
		assert_non_null(in);
		assert_int_equal(btz_pattr_read(in, &a), rows[i].read);
		parsec__key_attributes__free_unpacked(in, NULL);
		if (rows[i].read != 0)
			continue;
		assert_int_equal(btz_pattr_ours(&a, &g), rows[i].ours);
		if (rows[i].ours != 0)
			continue;
		assert_int_equal(g.alg, rows[i].key);
		assert_int_equal(g.kind, BTZ_KIND_PLAIN);
		assert_int_equal(g.usage, rows[i].usage);
		assert_int_equal(g.only_sig, rows[i].sig);
		assert_int_equal(g.only_crypt, rows[i].crypt);
		assert_int_equal(g.flags, rows[i].keyflags);
		assert_int_equal(
		    g.bits, g.alg == BTZ_ALG_SECRET ? rows[i].bits : 0);
	}
}

static void
test_missing(void **state)
{
	Parsec__KeyAttributes in = PARSEC__KEY_ATTRIBUTES__INIT;
	Parsec__KeyPolicy policy = PARSEC__KEY_POLICY__INIT;
	struct btz_pattr a;

	(void)state;
	assert_int_equal(btz_pattr_read(NULL, &a), 16);
	assert_int_equal(btz_pattr_read(&in, &a), 16);
	in.policy = &policy;
	assert_int_equal(btz_pattr_read(&in, &a), 16); /* no flags */
}

static void
test_permits(void **state)
{
	const struct btz_palg any = { BTZ_PC_SIGNATURE, 4, BTZ_PHASH_ANY, 0 };
	const struct btz_palg one = { BTZ_PC_SIGNATURE, 4, 7, 0 };
	const struct btz_palg two = { BTZ_PC_SIGNATURE, 4, 8, 0 };
	const struct btz_palg det = { BTZ_PC_SIGNATURE, 6, 7, 0 };
	const struct btz_palg gcm = { BTZ_PC_AEAD, 2, 0, 0 };
	const struct btz_palg cut = { BTZ_PC_AEAD, 2, 0, 8 };

	(void)state;
	assert_true(btz_palg_permits(&one, &one));
	assert_false(btz_palg_permits(&one, &two));
	assert_true(btz_palg_permits(&any, &one));
	assert_false(btz_palg_permits(&one, &any));
	assert_false(btz_palg_permits(&any, &det));
	assert_false(btz_palg_permits(&gcm, &cut));
	assert_false(btz_palg_permits(&gcm, &one));
	assert_int_equal(btz_palg_crypt(&cut), 0);
	assert_int_equal(btz_palg_sig(&gcm), 0);
}

static void
test_hashes(void **state)
{
	uint8_t h;

	(void)state;
	assert_int_equal(btz_phash(0, &h), 16);
	assert_int_equal(btz_phash(16, &h), 16);
	assert_int_equal(btz_phash(-1, &h), 16);
	assert_int_equal(btz_phash(5, &h), 0);
	assert_int_equal(h, 0); /* SHA-1: not ours */
	assert_int_equal(btz_phash(7, &h), 0);
	assert_int_equal(h, BTZ_HASH_SHA256);
	assert_int_equal(btz_phash(15, &h), 0);
	assert_int_equal(h, BTZ_HASH_SHA3_512);
}

static void
test_bits(void **state)
{
	static const uint8_t rsa[] = { 0x30, 11, 2, 1, 0, 2, 3, 0, 0x81, 1, 2,
		1, 3 };
	struct btz_pattr a = { .type = BTZ_PT_ECC_PAIR, .family = 2 };

	(void)state;
	assert_int_equal(btz_pattr_bits_of(&a, btz_span_of(rsa, 0)), 1135);
	assert_int_equal(btz_pattr_bits_of(&a,
			     btz_span_str("12345678901234567890123456789012")),
	    0);
	assert_int_equal(a.bits, 256);
	assert_int_equal(btz_pattr_bits_of(&a, btz_span_str("1234")), 1135);
	a = (struct btz_pattr){ .type = BTZ_PT_RSA_PAIR };
	assert_int_equal(
	    btz_pattr_bits_of(&a, btz_span_of(rsa, sizeof(rsa))), 0);
	assert_int_equal(a.bits, 16);
	assert_int_equal(btz_pattr_bits_of(&a, btz_span_of(rsa, 5)), 1135);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_permits),
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
