/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_key_crypt.c - KEY_CRYPT with keys whose bytes are known, against
 * libcrypto (contract_ref.h); and what a client must not get.
 */
#include "support/cmocka_all.h"

#include <openssl/x509.h>
#include <string.h>

#include "crypto/contract_ref.h"
#include "ta/ta_bare.h"
#include "wire/msg_sign.h"

static struct ta ta;
static const int me, other; /* sessions: their addresses */

static uint8_t text[300], aad[20], nonce[16], secret[4096];
static uint8_t answer[BTZ_TA_ANSWER_MAX], want[600];

static int
begin(void **state)
{
	(void)state;
	bare_begin(&ta);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + 1);
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)(i * 13 + 5);
	memset(aad, 0xaa, sizeof(aad));
	memset(nonce, 0x11, sizeof(nonce));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	bare_end(&ta);
	return 0;
}

static uint32_t
open_key(uint8_t alg, size_t len)
{
	const struct bare_key k = { .alg = alg, .secret = { secret, len } };
	uint32_t h;

	assert_int_equal(bare_open(&ta, &me, &k, &h), BTZ_OK);
	return h;
}

/* The output field of the answer; a refusal has none. */
static enum btz_rc
crypt(const struct btz_ta_key_crypt *rq, struct btz_span *out)
{
	struct btz_ta_output m;
	struct btz_wr wr;
	enum btz_rc rc;

	*out = btz_span_of(NULL, 0);
	btz_wr_init(&wr, answer, sizeof(answer));
	rc = bare_crypt(&ta, &me, rq, &wr);
	assert_true(rc == BTZ_OK || wr.len == 0);
	if (rc != BTZ_OK)
		return rc;
	assert_true(btz_msg_decode(&btz_def_ta_output, btz_wr_span(&wr), &m));
	*out = m.output;
	return BTZ_OK;
}

static void
assert_refused(const struct btz_ta_key_crypt *rq, enum btz_rc rc)
{
	struct btz_span out;

	assert_int_equal(crypt(rq, &out), rc);
}

static const struct {
	uint16_t alg;
	size_t nonce_len;
} ciphers[] = {
	{ BTZ_CRYPT_AES_GCM, 12 },
	{ BTZ_CRYPT_AES_CCM, 7 },
	{ BTZ_CRYPT_AES_CCM, 12 },
	{ BTZ_CRYPT_AES_CCM, 13 },
	{ BTZ_CRYPT_AES_CBC, 16 },
	{ BTZ_CRYPT_AES_CTR, 16 },
	{ BTZ_CRYPT_AES_CBC_NOPAD, 16 },
};

/* Sealed as libcrypto does, opened again; with each byte of an AEAD's output
 * changed it is not, and nothing of the text is left behind. */
static void
check_cipher(struct btz_ta_key_crypt rq, size_t key_len)
{
	static uint8_t sealed[400];
	const struct btz_span in = rq.input;
	const struct ref_in ref = { .alg = rq.alg,
		.key = { secret, key_len },
		.nonce = rq.nonce,
		.aad = rq.aad,
		.input = rq.input };
	struct btz_span out;
	size_t n;

	assert_int_equal(crypt(&rq, &out), BTZ_OK);
	n = ref_seal(&ref, want, sizeof(want));
	assert_true(btz_span_eq(out, btz_span_of(want, n)));
	memcpy(sealed, want, n);
	rq.verb = BTZ_VERB_DECRYPT;
	rq.input = btz_span_of(sealed, n);
	assert_int_equal(crypt(&rq, &out), BTZ_OK);
	assert_true(btz_span_eq(out, in));
	for (size_t i = 0; btz_crypt_is_aead(rq.alg) && i < n; i += 5) {
		sealed[i] ^= 1;
		memset(answer, 0, sizeof(answer));
		assert_refused(&rq, BTZ_E_SIGNATURE);
		for (size_t k = 0; k < in.len + 4; k++)
			assert_int_equal(answer[k], 0);
		sealed[i] ^= 1;
	}
}

