/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_lifecycle.c - what becomes of keys, over a real broker and service:
 * versions, changes, shares, import and export, doom; after a kill between two
 * requests (at any moment: tests/crash).
 */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "client/kms.h"
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"
#include "wire/keyblob.h"
#include "wire/msg_crypt.h"

static struct btz_box *box;
static struct btz_auditor *audit, *audit_broker;
static struct btz_conn broker, app, admin;
static struct btz_key_info key;
static struct btz_err err;

static void
start(const char *more)
{
	char conf[512];

	(void)snprintf(conf, sizeof(conf),
	    "[crypto]\ndestroy_grace_min = 1\n[app one]\nuid = %u\n%s",
	    getuid(), more);
	box = btz_box_new(conf);
	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	audit = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	audit_broker = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT));
	broker.fd = app.fd = admin.fd = -1;
}

static enum btz_rc
open_lease(const char *sock, struct btz_conn *c)
{
	struct btz_open_ok ok;
	enum btz_rc rc;

	btz_conn_close(c);
	btz_conn_adopt(&broker, btz_box_connect(box, sock));
	rc = btz_kms_open(&broker, "soft", 0, c, &ok, &err);
	btz_conn_close(&broker);
	return rc;
}

static void
open_both(void)
{
	assert_int_equal(open_lease("kms.sock", &app), BTZ_OK);
	assert_int_equal(open_lease("admin/broker.sock", &admin), BTZ_OK);
}

static int
setup(void **state)
{
	(void)state;
	start("");
	open_both();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	btz_conn_close(&app);
	btz_conn_close(&admin);
	btz_auditor_free(audit);
	btz_auditor_free(audit_broker);
	assert_int_equal(btz_box_free(box), 0);
	return 0;
}

static struct btz_generate
plain(const char *label)
{
	return (struct btz_generate){ .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN | BTZ_USE_VERIFY,
		.label = btz_span_str(label) };
}

static void
generate(struct btz_conn *c, const char *label, uint8_t id[BTZ_ID_LEN])
{
	struct btz_generate g = plain(label);

	assert_int_equal(btz_kms_generate(c, &g, &key, &err), BTZ_OK);
	memcpy(id, key.id, BTZ_ID_LEN);
}

struct sig {
	uint8_t bytes[BTZ_SIG_MAX];
	size_t len;
};

static enum btz_rc
sign(struct btz_conn *c, const uint8_t *id, struct sig *out)
{
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = btz_span_str("hello") };
	struct btz_span s;
	enum btz_rc rc;

	memcpy(rq.id, id, BTZ_ID_LEN);
	rc = btz_kms_sign(c, &rq, &s, &err);
	if (rc == BTZ_OK && out != NULL)
		memcpy(out->bytes, s.p, out->len = s.len);
	return rc;
}

static enum btz_rc
verify(struct btz_conn *c, const uint8_t *id, const struct sig *sig)
{
	struct btz_verify rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = btz_span_str("hello"),
		.signature = btz_span_of(sig->bytes, sig->len) };

	memcpy(rq.id, id, BTZ_ID_LEN);
	return btz_kms_verify(c, &rq, &err);
}

static enum btz_rc
change(struct btz_conn *c, const uint8_t *id, enum btz_key_change what,
    uint64_t value, const char *text)
{
	struct btz_key_set rq = { .what = (uint8_t)what,
		.value = value,
		.text = btz_span_str(text) };

	memcpy(rq.id, id, BTZ_ID_LEN);
	return btz_kms_change(c, &rq, &key, &err);
}

