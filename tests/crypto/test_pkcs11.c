/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_pkcs11.c - the backend pkcs11 on tokens of SoftHSM2: what is particular
 * to tokens (pulled, PIN wrong, login lost, two of them), that keys are objects
 * that cannot leave, and every algorithm against libcrypto. Skipped without
 * SoftHSM2.
 */
#include "crypto/backend/pkcs11.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/softhsm.h"
#include "support/cmocka_all.h"
#include "wire/table.h"

static const struct btz_backend_ops *const ops = &btz_backend_pkcs11;

static struct fixture {
	struct btz_softhsm hsm;
	char dir[80];
	struct btz_backend_env env;
	struct btz_backend *be;
	struct btz_backend_key key;
	struct btz_p11_key hot;
	struct btz_err err;
} f;

static int
setup(void **state)
{
	(void)state;
	if (btz_softhsm_module() == NULL)
		return 0;
	memset(&f, 0, sizeof(f));
	btz_softhsm_begin(&f.hsm);
	(void)snprintf(f.dir, sizeof(f.dir), "%s/store", f.hsm.dir);
	assert_int_equal(mkdir(f.dir, 0700), 0);
	f.env = (struct btz_backend_env){
		.dir = f.dir, .device_fd = -1, .token = &f.hsm.b.token[0]
	};
	assert_int_equal(btz_backend_new(ops, &f.env, &f.be, &f.err), BTZ_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (btz_softhsm_module() == NULL)
		return 0;
	free(f.hot.spki);
	btz_backend_free(f.be);
	btz_softhsm_end(&f.hsm);
	return 0;
}

static enum btz_rc
make(uint8_t alg, uint32_t usage)
{
	const struct btz_generate g = { .alg = alg,
		.kind = BTZ_KIND_PLAIN,
		.usage = usage,
		.label = btz_span_str("label"),
		.tenant_id = { 7 } };

	return ops->generate(f.be->st, &g, &f.key, &f.err);
}

static enum btz_rc
open_key(void)
{
	ops->close_key(f.be->st, &f.hot);
	return ops->open_key(f.be->st, f.key.id,
	    btz_span_of(f.key.blob, f.key.blob_len), &f.hot, &f.err);
}

static void
make_open(uint8_t alg, uint32_t usage)
{
	assert_int_equal(make(alg, usage), BTZ_OK);
	assert_int_equal(open_key(), BTZ_OK);
}

static const uint8_t message[BTZ_DIGEST_MAX] = { 0xd1, 0x9e };

static enum btz_rc
sign(uint16_t alg, struct btz_backend_sig *sig)
{
	struct btz_backend_sign rq = { .alg = alg,
		.input_kind = BTZ_IN_MESSAGE,
		.input = { message, sizeof(message) } };

	memcpy(rq.digest, message, sizeof(rq.digest));
	return ops->sign(f.be->st, &f.hot, &rq, sig, &f.err);
}

static const EVP_MD *
md_of(uint16_t alg)
{
	switch (btz_sig_hash(alg)) {
	case BTZ_HASH_SHA256:
		return EVP_sha256();
	case BTZ_HASH_SHA384:
		return EVP_sha384();
	default:
		return EVP_sha512();
	}
}

static bool
is_pss(uint16_t alg)
{
	return strstr(btz_sig_name(alg), "pss") != NULL;
}

static bool
verifies(uint16_t alg, const struct btz_backend_sig *sig)
{
	const uint8_t *p = f.key.spki;
	EVP_PKEY *k = d2i_PUBKEY(NULL, &p, (long)f.key.spki_len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k, NULL);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok;

	assert_non_null(k);
	if (alg == BTZ_SIG_ED25519)
		ok = EVP_DigestVerifyInit(md, NULL, NULL, NULL, k) > 0 &&
		     EVP_DigestVerify(md, sig->bytes, sig->len, message,
			 sizeof(message)) > 0;
	else
		ok = EVP_PKEY_verify_init(ctx) > 0 &&
		     (!is_pss(alg) || (EVP_PKEY_CTX_set_rsa_padding(
					   ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
					  EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx,
					      RSA_PSS_SALTLEN_DIGEST) > 0)) &&
		     EVP_PKEY_CTX_set_signature_md(ctx, md_of(alg)) > 0 &&
		     EVP_PKEY_verify(ctx, sig->bytes, sig->len, message,
			 btz_sig_digest_len(alg)) > 0;
	EVP_MD_CTX_free(md);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(k);
	return ok;
}

#define NEEDS_HSM()                                                            \
	do {                                                                   \
		(void)state;                                                   \
		if (btz_softhsm_module() == NULL) {                            \
			print_message("# skipped: no SoftHSM2\n");             \
			skip();                                                \
		}                                                              \
	} while (0)

static void
test_signatures(void **state)
{
	static const uint8_t algs[] = { BTZ_ALG_EC_P256, BTZ_ALG_EC_P384,
		BTZ_ALG_EC_P521, BTZ_ALG_ED25519, BTZ_ALG_RSA_2048,
		BTZ_ALG_RSA_3072 };
	struct btz_backend_sig sig;
	unsigned n = 0;

	NEEDS_HSM();
	for (size_t a = 0; a < BTZ_COUNT(algs); a++) {
		print_message("# case: %s\n", btz_alg_name(algs[a]));
		assert_true((f.be->ops->algs & 1u << algs[a]) != 0);
		make_open(algs[a], BTZ_USE_SIGN);
		for (uint16_t i = 1; i <= BTZ_SIG_ALG_MAX; i++) {
			if (!btz_sig_fits(algs[a], i) ||
			    (f.be->ops->sigs & 1u << i) == 0)
				continue;
			print_message("#   %s\n", btz_sig_name(i));
			assert_int_equal(sign(i, &sig), BTZ_OK);
			assert_true(verifies(i, &sig));
			sig.bytes[sig.len - 1] ^= 1;
			assert_false(verifies(i, &sig));
			n++;
		}
	}
	assert_int_equal(n, 3 + 2 + 1 + 1 + 2 * 6);
	/* No mechanism for it: not offered, refused. */
	assert_int_equal(f.be->ops->sigs & 1u << BTZ_SIG_ECDSA_DET_SHA256, 0);
	assert_int_equal(
	    sign(BTZ_SIG_ECDSA_DET_SHA256, &sig), BTZ_E_UNSUPPORTED);
}

static uint8_t text[64], nonce[16], aad[5];

static enum btz_rc
do_crypt(uint8_t verb, uint16_t alg, struct btz_span in, struct btz_wr *out)
{
	const struct btz_backend_crypt rq = { .verb = verb,
		.alg = alg,
		.nonce = { nonce, btz_crypt_nonce_len(alg) },
		.aad = { aad, btz_crypt_is_aead(alg) ? sizeof(aad) : 0 },
		.input = in };

	out->len = 0;
	return ops->crypt(f.be->st, &f.hot, &rq, out, &f.err);
}

static void
test_ciphers(void **state)
{
	static const struct {
		uint16_t alg;
		size_t more; /* bytes of tag or padding for 48 */
	} rows[] = {
		{ BTZ_CRYPT_AES_GCM, 16 },
		{ BTZ_CRYPT_AES_CBC, 16 },
		{ BTZ_CRYPT_AES_CBC_NOPAD, 0 },
		{ BTZ_CRYPT_AES_CTR, 0 },
	};
	uint8_t buf[128], back[128];
	struct btz_wr sealed, plain;

	NEEDS_HSM();
	make_open(BTZ_ALG_AES_256, BTZ_USE_ENCRYPT | BTZ_USE_DECRYPT);
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: %s\n", btz_crypt_name(rows[i].alg));
		btz_wr_init(&sealed, buf, sizeof(buf));
		btz_wr_init(&plain, back, sizeof(back));
		assert_int_equal(do_crypt(BTZ_VERB_ENCRYPT, rows[i].alg,
				     btz_span_of(text, 48), &sealed),
		    BTZ_OK);
		assert_int_equal(sealed.len, 48 + rows[i].more);
		assert_int_equal(do_crypt(BTZ_VERB_DECRYPT, rows[i].alg,
				     btz_wr_span(&sealed), &plain),
		    BTZ_OK);
		assert_true(
		    btz_span_eq(btz_wr_span(&plain), btz_span_of(text, 48)));
		sealed.cap = 47;
		assert_int_equal(do_crypt(BTZ_VERB_ENCRYPT, rows[i].alg,
				     btz_span_of(text, 48), &sealed),
		    BTZ_E_TOOBIG);
	}
	/* A false tag says so, and does not cost the token. */
	btz_wr_init(&sealed, buf, sizeof(buf));
	assert_int_equal(do_crypt(BTZ_VERB_ENCRYPT, BTZ_CRYPT_AES_GCM,
			     btz_span_of(text, 48), &sealed),
	    BTZ_OK);
	buf[60] ^= 1;
	assert_int_equal(do_crypt(BTZ_VERB_DECRYPT, BTZ_CRYPT_AES_GCM,
			     btz_wr_span(&sealed), &plain),
	    BTZ_E_SIGNATURE);
	assert_false(ops->lost(f.be->st));
	buf[60] ^= 1;
	assert_int_equal(do_crypt(BTZ_VERB_DECRYPT, BTZ_CRYPT_AES_GCM,
			     btz_span_of(buf, 64), &plain),
	    BTZ_OK);
	assert_int_equal(do_crypt(BTZ_VERB_DECRYPT, BTZ_CRYPT_AES_GCM,
			     btz_span_of(buf, 15), &plain),
	    BTZ_E_INVAL);
}