static void
test_ciphers(void **state)
{
	static const size_t lens[] = { 0, 1, 15, 16, 17, 32, 299 };
	static const uint8_t keys[] = { BTZ_ALG_AES_128, BTZ_ALG_AES_192,
		BTZ_ALG_AES_256 };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(ciphers) * 3 * BTZ_COUNT(lens); i++) {
		const size_t c = i % BTZ_COUNT(ciphers), len = lens[i / 21],
			     key_len = btz_alg_bits(keys[i / 7 % 3]) / 8;
		const bool aead = btz_crypt_is_aead(ciphers[c].alg);
		struct btz_ta_key_crypt rq = { .verb = BTZ_VERB_ENCRYPT,
			.alg = ciphers[c].alg,
			.nonce = { nonce, ciphers[c].nonce_len },
			.aad = { aad, aead && len != 1 ? sizeof(aad) : 0 },
			.input = { text, len } };

		if (ciphers[c].alg == BTZ_CRYPT_AES_CBC_NOPAD && len % 16 != 0)
			continue;
		rq.handle = open_key(keys[i / 7 % 3], key_len);
		check_cipher(rq, key_len);
	}
}

/* Every last byte of the padding, and the ones before it: one answer. */
static void
test_padding(void **state)
{
	struct btz_ta_key_crypt rq = { .verb = BTZ_VERB_ENCRYPT,
		.alg = BTZ_CRYPT_AES_CBC_NOPAD,
		.nonce = { nonce, 16 } };
	uint8_t plain[32], sealed[32];
	struct btz_span out;

	(void)state;
	rq.handle = open_key(BTZ_ALG_AES_256, 32);
	for (unsigned last = 0; last < 256 + 16; last++) {
		const bool right = last >= 1 && last <= 16;
		const unsigned value = last < 256 ? last : last - 255;

		memset(plain, (int)value, sizeof(plain));
		if (last >= 256) /* one before the last is wrong */
			plain[32 - value] ^= 0x80;
		rq.verb = BTZ_VERB_ENCRYPT;
		rq.alg = BTZ_CRYPT_AES_CBC_NOPAD;
		rq.input = btz_span_of(plain, 32);
		assert_int_equal(crypt(&rq, &out), BTZ_OK);
		memcpy(sealed, out.p, 32);
		rq.verb = BTZ_VERB_DECRYPT;
		rq.alg = BTZ_CRYPT_AES_CBC;
		rq.input = btz_span_of(sealed, 32);
		memset(answer, 0, sizeof(answer));
		if (!right) {
			assert_refused(&rq, BTZ_E_SIGNATURE);
			for (size_t k = 0; k < 40; k++)
				assert_int_equal(answer[k], 0);
			continue;
		}
		assert_int_equal(crypt(&rq, &out), BTZ_OK);
		assert_true(btz_span_eq(out, btz_span_of(plain, 32 - value)));
	}
}

static void
test_macs(void **state)
{
	static const uint16_t algs[] = { BTZ_CRYPT_HMAC_SHA256,
		BTZ_CRYPT_HMAC_SHA384, BTZ_CRYPT_HMAC_SHA512, BTZ_CRYPT_CMAC };
	static const size_t keys[] = { 1, 16, 24, 64, 65, 128, 129, 4096 };
	static const size_t lens[] = { 0, 1, 16, 64, 299 };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(algs) * BTZ_COUNT(keys) * 5; i++) {
		const uint16_t alg = algs[i % 4];
		const size_t key_len = keys[i / 4 % 8], len = lens[i / 32];
		struct btz_ta_key_crypt rq = {
			.verb = BTZ_VERB_MAC, .alg = alg, .input = { text, len }
		};
		const struct ref_in ref = { .alg = alg,
			.key = { secret, key_len },
			.input = rq.input };
		struct btz_span out;

		if (alg == BTZ_CRYPT_CMAC && key_len != 16 && key_len != 24)
			continue;
		rq.handle = open_key(alg != BTZ_CRYPT_CMAC ? BTZ_ALG_SECRET
				     : key_len == 16	   ? BTZ_ALG_AES_128
							   : BTZ_ALG_AES_192,
		    key_len);
		assert_int_equal(crypt(&rq, &out), BTZ_OK);
		assert_true(btz_span_eq(
		    out, btz_span_of(want, ref_mac(&ref, want, sizeof(want)))));
	}
}