/* Signs with the newest, verifies with any that is not off and not too old. */
static void
test_versions(void **state)
{
	uint8_t id[BTZ_ID_LEN];
	struct sig s[4];
	struct btz_heard heard;

	(void)state;
	generate(&app, "k", id);
	assert_int_equal(key.version, 1);
	assert_int_equal(sign(&app, id, &s[1]), BTZ_OK);
	for (uint32_t v = 2; v <= 3; v++) {
		assert_int_equal(btz_kms_rotate(&app, id, &key, &err), BTZ_OK);
		assert_int_equal(key.version, v);
		assert_memory_equal(key.id, id, BTZ_ID_LEN);
		assert_int_equal(sign(&app, id, &s[v]), BTZ_OK);
	}
	for (size_t v = 1; v <= 3; v++)
		assert_int_equal(verify(&app, id, &s[v]), BTZ_OK);
	s[0] = s[2];
	s[0].bytes[s[0].len - 1] ^= 1;
	assert_int_equal(verify(&app, id, &s[0]), BTZ_E_SIGNATURE);
	assert_int_equal(change(&app, id, BTZ_KC_DISABLE, 2, ""), BTZ_OK);
	assert_int_equal(key.version, 3);
	assert_int_equal(verify(&app, id, &s[2]), BTZ_E_SIGNATURE);
	assert_int_equal(verify(&app, id, &s[1]), BTZ_OK);
	/* The newest off: what is signed is the one before. */
	assert_int_equal(change(&app, id, BTZ_KC_ENABLE, 2, ""), BTZ_OK);
	assert_int_equal(change(&app, id, BTZ_KC_DISABLE, 3, ""), BTZ_OK);
	assert_int_equal(key.version, 2);
	assert_int_equal(verify(&app, id, &s[3]), BTZ_E_SIGNATURE);
	assert_int_equal(sign(&app, id, &s[0]), BTZ_OK);
	assert_int_equal(change(&app, id, BTZ_KC_DISABLE, 2, ""), BTZ_OK);
	assert_int_equal(verify(&app, id, &s[0]), BTZ_E_SIGNATURE);
	assert_int_equal(change(&app, id, BTZ_KC_DISABLE, 1, ""), BTZ_OK);
	assert_int_equal(verify(&app, id, &s[1]), BTZ_E_KEY_STATE);
	assert_int_equal(sign(&app, id, NULL), BTZ_E_KEY_STATE);
	assert_int_equal(change(&app, id, BTZ_KC_ENABLE, 3, ""), BTZ_OK);
	assert_int_equal(change(&app, id, BTZ_KC_ENABLE, 1, ""), BTZ_OK);
	assert_int_equal(verify(&app, id, &s[1]), BTZ_OK);
	assert_int_equal(change(&app, id, BTZ_KC_MIN_VERSION, 2, ""), BTZ_OK);
	assert_int_equal(verify(&app, id, &s[1]), BTZ_E_SIGNATURE);
	assert_int_equal(verify(&app, id, &s[3]), BTZ_OK);
	assert_int_equal(
	    change(&app, id, BTZ_KC_MIN_VERSION, 1, ""), BTZ_E_KEY_POLICY);
	assert_int_equal(
	    change(&app, id, BTZ_KC_MIN_VERSION, 4, ""), BTZ_E_NOENT);
	assert_int_equal(change(&app, id, BTZ_KC_ENABLE, 4, ""), BTZ_E_NOENT);
	assert_true(btz_auditor_wait(audit, "key.rotate", 4, 2000));
	(void)btz_auditor_heard(audit, "key.rotate", &heard);
	assert_string_equal(heard.out, "ok");
}

static void
test_list_versions(void **state)
{
	uint8_t id[BTZ_ID_LEN];
	struct btz_key_rows rows;
	struct btz_rd rd;
	uint32_t n = 0;

	(void)state;
	generate(&app, "k", id);
	for (int i = 0; i < 4; i++)
		assert_int_equal(btz_kms_rotate(&app, id, &key, &err), BTZ_OK);
	assert_int_equal(change(&app, id, BTZ_KC_DISABLE, 4, ""), BTZ_OK);
	assert_int_equal(btz_kms_versions(&app, id, 2, &rows, &err), BTZ_OK);
	btz_rd_span(&rd, rows.rows);
	while (btz_kms_list_next(&rd, &key) == 1) {
		assert_int_equal(key.version, 3 + n++);
		assert_memory_equal(key.id, id, BTZ_ID_LEN);
		assert_int_equal(key.state,
		    key.version == 4 ? BTZ_KEY_DISABLED : BTZ_KEY_ENABLED);
	}
	assert_int_equal(n, 3);
	/* Not a key of the administrator's: only read. */
	assert_int_equal(btz_kms_versions(&admin, id, 0, &rows, &err), BTZ_OK);
	assert_true(rows.rows.len > 0);
	id[0] ^= 1;
	assert_int_equal(btz_kms_versions(&app, id, 0, &rows, &err), BTZ_OK);
	assert_int_equal(rows.rows.len, 0);
}

