/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_crypt.c - encryption, MACs, agreement, derivation and hashes by a real
 * broker and service. Nonces and counts: test_nonces.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/cryptbox.h"
#include "support/cmocka_all.h"
#include "support/memory.h"

static const struct {
	uint8_t key;
	uint16_t alg;
	const char *aad, *text;
	size_t nonce;
} ciphers[] = {
	{ BTZ_ALG_AES_128, BTZ_CRYPT_AES_GCM, "a", "hello", 12 },
	{ BTZ_ALG_AES_192, BTZ_CRYPT_AES_CCM, "", "hello", 12 },
	{ BTZ_ALG_AES_256, BTZ_CRYPT_AES_GCM, "", "", 12 },
	{ BTZ_ALG_AES_256, BTZ_CRYPT_AES_CBC, "", "hello", 16 },
	{ BTZ_ALG_AES_256, BTZ_CRYPT_AES_CTR, "", "hello", 16 },
	{ BTZ_ALG_AES_256, BTZ_CRYPT_AES_CBC_NOPAD, "", "sixteen bytes 16",
	    16 },
	{ BTZ_ALG_CHACHA20, BTZ_CRYPT_CHACHA20_POLY1305, "aad", "hello", 12 },
	{ BTZ_ALG_RSA_2048, BTZ_CRYPT_RSA_OAEP_SHA256, "label", "hello", 0 },
};

static void
test_ciphers(void **state)
{
	uint8_t id[BTZ_ID_LEN];
	struct crypt_sealed s, again;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(ciphers); i++) {
		const uint16_t alg = ciphers[i].alg;
		const bool tells = btz_crypt_is_aead(alg) ||
				   ciphers[i].nonce == 0;

		print_message("# case: %s\n", btz_crypt_name(alg));
		crypt_key(ciphers[i].key, E | D, id);
		assert_int_equal(
		    crypt_seal(id, alg, ciphers[i].aad, ciphers[i].text, &s),
		    BTZ_OK);
		assert_int_equal(crypt_seal(id, alg, ciphers[i].aad,
				     ciphers[i].text, &again),
		    BTZ_OK);
		assert_int_equal(s.nonce_len, ciphers[i].nonce);
		if (s.nonce_len > 0)
			assert_memory_not_equal(
			    s.nonce, again.nonce, s.nonce_len);
		if (s.len > 0)
			assert_memory_not_equal(s.bytes, again.bytes, s.len);
		assert_int_equal(
		    crypt_open(id, alg, ciphers[i].aad, &s, 0, ciphers[i].text),
		    BTZ_OK);
		assert_int_equal(
		    crypt_open(id, alg, ciphers[i].aad, &s, 1, ciphers[i].text),
		    BTZ_OK);
		assert_int_equal(crypt_open(id, alg, ciphers[i].aad, &s, 2, ""),
		    BTZ_E_NOENT);
		assert_int_equal(crypt_open(id, alg, tells ? "other" : "", &s,
				     0, ciphers[i].text),
		    tells ? BTZ_E_SIGNATURE : BTZ_OK);
		s.bytes[0] ^= 1;
		if (tells)
			assert_int_equal(
			    crypt_open(id, alg, ciphers[i].aad, &s, 0, ""),
			    BTZ_E_SIGNATURE);
	}
	assert_true(btz_auditor_wait(crypto.audit, "key.encrypt", 8, 3000));
	assert_true(btz_auditor_wait(crypto.audit, "key.decrypt", 8, 3000));
}