static void
test_mac_and_agreement(void **state)
{
	uint8_t buf[128], z[66];
	struct btz_wr out;
	EVP_PKEY *peer = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), *ours;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(peer, NULL);
	const uint8_t *p = f.key.spki;
	unsigned char *point = NULL;
	size_t n = EVP_PKEY_get1_encoded_public_key(peer, &point),
	       z_len = sizeof(z);

	NEEDS_HSM();
	btz_wr_init(&out, buf, sizeof(buf));
	make_open(BTZ_ALG_AES_128, BTZ_USE_SIGN);
	assert_int_equal(
	    do_crypt(BTZ_VERB_MAC, BTZ_CRYPT_CMAC, btz_span_of(text, 48), &out),
	    BTZ_OK);
	assert_int_equal(out.len, 16);
	make_open(BTZ_ALG_SECRET, BTZ_USE_VERIFY);
	assert_int_equal(do_crypt(BTZ_VERB_MAC, BTZ_CRYPT_HMAC_SHA256,
			     btz_span_of(text, 48), &out),
	    BTZ_OK);
	assert_int_equal(out.len, 32);
	make_open(BTZ_ALG_EC_P256, BTZ_USE_DERIVE);
	assert_int_equal(do_crypt(BTZ_VERB_DERIVE, BTZ_CRYPT_ECDH,
			     btz_span_of(point, n), &out),
	    BTZ_OK);
	ours = d2i_PUBKEY(NULL, &p, (long)f.key.spki_len);
	assert_true(EVP_PKEY_derive_init(ctx) > 0 &&
		    EVP_PKEY_derive_set_peer(ctx, ours) > 0 &&
		    EVP_PKEY_derive(ctx, z, &z_len) > 0);
	assert_true(btz_span_eq(btz_wr_span(&out), btz_span_of(z, z_len)));
	point[n - 1] ^= 1; /* not on the curve */
	assert_int_equal(do_crypt(BTZ_VERB_DERIVE, BTZ_CRYPT_ECDH,
			     btz_span_of(point, n), &out),
	    BTZ_E_INVAL);
	EVP_PKEY_free(ours);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	OPENSSL_free(point);
}

