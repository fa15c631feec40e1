/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_soft_pkcs1.c - RSAES-PKCS1-v1_5: what OpenSSL 3.5.9 made of the same
 * paddings with the same key, right and wrong ones.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <string.h>

#include "crypto/softtool.h"
#include "support/cmocka_all.h"

#define K 256u

/* Drawn for this test, in PrivateKeyInfo. */
static const char key_hex[] =
    "308204be020100300d06092a864886f70d0101010500048204a8308204a4020100"
    "0282010100d7ab07733f38f30b1d9b061ea1f6b59b739db95bdb922f982b08752b"
    "4adb2d5e9e6af57b5fd29282f0b4b346ba61916bc656535562c7f51bfc2cd688b3"
    "719dd4cb13c580853ead55548fb7da2ebee0bd346c5d8465b6503a8086aee3469f"
    "1fde0191fa01ed00dd89953fe3a7052d2daff66244a30a5abed39394495904eb07"
    "e079e108f5b584b30138bdb16b677db233a9239a5529368e31282bf142d65f3b93"
    "ef66a7850dfa2e52e7c5c0a8949e90847931529885344a6ea3cee64fc46ece7a19"
    "bc79f7257e12dd48d5d352e72161ebab77de9042aa980dab3f08713522c23b32de"
    "792104225c4fc5b990bf758e2a15a3b7aaf08d1c0d7f143769503e48c055020301"
    "00010282010003663dbad24f4a7d6d5d092ea86ce415ec2f9b415867a87a648b40"
    "958b1b834e8f7eae19e0bbc7f56a67debf89a68a0d41d61080330b65d0a81be8d1"
    "c4ca50ab8efbe3cc0fcd9a1bd33664b67ab02588b5efd35587e8e4c0d74fc827ea"
    "f00d2789accc5d056853159d15a1b7fb3be81172f7bf8f365591d671e80f73e8c0"
    "efa1d1c10fd116f9119b680fec3eb0daea398845e00f05940ca2a825ff4db59e56"
    "b41f1f925386f470b89575a2d3df95d6ff0fdaf2059aed666f7222dc629dcff9cc"
    "cfc97eb9897244698abeac5e941c29174cd52211c180086f01811734668aaf5886"
    "30535ae0f452e066f9789f5460d7082b2b65ce762b16e58b2e9a2dbd94e40d0281"
    "8100f12302c6846f72faf0003155cb3ca0f1d8d7f5919bf03c3627ba1c47ed9bf8"
    "8520305deff2aca9d6009a7295343265cd983f06efb0906afdaeec43da9a8981a3"
    "a4c0fce98ffa7a5258f1944cb324313234a0ac8ca9031734f64748b9931e4b4555"
    "58b4078dfef75390b395cfd0042e2472953b365e13acc3a770070c911c802b0281"
    "8100e4f62363c8370ed6895712e4056da7d26b1549d6b95e8dc742b2e5a827f205"
    "3c739810ce881acb5be5e024cf9e72f6335272732caf37bb8b946814d54502642f"
    "86ff53a8ad99ef53e1b65eee4b19e34a360d3eae3556bad3c40f9ca71776bd0acc"
    "365508886d498b7c2dfabcd7ce0894357478af09b90f0ab55abf9bb66f017f0281"
    "8028b0c2c0230af77916d4c17e7bbc30607f39fa0b672803d113a5192e9e0eeac1"
    "f42b953e6f51e99ade2131e2b19b2b88a4ff45b95eaf100edcdcab9a90e75143ff"
    "023deb5fcb61a6d1b17a57f306d1726a650e98f1d03eb34637c332e57b803223f3"
    "c2f55f65bdf091036ced5369d12b7f566556884b83a4c475680b1bd5965f028181"
    "00bc4c996a549cc33d39123d5cfe01e2c5307fff8bf2438b02571e5db55fb4b10d"
    "b85b5567259433aece6cfa992d4c8aa246aa0d82b04f7b941d6743cae9c83fb0be"
    "ab7997fdbddd8ff4cf515f54b063b702a0fdedb3bc32463ab644353f1ccdf7f55e"
    "b1ac24d70c6704a7a3d06f02e9174aa71121933378e56ba4c8743d2329ed028181"
    "00cbf4909816c371da4095fc346c5716cdb16de7390e7a864b414c512f9d986eca"
    "5a4d8d36a307355fb67349d9a402257e7922b9ee9d145d04baaceff3d05d251d18"
    "dfdd41191a8703cc18efc96abd3af6ab00633054275cb8065e52624c10b788fb81"
    "9341c35438ec70e8d512d23872221afd6d11bd977b2de85be6791a3bfae4";