static void
test_hkdf(void **state)
{
	static const uint16_t algs[] = { BTZ_CRYPT_HKDF_SHA256,
		BTZ_CRYPT_HKDF_SHA384, BTZ_CRYPT_HKDF_SHA512 };
	static const size_t lens[] = { 1, 31, 32, 33, 200, 600 };

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(algs) * BTZ_COUNT(lens); i++) {
		const size_t len = lens[i / 3];
		struct btz_ta_key_crypt rq = { .verb = BTZ_VERB_DERIVE,
			.alg = algs[i % 3],
			.salt = { text, 13 * (i % 4) + 1 },
			.info = { text, 9 * (i % 5) },
			.len = (uint16_t)len };
		const struct ref_in ref = { .alg = rq.alg,
			.key = { secret, 22 },
			.salt = rq.salt,
			.info = rq.info,
			.len = len };
		struct btz_span out;

		rq.handle = open_key(BTZ_ALG_SECRET, 22);
		assert_int_equal(crypt(&rq, &out), BTZ_OK);
		assert_true(btz_span_eq(out,
		    btz_span_of(want, ref_hkdf(&ref, want, sizeof(want)))));
		rq.len = 0;
		assert_refused(&rq, BTZ_E_INVAL);
		rq.len = (uint16_t)(255 * btz_hash_len(btz_crypt_hash(rq.alg)) +
				    1);
		assert_refused(&rq, BTZ_E_INVAL);
	}
}

static uint32_t
open_drawn(uint8_t alg, struct ta_parts *parts)
{
	struct bare_key k = { .alg = alg };
	uint32_t h;

	assert_int_equal(ta_family_of(alg)->draw(alg, 0, parts), BTZ_OK);
	k.secret = btz_span_of(parts->secret, parts->secret_len);
	k.spki = btz_span_of(parts->spki, parts->spki_len);
	assert_int_equal(bare_open(&ta, &me, &k, &h), BTZ_OK);
	return h;
}

static bool
low_by_libcrypto(EVP_PKEY *own, const uint8_t *point)
{
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_X25519, NULL, point, 32);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	uint8_t z[32];
	size_t n = sizeof(z);
	bool ok;

	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, peer), 1);
	ok = EVP_PKEY_derive(ctx, z, &n) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return !ok;
}

/* Points that are none: refused before the TEE sees them, which would end. */
static void
test_agree_ec(void **state)
{
	static const uint8_t algs[] = { BTZ_ALG_EC_P256, BTZ_ALG_EC_P384,
		BTZ_ALG_EC_P521 };
	static struct ta_parts parts;
	static struct ref_key peer;

	(void)state;
	for (size_t i = 0; i < sizeof(algs); i++) {
		struct btz_ta_key_crypt rq = { .verb = BTZ_VERB_DERIVE,
			.alg = BTZ_CRYPT_ECDH,
			.handle = open_drawn(algs[i], &parts) };
		uint8_t point[140] = { 0 };
		struct btz_span out;

		ref_draw(&peer, algs[i]);
		rq.input = ref_peer(&peer, algs[i]);
		assert_int_equal(crypt(&rq, &out), BTZ_OK);
		assert_true(btz_span_eq(
		    out, btz_span_of(
			     want, ref_agree(&peer,
				       btz_span_of(parts.spki, parts.spki_len),
				       want, sizeof(want)))));
		memcpy(point, rq.input.p, rq.input.len);
		ref_end(&peer);
		rq.input.p = point;
		for (size_t k = 0; k < rq.input.len; k += 7) {
			point[k] ^= 1;
			assert_refused(&rq, BTZ_E_INVAL);
			point[k] ^= 1;
		}
		memset(point + 1, 0, rq.input.len - 1);
		assert_refused(&rq, BTZ_E_INVAL);
		memset(point + 1, 0xff, rq.input.len - 1);
		assert_refused(&rq, BTZ_E_INVAL);
		rq.input.len = 0;
		assert_refused(&rq, BTZ_E_INVAL);
		rq.input.len = 1; /* infinity */
		point[0] = 0;
		assert_refused(&rq, BTZ_E_INVAL);
	}
}