static const struct {
	const char *name;
	enum btz_key_change what;
	uint64_t value;
	const char *text;
	enum btz_rc rc;
} change_cases[] = {
	{ "no such change", 0, 0, "", BTZ_E_INVAL },
	{ "nor such", 11, 0, "", BTZ_E_INVAL },
	{ "text where none belongs", BTZ_KC_DISABLE, 0, "x", BTZ_E_INVAL },
	{ "value where none belongs", BTZ_KC_RENAME, 1, "x", BTZ_E_INVAL },
	{ "no label", BTZ_KC_RENAME, 0, "", BTZ_E_INVAL },
	{ "no grace", BTZ_KC_DOOM, 1000, "", BTZ_E_RANGE },
	{ "in 3000 years", BTZ_KC_DOOM, 100000000000, "", BTZ_E_RANGE },
	{ "not doomed", BTZ_KC_RESCUE, 0, "", BTZ_E_KEY_STATE },
	{ "label of no name", BTZ_KC_LABEL, 0, "=x", BTZ_E_NAME },
	{ "no such label", BTZ_KC_LABEL, 0, "env", BTZ_E_NOENT },
	{ "no expiry", BTZ_KC_NOT_AFTER, 0, "", BTZ_E_KEY_POLICY },
	{ "no uses", BTZ_KC_USES_MAX, 0, "", BTZ_E_KEY_POLICY },
	{ "share with itself", BTZ_KC_SHARE, BTZ_USE_SIGN, "one",
	    BTZ_E_DENIED },
	{ "share with nobody", BTZ_KC_SHARE, BTZ_USE_SIGN, "", BTZ_E_NAME },
	{ "share its end", BTZ_KC_SHARE, BTZ_USE_DESTROY, "two", BTZ_E_INVAL },
	{ "rename", BTZ_KC_RENAME, 0, "other", BTZ_OK },
	{ "label", BTZ_KC_LABEL, 0, "env=prod", BTZ_OK },
	{ "label again", BTZ_KC_LABEL, 0, "env=test", BTZ_OK },
	{ "expiry", BTZ_KC_NOT_AFTER, 5000000000, "", BTZ_OK },
	{ "later expiry", BTZ_KC_NOT_AFTER, 5000000001, "", BTZ_E_KEY_POLICY },
	{ "uses", BTZ_KC_USES_MAX, 100, "", BTZ_OK },
	{ "more uses", BTZ_KC_USES_MAX, 100, "", BTZ_E_KEY_POLICY },
	{ "off", BTZ_KC_DISABLE, 0, "", BTZ_OK },
	{ "doom", BTZ_KC_DOOM, 0, "", BTZ_OK },
	{ "on when doomed", BTZ_KC_ENABLE, 0, "", BTZ_E_KEY_STATE },
	{ "rescue", BTZ_KC_RESCUE, 0, "", BTZ_OK },
	{ "on", BTZ_KC_ENABLE, 0, "", BTZ_OK },
};

