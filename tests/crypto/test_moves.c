/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_moves.c - keys that come from outside and go there, over a real broker
 * and service: import, wrapped too, export; and what was encrypted goes over
 * to the newest version.
 */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/lifebox.h"
#include "support/cmocka_all.h"
#include "wire/keyblob.h"
#include "wire/msg_crypt.h"

/* A private value of P-256 comes in; only what was made exportable goes out. */
static void
test_import_export(void **state)
{
	struct btz_generate g = life_plain("in");
	uint8_t value[32] = { 1, 2, 3 }, id[BTZ_ID_LEN];
	struct btz_span secret;
	struct life_sig s;

	(void)state;
	assert_int_equal(
	    life_import(&g, btz_span_of(value, 31), NULL), BTZ_E_INVAL);
	g.kind = BTZ_KIND_TLS;
	assert_int_equal(
	    life_import(&g, btz_span_of(value, 32), NULL), BTZ_E_KEY_KIND);
	g.kind = BTZ_KIND_PLAIN;
	assert_int_equal(life_import(&g, btz_span_of(value, 32), NULL), BTZ_OK);
	memcpy(id, life.key.id, sizeof(id));
	assert_true(btz_span_eq(life.key.owner, btz_span_str("one")));
	assert_int_equal(life_sign(&life.app, id, &s), BTZ_OK);
	assert_int_equal(life_verify(&life.app, id, &s), BTZ_OK);
	assert_int_equal(
	    btz_kms_export_private(&life.app, id, &secret, &life.err),
	    BTZ_E_KEY_USAGE);
	g.flags = BTZ_KEYBLOB_EXPORTABLE;
	assert_int_equal(life_import(&g, btz_span_of(value, 32), NULL), BTZ_OK);
	memcpy(id, life.key.id, sizeof(id));
	assert_int_equal(
	    btz_kms_export_private(&life.admin, id, &secret, &life.err),
	    BTZ_E_NOENT);
	assert_int_equal(
	    btz_kms_export_private(&life.app, id, &secret, &life.err), BTZ_OK);
	assert_int_equal(secret.len, 32);
	assert_memory_equal(secret.p, value, 32);
	assert_true(btz_auditor_wait(life.audit, "key.export", 2, 2000));
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_DISABLE, 0, ""), BTZ_OK);
	assert_int_equal(
	    btz_kms_export_private(&life.app, id, &secret, &life.err),
	    BTZ_E_KEY_STATE);
}

static size_t
wrap(struct btz_span spki, struct btz_span secret, uint8_t *out)
{
	static const uint8_t aes[32] = { 9, 9, 9 };
	const uint8_t *p = spki.p;
	EVP_PKEY *pub = d2i_PUBKEY(NULL, &p, (long)spki.len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pub, NULL);
	EVP_CIPHER_CTX *kwp = EVP_CIPHER_CTX_new();
	size_t len = 512;
	int n = 0, end = 0;

	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()), 1);
	assert_int_equal(EVP_PKEY_encrypt(ctx, out, &len, aes, 32), 1);
	EVP_CIPHER_CTX_set_flags(kwp, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	assert_int_equal(
	    EVP_EncryptInit_ex(kwp, EVP_aes_256_wrap_pad(), NULL, aes, NULL),
	    1);
	assert_int_equal(
	    EVP_EncryptUpdate(kwp, out + len, &n, secret.p, (int)secret.len),
	    1);
	assert_int_equal(EVP_EncryptFinal_ex(kwp, out + len + n, &end), 1);
	EVP_CIPHER_CTX_free(kwp);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pub);
	return len + (size_t)n + (size_t)end;
}

static void
test_import_wrapped(void **state)
{
	struct btz_generate g = life_plain("wrapping"), in = life_plain("in");
	uint8_t by[BTZ_ID_LEN], ec[BTZ_ID_LEN], wrapped[1024],
	    value[32] = { 7 };
	struct btz_span secret;
	size_t n;

	(void)state;
	g.alg = BTZ_ALG_RSA_2048;
	g.usage = BTZ_USE_DECRYPT;
	in.flags = BTZ_KEYBLOB_EXPORTABLE;
	life_generate(&life.app, "ec", ec);
	assert_int_equal(
	    btz_kms_generate(&life.app, &g, &life.key, &life.err), BTZ_OK);
	memcpy(by, life.key.id, sizeof(by));
	n = wrap(life.key.spki, btz_span_of(value, 32), wrapped);
	assert_int_equal(
	    life_import(&in, btz_span_of(wrapped, n), ec), BTZ_E_KEY_USAGE);
	assert_int_equal(
	    life_import(&in, btz_span_of(wrapped, n - 8), by), BTZ_E_SIGNATURE);
	assert_int_equal(
	    life_import(&in, btz_span_of(wrapped, 256), by), BTZ_E_SIGNATURE);
	wrapped[300 - 30] ^= 1;
	assert_int_equal(
	    life_import(&in, btz_span_of(wrapped, n), by), BTZ_E_SIGNATURE);
	wrapped[300 - 30] ^= 1;
	/* Wrapped for the version before. */
	assert_int_equal(
	    btz_kms_rotate(&life.app, by, &life.key, &life.err), BTZ_OK);
	assert_int_equal(life_import(&in, btz_span_of(wrapped, n), by), BTZ_OK);
	assert_int_equal(
	    btz_kms_export_private(&life.app, life.key.id, &secret, &life.err),
	    BTZ_OK);
	assert_int_equal(secret.len, 32);
	assert_memory_equal(secret.p, value, 32);
}