/* RFC 7748 5.2, first vector; its scalar is not clamped. */
static void
test_agree_x(void **state)
{
	static const uint8_t scalar[32] = { 0xa5, 0x46, 0xe3, 0x6b, 0xf0, 0x52,
		0x7c, 0x9d, 0x3b, 0x16, 0x15, 0x4b, 0x82, 0x46, 0x5e, 0xdd,
		0x62, 0x14, 0x4c, 0x0a, 0xc1, 0xfc, 0x5a, 0x18, 0x50, 0x6a,
		0x22, 0x44, 0xba, 0x44, 0x9a, 0xc4 };
	static const uint8_t u[32] = { 0xe6, 0xdb, 0x68, 0x67, 0x58, 0x30, 0x30,
		0xdb, 0x35, 0x94, 0xc1, 0xa4, 0x24, 0xb1, 0x5f, 0x7c, 0x72,
		0x66, 0x24, 0xec, 0x26, 0xb3, 0x35, 0x3b, 0x10, 0xa9, 0x03,
		0xa6, 0xd0, 0xab, 0x1c, 0x4c };
	static const uint8_t shared[32] = { 0xc3, 0xda, 0x55, 0x37, 0x9d, 0xe9,
		0xc6, 0x90, 0x8e, 0x94, 0xea, 0x4d, 0xf2, 0x8d, 0x08, 0x4f,
		0x32, 0xec, 0xcf, 0x03, 0x49, 0x1c, 0x71, 0xf7, 0x54, 0xb4,
		0x07, 0x55, 0x77, 0xa2, 0x85, 0x52 };
	uint8_t spki[64], point[32];
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_X25519, NULL, scalar, 32);
	uint8_t *p = spki;
	struct bare_key k = { .alg = BTZ_ALG_X25519,
		.secret = { scalar, 32 },
		.spki = { spki, (size_t)i2d_PUBKEY(own, &p) } };
	struct btz_ta_key_crypt rq = { .verb = BTZ_VERB_DERIVE,
		.alg = BTZ_CRYPT_ECDH,
		.input = { u, 32 } };
	struct btz_span out;

	(void)state;
	EVP_PKEY_free(own);
	assert_int_equal(bare_open(&ta, &me, &k, &rq.handle), BTZ_OK);
	assert_int_equal(crypt(&rq, &out), BTZ_OK);
	assert_true(btz_span_eq(out, btz_span_of(shared, 32)));
	/* What libcrypto refuses for its zeros is refused here, and no more. */
	rq.input.p = point;
	for (unsigned i = 0; i < 600; i++) {
		static const uint8_t eight[2][32] = {
			{ 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16,
			    0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda,
			    0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86,
			    0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
			{ 0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1,
			    0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04,
			    0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8,
			    0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57 },
		};
		EVP_PKEY *mine = EVP_PKEY_new_raw_private_key(
		    EVP_PKEY_X25519, NULL, scalar, 32);
		bool low;

		memset(point, i < 256 ? 0 : 0xff, sizeof(point));
		point[0] = (uint8_t)i;
		point[31] = i < 256 ? 0 : i < 512 ? 0x7f : 0xff;
		if (i >= 596) {
			memcpy(point, eight[i % 2], 32);
			point[31] |= i < 598 ? 0 : 0x80;
		}
		low = low_by_libcrypto(mine, point);
		EVP_PKEY_free(mine);
		assert_int_equal(crypt(&rq, &out), low ? BTZ_E_INVAL : BTZ_OK);
	}
	rq.input.len = 31;
	assert_refused(&rq, BTZ_E_INVAL);
	spki[20] ^= 1; /* not of this scalar */
	assert_int_equal(bare_open(&ta, &me, &k, &rq.handle), BTZ_E_KEY_BLOB);
}

/* Every signature that the family says, seen by libcrypto; a message in place
 * of a digest is none. */
