/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_soft_cipher.c - SP 800-38A F, the GCM specification's test
 * case 4, RFC 8439 2.8.2: both ways; then every bit of what authenticates.
 */
#include <string.h>

#include "crypto/softtool.h"
#include "support/cmocka_all.h"

#define KEY_38A "2b7e151628aed2a6abf7158809cf4f3c"
#define TEXT_38A                                                               \
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
#define KEY_38C "404142434445464748494a4b4c4d4e4f"

static const struct row {
	const char *name;
	uint8_t alg;
	uint16_t crypt;
	const char *key, *nonce, *aad, *text, *sealed;
} rows[] = {
	{ "SP 800-38A F.2.1 CBC-AES128", BTZ_ALG_AES_128,
	    BTZ_CRYPT_AES_CBC_NOPAD, KEY_38A,
	    "000102030405060708090a0b0c0d0e0f", "", TEXT_38A,
	    "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b"
	    "2" },
	{ "SP 800-38A F.5.1 CTR-AES128", BTZ_ALG_AES_128, BTZ_CRYPT_AES_CTR,
	    KEY_38A, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "", TEXT_38A,
	    "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdf"
	    "f" },
	{ "GCM, test case 4", BTZ_ALG_AES_128, BTZ_CRYPT_AES_GCM,
	    "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
	    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
	    "5bc94fbc3221a5db94fae95ae7121a47" },
	{ "GCM, test case 1: nothing", BTZ_ALG_AES_128, BTZ_CRYPT_AES_GCM,
	    "00000000000000000000000000000000", "000000000000000000000000", "",
	    "", "58e2fccefa7e3061367f1d57a4e7455a" },
	/* By another implementation; the first 4 bytes are the standard's. */
	{ "SP 800-38C C.1, tag of 16", BTZ_ALG_AES_128, BTZ_CRYPT_AES_CCM,
	    KEY_38C, "10111213141516", "0001020304050607", "20212223",
	    "7162015b2bb57c0af45e4d8304f05f45993f1517" },
	{ "SP 800-38C C.3, tag of 16", BTZ_ALG_AES_128, BTZ_CRYPT_AES_CCM,
	    KEY_38C, "101112131415161718191a1b",
	    "000102030405060708090a0b0c0d0e0f10111213",
	    "202122232425262728292a2b2c2d2e2f3031323334353637",
	    "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5"
	    "c87ae488918de93f17dd3e4934347f44" },
	{ "CCM of nothing", BTZ_ALG_AES_128, BTZ_CRYPT_AES_CCM, KEY_38C,
	    "101112131415161718191a1b1c", "", "",
	    "32d6f8243a26d0bd98d01b0f448e7773" },
	{ "RFC 8439 2.8.2", BTZ_ALG_CHACHA20, BTZ_CRYPT_CHACHA20_POLY1305,
	    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
	    "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
	    "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
	    "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
	    "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
	    "637265656e20776f756c642062652069742e",
	    "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
	    "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
	    "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
	    "3ff4def08e4b7a9de576d26586cec64b6116"
	    "1ae10b594f09e26a7e902ecbd0600691" },
};

static struct btz_span
unhex(const char *hex, uint8_t *buf)
{
	return btz_span_of(buf, soft_unhex(hex, buf, 256));
}

static void
test_known_answers(void **state)
{
	uint8_t nonce[256], aad[256], in[256];
	struct btz_softkey key;

	(void)state;
	for (const struct row *r = rows; r < rows + BTZ_COUNT(rows); r++) {
		struct btz_backend_crypt rq = { .verb = BTZ_VERB_ENCRYPT,
			.alg = r->crypt };

		print_message("# case: %s\n", r->name);
		soft_key_hex(&key, r->alg, r->key);
		rq.nonce = unhex(r->nonce, nonce);
		rq.aad = unhex(r->aad, aad);
		for (int i = 0; i < 2; i++) {
			rq.verb = BTZ_VERB_ENCRYPT;
			rq.input = unhex(r->text, in);
			soft_crypt_is(&key, &rq, r->sealed);
			rq.verb = BTZ_VERB_DECRYPT;
			rq.input = unhex(r->sealed, in);
			soft_crypt_is(&key, &rq, r->text);
		}
		btz_softkey_close(&key);
	}
}

/* Of nonce, associated data and sealed text, each bit; then it is right again,
 * so nothing of a wrong one stays behind. */