static void
test_changes(void **state)
{
	uint8_t id[BTZ_ID_LEN];
	struct btz_key_rows rows;
	struct btz_heard heard;

	(void)state;
	generate(&app, "k", id);
	for (size_t i = 0; i < BTZ_COUNT(change_cases); i++) {
		print_message("# case: %s\n", change_cases[i].name);
		assert_int_equal(
		    change(&app, id, change_cases[i].what,
			change_cases[i].value, change_cases[i].text),
		    change_cases[i].rc);
	}
	assert_true(btz_span_eq(key.label, btz_span_str("other")));
	assert_true(btz_span_eq(key.labels, btz_span_str("env=test\n")));
	assert_int_equal(key.not_after, 5000000000);
	assert_int_equal(key.uses_max, 100);
	assert_int_equal(key.state, BTZ_KEY_ENABLED);
	assert_int_equal(key.destroy_at, 0);
	assert_true(btz_auditor_wait(audit, "key.label", 4, 2000));
	(void)btz_auditor_heard(audit, "key.label", &heard);
	assert_string_equal(heard.out, "ok");
	assert_true(btz_auditor_wait(audit, "key.doom", 2, 2000));
	assert_int_equal(
	    btz_kms_list(&app, NULL, "@env=test", &rows, &err), BTZ_OK);
	assert_true(rows.rows.len > 0);
	assert_int_equal(
	    btz_kms_list(&app, NULL, "@env=prod", &rows, &err), BTZ_OK);
	assert_int_equal(rows.rows.len, 0);
	/* The policy holds for the next version, too. */
	assert_int_equal(btz_kms_rotate(&app, id, &key, &err), BTZ_OK);
	assert_int_equal(key.uses_max, 100);
	id[3] ^= 1;
	assert_int_equal(change(&app, id, BTZ_KC_RENAME, 0, "x"), BTZ_E_NOENT);
}

/* An administrator manages every key and uses none that is not his; nobody
 * else does. */
static void
test_managers(void **state)
{
	uint8_t id[BTZ_ID_LEN], his[BTZ_ID_LEN];

	(void)state;
	generate(&app, "k", id);
	generate(&admin, "a", his);
	assert_int_equal(change(&admin, id, BTZ_KC_DISABLE, 0, ""), BTZ_OK);
	assert_int_equal(sign(&app, id, NULL), BTZ_E_KEY_STATE);
	assert_int_equal(change(&admin, id, BTZ_KC_ENABLE, 0, ""), BTZ_OK);
	assert_int_equal(sign(&app, id, NULL), BTZ_OK);
	assert_int_equal(sign(&admin, id, NULL), BTZ_E_NOENT);
	assert_int_equal(
	    change(&admin, id, BTZ_KC_SHARE, BTZ_USE_SIGN, "admin"),
	    BTZ_E_DENIED);
	assert_int_equal(change(&app, his, BTZ_KC_DISABLE, 0, ""), BTZ_E_NOENT);
	assert_int_equal(btz_kms_rotate(&app, his, &key, &err), BTZ_E_NOENT);
}

static void
test_shares(void **state)
{
	uint8_t id[BTZ_ID_LEN];
	struct btz_key_rows rows;
	struct sig s;

	(void)state;
	generate(&admin, "a", id);
	assert_int_equal(sign(&app, id, NULL), BTZ_E_NOENT);
	assert_int_equal(
	    change(&admin, id, BTZ_KC_SHARE, BTZ_USE_SIGN, "one"), BTZ_OK);
	assert_int_equal(sign(&app, id, &s), BTZ_OK);
	assert_int_equal(verify(&app, id, &s), BTZ_E_NOENT);
	assert_int_equal(verify(&admin, id, &s), BTZ_OK);
	assert_int_equal(btz_kms_destroy(&app, id, &err), BTZ_E_NOENT);
	assert_int_equal(change(&app, id, BTZ_KC_RENAME, 0, "x"), BTZ_E_NOENT);
	assert_int_equal(btz_kms_list(&app, NULL, NULL, &rows, &err), BTZ_OK);
	assert_true(rows.rows.len > 0);
	assert_int_equal(btz_kms_export_public(&app, id, &key, &err), BTZ_OK);
	assert_int_equal(btz_kms_rotate(&admin, id, &key, &err), BTZ_OK);
	assert_int_equal(sign(&app, id, &s), BTZ_OK);
	/* As long as it is given, also over a restart. */
	assert_true(btz_box_alive(box, BTZ_PROG_CRYPTO_SOFT));
	(void)btz_box_kill(box, BTZ_PROG_CRYPTO_SOFT, SIGKILL);
	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_auditor_free(audit);
	audit = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	open_both();
	assert_int_equal(sign(&app, id, &s), BTZ_OK);
	assert_int_equal(change(&admin, id, BTZ_KC_SHARE, 0, "one"), BTZ_OK);
	assert_int_equal(sign(&app, id, NULL), BTZ_E_NOENT);
	assert_int_equal(btz_kms_list(&app, NULL, NULL, &rows, &err), BTZ_OK);
	assert_int_equal(rows.rows.len, 0);
}