/* Objects of that class and id, as the token sees them. */
static CK_ULONG
objects(CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *first)
{
	const struct btz_p11 *t = f.be->st;
	CK_FUNCTION_LIST *p11 = btz_softhsm_functions();
	CK_ATTRIBUTE at[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, f.key.id, BTZ_ID_LEN } };
	CK_OBJECT_HANDLE found[8];
	CK_ULONG n = 0;

	assert_int_equal(p11->C_FindObjectsInit(t->session, at, 2), CKR_OK);
	assert_int_equal(p11->C_FindObjects(t->session, found, 8, &n), CKR_OK);
	assert_int_equal(p11->C_FindObjectsFinal(t->session), CKR_OK);
	if (n > 0 && first != NULL)
		*first = found[0];
	return n;
}

static void
test_keys_stay(void **state)
{
	CK_BBOOL sensitive = CK_FALSE, extractable = CK_TRUE;
	uint8_t value[64];
	CK_ATTRIBUTE at[] = { { CKA_SENSITIVE, &sensitive, 1 },
		{ CKA_EXTRACTABLE, &extractable, 1 } };
	CK_ATTRIBUTE secret = { CKA_VALUE, value, sizeof(value) };
	CK_FUNCTION_LIST *p11;
	CK_OBJECT_HANDLE o = 0;
	const struct btz_p11 *t;

	NEEDS_HSM();
	p11 = btz_softhsm_functions();
	t = f.be->st;
	make_open(BTZ_ALG_EC_P256, BTZ_USE_SIGN);
	assert_int_equal(objects(CKO_PRIVATE_KEY, &o), 1);
	assert_int_equal(objects(CKO_PUBLIC_KEY, NULL), 0);
	assert_int_equal(
	    p11->C_GetAttributeValue(t->session, o, at, 2), CKR_OK);
	assert_int_equal(sensitive, CK_TRUE);
	assert_int_equal(extractable, CK_FALSE);
	assert_int_equal(p11->C_GetAttributeValue(t->session, o, &secret, 1),
	    CKR_ATTRIBUTE_SENSITIVE);
	assert_int_equal(ops->destroy(f.be->st,
			     btz_span_of(f.key.blob, f.key.blob_len), &f.err),
	    BTZ_OK);
	assert_int_equal(objects(CKO_PRIVATE_KEY, NULL), 0);
	assert_int_not_equal(open_key(), BTZ_OK);
	assert_int_equal(ops->destroy(f.be->st, /* again: nothing to do */
			     btz_span_of(f.key.blob, f.key.blob_len), &f.err),
	    BTZ_OK);
}

