/* SPDX-License-Identifier: Apache-2.0 */
/* contract_ref.c - contract in contract_ref.h. */
#define OPENSSL_SUPPRESS_DEPRECATED /* what LibreSSL has too */
#include "crypto/contract_ref.h"

#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "support/cmocka_all.h"

static int
type_of(uint8_t alg)
{
	switch (btz_family(alg)) {
	case BTZ_FAMILY_EC:
		return EVP_PKEY_EC;
	case BTZ_FAMILY_RSA:
		return EVP_PKEY_RSA;
	case BTZ_FAMILY_ED:
		return EVP_PKEY_ED25519;
	case BTZ_FAMILY_X:
		return EVP_PKEY_X25519;
	default:
		return 0;
	}
}

static EVP_PKEY *
draw(int type, int curve, int bits)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(type, NULL);
	EVP_PKEY *pkey = NULL;

	assert_true(EVP_PKEY_keygen_init(ctx) > 0);
	if (type == EVP_PKEY_EC)
		assert_true(
		    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, curve) > 0 &&
		    EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_NAMED_CURVE) >
			0);
	if (type == EVP_PKEY_RSA)
		assert_true(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) > 0);
	assert_true(EVP_PKEY_keygen(ctx, &pkey) > 0);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static void
take_raw(struct ref_key *k, int type, unsigned bits)
{
	uint8_t *p = k->raw;
	EC_KEY *ec;

	k->raw_len = (bits + 7) / 8;
	if (type == EVP_PKEY_RSA) {
		k->raw_len = (size_t)i2d_PrivateKey(k->pkey, &p);
	} else if (type == EVP_PKEY_EC) {
		ec = EVP_PKEY_get1_EC_KEY(k->pkey);
		assert_true(BN_bn2binpad(EC_KEY_get0_private_key(ec), p,
				(int)k->raw_len) > 0);
		EC_KEY_free(ec);
	} else {
		assert_true(
		    EVP_PKEY_get_raw_private_key(k->pkey, p, &k->raw_len) > 0);
	}
}

static void
take_der(struct ref_key *k)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(k->pkey);
	uint8_t *p = k->pkcs8;

	k->pkcs8_len = (size_t)i2d_PKCS8_PRIV_KEY_INFO(info, &p);
	PKCS8_PRIV_KEY_INFO_free(info);
	p = k->spki;
	k->spki_len = (size_t)i2d_PUBKEY(k->pkey, &p);
}

static int
curve_of(uint8_t alg)
{
	return alg == BTZ_ALG_EC_P256	? NID_X9_62_prime256v1
	       : alg == BTZ_ALG_EC_P384 ? NID_secp384r1
					: NID_secp521r1;
}

void
ref_draw(struct ref_key *k, uint8_t alg)
{
	const unsigned bits = btz_alg_bits(alg);
	const int type = type_of(alg);

	memset(k, 0, sizeof(*k));
	if (type == 0) {
		k->raw_len = bits != 0 ? bits / 8 : 41;
		assert_true(RAND_bytes(k->raw, (int)k->raw_len) > 0);
		return;
	}
	k->pkey = draw(type, curve_of(alg), (int)bits);
	take_raw(k, type, bits);
	take_der(k);
}

void
ref_draw_foreign(struct ref_key *k)
{
	memset(k, 0, sizeof(*k));
	k->pkey = draw(EVP_PKEY_EC, NID_secp256k1, 0);
	take_raw(k, EVP_PKEY_EC, 256);
	take_der(k);
}

void
ref_end(struct ref_key *k)
{
	EVP_PKEY_free(k->pkey);
	k->pkey = NULL;
}

static EVP_PKEY *
public_of(struct btz_span spki)
{
	const uint8_t *p = spki.p;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)spki.len);

	assert_non_null(pkey);
	assert_true(p == spki.p + spki.len);
	return pkey;
}

bool
ref_spki_is(struct btz_span spki, uint8_t alg)
{
	EVP_PKEY *pkey;
	bool ok;

	if (type_of(alg) == 0)
		return spki.len == 0;
	pkey = public_of(spki);
	ok = EVP_PKEY_base_id(pkey) == type_of(alg) &&
	     (btz_family(alg) == BTZ_FAMILY_X ||
		 btz_family(alg) == BTZ_FAMILY_ED ||
		 EVP_PKEY_bits(pkey) == (int)btz_alg_bits(alg));
	EVP_PKEY_free(pkey);
	return ok;
}

static const EVP_MD *
md_of(uint8_t hash)
{
	return hash == BTZ_HASH_SHA256	 ? EVP_sha256()
	       : hash == BTZ_HASH_SHA384 ? EVP_sha384()
					 : EVP_sha512();
}

