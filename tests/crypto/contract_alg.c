/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contract_alg.c - every algorithm in a backend's masks against libcrypto
 * (contract_ref.h), and what is not in them refused; see contract.h.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/contract.h"
#include "crypto/contract_ref.h"
#include "support/cmocka_all.h"
#include "wire/keyblob.h"

static bool
is_det(uint16_t alg)
{
	return alg == BTZ_SIG_ECDSA_DET_SHA256 ||
	       alg == BTZ_SIG_ECDSA_DET_SHA384 ||
	       alg == BTZ_SIG_ECDSA_DET_SHA512;
}

/* PKCS#1 v1.5, Ed25519 and RFC 6979 say the same twice, the others never. */
static bool
says_the_same(uint16_t alg)
{
	return is_det(alg) || alg == BTZ_SIG_ED25519 ||
	       alg == BTZ_SIG_RSA_PKCS1_SHA256 ||
	       alg == BTZ_SIG_RSA_PKCS1_SHA384 ||
	       alg == BTZ_SIG_RSA_PKCS1_SHA512;
}

/* Hardware may not cut a digest to the curve (backend.h). */
static bool
may_refuse(uint8_t key_alg, uint16_t alg)
{
	return btz_family(key_alg) == BTZ_FAMILY_EC &&
	       8 * btz_sig_digest_len(alg) > btz_alg_bits(key_alg);
}

static void
check_sig(struct contract *c, uint16_t alg, uint8_t key_alg)
{
	const struct btz_span in = contract_signed(alg);
	struct btz_backend_sig a = { .len = 0 }, b = { .len = 0 };
	uint8_t other[BTZ_DIGEST_MAX];
	enum btz_rc rc;
	bool same;

	print_message("#   %s\n", btz_sig_name(alg));
	rc = contract_sign(c, alg, &a);
	if (rc == BTZ_E_KEY_ALG && may_refuse(key_alg, alg))
		return;
	assert_int_equal(rc, BTZ_OK);
	assert_int_equal(contract_sign(c, alg, &b), BTZ_OK);
	assert_true(
	    ref_verify(contract_spki(c), alg, in, btz_span_of(a.bytes, a.len)));
	assert_true(
	    ref_verify(contract_spki(c), alg, in, btz_span_of(b.bytes, b.len)));
	same = btz_span_eq(
	    btz_span_of(a.bytes, a.len), btz_span_of(b.bytes, b.len));
	assert_int_equal(same, says_the_same(alg));
	memcpy(other, in.p, in.len);
	other[0] ^= 1;
	assert_false(ref_verify(contract_spki(c), alg,
	    btz_span_of(other, in.len), btz_span_of(a.bytes, a.len)));
	a.bytes[a.len - 1] ^= 1;
	assert_false(
	    ref_verify(contract_spki(c), alg, in, btz_span_of(a.bytes, a.len)));
}

/* Lengths that a nonce may have, other than the one the service draws. */
static const struct nonce {
	uint16_t alg;
	size_t len;
	bool good;
} nonces[] = {
	{ BTZ_CRYPT_AES_GCM, 0, false },
	{ BTZ_CRYPT_AES_GCM, 8, false },
	{ BTZ_CRYPT_AES_GCM, 11, false },
	{ BTZ_CRYPT_AES_GCM, 13, false },
	{ BTZ_CRYPT_AES_CCM, 6, false },
	{ BTZ_CRYPT_AES_CCM, 14, false },
	{ BTZ_CRYPT_AES_CCM, 7, true },
	{ BTZ_CRYPT_AES_CCM, 13, true },
	{ BTZ_CRYPT_AES_CBC, 0, false },
	{ BTZ_CRYPT_AES_CBC, 15, false },
	{ BTZ_CRYPT_AES_CBC_NOPAD, 12, false },
	{ BTZ_CRYPT_AES_CTR, 12, false },
	{ BTZ_CRYPT_CHACHA20_POLY1305, 8, false },
	{ BTZ_CRYPT_CHACHA20_POLY1305, 13, false },
};

static uint8_t text[200], aad[20], nonce[16], sealed[400], plain[400],
    want[400];