/* Any bit changed, or cut: it does not open. Usage is in it. */
static void
test_blob_is_bound(void **state)
{
	uint8_t bad[BTZ_BLOB_MAX], id[BTZ_ID_LEN];
	struct btz_backend_sig sig;
	struct btz_p11_key k;

	NEEDS_HSM();
	make_open(BTZ_ALG_EC_P256, BTZ_USE_VERIFY);
	assert_int_equal(sign(BTZ_SIG_ECDSA_SHA256, &sig), BTZ_E_KEY_USAGE);
	for (size_t i = 0; i < f.key.blob_len; i++) {
		memcpy(bad, f.key.blob, f.key.blob_len);
		bad[i] ^= 1;
		assert_int_equal(
		    ops->open_key(f.be->st, f.key.id,
			btz_span_of(bad, f.key.blob_len), &k, &f.err),
		    BTZ_E_KEY_BLOB);
		assert_int_equal(ops->open_key(f.be->st, f.key.id,
				     btz_span_of(f.key.blob, i), &k, &f.err),
		    BTZ_E_KEY_BLOB);
	}
	memcpy(id, f.key.id, sizeof(id));
	id[0] ^= 1;
	assert_int_equal(
	    ops->open_key(f.be->st, id, btz_span_of(f.key.blob, f.key.blob_len),
		&k, &f.err),
	    BTZ_E_KEY_BLOB);
}