static void
set_padding(EVP_PKEY_CTX *ctx, uint16_t alg)
{
	const bool pss = alg == BTZ_SIG_RSA_PSS_SHA256 ||
			 alg == BTZ_SIG_RSA_PSS_SHA384 ||
			 alg == BTZ_SIG_RSA_PSS_SHA512;

	assert_true(
	    EVP_PKEY_CTX_set_signature_md(ctx, md_of(btz_sig_hash(alg))) > 0);
	if (EVP_PKEY_base_id(EVP_PKEY_CTX_get0_pkey(ctx)) != EVP_PKEY_RSA)
		return;
	assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx,
			pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) > 0);
	if (pss) /* exactly so long, not "auto" */
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(
				ctx, (int)btz_sig_digest_len(alg)) > 0);
}

bool
ref_verify(
    struct btz_span spki, uint16_t alg, struct btz_span in, struct btz_span sig)
{
	EVP_PKEY *pkey = public_of(spki);
	bool ok;

	if (btz_sig_digest_len(alg) == 0) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();

		ok = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) > 0 &&
		     EVP_DigestVerify(ctx, sig.p, sig.len, in.p, in.len) == 1;
		EVP_MD_CTX_free(ctx);
	} else {
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);

		assert_true(EVP_PKEY_verify_init(ctx) > 0);
		set_padding(ctx, alg);
		ok = EVP_PKEY_verify(ctx, sig.p, sig.len, in.p, in.len) == 1;
		EVP_PKEY_CTX_free(ctx);
	}
	EVP_PKEY_free(pkey);
	return ok;
}

static const EVP_CIPHER *
cipher_of(uint16_t alg, size_t key_len)
{
	static const struct {
		uint16_t alg;
		const EVP_CIPHER *(*of[3])(void);
	} rows[] = {
		{ BTZ_CRYPT_AES_GCM,
		    { EVP_aes_128_gcm, EVP_aes_192_gcm, EVP_aes_256_gcm } },
		{ BTZ_CRYPT_AES_CCM,
		    { EVP_aes_128_ccm, EVP_aes_192_ccm, EVP_aes_256_ccm } },
		{ BTZ_CRYPT_AES_CTR,
		    { EVP_aes_128_ctr, EVP_aes_192_ctr, EVP_aes_256_ctr } },
		{ BTZ_CRYPT_AES_CBC,
		    { EVP_aes_128_cbc, EVP_aes_192_cbc, EVP_aes_256_cbc } },
		{ BTZ_CRYPT_AES_CBC_NOPAD,
		    { EVP_aes_128_cbc, EVP_aes_192_cbc, EVP_aes_256_cbc } },
	};

	for (size_t i = 0; i < BTZ_COUNT(rows); i++)
		if (rows[i].alg == alg)
			return rows[i].of[key_len / 8 - 2]();
	return EVP_chacha20_poly1305();
}

size_t
ref_seal(const struct ref_in *in, uint8_t *out, size_t cap)
{
	const bool aead = btz_crypt_is_aead(in->alg);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, end = 0;
	size_t len;

	assert_true(in->input.len + 32 <= cap);
	assert_true(EVP_EncryptInit_ex(ctx, cipher_of(in->alg, in->key.len),
			NULL, NULL, NULL) > 0);
	if (aead)
		assert_true(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN,
				(int)in->nonce.len, NULL) > 0);
	if (in->alg == BTZ_CRYPT_AES_CCM)
		assert_true(EVP_CIPHER_CTX_ctrl(
				ctx, EVP_CTRL_AEAD_SET_TAG, 16, NULL) > 0);
	assert_true(
	    EVP_EncryptInit_ex(ctx, NULL, NULL, in->key.p, in->nonce.p) > 0);
	if (in->alg == BTZ_CRYPT_AES_CBC_NOPAD)
		assert_true(EVP_CIPHER_CTX_set_padding(ctx, 0) > 0);
	if (in->alg == BTZ_CRYPT_AES_CCM)
		assert_true(EVP_EncryptUpdate(
				ctx, NULL, &n, NULL, (int)in->input.len) > 0);
	if (in->aad.len > 0)
		assert_true(EVP_EncryptUpdate(ctx, NULL, &n, in->aad.p,
				(int)in->aad.len) > 0);
	assert_true(EVP_EncryptUpdate(
			ctx, out, &n, in->input.p, (int)in->input.len) > 0);
	if (in->alg != BTZ_CRYPT_AES_CCM)
		assert_true(EVP_EncryptFinal_ex(ctx, out + n, &end) > 0);
	len = (size_t)n + (size_t)end;
	if (aead) {
		assert_true(EVP_CIPHER_CTX_ctrl(
				ctx, EVP_CTRL_AEAD_GET_TAG, 16, out + len) > 0);
		len += 16;
	}
	EVP_CIPHER_CTX_free(ctx);
	return len;
}

static void
aes_block(struct btz_span key, const uint8_t in[16], uint8_t out[16])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *c = key.len == 16   ? EVP_aes_128_ecb()
			      : key.len == 24 ? EVP_aes_192_ecb()
					      : EVP_aes_256_ecb();
	int n;

	assert_true(EVP_EncryptInit_ex(ctx, c, NULL, key.p, NULL) > 0 &&
		    EVP_EncryptUpdate(ctx, out, &n, in, 16) > 0 && n == 16);
	EVP_CIPHER_CTX_free(ctx);
}