/* Opens to what it was; with each part changed it does not. */
static void
check_open(struct contract *c, struct btz_backend_crypt rq, struct btz_span in,
    size_t len)
{
	const bool aead = btz_crypt_is_aead(rq.alg);
	uint8_t *const parts[] = { sealed, sealed + len - 1, nonce, aad };
	struct btz_wr out;

	rq.verb = BTZ_VERB_DECRYPT;
	rq.input = btz_span_of(sealed, len);
	btz_wr_init(&out, plain, sizeof(plain));
	assert_int_equal(contract_crypt(c, &rq, &out), BTZ_OK);
	assert_true(btz_span_eq(btz_wr_span(&out), in));
	for (size_t i = 0; aead && i < BTZ_COUNT(parts); i++) {
		*parts[i] ^= 1;
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_SIGNATURE);
		*parts[i] ^= 1;
	}
	if (!aead)
		return;
	rq.input.len = 15; /* less than a tag */
	assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_INVAL);
}

/* key: its bytes where they are known, else empty. */
static void
check_seal(struct contract *c, uint16_t alg, struct btz_span key, size_t n,
    size_t nonce_len)
{
	const bool aead = btz_crypt_is_aead(alg);
	const struct btz_backend_crypt rq = { .verb = BTZ_VERB_ENCRYPT,
		.alg = alg,
		.nonce = { nonce, nonce_len },
		.aad = { aad, aead ? sizeof(aad) : 0 },
		.input = { text, n } };
	const struct ref_in in = { .alg = alg,
		.key = key,
		.nonce = rq.nonce,
		.aad = rq.aad,
		.input = rq.input };
	struct btz_wr out;

	btz_wr_init(&out, sealed, sizeof(sealed));
	assert_int_equal(contract_crypt(c, &rq, &out), BTZ_OK);
	if (key.len > 0)
		assert_true(btz_span_eq(btz_wr_span(&out),
		    btz_span_of(want, ref_seal(&in, want, sizeof(want)))));
	check_open(c, rq, rq.input, out.len);
	/* No room: nothing is written past the end. */
	btz_wr_init(&out, sealed, n > 0 ? n - 1 : 0);
	sealed[n] = 0x5a;
	if (n > 0)
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_TOOBIG);
	assert_int_equal(sealed[n], 0x5a);
}

static void
check_cipher(struct contract *c, uint16_t alg, struct btz_span key)
{
	static const size_t lens[] = { 16, 0, 1, 15, 17, 160, 200 };
	const bool whole = alg == BTZ_CRYPT_AES_CBC_NOPAD;
	struct btz_backend_crypt rq = {
		.verb = BTZ_VERB_ENCRYPT, .alg = alg, .input = { text, 16 }
	};
	struct btz_wr out;

	for (size_t i = 0; i < BTZ_COUNT(lens); i++)
		if (lens[i] > 0 && (!whole || lens[i] % 16 == 0))
			check_seal(
			    c, alg, key, lens[i], btz_crypt_nonce_len(alg));
	if (alg == BTZ_CRYPT_AES_CBC || btz_crypt_is_aead(alg))
		check_seal(c, alg, key, 0, btz_crypt_nonce_len(alg));
	btz_wr_init(&out, sealed, sizeof(sealed));
	for (size_t i = 0; i < BTZ_COUNT(nonces); i++) {
		if (nonces[i].alg != alg)
			continue;
		rq.nonce = btz_span_of(nonce, nonces[i].len);
		if (nonces[i].good)
			check_seal(c, alg, key, 16, nonces[i].len);
		else
			assert_int_equal(
			    contract_crypt(c, &rq, &out), BTZ_E_INVAL);
	}
	rq.nonce = btz_span_of(nonce, btz_crypt_nonce_len(alg));
	rq.input.len = 15;
	if (whole)
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_INVAL);
}

static void
check_mac(struct contract *c, uint16_t alg, struct btz_span key)
{
	static const size_t lens[] = { 0, 1, 16, 32, 65, 200 };

	for (size_t i = 0; i < BTZ_COUNT(lens); i++) {
		const struct btz_backend_crypt rq = { .verb = BTZ_VERB_MAC,
			.alg = alg,
			.input = { text, lens[i] } };
		const struct ref_in in = {
			.alg = alg, .key = key, .input = rq.input
		};
		struct btz_wr out, again;

		btz_wr_init(&out, sealed, sizeof(sealed));
		btz_wr_init(&again, plain, sizeof(plain));
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_OK);
		assert_int_equal(contract_crypt(c, &rq, &again), BTZ_OK);
		assert_true(
		    btz_span_eq(btz_wr_span(&out), btz_wr_span(&again)));
		if (key.len > 0)
			assert_true(btz_span_eq(btz_wr_span(&out),
			    btz_span_of(
				want, ref_mac(&in, want, sizeof(want)))));
		btz_wr_init(&out, sealed, 15);
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_TOOBIG);
	}
}