static void
check_rsa_signs(uint32_t handle, struct btz_span spki)
{
	static uint8_t body[256];
	const uint8_t digest[BTZ_DIGEST_MAX] = { 0xd1, 0x9e };

	for (uint16_t alg = 1; alg <= BTZ_SIG_ALG_MAX; alg++) {
		struct btz_ta_sign rq = { .handle = handle,
			.alg = alg,
			.input = { digest, btz_sig_digest_len(alg) } };
		struct btz_signature sig;
		struct btz_wr wr, out;
		enum btz_rc rc;

		btz_wr_init(&wr, body, sizeof(body));
		btz_msg_write(&btz_def_ta_sign, &rq, &wr);
		btz_wr_init(&out, answer, sizeof(answer));
		rc = ta_op_sign_digest(&ta, &me, btz_wr_span(&wr), &out);
		if (!btz_sig_fits(BTZ_ALG_RSA_2048, alg)) {
			assert_int_equal(rc, BTZ_E_KEY_ALG);
			continue;
		}
		assert_int_equal(rc, BTZ_OK);
		assert_true(btz_msg_decode(
		    &btz_def_signature, btz_wr_span(&out), &sig));
		assert_true(ref_verify(spki, alg, rq.input, sig.signature));
		rq.input.len--;
		btz_wr_init(&wr, body, sizeof(body));
		btz_msg_write(&btz_def_ta_sign, &rq, &wr);
		assert_int_equal(
		    ta_op_sign_digest(&ta, &me, btz_wr_span(&wr), &out),
		    BTZ_E_DIGEST_LEN);
	}
}

/* Whatever is wrong with it, the answer is the same. */
static void
check_oaep(uint32_t handle, struct btz_span spki)
{
	static uint8_t sealed[256];
	struct btz_ta_key_crypt rq = { .handle = handle,
		.verb = BTZ_VERB_DECRYPT,
		.alg = BTZ_CRYPT_RSA_OAEP_SHA256,
		.aad = { aad, 7 },
		.input = { sealed, sizeof(sealed) } };
	const struct ref_in ref = {
		.alg = rq.alg, .aad = rq.aad, .input = { text, 32 }
	};
	struct btz_span out;

	assert_int_equal(
	    ref_rsa(spki, &ref, sealed, sizeof(sealed)), sizeof(sealed));
	assert_int_equal(crypt(&rq, &out), BTZ_OK);
	assert_true(btz_span_eq(out, ref.input));
	rq.aad.len = 6;
	assert_refused(&rq, BTZ_E_SIGNATURE);
	rq.aad.len = 7;
	rq.alg = BTZ_CRYPT_RSA_OAEP_SHA384;
	assert_refused(&rq, BTZ_E_SIGNATURE);
	rq.alg = BTZ_CRYPT_RSA_OAEP_SHA256;
	for (unsigned i = 0; i < 4; i++) { /* 0, 1, above the modulus */
		memset(sealed, i < 2 ? 0 : 0xff, sizeof(sealed));
		sealed[255] = (uint8_t)(i % 2);
		assert_refused(&rq, BTZ_E_SIGNATURE);
	}
	rq.input.len = 255;
	assert_refused(&rq, BTZ_E_INVAL);
	rq.verb = BTZ_VERB_ENCRYPT;
	rq.input = btz_span_of(text, 256 - 66 + 1);
	assert_refused(&rq, BTZ_E_INVAL);
	rq.input.len--;
	assert_int_equal(crypt(&rq, &out), BTZ_OK);
	memcpy(sealed, out.p, sizeof(sealed));
	rq.verb = BTZ_VERB_DECRYPT;
	rq.input = btz_span_of(sealed, sizeof(sealed));
	assert_int_equal(crypt(&rq, &out), BTZ_OK);
	assert_true(btz_span_eq(out, btz_span_of(text, 256 - 66)));
}