/* The block of K bytes: head, 0x5a up to a zero at end (0: none), then M. */
static const struct {
	const char *name, *head;
	size_t end;
	const char *m; /* NULL: 0x5a to the end */
	size_t len;
	const char *sha256; /* of what comes out */
} rows[] = {
	{ "first byte", "0102", K - 6, "hello", 206,
	    "80e51b0c6145f13c5ad0e5833e5cf1df8f43bed5c02bbfa9120aca277ba06be"
	    "0" },
	{ "block type", "0001", K - 6, "hello", 9,
	    "c3b0886ed1a276bf1167549999acc8d8b7add07f8e075143c1b3683b7c19786"
	    "2" },
	{ "no end", "0002", 0, NULL, 228,
	    "32ddf5037ea50f5247674c2e33db053f400d74e17eb09c18e1160c266406f27"
	    "5" },
	{ "seven bytes", "0002", 9, NULL, 119,
	    "7af18293af64d035491d33cc1e08e95b54f710d14ebfe93ce90157354e89dae"
	    "9" },
	{ "the longest", "0002", 10, NULL, 245,
	    "1085d384ecd1bc6b60651fb53924f027a614e5759739608c4658ff6529ac429"
	    "6" },
	{ "an empty message", "0002", K - 1, "", 0,
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85"
	    "5" },
	{ "right", "0002", K - 6, "hello", 5,
	    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b982"
	    "4" },
};

/* m^e mod n: the block as a ciphertext. */
static void
raw(const struct btz_softkey *key, size_t i, uint8_t out[K])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	uint8_t em[K];
	size_t n = K;

	memset(em, 0x5a, K);
	(void)soft_unhex(rows[i].head, em, 2);
	if (rows[i].end != 0)
		em[rows[i].end] = 0;
	if (rows[i].m != NULL)
		memcpy(em + rows[i].end + 1, rows[i].m, strlen(rows[i].m));
	assert_true(EVP_PKEY_encrypt_init(ctx) > 0 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) > 0 &&
		    EVP_PKEY_encrypt(ctx, out, &n, em, K) > 0);
	EVP_PKEY_CTX_free(ctx);
}

static void
test_openssl(void **state)
{
	struct btz_backend_crypt rq = { .verb = BTZ_VERB_DECRYPT,
		.alg = BTZ_CRYPT_RSA_PKCS1 };
	uint8_t in[K], out[K], hash[32], want[32];
	struct btz_softkey key;
	struct btz_err err;
	struct btz_wr wr;

	(void)state;
	soft_key_hex(&key, BTZ_ALG_RSA_2048, key_hex);
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: %s\n", rows[i].name);
		raw(&key, i, in);
		rq.input = btz_span_of(in, K);
		btz_wr_init(&wr, out, sizeof(out));
		assert_int_equal(
		    btz_softkey_crypt(&key, &rq, &wr, &err), BTZ_OK);
		assert_int_equal(wr.len, rows[i].len);
		assert_non_null(SHA256(out, wr.len, hash));
		(void)soft_unhex(rows[i].sha256, want, sizeof(want));
		assert_memory_equal(hash, want, sizeof(want));
	}
	btz_softkey_close(&key);
}

static void
test_refused(void **state)
{
	struct btz_backend_crypt rq = { .verb = BTZ_VERB_DECRYPT,
		.alg = BTZ_CRYPT_RSA_PKCS1 };
	struct btz_softkey key;
	uint8_t in[K + 1];

	(void)state;
	soft_key_hex(&key, BTZ_ALG_RSA_2048, key_hex);
	memset(in, 0xff, sizeof(in)); /* more than the modulus */
	rq.input = btz_span_of(in, K);
	assert_int_equal(soft_crypt_rc(&key, &rq), BTZ_E_INVAL);
	memset(in, 0x11, sizeof(in));
	for (size_t n = K - 1; n <= K + 1; n += 2) {
		rq.input = btz_span_of(in, n);
		assert_int_equal(soft_crypt_rc(&key, &rq), BTZ_E_INVAL);
	}
	rq.input = btz_span_of(in, K);
	rq.aad = btz_span_str("label");
	assert_int_equal(soft_crypt_rc(&key, &rq), BTZ_E_INVAL);
	rq.aad.len = 0;
	assert_int_equal(soft_crypt_rc(&key, &rq), BTZ_OK);
	rq.verb = BTZ_VERB_ENCRYPT;
	rq.input = btz_span_of(in, K - 10);
	assert_int_equal(soft_crypt_rc(&key, &rq), BTZ_E_INVAL);
	btz_softkey_close(&key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openssl),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