static void
check_hkdf(struct contract *c, uint16_t alg, struct btz_span key)
{
	const size_t max = 255 * btz_hash_len(btz_crypt_hash(alg));
	struct btz_backend_crypt rq = { .verb = BTZ_VERB_DERIVE,
		.alg = alg,
		.salt = { text, 33 },
		.info = btz_span_str("info"),
		.len = 130 };
	struct ref_in in = { .alg = alg, .key = key, .len = 130 };
	struct btz_wr out;

	btz_wr_init(&out, sealed, sizeof(sealed));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_OK);
		assert_int_equal(out.len, 130);
		in.salt = rq.salt;
		in.info = rq.info;
		if (key.len > 0 && rq.salt.len > 0)
			assert_true(btz_span_eq(btz_wr_span(&out),
			    btz_span_of(
				want, ref_hkdf(&in, want, sizeof(want)))));
		rq.salt.len = rq.info.len = 0;
	}
	rq.len = 0;
	assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_INVAL);
	rq.len = max + 1;
	assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_INVAL);
}

static void
check_agree(struct contract *c, uint8_t key_alg)
{
	static struct ref_key peer;
	struct btz_backend_crypt rq = { .verb = BTZ_VERB_DERIVE,
		.alg = BTZ_CRYPT_ECDH };
	uint8_t bad[160] = { 0 };
	struct btz_wr out;

	btz_wr_init(&out, sealed, sizeof(sealed));
	for (int i = 0; i < 8; i++) {
		ref_draw(&peer, key_alg);
		rq.input = ref_peer(&peer, key_alg);
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_OK);
		assert_true(btz_span_eq(btz_wr_span(&out),
		    btz_span_of(want, ref_agree(&peer, contract_spki(c), want,
					  sizeof(want)))));
		ref_end(&peer);
	}
	memcpy(bad, rq.input.p, rq.input.len);
	rq.input.p = bad;
	rq.input.len--;
	assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_INVAL);
	rq.input.len += 2;
	assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_INVAL);
	rq.input.len--;
	if (btz_family(key_alg) == BTZ_FAMILY_X)
		memset(bad, 0, sizeof(bad)); /* RFC 7748 6.1 */
	else
		bad[rq.input.len - 1] ^= 1; /* not on the curve */
	assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_INVAL);
}

static void
check_oaep(struct contract *c, uint16_t alg, uint8_t key_alg)
{
	const size_t k = btz_alg_bits(key_alg) / 8,
		     h = btz_hash_len(btz_crypt_hash(alg));
	static uint8_t in[600], back[600];
	struct btz_backend_crypt rq = { .alg = alg, .aad = { aad, 9 } };
	struct btz_wr out;

	btz_wr_init(&out, back, sizeof(back));
	for (int i = 0; i < 3; i++) { /* label, none, label and nothing */
		const struct ref_in ref = { .alg = alg,
			.aad = rq.aad,
			.input = { text, i == 2 ? 0 : 32 } };
		const size_t n = ref_rsa(
		    contract_spki(c), &ref, in, sizeof(in));

		rq.verb = BTZ_VERB_DECRYPT;
		rq.input = btz_span_of(in, n);
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_OK);
		assert_true(btz_span_eq(btz_wr_span(&out), ref.input));
		in[n - 1] ^= 1;
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_SIGNATURE);
		in[n - 1] ^= 1;
		rq.aad.len = rq.aad.len == 0 ? 9 : 0; /* another label */
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_SIGNATURE);
		rq.input.len--;
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_INVAL);
	}
	rq.verb = BTZ_VERB_ENCRYPT;
	rq.input = btz_span_of(text, k - 2 * h - 2 + 1);
	if (rq.input.len <= sizeof(text))
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_INVAL);
	rq.input = btz_span_of(text, 40);
	assert_int_equal(contract_crypt(c, &rq, &out), BTZ_OK);
	memcpy(in, out.buf, out.len);
	rq.verb = BTZ_VERB_DECRYPT;
	rq.input = btz_span_of(in, out.len);
	assert_int_equal(contract_crypt(c, &rq, &out), BTZ_OK);
	assert_true(btz_span_eq(btz_wr_span(&out), btz_span_of(text, 40)));
}