static void
restart(void)
{
	(void)btz_box_kill(box, BTZ_PROG_CRYPTO_SOFT, SIGKILL);
	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_auditor_free(audit);
	audit = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	open_both();
}

/* At its time the key is gone, with a record, also when the service was away
 * at that time; a rescued one is not. */
static void
test_doom(void **state)
{
	uint8_t gone[BTZ_ID_LEN], kept[BTZ_ID_LEN], later[BTZ_ID_LEN];
	struct btz_heard heard;
	uint64_t now;

	(void)state;
	generate(&app, "gone", gone);
	generate(&app, "kept", kept);
	generate(&app, "later", later);
	assert_int_equal(btz_kms_rotate(&app, gone, &key, &err), BTZ_OK);
	now = btz_unix_now();
	assert_int_equal(change(&app, gone, BTZ_KC_DOOM, now + 2, ""), BTZ_OK);
	assert_int_equal(change(&app, kept, BTZ_KC_DOOM, now + 2, ""), BTZ_OK);
	assert_int_equal(change(&app, later, BTZ_KC_DOOM, now + 4, ""), BTZ_OK);
	assert_int_equal(sign(&app, gone, NULL), BTZ_E_KEY_STATE);
	assert_int_equal(change(&app, kept, BTZ_KC_RESCUE, 0, ""), BTZ_OK);
	assert_int_equal(key.state, BTZ_KEY_DISABLED);
	assert_true(btz_auditor_wait(audit, "key.destroy", 2, 6000));
	(void)btz_auditor_heard(audit, "key.destroy", &heard);
	assert_string_equal(heard.who, "service");
	assert_string_equal(heard.out, "ok");
	assert_int_equal(
	    change(&app, gone, BTZ_KC_RESCUE, 0, ""), BTZ_E_KEY_STATE);
	assert_int_equal(change(&app, kept, BTZ_KC_ENABLE, 0, ""), BTZ_OK);
	assert_int_equal(sign(&app, kept, NULL), BTZ_OK);
	/* Away when its time comes. */
	(void)btz_box_kill(box, BTZ_PROG_CRYPTO_SOFT, SIGKILL);
	while (btz_unix_now() < now + 5)
		(void)usleep(100000);
	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_auditor_free(audit);
	/* Its time has come, its record is waited for: no way back. */
	open_both();
	assert_int_equal(
	    btz_kms_export_public(&app, later, &key, &err), BTZ_OK);
	assert_int_equal(key.state, BTZ_KEY_DOOMED);
	assert_int_equal(
	    change(&app, later, BTZ_KC_RESCUE, 0, ""), BTZ_E_KEY_STATE);
	audit = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	assert_true(btz_auditor_wait(audit, "key.destroy", 2, 5000));
	assert_int_equal(
	    change(&app, later, BTZ_KC_RESCUE, 0, ""), BTZ_E_KEY_STATE);
	assert_int_equal(sign(&app, kept, NULL), BTZ_OK);
}

static struct btz_span
encode(const struct btz_generate *g, uint8_t *buf, size_t cap)
{
	struct btz_wr wr;

	btz_wr_init(&wr, buf, cap);
	btz_msg_write(&btz_def_generate, g, &wr);
	assert_true(btz_wr_ok(&wr));
	return btz_wr_span(&wr);
}