/* Numbers that are not the key of the SPKI, or none at all. */
static void
check_rsa_blobs(const struct ta_parts *good)
{
	static struct ta_parts bad;
	const struct bare_key k = { .alg = BTZ_ALG_RSA_2048,
		.secret = { bad.secret, good->secret_len },
		.spki = { bad.spki, good->spki_len } };
	struct bare_key wrong = k;
	uint32_t h;

	for (size_t i = 0; i < 2 * 256 + 40; i += 3) { /* head, n, e, d */
		bad = *good;
		bad.secret[i] ^= 4;
		if (i > 4 + 3 + 4 + 257 + 5 + 3)
			break;
		assert_int_equal(bare_open(&ta, &me, &k, &h), BTZ_E_KEY_BLOB);
	}
	bad = *good;
	bad.secret[good->secret_len / 2 + 40] ^= 4; /* a prime */
	assert_int_equal(bare_open(&ta, &me, &k, &h), BTZ_E_KEY_BLOB);
	bad = *good;
	bad.spki[60] ^= 1;
	assert_int_equal(bare_open(&ta, &me, &k, &h), BTZ_E_KEY_BLOB);
	bad = *good;
	wrong.secret.len--;
	assert_int_equal(bare_open(&ta, &me, &wrong, &h), BTZ_E_KEY_BLOB);
	wrong = k;
	wrong.alg = BTZ_ALG_RSA_3072;
	assert_int_equal(bare_open(&ta, &me, &wrong, &h), BTZ_E_KEY_BLOB);
	wrong.alg = BTZ_ALG_RSA_2048;
	assert_int_equal(bare_open(&ta, &me, &wrong, &h), BTZ_OK);
}

static void
test_rsa(void **state)
{
	static struct ta_parts parts;
	const uint32_t h = open_drawn(BTZ_ALG_RSA_2048, &parts);
	const struct btz_span spki = btz_span_of(parts.spki, parts.spki_len);

	(void)state;
	assert_true(ref_spki_is(spki, BTZ_ALG_RSA_2048));
	check_rsa_signs(h, spki);
	check_oaep(h, spki);
	check_rsa_blobs(&parts);
}

/* What is asked for, by a key that may do everything; AES-128 unless the
 * row says else. */