static void
every_bit(struct btz_softkey *key, struct btz_backend_crypt *rq, uint8_t *p,
    size_t len, const char *text)
{
	for (size_t i = 0; i < 8 * len; i++) {
		p[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_int_equal(soft_crypt_rc(key, rq), BTZ_E_SIGNATURE);
		p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	soft_crypt_is(key, rq, text);
}

static void
test_what_authenticates(void **state)
{
	uint8_t nonce[256], aad[256], in[256];
	struct btz_softkey key;

	(void)state;
	for (const struct row *r = rows; r < rows + BTZ_COUNT(rows); r++) {
		struct btz_backend_crypt rq = { .verb = BTZ_VERB_DECRYPT,
			.alg = r->crypt };

		if (!btz_crypt_is_aead(r->crypt))
			continue;
		print_message("# case: %s\n", r->name);
		soft_key_hex(&key, r->alg, r->key);
		rq.nonce = unhex(r->nonce, nonce);
		rq.aad = unhex(r->aad, aad);
		rq.input = unhex(r->sealed, in);
		every_bit(&key, &rq, nonce, rq.nonce.len, r->text);
		every_bit(&key, &rq, aad, rq.aad.len, r->text);
		every_bit(&key, &rq, in, rq.input.len, r->text);
		btz_softkey_close(&key);
	}
}

/* CCM's nonce has 7 to 13 bytes, and may change from one to the next. */
static void
test_ccm_nonces(void **state)
{
	static const size_t lens[] = { 7, 13, 12, 8 };
	uint8_t nonce[16] = { 0x10, 0x11 }, sealed[64];
	struct btz_softkey key;
	struct btz_err err;
	struct btz_wr wr;

	(void)state;
	soft_key_hex(&key, BTZ_ALG_AES_128, KEY_38C);
	for (size_t i = 0; i < BTZ_COUNT(lens); i++) {
		struct btz_backend_crypt rq = { .verb = BTZ_VERB_ENCRYPT,
			.alg = BTZ_CRYPT_AES_CCM,
			.nonce = { nonce, lens[i] },
			.aad = btz_span_str("aad"),
			.input = btz_span_str("text") };

		btz_wr_init(&wr, sealed, sizeof(sealed));
		assert_int_equal(
		    btz_softkey_crypt(&key, &rq, &wr, &err), BTZ_OK);
		assert_int_equal(wr.len, 4 + 16);
		rq.verb = BTZ_VERB_DECRYPT;
		rq.input = btz_wr_span(&wr);
		soft_crypt_is(&key, &rq, "74657874");
		nonce[0] ^= 1;
		assert_int_equal(soft_crypt_rc(&key, &rq), BTZ_E_SIGNATURE);
		nonce[0] ^= 1;
		soft_crypt_is(&key, &rq, "74657874");
	}
	btz_softkey_close(&key);
}

static const struct {
	const char *name;
	uint16_t crypt;
	uint8_t verb;
	size_t nonce, aad, input;
	enum btz_rc rc;
} lengths[] = {
	{ "GCM: no nonce", BTZ_CRYPT_AES_GCM, BTZ_VERB_ENCRYPT, 0, 0, 5,
	    BTZ_E_INVAL },
	{ "GCM: nonce 11", BTZ_CRYPT_AES_GCM, BTZ_VERB_ENCRYPT, 11, 0, 5,
	    BTZ_E_INVAL },
	{ "GCM: nonce 16", BTZ_CRYPT_AES_GCM, BTZ_VERB_ENCRYPT, 16, 0, 5,
	    BTZ_E_INVAL },
	{ "GCM: less than a tag", BTZ_CRYPT_AES_GCM, BTZ_VERB_DECRYPT, 12, 0,
	    15, BTZ_E_INVAL },
	{ "GCM: no text, false tag", BTZ_CRYPT_AES_GCM, BTZ_VERB_DECRYPT, 12, 0,
	    16, BTZ_E_SIGNATURE },
	{ "CCM: nonce 6", BTZ_CRYPT_AES_CCM, BTZ_VERB_ENCRYPT, 6, 0, 5,
	    BTZ_E_INVAL },
	{ "CCM: nonce 14", BTZ_CRYPT_AES_CCM, BTZ_VERB_ENCRYPT, 14, 0, 5,
	    BTZ_E_INVAL },
	{ "CCM: no text, false tag", BTZ_CRYPT_AES_CCM, BTZ_VERB_DECRYPT, 12, 0,
	    16, BTZ_E_SIGNATURE },
	{ "CCM: nothing", BTZ_CRYPT_AES_CCM, BTZ_VERB_ENCRYPT, 12, 0, 0,
	    BTZ_OK },
	{ "CBC: IV 12", BTZ_CRYPT_AES_CBC, BTZ_VERB_ENCRYPT, 12, 0, 5,
	    BTZ_E_INVAL },
	{ "CBC: associated data", BTZ_CRYPT_AES_CBC, BTZ_VERB_ENCRYPT, 16, 1, 5,
	    BTZ_E_INVAL },
	{ "CBC: half a block", BTZ_CRYPT_AES_CBC, BTZ_VERB_DECRYPT, 16, 0, 24,
	    BTZ_E_INVAL },
	{ "CBC: no block", BTZ_CRYPT_AES_CBC, BTZ_VERB_DECRYPT, 16, 0, 0,
	    BTZ_E_INVAL },
	{ "CBC: nothing", BTZ_CRYPT_AES_CBC, BTZ_VERB_ENCRYPT, 16, 0, 0,
	    BTZ_OK },
	{ "CBC without padding: half a block", BTZ_CRYPT_AES_CBC_NOPAD,
	    BTZ_VERB_ENCRYPT, 16, 0, 24, BTZ_E_INVAL },
	{ "CTR: 12", BTZ_CRYPT_AES_CTR, BTZ_VERB_ENCRYPT, 12, 0, 5,
	    BTZ_E_INVAL },
	{ "a MAC", BTZ_CRYPT_CMAC, BTZ_VERB_ENCRYPT, 0, 0, 5, BTZ_E_KEY_ALG },
	{ "ChaCha20", BTZ_CRYPT_CHACHA20_POLY1305, BTZ_VERB_ENCRYPT, 12, 0, 5,
	    BTZ_E_KEY_ALG },
	{ "unknown", 31, BTZ_VERB_ENCRYPT, 12, 0, 5, BTZ_E_UNSUPPORTED },
};

static void
test_lengths(void **state)
{
	static const uint8_t zero[64];
	struct btz_softkey key;

	(void)state;
	soft_key_hex(&key, BTZ_ALG_AES_128, KEY_38C);
	for (size_t i = 0; i < BTZ_COUNT(lengths); i++) {
		const struct btz_backend_crypt rq = { .verb = lengths[i].verb,
			.alg = lengths[i].crypt,
			.nonce = { zero, lengths[i].nonce },
			.aad = { zero, lengths[i].aad },
			.input = { zero, lengths[i].input } };

		print_message("# case: %s\n", lengths[i].name);
		assert_int_equal(soft_crypt_rc(&key, &rq), lengths[i].rc);
	}
	btz_softkey_close(&key);
}

/* PKCS#7 (RFC 5652 6.3): a wrong padding says no more than a wrong tag. */
static void
test_padding(void **state)
{
	static const uint8_t iv[16];
	uint8_t in[32];
	struct btz_backend_crypt rq = { .alg = BTZ_CRYPT_AES_CBC,
		.nonce = { iv, sizeof(iv) } };
	struct btz_softkey key;
	struct btz_err err;
	struct btz_wr wr;

	(void)state;
	soft_key_hex(&key, BTZ_ALG_AES_256,
	    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
	for (size_t n = 0; n <= 16; n++) {
		static const uint8_t text[16] = { 7 };

		rq.verb = BTZ_VERB_ENCRYPT;
		rq.input = btz_span_of(text, n);
		btz_wr_init(&wr, in, sizeof(in));
		assert_int_equal(
		    btz_softkey_crypt(&key, &rq, &wr, &err), BTZ_OK);
		assert_int_equal(wr.len, n == 16 ? 32 : 16);
		rq.verb = BTZ_VERB_DECRYPT;
		rq.input = btz_wr_span(&wr);
		assert_int_equal(soft_crypt_rc(&key, &rq), BTZ_OK);
	}
	/* The block before the last one, changed: another padding. */
	in[15] ^= 0x40;
	assert_int_equal(soft_crypt_rc(&key, &rq), BTZ_E_SIGNATURE);
	btz_softkey_close(&key);
}

static void
test_room(void **state)
{
	uint8_t small[20], nonce[12] = { 0 };
	const struct btz_backend_crypt rq = { .verb = BTZ_VERB_ENCRYPT,
		.alg = BTZ_CRYPT_AES_GCM,
		.nonce = { nonce, sizeof(nonce) },
		.input = btz_span_str("five!") };
	struct btz_softkey key;
	struct btz_err err;
	struct btz_wr wr;

	(void)state;
	soft_key_hex(&key, BTZ_ALG_AES_128, KEY_38C);
	btz_wr_init(&wr, small, sizeof(small));
	assert_int_equal(btz_softkey_crypt(&key, &rq, &wr, &err), BTZ_E_TOOBIG);
	assert_int_equal(wr.len, 0);
	btz_softkey_close(&key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_what_authenticates),
		cmocka_unit_test(test_ccm_nonces),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