static void
test_login_lost(void **state)
{
	struct btz_backend_sig sig;
	const struct btz_p11 *t;
	uint8_t random[8];
	CK_FUNCTION_LIST *p11;

	NEEDS_HSM();
	p11 = btz_softhsm_functions();
	t = f.be->st;
	make_open(BTZ_ALG_EC_P256, BTZ_USE_SIGN);
	assert_int_equal(p11->C_CloseAllSessions(t->slot), CKR_OK);
	assert_int_equal(sign(BTZ_SIG_ECDSA_SHA256, &sig), BTZ_E_NOENT);
	assert_int_equal(open_key(), BTZ_OK);
	assert_int_equal(sign(BTZ_SIG_ECDSA_SHA256, &sig), BTZ_OK);
	assert_int_equal(p11->C_Logout(t->session), CKR_OK);
	assert_int_equal(sign(BTZ_SIG_ECDSA_SHA256, &sig), BTZ_E_NOENT);
	assert_int_equal(open_key(), BTZ_OK);
	assert_int_equal(sign(BTZ_SIG_ECDSA_SHA256, &sig), BTZ_OK);
	/* These need no key: done at once. */
	assert_int_equal(p11->C_CloseAllSessions(t->slot), CKR_OK);
	assert_int_equal(
	    ops->random(f.be->st, random, sizeof(random), &f.err), BTZ_OK);
	assert_int_equal(p11->C_CloseAllSessions(t->slot), CKR_OK);
	assert_int_equal(make(BTZ_ALG_EC_P256, BTZ_USE_SIGN), BTZ_OK);
	assert_int_equal(p11->C_CloseAllSessions(t->slot), CKR_OK);
	assert_int_equal(open_key(), BTZ_OK);
	assert_false(t->lost);
}

/* Does this module let others in while it makes a key? */
static void
test_signs_beside(void **state)
{
	const struct btz_generate g = { .alg = BTZ_ALG_RSA_4096,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN };
	struct btz_backend_sig sig;
	struct pollfd p = { .events = POLLIN };
	unsigned n = 0;

	NEEDS_HSM();
	make_open(BTZ_ALG_EC_P256, BTZ_USE_SIGN);
	assert_int_equal(
	    ops->generate_begin(f.be->st, &g, &p.fd, &f.err), BTZ_OK);
	for (; poll(&p, 1, 0) == 0; n++)
		assert_int_equal(sign(BTZ_SIG_ECDSA_SHA256, &sig), BTZ_OK);
	assert_int_equal(
	    ops->generate_end(f.be->st, p.fd, &f.key, &f.err), BTZ_OK);
	print_message("# %u signatures beside a key of rsa-4096\n", n);
	assert_true(n > 10);
	assert_int_equal(open_key(), BTZ_OK);
	assert_int_equal(sign(BTZ_SIG_RSA_PSS_SHA512, &sig), BTZ_OK);
	assert_true(verifies(BTZ_SIG_RSA_PSS_SHA512, &sig));
}

static void
reopen(enum btz_rc want)
{
	btz_backend_free(f.be);
	assert_int_equal(btz_backend_new(ops, &f.env, &f.be, &f.err), want);
}

static void
test_pulled_and_back(void **state)
{
	struct btz_backend_sig sig;
	enum btz_rc rc;

	NEEDS_HSM();
	make_open(BTZ_ALG_EC_P256, BTZ_USE_SIGN);
	btz_softhsm_pull(&f.hsm);
	rc = sign(BTZ_SIG_ECDSA_SHA256, &sig);
	print_message("# signing without it: %s\n", btz_rc_name(rc));
	assert_int_not_equal(rc, BTZ_OK);
	if (rc == BTZ_E_NOENT) /* as the service does */
		assert_int_equal(open_key(), BTZ_E_TEE_DOWN);
	assert_true(ops->lost(f.be->st));
	for (int i = 0; i < 3; i++)
		reopen(BTZ_E_TEE_DOWN);
	assert_non_null(strstr(f.err.msg, "is not there"));
	btz_softhsm_plug(&f.hsm);
	reopen(BTZ_OK);
	assert_false(ops->lost(f.be->st));
	assert_int_equal(open_key(), BTZ_OK);
	assert_int_equal(sign(BTZ_SIG_ECDSA_SHA256, &sig), BTZ_OK);
	assert_true(verifies(BTZ_SIG_ECDSA_SHA256, &sig));
}