/* A padding that is none gives something, the same each time (wire/pkcs1.h). */
static void
check_pkcs1(struct contract *c, uint16_t alg, uint8_t key_alg)
{
	const size_t k = btz_alg_bits(key_alg) / 8;
	struct btz_backend_crypt rq = { .alg = alg };
	const struct ref_in ref = { .alg = alg, .input = { text, 32 } };
	static uint8_t in[600], back[600], first[600];
	size_t n = ref_rsa(contract_spki(c), &ref, in, sizeof(in));
	struct btz_wr out;

	btz_wr_init(&out, back, sizeof(back));
	rq.verb = BTZ_VERB_DECRYPT;
	rq.input = btz_span_of(in, n);
	assert_int_equal(contract_crypt(c, &rq, &out), BTZ_OK);
	assert_true(btz_span_eq(btz_wr_span(&out), ref.input));
	rq.input.len--;
	assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_INVAL);
	rq.input.len++;
	for (int i = 0; i < 4; i++) {
		in[k - 1] ^= (uint8_t)(1u << i);
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_OK);
		assert_true(out.len <= k - 11);
		assert_false(btz_span_eq(btz_wr_span(&out), ref.input));
		n = out.len;
		memcpy(first, out.buf, n);
		contract_close(c);
		contract_open_made(c);
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_OK);
		assert_true(
		    btz_span_eq(btz_wr_span(&out), btz_span_of(first, n)));
	}
	rq.verb = BTZ_VERB_ENCRYPT;
	rq.input = btz_span_of(text, k - 10);
	if (rq.input.len <= sizeof(text))
		assert_int_equal(contract_crypt(c, &rq, &out), BTZ_E_INVAL);
	rq.input.len = 40;
	assert_int_equal(contract_crypt(c, &rq, &out), BTZ_OK);
	memcpy(in, out.buf, out.len);
	rq.verb = BTZ_VERB_DECRYPT;
	rq.input = btz_span_of(in, out.len);
	assert_int_equal(contract_crypt(c, &rq, &out), BTZ_OK);
	assert_true(btz_span_eq(btz_wr_span(&out), btz_span_of(text, 40)));
}

static void
check_crypt(
    struct contract *c, uint16_t alg, uint8_t key_alg, struct btz_span key)
{
	print_message("#   %s\n", btz_crypt_name(alg));
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + 1);
	memset(aad, 0xaa, sizeof(aad));
	memset(nonce, 0x11, sizeof(nonce));
	if (alg == BTZ_CRYPT_ECDH)
		check_agree(c, key_alg);
	else if (btz_crypt_fits(key_alg, BTZ_VERB_DERIVE, alg))
		check_hkdf(c, alg, key);
	else if (btz_crypt_fits(key_alg, BTZ_VERB_MAC, alg))
		check_mac(c, alg, key);
	else if (alg == BTZ_CRYPT_RSA_PKCS1)
		check_pkcs1(c, alg, key_alg);
	else if (btz_family(key_alg) == BTZ_FAMILY_RSA)
		check_oaep(c, alg, key_alg);
	else
		check_cipher(c, alg, key);
}

static bool
fits(uint8_t key_alg, uint16_t alg)
{
	for (uint8_t v = BTZ_VERB_ENCRYPT; v <= BTZ_VERB_DERIVE; v++)
		if (btz_crypt_fits(key_alg, v, alg))
			return true;
	return false;
}

/* A symmetric key whose bytes the test knows, where the backend takes one. */
static struct btz_span
make(struct contract *c, uint8_t alg, struct ref_key *k)
{
	const uint8_t family = btz_family(alg);

	if ((c->ops->caps & BTZ_CAP_IMPORT) != 0 &&
	    (family == BTZ_FAMILY_AES || family == BTZ_FAMILY_CHACHA ||
		family == BTZ_FAMILY_SECRET)) {
		ref_draw(k, alg);
		assert_int_equal(
		    contract_import(c, alg, 0, btz_span_of(k->raw, k->raw_len)),
		    BTZ_OK);
		return btz_span_of(k->raw, k->raw_len);
	}
	assert_int_equal(contract_make(c, alg, 0), BTZ_OK);
	return btz_span_of(NULL, 0);
}