static void
test_refused(void **state)
{
	struct btz_generate own = { .alg = BTZ_ALG_AES_128,
		.usage = E | D,
		.flags = BTZ_KEYFLAG_CALLER_NONCE,
		.only_crypt = BTZ_CRYPT_AES_GCM };
	struct btz_crypt rq = { .alg = BTZ_CRYPT_AES_GCM,
		.nonce = btz_span_str("twelve bytes") };
	struct btz_crypt_ok ok;
	uint8_t id[BTZ_ID_LEN], none[BTZ_ID_LEN] = { 1 };
	struct btz_heard heard;
	struct crypt_sealed s;

	(void)state;
	crypt_key(BTZ_ALG_AES_128, E, id);
	assert_int_equal(
	    crypt_seal(none, BTZ_CRYPT_AES_GCM, "", "x", &s), BTZ_E_NOENT);
	assert_int_equal(
	    crypt_seal(id, BTZ_CRYPT_CHACHA20_POLY1305, "", "x", &s),
	    BTZ_E_KEY_ALG);
	assert_int_equal(
	    crypt_seal(id, BTZ_CRYPT_AES_CBC, "aad", "x", &s), BTZ_E_INVAL);
	assert_int_equal(
	    crypt_seal(id, BTZ_CRYPT_AES_CBC_NOPAD, "", "x", &s), BTZ_E_INVAL);
	assert_int_equal(
	    crypt_seal(id, BTZ_CRYPT_AES_GCM, "", "x", &s), BTZ_OK);
	assert_int_equal(
	    crypt_open(id, BTZ_CRYPT_AES_GCM, "", &s, 0, "x"), BTZ_E_KEY_USAGE);
	assert_true(btz_auditor_wait(crypto.audit, "key.decrypt", 1, 1000));
	(void)btz_auditor_heard(crypto.audit, "key.decrypt", &heard);
	assert_string_equal(heard.out, "E_KEY_USAGE");
	memcpy(rq.id, id, BTZ_ID_LEN);
	assert_int_equal(
	    btz_kms_encrypt(&crypto.c, &rq, &ok, &crypto.err), BTZ_E_KEY_USAGE);
	crypt_make(own, id);
	memcpy(rq.id, id, BTZ_ID_LEN);
	assert_int_equal(
	    btz_kms_encrypt(&crypto.c, &rq, &ok, &crypto.err), BTZ_OK);
	assert_true(btz_span_eq(ok.nonce, btz_span_str("twelve bytes")));
	rq.alg = BTZ_CRYPT_AES_CCM;
	assert_int_equal(
	    btz_kms_encrypt(&crypto.c, &rq, &ok, &crypto.err), BTZ_E_KEY_ALG);
}

static const struct {
	uint8_t key;
	uint16_t alg;
	size_t len;
} macs[] = {
	{ BTZ_ALG_SECRET, BTZ_CRYPT_HMAC_SHA256, 32 },
	{ BTZ_ALG_SECRET, BTZ_CRYPT_HMAC_SHA384, 48 },
	{ BTZ_ALG_SECRET, BTZ_CRYPT_HMAC_SHA512, 64 },
	{ BTZ_ALG_AES_256, BTZ_CRYPT_CMAC, 16 },
};

static void
test_macs(void **state)
{
	uint8_t mac[BTZ_DIGEST_MAX];
	struct btz_mac_ok ok;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(macs); i++) {
		struct btz_mac rq = { .alg = macs[i].alg,
			.input = btz_span_str("message") };

		print_message("# case: %s\n", btz_crypt_name(macs[i].alg));
		crypt_key(macs[i].key, S | V, rq.id);
		assert_int_equal(
		    btz_kms_mac(&crypto.c, &rq, &ok, &crypto.err), BTZ_OK);
		assert_int_equal(ok.mac.len, macs[i].len);
		assert_int_equal(ok.version, 1);
		memcpy(mac, ok.mac.p, ok.mac.len);
		rq.mac = btz_span_of(mac, macs[i].len);
		assert_int_equal(
		    btz_kms_mac(&crypto.c, &rq, &ok, &crypto.err), BTZ_E_INVAL);
		assert_int_equal(
		    btz_kms_mac_verify(&crypto.c, &rq, &crypto.err), BTZ_OK);
		rq.mac.len--;
		assert_int_equal(
		    btz_kms_mac_verify(&crypto.c, &rq, &crypto.err),
		    BTZ_E_SIGNATURE);
		rq.mac.len++;
		mac[0] ^= 0x80;
		assert_int_equal(
		    btz_kms_mac_verify(&crypto.c, &rq, &crypto.err),
		    BTZ_E_SIGNATURE);
	}
}