/* Three wrong PINs lock a token: one is tried, then none until the file is
 * another. */
static void
test_wrong_pin(void **state)
{
	NEEDS_HSM();
	btz_softhsm_pin(&f.hsm, "0000\n");
	reopen(BTZ_E_TEE_DOWN);
	assert_non_null(strstr(f.err.msg, "wrong PIN"));
	for (int i = 0; i < 5; i++) {
		reopen(BTZ_E_TEE_DOWN);
		assert_non_null(strstr(f.err.msg, "not tried again"));
	}
	btz_softhsm_pin(&f.hsm, BTZ_SOFTHSM_PIN "\n");
	reopen(BTZ_OK);
	assert_int_equal(chmod(f.hsm.pin_file, 0644), 0);
	reopen(BTZ_E_TEE_DOWN);
	assert_non_null(strstr(f.err.msg, "chmod"));
	assert_int_equal(unlink(f.hsm.pin_file), 0);
	reopen(BTZ_E_TEE_DOWN);
	assert_non_null(strstr(f.err.msg, "pin_file"));
}

/* A key of the one is none of the other, even with the same file key. */
static void
test_two_tokens(void **state)
{
	struct btz_backend_env env;
	struct btz_backend *two, *missing;
	struct btz_token other;
	struct btz_backend_sig sig;
	struct btz_p11_key k;

	NEEDS_HSM();
	env = f.env;
	env.token = &f.hsm.b.token[1];
	make_open(BTZ_ALG_EC_P256, BTZ_USE_SIGN);
	assert_int_equal(btz_backend_new(ops, &env, &two, &f.err), BTZ_OK);
	assert_string_equal(ops->label(f.be->st), "pkcs11:one");
	assert_string_equal(ops->label(two->st), "pkcs11:two");
	assert_int_equal(
	    ops->open_key(two->st, f.key.id,
		btz_span_of(f.key.blob, f.key.blob_len), &k, &f.err),
	    BTZ_E_KEY_BLOB);
	assert_int_equal(sign(BTZ_SIG_ECDSA_SHA256, &sig), BTZ_OK);
	btz_backend_free(two);
	assert_int_equal(sign(BTZ_SIG_ECDSA_SHA256, &sig), BTZ_OK);
	other = f.hsm.b.token[0];
	(void)snprintf(other.conf.token, sizeof(other.conf.token), "three");
	env.token = &other;
	assert_int_equal(
	    btz_backend_new(ops, &env, &missing, &f.err), BTZ_E_TEE_DOWN);
	(void)snprintf(
	    other.conf.module, sizeof(other.conf.module), "/nonexistent.so");
	assert_int_equal(
	    btz_backend_new(ops, &env, &missing, &f.err), BTZ_E_TEE_DOWN);
}

static void
test_point_forms(void **state)
{
	static const uint8_t wrapped[] = { 0x04, 0x03, 0x04, 7, 8 };
	struct btz_span p;

	(void)state;
	p = btz_p11_point(btz_span_of(wrapped, sizeof(wrapped)), 3);
	assert_true(p.len == 3 && p.p == wrapped + 2);
	p = btz_p11_point(btz_span_of(wrapped + 2, 3), 3);
	assert_true(p.len == 3 && p.p == wrapped + 2);
	assert_int_equal(btz_p11_point(btz_span_of(wrapped, 4), 3).len, 0);
	assert_int_equal(
	    btz_p11_point(btz_span_of(wrapped, sizeof(wrapped)), 2).len, 0);
	assert_int_equal(btz_p11_point(btz_span_of(NULL, 0), 3).len, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_point_forms),
		TEST(test_signatures),
		TEST(test_ciphers),
		TEST(test_mac_and_agreement),
		TEST(test_keys_stay),
		TEST(test_blob_is_bound),
		TEST(test_login_lost),
		TEST(test_signs_beside),
		TEST(test_pulled_and_back),
		TEST(test_wrong_pin),
		TEST(test_two_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