static void
check_key(struct contract *c, uint8_t alg)
{
	static struct ref_key k;
	struct btz_backend_sig sig;
	const struct btz_span key = make(c, alg, &k);

	print_message("# %s: %s\n", c->ops->name, btz_alg_name(alg));
	assert_true(ref_spki_is(contract_spki(c), alg));
	contract_open_made(c);
	for (uint16_t i = 1; i < 32; i++)
		if (btz_backend_has(c->ops->sigs, i)) {
			if (btz_sig_fits(alg, i))
				check_sig(c, i, alg);
			else
				assert_int_not_equal(
				    contract_sign(c, i, &sig), BTZ_OK);
		}
	for (uint16_t i = 1; i < 32; i++)
		if (btz_backend_has(c->ops->crypts, i) && fits(alg, i))
			check_crypt(c, i, alg, key);
	contract_close(c);
}

static void
case_algorithms(struct contract *c)
{
	for (uint8_t i = 1; i < 32; i++)
		if (contract_has(c, i))
			check_key(c, i);
}

/* Numbers that nobody has given a meaning are never in a mask. */
static void
case_not_in_the_mask(struct contract *c)
{
	static uint8_t buf[64];
	struct btz_backend_sig sig;
	struct btz_wr out;

	btz_wr_init(&out, buf, sizeof(buf));
	for (uint8_t i = 0; i < 40; i++)
		if (!btz_backend_has(c->ops->algs, i))
			assert_int_equal(
			    contract_make(c, i, 0), BTZ_E_UNSUPPORTED);
	assert_false(btz_backend_has(c->ops->algs, 0) ||
		     btz_backend_has(c->ops->sigs, 0) ||
		     btz_backend_has(c->ops->crypts, 0));
	assert_int_equal(contract_make(c, BTZ_ALG_EC_P256, 0), BTZ_OK);
	contract_open_made(c);
	for (uint16_t i = 0; i < 40; i++) {
		const struct btz_backend_crypt rq = { .verb = BTZ_VERB_ENCRYPT,
			.alg = i };

		if (!btz_backend_has(c->ops->sigs, i))
			assert_int_equal(
			    contract_sign(c, i, &sig), BTZ_E_UNSUPPORTED);
		if (c->ops->crypt != NULL &&
		    !btz_backend_has(c->ops->crypts, i))
			assert_int_equal(
			    contract_crypt(c, &rq, &out), BTZ_E_UNSUPPORTED);
	}
	/* What the table says and what is in it go together. */
	assert_int_equal(c->ops->crypts != 0, c->ops->crypt != NULL);
	assert_int_equal(
	    (c->ops->caps & BTZ_CAP_IMPORT) != 0, c->ops->import != NULL);
	assert_int_equal(
	    (c->ops->caps & BTZ_CAP_EXPORT) != 0, c->ops->export_key != NULL);
	assert_int_equal(
	    (c->ops->caps & BTZ_CAP_BACKUP) != 0, c->ops->backup != NULL);
	assert_int_equal(
	    (c->ops->caps & BTZ_CAP_ATTEST) != 0, c->ops->attest != NULL);
	assert_int_equal(c->ops->restore != NULL, c->ops->transport != NULL);
	assert_int_equal(c->ops->slow_algs & ~c->ops->algs, 0);
}

/* What the blob does not allow, the backend does not do. */
static void
case_usage_is_sealed(struct contract *c)
{
	struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_VERIFY };
	struct btz_backend_sig sig;

	assert_int_equal(
	    c->ops->generate(c->be->st, &g, &c->key, &c->err), BTZ_OK);
	contract_open_made(c);
	assert_int_equal(
	    contract_sign(c, BTZ_SIG_ECDSA_SHA256, &sig), BTZ_E_KEY_USAGE);
}

const struct contract_case contract_algs[] = {
	{ "every algorithm", case_algorithms, false },
	{ "not in the mask", case_not_in_the_mask, false },
	{ "usage is sealed", case_usage_is_sealed, false },
	{ NULL, NULL, false },
};