static void
test_agreement(void **state)
{
	static const struct {
		uint8_t alg;
		size_t point, secret;
	} rows[] = { { BTZ_ALG_EC_P256, 65, 32 }, { BTZ_ALG_EC_P384, 97, 48 },
		{ BTZ_ALG_X25519, 32, 32 } };
	uint8_t first[64];
	struct btz_span secret;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		uint8_t id[2][BTZ_ID_LEN], point[2][128];

		print_message("# case: %s\n", btz_alg_name(rows[i].alg));
		for (int k = 0; k < 2; k++) {
			struct btz_key_info key;

			crypt_key(rows[i].alg, DV, id[k]);
			assert_int_equal(btz_kms_export_public(&crypto.c, id[k],
					     &key, &crypto.err),
			    BTZ_OK);
			memcpy(point[k],
			    key.spki.p + key.spki.len - rows[i].point,
			    rows[i].point);
		}
		for (int k = 0; k < 2; k++) {
			struct btz_derive rq = { .alg = BTZ_CRYPT_ECDH,
				.peer = { point[1 - k], rows[i].point } };

			memcpy(rq.id, id[k], BTZ_ID_LEN);
			assert_int_equal(btz_kms_derive(&crypto.c, &rq, &secret,
					     &crypto.err),
			    BTZ_OK);
			assert_int_equal(secret.len, rows[i].secret);
			if (k == 0)
				memcpy(first, secret.p, secret.len);
			else
				assert_memory_equal(
				    first, secret.p, secret.len);
			rq.peer.len--;
			assert_int_equal(btz_kms_derive(&crypto.c, &rq, &secret,
					     &crypto.err),
			    BTZ_E_INVAL);
		}
	}
}

static void
test_hkdf_and_hash(void **state)
{
	struct btz_derive rq = { .alg = BTZ_CRYPT_HKDF_SHA256,
		.salt = btz_span_str("salt"),
		.info = btz_span_str("info"),
		.len = 100 };
	uint8_t first[100];
	struct btz_span out;

	(void)state;
	crypt_key(BTZ_ALG_SECRET, DV, rq.id);
	assert_int_equal(
	    btz_kms_derive(&crypto.c, &rq, &out, &crypto.err), BTZ_OK);
	assert_int_equal(out.len, 100);
	memcpy(first, out.p, 100);
	rq.info = btz_span_str("other");
	assert_int_equal(
	    btz_kms_derive(&crypto.c, &rq, &out, &crypto.err), BTZ_OK);
	assert_memory_not_equal(first, out.p, 100);
	rq.len = 0;
	assert_int_equal(
	    btz_kms_derive(&crypto.c, &rq, &out, &crypto.err), BTZ_E_RANGE);
	assert_int_equal(btz_kms_hash(&crypto.c, BTZ_HASH_SHA3_256,
			     btz_span_str("abc"), &out, &crypto.err),
	    BTZ_OK);
	assert_int_equal(out.len, 32);
	assert_int_equal(out.p[0], 0x3a);
	assert_int_equal(
	    btz_kms_hash(&crypto.c, 77, btz_span_str("abc"), &out, &crypto.err),
	    BTZ_E_UNSUPPORTED);
}

static int
remembers(const char *text)
{
	return memory_has(
	    btz_box_pid(crypto.box, BTZ_PROG_CRYPTO_SOFT), text, strlen(text));
}

/* A public input is still there, which shows that we look where it was. */
static void
test_wiped(void **state)
{
	static const char plain[] = "PLAIN TEXT, NOT TO BE FOUND LATER ON",
			  open_text[] = "A MESSAGE THAT ANYBODY MAY READ HERE";
	struct btz_mac rq = { .alg = BTZ_CRYPT_CMAC,
		.input = btz_span_str(open_text) };
	struct btz_mac_ok ok;
	uint8_t id[BTZ_ID_LEN];
	struct crypt_sealed s;

	(void)state;
	crypt_key(BTZ_ALG_AES_256, E | D | S, id);
	assert_int_equal(
	    crypt_seal(id, BTZ_CRYPT_AES_GCM, "", plain, &s), BTZ_OK);
	assert_int_not_equal(remembers(plain), 1);
	assert_int_equal(
	    crypt_open(id, BTZ_CRYPT_AES_GCM, "", &s, 0, plain), BTZ_OK);
	assert_int_not_equal(remembers(plain), 1);
	memcpy(rq.id, id, BTZ_ID_LEN);
	assert_int_equal(btz_kms_mac(&crypto.c, &rq, &ok, &crypto.err), BTZ_OK);
	if (remembers(open_text) == -1)
		print_message("# the memory may not be read here\n");
	else
		assert_int_equal(remembers(open_text), 1);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, crypt_setup, crypt_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_ciphers),
		WITH(test_refused),
		WITH(test_macs),
		WITH(test_agreement),
		WITH(test_hkdf_and_hash),
		WITH(test_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