static size_t
encrypt_item(
    const uint8_t *id, bool named, const char *text, uint8_t *buf, size_t cap)
{
	struct btz_crypt rq = { .alg = BTZ_CRYPT_AES_GCM,
		.aad = btz_span_str("aad"),
		.input = btz_span_str(text) };
	struct btz_crypt_ok ok;
	struct btz_wr wr;

	memcpy(rq.id, id, BTZ_ID_LEN);
	assert_int_equal(
	    btz_conn_call(&life.app, BTZ_OP_ENCRYPT, &btz_def_crypt, &rq,
		&btz_def_crypt_ok, &ok, NULL, &life.err),
	    BTZ_OK);
	rq.version = named ? ok.version : 0;
	rq.nonce = ok.nonce;
	rq.input = ok.output;
	btz_wr_init(&wr, buf, cap);
	btz_msg_write(&btz_def_crypt, &rq, &wr);
	assert_true(btz_wr_ok(&wr));
	return wr.len;
}

/* All of them, whatever version they were under; or none. */
static void
test_rewrap(void **state)
{
	struct btz_generate g = life_plain("aes");
	struct btz_crypt rq = { .alg = BTZ_CRYPT_AES_GCM,
		.aad = btz_span_str("aad") };
	uint8_t id[BTZ_ID_LEN], items[4096], copy[4096];
	struct btz_crypt_ok ok;
	struct btz_span out;
	struct btz_rd rd;
	char text[16];
	size_t n = 0;

	(void)state;
	g.alg = BTZ_ALG_AES_256;
	g.usage = (uint32_t)BTZ_USE_ENCRYPT | (uint32_t)BTZ_USE_DECRYPT;
	assert_int_equal(
	    btz_kms_generate(&life.app, &g, &life.key, &life.err), BTZ_OK);
	memcpy(id, life.key.id, sizeof(id));
	for (int i = 0; i < 3; i++) {
		(void)snprintf(text, sizeof(text), "text %d", i);
		n += encrypt_item(
		    id, i == 1, text, items + n, sizeof(items) - n);
		assert_int_equal(
		    btz_kms_rotate(&life.app, id, &life.key, &life.err),
		    BTZ_OK);
	}
	assert_int_equal(
	    btz_kms_rewrap(&life.app, btz_span_of(items, n), &out, &life.err),
	    BTZ_OK);
	memcpy(copy, out.p, out.len);
	btz_rd_init(&rd, copy, out.len);
	for (int i = 0; i < 3; i++) {
		struct btz_crypt_ok was;

		assert_true(btz_msg_read(&btz_def_crypt_ok, &rd, &was));
		assert_int_equal(was.version, 4);
		memcpy(rq.id, id, BTZ_ID_LEN);
		rq.version = 4;
		rq.nonce = was.nonce;
		rq.input = was.output;
		assert_int_equal(
		    btz_conn_call(&life.app, BTZ_OP_DECRYPT, &btz_def_crypt,
			&rq, &btz_def_crypt_ok, &ok, NULL, &life.err),
		    BTZ_OK);
		(void)snprintf(text, sizeof(text), "text %d", i);
		assert_true(btz_span_eq(ok.output, btz_span_str(text)));
	}
	assert_true(btz_rd_end(&rd));
	items[n - 1] ^= 1;
	assert_int_equal(
	    btz_kms_rewrap(&life.app, btz_span_of(items, n), &out, &life.err),
	    BTZ_E_SIGNATURE);
	assert_int_equal(btz_kms_rewrap(&life.app, btz_span_of(items, n - 1),
			     &out, &life.err),
	    BTZ_E_INVAL);
	items[n - 1] ^= 1;
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_MIN_VERSION, 2, ""), BTZ_OK);
	assert_int_equal(
	    btz_kms_rewrap(&life.app, btz_span_of(items, n), &out, &life.err),
	    BTZ_E_SIGNATURE);
	assert_int_equal(
	    btz_kms_rewrap(&life.app, btz_span_of(NULL, 0), &out, &life.err),
	    BTZ_OK);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, life_setup, life_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_import_export),
		WITH(test_import_wrapped),
		WITH(test_rewrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