static const struct {
	const char *name;
	uint8_t key_alg, verb;
	uint16_t alg;
	size_t nonce, aad, input, salt, info;
	uint16_t len;
	enum btz_rc rc;
} refusals[] = {
	{ "no algorithm", 0, BTZ_VERB_ENCRYPT, 0, 12, 0, 16, 0, 0, 0,
	    BTZ_E_UNSUPPORTED },
	{ "an unknown one", 0, BTZ_VERB_ENCRYPT, 999, 12, 0, 16, 0, 0, 0,
	    BTZ_E_UNSUPPORTED },
	{ "ChaCha20", 0, BTZ_VERB_ENCRYPT, BTZ_CRYPT_CHACHA20_POLY1305, 12, 0,
	    16, 0, 0, 0, BTZ_E_UNSUPPORTED },
	{ "no verb", 0, 0, BTZ_CRYPT_AES_GCM, 12, 0, 16, 0, 0, 0,
	    BTZ_E_KEY_ALG },
	{ "a cipher as a MAC", 0, BTZ_VERB_MAC, BTZ_CRYPT_AES_GCM, 12, 0, 16, 0,
	    0, 0, BTZ_E_KEY_ALG },
	{ "an HMAC by AES", 0, BTZ_VERB_MAC, BTZ_CRYPT_HMAC_SHA256, 0, 0, 16, 0,
	    0, 0, BTZ_E_KEY_ALG },
	{ "GCM by a secret", BTZ_ALG_SECRET, BTZ_VERB_ENCRYPT,
	    BTZ_CRYPT_AES_GCM, 12, 0, 16, 0, 0, 0, BTZ_E_KEY_ALG },
	{ "CMAC by a secret", BTZ_ALG_SECRET, BTZ_VERB_MAC, BTZ_CRYPT_CMAC, 0,
	    0, 16, 0, 0, 0, BTZ_E_KEY_ALG },
	{ "GCM without nonce", 0, BTZ_VERB_ENCRYPT, BTZ_CRYPT_AES_GCM, 0, 0, 16,
	    0, 0, 0, BTZ_E_INVAL },
	{ "GCM, 13 of nonce", 0, BTZ_VERB_ENCRYPT, BTZ_CRYPT_AES_GCM, 13, 0, 16,
	    0, 0, 0, BTZ_E_INVAL },
	{ "CCM, 6 of nonce", 0, BTZ_VERB_ENCRYPT, BTZ_CRYPT_AES_CCM, 6, 0, 16,
	    0, 0, 0, BTZ_E_INVAL },
	{ "CCM, 14 of nonce", 0, BTZ_VERB_ENCRYPT, BTZ_CRYPT_AES_CCM, 14, 0, 16,
	    0, 0, 0, BTZ_E_INVAL },
	{ "CBC, 15 of IV", 0, BTZ_VERB_ENCRYPT, BTZ_CRYPT_AES_CBC, 15, 0, 16, 0,
	    0, 0, BTZ_E_INVAL },
	{ "CBC with aad", 0, BTZ_VERB_ENCRYPT, BTZ_CRYPT_AES_CBC, 16, 1, 16, 0,
	    0, 0, BTZ_E_INVAL },
	{ "CBC, half a block", 0, BTZ_VERB_DECRYPT, BTZ_CRYPT_AES_CBC, 16, 0, 8,
	    0, 0, 0, BTZ_E_INVAL },
	{ "CBC, nothing", 0, BTZ_VERB_DECRYPT, BTZ_CRYPT_AES_CBC, 16, 0, 0, 0,
	    0, 0, BTZ_E_INVAL },
	{ "CBC as is, half a block", 0, BTZ_VERB_ENCRYPT,
	    BTZ_CRYPT_AES_CBC_NOPAD, 16, 0, 8, 0, 0, 0, BTZ_E_INVAL },
	{ "GCM, less than a tag", 0, BTZ_VERB_DECRYPT, BTZ_CRYPT_AES_GCM, 12, 0,
	    15, 0, 0, 0, BTZ_E_INVAL },
	{ "CMAC with a nonce", 0, BTZ_VERB_MAC, BTZ_CRYPT_CMAC, 1, 0, 16, 0, 0,
	    0, BTZ_E_INVAL },
	{ "CMAC with a salt", 0, BTZ_VERB_MAC, BTZ_CRYPT_CMAC, 0, 0, 16, 1, 0,
	    0, BTZ_E_INVAL },
	{ "GCM with a length", 0, BTZ_VERB_ENCRYPT, BTZ_CRYPT_AES_GCM, 12, 0,
	    16, 0, 0, 1, BTZ_E_INVAL },
	{ "GCM with info", 0, BTZ_VERB_ENCRYPT, BTZ_CRYPT_AES_GCM, 12, 0, 16, 0,
	    1, 0, BTZ_E_INVAL },
	{ "HKDF with input", BTZ_ALG_SECRET, BTZ_VERB_DERIVE,
	    BTZ_CRYPT_HKDF_SHA256, 0, 0, 1, 0, 0, 32, BTZ_E_INVAL },
};

static void
test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(refusals); i++) {
		struct btz_ta_key_crypt rq = { .verb = refusals[i].verb,
			.alg = refusals[i].alg,
			.nonce = { nonce, refusals[i].nonce },
			.aad = { aad, refusals[i].aad },
			.input = { text, refusals[i].input },
			.salt = { text, refusals[i].salt },
			.info = { text, refusals[i].info },
			.len = refusals[i].len };

		print_message("# case: %s\n", refusals[i].name);
		rq.handle = open_key(refusals[i].key_alg != 0
					 ? refusals[i].key_alg
					 : BTZ_ALG_AES_128,
		    16);
		assert_refused(&rq, refusals[i].rc);
	}
}