static enum btz_rc
import(const struct btz_generate *g, struct btz_span secret,
    const uint8_t *wrapped_by)
{
	uint8_t buf[4096];
	struct btz_import rq = { .key = encode(g, buf, sizeof(buf)),
		.secret = secret };

	if (wrapped_by != NULL)
		memcpy(rq.wrapped_by, wrapped_by, BTZ_ID_LEN);
	return btz_kms_import(&app, &rq, &key, &err);
}

/* A private value of P-256 comes in; only what was made exportable goes out. */
static void
test_import_export(void **state)
{
	struct btz_generate g = plain("in");
	uint8_t value[32] = { 1, 2, 3 }, id[BTZ_ID_LEN];
	struct btz_span secret;
	struct sig s;

	(void)state;
	assert_int_equal(import(&g, btz_span_of(value, 31), NULL), BTZ_E_INVAL);
	g.kind = BTZ_KIND_TLS;
	assert_int_equal(
	    import(&g, btz_span_of(value, 32), NULL), BTZ_E_KEY_KIND);
	g.kind = BTZ_KIND_PLAIN;
	assert_int_equal(import(&g, btz_span_of(value, 32), NULL), BTZ_OK);
	memcpy(id, key.id, sizeof(id));
	assert_true(btz_span_eq(key.owner, btz_span_str("one")));
	assert_int_equal(sign(&app, id, &s), BTZ_OK);
	assert_int_equal(verify(&app, id, &s), BTZ_OK);
	assert_int_equal(
	    btz_kms_export_private(&app, id, &secret, &err), BTZ_E_KEY_USAGE);
	g.flags = BTZ_KEYBLOB_EXPORTABLE;
	assert_int_equal(import(&g, btz_span_of(value, 32), NULL), BTZ_OK);
	memcpy(id, key.id, sizeof(id));
	assert_int_equal(
	    btz_kms_export_private(&admin, id, &secret, &err), BTZ_E_NOENT);
	assert_int_equal(
	    btz_kms_export_private(&app, id, &secret, &err), BTZ_OK);
	assert_int_equal(secret.len, 32);
	assert_memory_equal(secret.p, value, 32);
	assert_true(btz_auditor_wait(audit, "key.export", 2, 2000));
	assert_int_equal(change(&app, id, BTZ_KC_DISABLE, 0, ""), BTZ_OK);
	assert_int_equal(
	    btz_kms_export_private(&app, id, &secret, &err), BTZ_E_KEY_STATE);
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
	struct btz_generate g = plain("wrapping"), in = plain("in");
	uint8_t by[BTZ_ID_LEN], ec[BTZ_ID_LEN], wrapped[1024],
	    value[32] = { 7 };
	struct btz_span secret;
	size_t n;

	(void)state;
	g.alg = BTZ_ALG_RSA_2048;
	g.usage = BTZ_USE_DECRYPT;
	in.flags = BTZ_KEYBLOB_EXPORTABLE;
	generate(&app, "ec", ec);
	assert_int_equal(btz_kms_generate(&app, &g, &key, &err), BTZ_OK);
	memcpy(by, key.id, sizeof(by));
	n = wrap(key.spki, btz_span_of(value, 32), wrapped);
	assert_int_equal(
	    import(&in, btz_span_of(wrapped, n), ec), BTZ_E_KEY_USAGE);
	assert_int_equal(
	    import(&in, btz_span_of(wrapped, n - 8), by), BTZ_E_SIGNATURE);
	assert_int_equal(
	    import(&in, btz_span_of(wrapped, 256), by), BTZ_E_SIGNATURE);
	wrapped[300 - 30] ^= 1;
	assert_int_equal(
	    import(&in, btz_span_of(wrapped, n), by), BTZ_E_SIGNATURE);
	wrapped[300 - 30] ^= 1;
	/* Wrapped for the version before. */
	assert_int_equal(btz_kms_rotate(&app, by, &key, &err), BTZ_OK);
	assert_int_equal(import(&in, btz_span_of(wrapped, n), by), BTZ_OK);
	assert_int_equal(
	    btz_kms_export_private(&app, key.id, &secret, &err), BTZ_OK);
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
	assert_int_equal(btz_conn_call(&app, BTZ_OP_ENCRYPT, &btz_def_crypt,
			     &rq, &btz_def_crypt_ok, &ok, NULL, &err),
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
	struct btz_generate g = plain("aes");
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
	assert_int_equal(btz_kms_generate(&app, &g, &key, &err), BTZ_OK);
	memcpy(id, key.id, sizeof(id));
	for (int i = 0; i < 3; i++) {
		(void)snprintf(text, sizeof(text), "text %d", i);
		n += encrypt_item(
		    id, i == 1, text, items + n, sizeof(items) - n);
		assert_int_equal(btz_kms_rotate(&app, id, &key, &err), BTZ_OK);
	}
	assert_int_equal(
	    btz_kms_rewrap(&app, btz_span_of(items, n), &out, &err), BTZ_OK);
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
		    btz_conn_call(&app, BTZ_OP_DECRYPT, &btz_def_crypt, &rq,
			&btz_def_crypt_ok, &ok, NULL, &err),
		    BTZ_OK);
		(void)snprintf(text, sizeof(text), "text %d", i);
		assert_true(btz_span_eq(ok.output, btz_span_str(text)));
	}
	assert_true(btz_rd_end(&rd));
	items[n - 1] ^= 1;
	assert_int_equal(
	    btz_kms_rewrap(&app, btz_span_of(items, n), &out, &err),
	    BTZ_E_SIGNATURE);
	assert_int_equal(
	    btz_kms_rewrap(&app, btz_span_of(items, n - 1), &out, &err),
	    BTZ_E_INVAL);
	items[n - 1] ^= 1;
	assert_int_equal(change(&app, id, BTZ_KC_MIN_VERSION, 2, ""), BTZ_OK);
	assert_int_equal(
	    btz_kms_rewrap(&app, btz_span_of(items, n), &out, &err),
	    BTZ_E_SIGNATURE);
	assert_int_equal(
	    btz_kms_rewrap(&app, btz_span_of(NULL, 0), &out, &err), BTZ_OK);
}