/* SP 800-38B 6.1: times x in GF(2^128). */
static void
twice(uint8_t b[16])
{
	const uint8_t carry = b[0] >> 7;

	for (int i = 0; i < 15; i++)
		b[i] = (uint8_t)(b[i] << 1 | b[i + 1] >> 7);
	b[15] = (uint8_t)(b[15] << 1 ^ (carry != 0 ? 0x87 : 0));
}

/* SP 800-38B 6.2, out of single blocks. */
static size_t
cmac(struct btz_span key, struct btz_span m, uint8_t out[16])
{
	const size_t blocks = m.len == 0 ? 1 : (m.len + 15) / 16;
	uint8_t sub[16] = { 0 }, x[16] = { 0 }, last[16] = { 0 };
	const size_t rest = m.len - 16 * (blocks - 1);

	aes_block(key, sub, sub);
	twice(sub);
	if (rest < 16) {
		twice(sub);
		last[rest] = 0x80;
	}
	for (size_t b = 0; b < blocks; b++)
		for (size_t i = 0; i < 16; i++) {
			const bool at_end = b == blocks - 1;
			const bool there = 16 * b + i < m.len;

			x[i] ^= there ? m.p[16 * b + i] : 0;
			if (at_end)
				x[i] ^= (uint8_t)(sub[i] ^ last[i]);
			if (i == 15)
				aes_block(key, x, x);
		}
	memcpy(out, x, 16);
	return 16;
}

size_t
ref_mac(const struct ref_in *in, uint8_t *out, size_t cap)
{
	unsigned n = 0;

	assert_true(cap >= 64);
	if (in->alg == BTZ_CRYPT_CMAC)
		return cmac(in->key, in->input, out);
	assert_non_null(HMAC(md_of(btz_crypt_hash(in->alg)), in->key.p,
	    (int)in->key.len, in->input.p, in->input.len, out, &n));
	return n;
}

size_t
ref_hkdf(const struct ref_in *in, uint8_t *out, size_t cap)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
	size_t n = in->len;

	assert_true(n <= cap);
	assert_true(
	    EVP_PKEY_derive_init(ctx) > 0 &&
	    EVP_PKEY_CTX_set_hkdf_md(ctx, md_of(btz_crypt_hash(in->alg))) > 0 &&
	    EVP_PKEY_CTX_set1_hkdf_key(ctx, in->key.p, (int)in->key.len) > 0 &&
	    EVP_PKEY_CTX_set1_hkdf_salt(ctx, in->salt.p, (int)in->salt.len) >
		0 &&
	    EVP_PKEY_CTX_add1_hkdf_info(ctx, in->info.p, (int)in->info.len) >
		0);
	assert_true(EVP_PKEY_derive(ctx, out, &n) > 0);
	EVP_PKEY_CTX_free(ctx);
	return n;
}

static bool
set_oaep(EVP_PKEY_CTX *ctx, const struct ref_in *in)
{
	const EVP_MD *md = md_of(btz_crypt_hash(in->alg));
	uint8_t *label = OPENSSL_malloc(in->aad.len + 1);

	assert_non_null(label);
	if (in->aad.len > 0)
		memcpy(label, in->aad.p, in->aad.len);
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) > 0 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) > 0 &&
	       EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, (int)in->aad.len) >
		   0;
}

size_t
ref_rsa(struct btz_span spki, const struct ref_in *in, uint8_t *out, size_t cap)
{
	EVP_PKEY *pkey = public_of(spki);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	size_t n = cap;

	assert_true(EVP_PKEY_encrypt_init(ctx) > 0);
	assert_true(
	    in->alg == BTZ_CRYPT_RSA_PKCS1
		? EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0
		: set_oaep(ctx, in));
	assert_true(
	    EVP_PKEY_encrypt(ctx, out, &n, in->input.p, in->input.len) > 0);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return n;
}

size_t
ref_agree(
    const struct ref_key *k, struct btz_span spki, uint8_t *out, size_t cap)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
	EVP_PKEY *peer = public_of(spki);
	size_t n = cap;

	assert_true(EVP_PKEY_derive_init(ctx) > 0 &&
		    EVP_PKEY_derive_set_peer(ctx, peer) > 0 &&
		    EVP_PKEY_derive(ctx, out, &n) > 0);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return n;
}

struct btz_span
ref_peer(const struct ref_key *k, uint8_t alg)
{
	const size_t n = btz_family(alg) == BTZ_FAMILY_X
			     ? 32
			     : 1 + 2 * ((btz_alg_bits(alg) + 7) / 8);

	assert_true(k->spki_len > n);
	return btz_span_of(k->spki + k->spki_len - n, n);
}