/* Use, kind and end are what is sealed in the blob; handles are of a session. */
static void
test_whose(void **state)
{
	static const struct {
		const char *name;
		struct bare_key k;
		uint8_t verb;
		enum btz_rc rc;
	} rows[] = {
		{ "encrypts only", { .operations = BTZ_USE_ENCRYPT },
		    BTZ_VERB_DECRYPT, BTZ_E_KEY_USAGE },
		{ "decrypts only", { .operations = BTZ_USE_DECRYPT },
		    BTZ_VERB_ENCRYPT, BTZ_E_KEY_USAGE },
		{ "kind tls", { .kind = BTZ_KIND_TLS }, BTZ_VERB_ENCRYPT,
		    BTZ_E_KEY_KIND },
		{ "ended", { .not_after = 999 }, BTZ_VERB_ENCRYPT,
		    BTZ_E_EXPIRED },
	};
	struct btz_ta_key_crypt rq = { .alg = BTZ_CRYPT_AES_CTR,
		.nonce = { nonce, 16 },
		.input = { text, 5 },
		.now = 1000 };
	struct btz_wr wr;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		struct bare_key k = rows[i].k;

		print_message("# case: %s\n", rows[i].name);
		k.alg = BTZ_ALG_AES_256;
		k.secret = btz_span_of(secret, 32);
		rq.verb = rows[i].verb;
		assert_int_equal(bare_open(&ta, &me, &k, &rq.handle), BTZ_OK);
		assert_refused(&rq, rows[i].rc);
	}
	rq.verb = BTZ_VERB_ENCRYPT;
	rq.handle = open_key(BTZ_ALG_AES_256, 32);
	btz_wr_init(&wr, answer, sizeof(answer));
	assert_int_equal(bare_crypt(&ta, &other, &rq, &wr), BTZ_E_NOENT);
	assert_int_equal(bare_crypt(&ta, &me, &rq, &wr), BTZ_OK);
}

/* Not as long as the algorithm says, or with a public key: no key. */
static void
test_blobs(void **state)
{
	static const struct bare_key rows[] = {
		{ .alg = BTZ_ALG_AES_128, .secret = { secret, 15 } },
		{ .alg = BTZ_ALG_AES_128, .secret = { secret, 32 } },
		{ .alg = BTZ_ALG_AES_256, .secret = { secret, 16 } },
		{ .alg = BTZ_ALG_AES_192,
		    .secret = { secret, 24 },
		    .spki = { text, 91 } },
		{ .alg = BTZ_ALG_SECRET,
		    .secret = { secret, 32 },
		    .spki = { text, 1 } },
		{ .alg = BTZ_ALG_CHACHA20, .secret = { secret, 32 } },
	};
	uint32_t h;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++)
		assert_int_equal(
		    bare_open(&ta, &me, &rows[i], &h), BTZ_E_KEY_BLOB);
}

/* An answer that does not fit is not begun; every shorter request, and one
 * byte more, is none. */
static void
test_lengths(void **state)
{
	struct btz_ta_key_crypt rq = { .verb = BTZ_VERB_ENCRYPT,
		.alg = BTZ_CRYPT_AES_GCM,
		.nonce = { nonce, 12 },
		.aad = { aad, 3 },
		.input = { text, 20 } };
	uint8_t body[256];
	struct btz_wr wr, out;

	(void)state;
	rq.handle = open_key(BTZ_ALG_AES_128, 16);
	for (size_t cap = 0; cap < 4 + 20 + 16; cap++) {
		btz_wr_init(&out, answer, cap);
		answer[cap] = 0x5a;
		assert_int_equal(bare_crypt(&ta, &me, &rq, &out), BTZ_E_TOOBIG);
		assert_int_equal(out.len, 0);
		assert_int_equal(answer[cap], 0x5a);
	}
	btz_wr_init(&wr, body, sizeof(body));
	btz_msg_write(&btz_def_ta_key_crypt, &rq, &wr);
	assert_true(btz_wr_ok(&wr));
	for (size_t n = 0; n <= wr.len + 1; n++) {
		btz_wr_init(&out, answer, sizeof(answer));
		assert_int_equal(
		    ta_op_key_crypt(&ta, &me, btz_span_of(body, n), &out),
		    n == wr.len ? BTZ_OK : BTZ_E_PROTO);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ciphers, begin, end),
		cmocka_unit_test_setup_teardown(test_padding, begin, end),
		cmocka_unit_test_setup_teardown(test_macs, begin, end),
		cmocka_unit_test_setup_teardown(test_hkdf, begin, end),
		cmocka_unit_test_setup_teardown(test_agree_ec, begin, end),
		cmocka_unit_test_setup_teardown(test_agree_x, begin, end),
		cmocka_unit_test_setup_teardown(test_rsa, begin, end),
		cmocka_unit_test_setup_teardown(test_refusals, begin, end),
		cmocka_unit_test_setup_teardown(test_whose, begin, end),
		cmocka_unit_test_setup_teardown(test_blobs, begin, end),
		cmocka_unit_test_setup_teardown(test_lengths, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