/* [app NAME] max_keys; versions do not count. */
static void
test_max_keys(void **state)
{
	struct btz_generate g = plain("more");
	uint8_t id[BTZ_ID_LEN], value[32] = { 1 };

	(void)state;
	start("max_keys = 2\n");
	open_both();
	generate(&app, "1", id);
	assert_int_equal(btz_kms_rotate(&app, id, &key, &err), BTZ_OK);
	generate(&app, "2", id);
	assert_int_equal(
	    btz_kms_generate(&app, &g, &key, &err), BTZ_E_KEYS_MAX);
	assert_int_equal(
	    import(&g, btz_span_of(value, 32), NULL), BTZ_E_KEYS_MAX);
	generate(&admin, "3", id);
}

/* A device that forgets open keys after 8 signatures, and gives none away. */
static void
test_device(void **state)
{
	struct btz_generate g = plain("in");
	uint8_t id[BTZ_ID_LEN], value[32] = { 1 }, buf[4096];
	struct btz_import rq = { .secret = btz_span_of(value, 32) };
	struct btz_open_ok ok;
	struct btz_span out;
	struct sig s[3];
	char exe[512];

	(void)state;
	(void)snprintf(exe, sizeof(exe), "%s/tests/crypto/bartizan-crypto-fake",
	    getenv("BTZ_BUILD"));
	box = btz_box_new("");
	btz_box_start(box, BTZ_PROG_CRYPTO_TEE, exe);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	audit = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_TEE, BTZ_PROG_AUDIT));
	audit_broker = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT));
	app.fd = admin.fd = -1;
	btz_conn_adopt(&broker, btz_box_connect(box, "admin/broker.sock"));
	assert_int_equal(
	    btz_kms_open(&broker, "tee", 0, &admin, &ok, &err), BTZ_OK);
	btz_conn_close(&broker);
	generate(&admin, "k", id);
	assert_int_equal(sign(&admin, id, &s[1]), BTZ_OK);
	assert_int_equal(btz_kms_rotate(&admin, id, &key, &err), BTZ_OK);
	for (int i = 0; i < 20; i++)
		assert_int_equal(sign(&admin, id, &s[2]), BTZ_OK);
	assert_int_equal(change(&admin, id, BTZ_KC_DISABLE, 2, ""), BTZ_OK);
	for (int i = 0; i < 10; i++)
		assert_int_equal(sign(&admin, id, &s[1]), BTZ_OK);
	assert_int_equal(verify(&admin, id, &s[1]), BTZ_OK);
	assert_int_equal(verify(&admin, id, &s[2]), BTZ_E_SIGNATURE);
	rq.key = encode(&g, buf, sizeof(buf));
	assert_int_equal(
	    btz_kms_import(&admin, &rq, &key, &err), BTZ_E_UNSUPPORTED);
	assert_int_equal(
	    btz_kms_export_private(&admin, id, &out, &err), BTZ_E_UNSUPPORTED);
	assert_int_equal(
	    btz_kms_backup(&admin, id, &out, &err), BTZ_E_UNSUPPORTED);
	assert_int_equal(btz_kms_destroy(&admin, id, &err), BTZ_OK);
	assert_int_equal(sign(&admin, id, NULL), BTZ_E_KEY_STATE);
	assert_int_equal(
	    btz_kms_rotate(&admin, id, &key, &err), BTZ_E_KEY_STATE);
}

/* Killed after every acknowledgement, and while a record is waited for. */
static void
test_killed(void **state)
{
	uint8_t id[BTZ_ID_LEN], other[BTZ_ID_LEN];
	struct sig s[4];

	(void)state;
	generate(&app, "k", id);
	restart();
	assert_int_equal(sign(&app, id, &s[1]), BTZ_OK);
	for (uint32_t v = 2; v <= 3; v++) {
		assert_int_equal(btz_kms_rotate(&app, id, &key, &err), BTZ_OK);
		restart();
		assert_int_equal(sign(&app, id, &s[v]), BTZ_OK);
	}
	assert_int_equal(change(&app, id, BTZ_KC_LABEL, 0, "a=b"), BTZ_OK);
	assert_int_equal(change(&app, id, BTZ_KC_DISABLE, 3, ""), BTZ_OK);
	restart();
	assert_int_equal(btz_kms_export_public(&app, id, &key, &err), BTZ_OK);
	assert_int_equal(key.version, 2);
	assert_true(btz_span_eq(key.labels, btz_span_str("a=b\n")));
	assert_int_equal(verify(&app, id, &s[1]), BTZ_OK);
	assert_int_equal(verify(&app, id, &s[3]), BTZ_E_SIGNATURE);
	/* Not acknowledged: not there, or there whole. */
	btz_auditor_delay(audit, 300);
	for (int i = 0; i < 2; i++) {
		app.timeout_ms = 100;
		assert_int_not_equal(
		    btz_kms_rotate(&app, id, &key, &err), BTZ_OK);
		restart();
		assert_int_equal(
		    btz_kms_export_public(&app, id, &key, &err), BTZ_OK);
		assert_int_equal(key.version, 2);
		btz_auditor_delay(audit, 300);
	}
	btz_auditor_delay(audit, 0);
	generate(&app, "other", other);
	assert_int_equal(btz_kms_destroy(&app, other, &err), BTZ_OK);
	restart();
	assert_int_equal(sign(&app, other, NULL), BTZ_E_KEY_STATE);
	assert_int_equal(sign(&app, id, NULL), BTZ_OK);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_versions),
		WITH(test_list_versions),
		WITH(test_changes),
		WITH(test_managers),
		WITH(test_shares),
		WITH(test_doom),
		WITH(test_import_export),
		WITH(test_import_wrapped),
		WITH(test_rewrap),
		cmocka_unit_test_teardown(test_max_keys, teardown),
		cmocka_unit_test_teardown(test_device, teardown),
		WITH(test_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
