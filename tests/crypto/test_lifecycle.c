/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_lifecycle.c - what becomes of keys, over a real broker and service:
 * versions, changes, shares, doom, limits, and a device that forgets. Import and
 * export: test_moves.c; kill -9: test_killed.c.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crypto/lifebox.h"
#include "support/cmocka_all.h"
#include "wire/keyblob.h"

/* Signs with the newest, verifies with any that is not off and not too old. */
static void
test_versions(void **state)
{
	uint8_t id[BTZ_ID_LEN];
	struct life_sig s[4];
	struct btz_heard heard;

	(void)state;
	life_generate(&life.app, "k", id);
	assert_int_equal(life.key.version, 1);
	assert_int_equal(life_sign(&life.app, id, &s[1]), BTZ_OK);
	for (uint32_t v = 2; v <= 3; v++) {
		assert_int_equal(
		    btz_kms_rotate(&life.app, id, &life.key, &life.err),
		    BTZ_OK);
		assert_int_equal(life.key.version, v);
		assert_memory_equal(life.key.id, id, BTZ_ID_LEN);
		assert_int_equal(life_sign(&life.app, id, &s[v]), BTZ_OK);
	}
	for (size_t v = 1; v <= 3; v++)
		assert_int_equal(life_verify(&life.app, id, &s[v]), BTZ_OK);
	s[0] = s[2];
	s[0].bytes[s[0].len - 1] ^= 1;
	assert_int_equal(life_verify(&life.app, id, &s[0]), BTZ_E_SIGNATURE);
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_DISABLE, 2, ""), BTZ_OK);
	assert_int_equal(life.key.version, 3);
	assert_int_equal(life_verify(&life.app, id, &s[2]), BTZ_E_SIGNATURE);
	assert_int_equal(life_verify(&life.app, id, &s[1]), BTZ_OK);
	/* The newest off: what is signed is the one before. */
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_ENABLE, 2, ""), BTZ_OK);
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_DISABLE, 3, ""), BTZ_OK);
	assert_int_equal(life.key.version, 2);
	assert_int_equal(life_verify(&life.app, id, &s[3]), BTZ_E_SIGNATURE);
	assert_int_equal(life_sign(&life.app, id, &s[0]), BTZ_OK);
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_DISABLE, 2, ""), BTZ_OK);
	assert_int_equal(life_verify(&life.app, id, &s[0]), BTZ_E_SIGNATURE);
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_DISABLE, 1, ""), BTZ_OK);
	assert_int_equal(life_verify(&life.app, id, &s[1]), BTZ_E_KEY_STATE);
	assert_int_equal(life_sign(&life.app, id, NULL), BTZ_E_KEY_STATE);
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_ENABLE, 3, ""), BTZ_OK);
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_ENABLE, 1, ""), BTZ_OK);
	assert_int_equal(life_verify(&life.app, id, &s[1]), BTZ_OK);
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_MIN_VERSION, 2, ""), BTZ_OK);
	assert_int_equal(life_verify(&life.app, id, &s[1]), BTZ_E_SIGNATURE);
	assert_int_equal(life_verify(&life.app, id, &s[3]), BTZ_OK);
	assert_int_equal(life_change(&life.app, id, BTZ_KC_MIN_VERSION, 1, ""),
	    BTZ_E_KEY_POLICY);
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_MIN_VERSION, 4, ""), BTZ_E_NOENT);
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_ENABLE, 4, ""), BTZ_E_NOENT);
	assert_true(btz_auditor_wait(life.audit, "key.rotate", 4, 2000));
	(void)btz_auditor_heard(life.audit, "key.rotate", &heard);
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
	life_generate(&life.app, "k", id);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
		    btz_kms_rotate(&life.app, id, &life.key, &life.err),
		    BTZ_OK);
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_DISABLE, 4, ""), BTZ_OK);
	assert_int_equal(
	    btz_kms_versions(&life.app, id, 2, &rows, &life.err), BTZ_OK);
	btz_rd_span(&rd, rows.rows);
	while (btz_kms_list_next(&rd, &life.key) == 1) {
		assert_int_equal(life.key.version, 3 + n++);
		assert_memory_equal(life.key.id, id, BTZ_ID_LEN);
		assert_int_equal(life.key.state,
		    life.key.version == 4 ? BTZ_KEY_DISABLED : BTZ_KEY_ENABLED);
	}
	assert_int_equal(n, 3);
	/* Not a key of the administrator's: only read. */
	assert_int_equal(
	    btz_kms_versions(&life.admin, id, 0, &rows, &life.err), BTZ_OK);
	assert_true(rows.rows.len > 0);
	id[0] ^= 1;
	assert_int_equal(
	    btz_kms_versions(&life.app, id, 0, &rows, &life.err), BTZ_OK);
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
	life_generate(&life.app, "k", id);
	for (size_t i = 0; i < BTZ_COUNT(change_cases); i++) {
		print_message("# case: %s\n", change_cases[i].name);
		assert_int_equal(
		    life_change(&life.app, id, change_cases[i].what,
			change_cases[i].value, change_cases[i].text),
		    change_cases[i].rc);
	}
	assert_true(btz_span_eq(life.key.label, btz_span_str("other")));
	assert_true(btz_span_eq(life.key.labels, btz_span_str("env=test\n")));
	assert_int_equal(life.key.not_after, 5000000000);
	assert_int_equal(life.key.uses_max, 100);
	assert_int_equal(life.key.state, BTZ_KEY_ENABLED);
	assert_int_equal(life.key.destroy_at, 0);
	assert_true(btz_auditor_wait(life.audit, "key.label", 4, 2000));
	(void)btz_auditor_heard(life.audit, "key.label", &heard);
	assert_string_equal(heard.out, "ok");
	assert_true(btz_auditor_wait(life.audit, "key.doom", 2, 2000));
	assert_int_equal(
	    btz_kms_list(&life.app, NULL, "@env=test", &rows, &life.err),
	    BTZ_OK);
	assert_true(rows.rows.len > 0);
	assert_int_equal(
	    btz_kms_list(&life.app, NULL, "@env=prod", &rows, &life.err),
	    BTZ_OK);
	assert_int_equal(rows.rows.len, 0);
	/* The policy holds for the next version, too. */
	assert_int_equal(
	    btz_kms_rotate(&life.app, id, &life.key, &life.err), BTZ_OK);
	assert_int_equal(life.key.uses_max, 100);
	id[3] ^= 1;
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_RENAME, 0, "x"), BTZ_E_NOENT);
}

/* An administrator manages every key and uses none that is not his; nobody
 * else does. */
static void
test_managers(void **state)
{
	uint8_t id[BTZ_ID_LEN], his[BTZ_ID_LEN];

	(void)state;
	life_generate(&life.app, "k", id);
	life_generate(&life.admin, "a", his);
	assert_int_equal(
	    life_change(&life.admin, id, BTZ_KC_DISABLE, 0, ""), BTZ_OK);
	assert_int_equal(life_sign(&life.app, id, NULL), BTZ_E_KEY_STATE);
	assert_int_equal(
	    life_change(&life.admin, id, BTZ_KC_ENABLE, 0, ""), BTZ_OK);
	assert_int_equal(life_sign(&life.app, id, NULL), BTZ_OK);
	assert_int_equal(life_sign(&life.admin, id, NULL), BTZ_E_DENIED);
	assert_int_equal(
	    life_change(&life.admin, id, BTZ_KC_SHARE, BTZ_USE_SIGN, "admin"),
	    BTZ_E_DENIED);
	assert_int_equal(
	    life_change(&life.app, his, BTZ_KC_DISABLE, 0, ""), BTZ_E_NOENT);
	assert_int_equal(
	    btz_kms_rotate(&life.app, his, &life.key, &life.err), BTZ_E_NOENT);
}

static void
test_shares(void **state)
{
	uint8_t id[BTZ_ID_LEN];
	struct btz_key_rows rows;
	struct life_sig s;

	(void)state;
	life_generate(&life.admin, "a", id);
	assert_int_equal(life_sign(&life.app, id, NULL), BTZ_E_NOENT);
	assert_int_equal(
	    life_change(&life.admin, id, BTZ_KC_SHARE, BTZ_USE_SIGN, "one"),
	    BTZ_OK);
	assert_int_equal(life_sign(&life.app, id, &s), BTZ_OK);
	/* in its lists, but not for this */
	assert_int_equal(life_verify(&life.app, id, &s), BTZ_E_DENIED);
	assert_int_equal(life_verify(&life.admin, id, &s), BTZ_OK);
	assert_int_equal(
	    btz_kms_destroy(&life.app, id, &life.err), BTZ_E_NOENT);
	assert_int_equal(
	    life_change(&life.app, id, BTZ_KC_RENAME, 0, "x"), BTZ_E_NOENT);
	assert_int_equal(
	    btz_kms_list(&life.app, NULL, NULL, &rows, &life.err), BTZ_OK);
	assert_true(rows.rows.len > 0);
	assert_int_equal(
	    btz_kms_export_public(&life.app, id, &life.key, &life.err), BTZ_OK);
	assert_int_equal(
	    btz_kms_rotate(&life.admin, id, &life.key, &life.err), BTZ_OK);
	assert_int_equal(life_sign(&life.app, id, &s), BTZ_OK);
	/* As long as it is given, also over a restart. */
	assert_true(btz_box_alive(life.box, BTZ_PROG_CRYPTO_SOFT));
	(void)btz_box_kill(life.box, BTZ_PROG_CRYPTO_SOFT, SIGKILL);
	btz_box_start(life.box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_auditor_free(life.audit);
	life.audit = btz_auditor_new(
	    btz_box_take(life.box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	life_open();
	assert_int_equal(life_sign(&life.app, id, &s), BTZ_OK);
	assert_int_equal(
	    life_change(&life.admin, id, BTZ_KC_SHARE, 0, "one"), BTZ_OK);
	assert_int_equal(life_sign(&life.app, id, NULL), BTZ_E_NOENT);
	assert_int_equal(
	    btz_kms_list(&life.app, NULL, NULL, &rows, &life.err), BTZ_OK);
	assert_int_equal(rows.rows.len, 0);
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
	life_generate(&life.app, "gone", gone);
	life_generate(&life.app, "kept", kept);
	life_generate(&life.app, "later", later);
	assert_int_equal(
	    btz_kms_rotate(&life.app, gone, &life.key, &life.err), BTZ_OK);
	now = btz_unix_now();
	assert_int_equal(
	    life_change(&life.app, gone, BTZ_KC_DOOM, now + 2, ""), BTZ_OK);
	assert_int_equal(
	    life_change(&life.app, kept, BTZ_KC_DOOM, now + 2, ""), BTZ_OK);
	assert_int_equal(
	    life_change(&life.app, later, BTZ_KC_DOOM, now + 4, ""), BTZ_OK);
	assert_int_equal(life_sign(&life.app, gone, NULL), BTZ_E_KEY_STATE);
	assert_int_equal(
	    life_change(&life.app, kept, BTZ_KC_RESCUE, 0, ""), BTZ_OK);
	assert_int_equal(life.key.state, BTZ_KEY_DISABLED);
	assert_true(btz_auditor_wait(life.audit, "key.destroy", 2, 6000));
	(void)btz_auditor_heard(life.audit, "key.destroy", &heard);
	assert_string_equal(heard.who, "service");
	assert_string_equal(heard.out, "ok");
	assert_int_equal(life_change(&life.app, gone, BTZ_KC_RESCUE, 0, ""),
	    BTZ_E_KEY_STATE);
	assert_int_equal(
	    life_change(&life.app, kept, BTZ_KC_ENABLE, 0, ""), BTZ_OK);
	assert_int_equal(life_sign(&life.app, kept, NULL), BTZ_OK);
	/* Away when its time comes. */
	(void)btz_box_kill(life.box, BTZ_PROG_CRYPTO_SOFT, SIGKILL);
	while (btz_unix_now() < now + 5)
		(void)usleep(100000);
	btz_box_start(life.box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_auditor_free(life.audit);
	life.audit = btz_auditor_new(
	    btz_box_take(life.box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	assert_true(btz_auditor_wait(life.audit, "key.destroy", 2, 5000));
	life_open();
	assert_int_equal(life_change(&life.app, later, BTZ_KC_RESCUE, 0, ""),
	    BTZ_E_KEY_STATE);
	assert_int_equal(life_sign(&life.app, kept, NULL), BTZ_OK);
}

/* [app NAME] max_keys; versions do not count. */
static void
test_max_keys(void **state)
{
	struct btz_generate g = life_plain("more");
	uint8_t id[BTZ_ID_LEN], value[32] = { 1 };

	(void)state;
	life_start("max_keys = 2\n");
	life_open();
	life_generate(&life.app, "1", id);
	assert_int_equal(
	    btz_kms_rotate(&life.app, id, &life.key, &life.err), BTZ_OK);
	life_generate(&life.app, "2", id);
	assert_int_equal(btz_kms_generate(&life.app, &g, &life.key, &life.err),
	    BTZ_E_KEYS_MAX);
	assert_int_equal(
	    life_import(&g, btz_span_of(value, 32), NULL), BTZ_E_KEYS_MAX);
	life_generate(&life.admin, "3", id);
}

/* A device that forgets open keys after 8 signatures, and gives none away. */
static void
test_device(void **state)
{
	struct btz_generate g = life_plain("in");
	uint8_t id[BTZ_ID_LEN], value[32] = { 1 }, buf[4096];
	struct btz_import rq = { .secret = btz_span_of(value, 32) };
	struct btz_open_ok ok;
	struct btz_span out;
	struct life_sig s[3];
	char exe[512];

	(void)state;
	(void)snprintf(exe, sizeof(exe), "%s/tests/crypto/bartizan-crypto-fake",
	    getenv("BTZ_BUILD"));
	life.box = btz_box_new("");
	btz_box_start(life.box, BTZ_PROG_CRYPTO_TEE, exe);
	btz_box_start(life.box, BTZ_PROG_BROKER, NULL);
	life.audit = btz_auditor_new(
	    btz_box_take(life.box, BTZ_PROG_CRYPTO_TEE, BTZ_PROG_AUDIT));
	life.audit_broker = btz_auditor_new(
	    btz_box_take(life.box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT));
	life.app.fd = life.admin.fd = -1;
	btz_conn_adopt(
	    &life.broker, btz_box_connect(life.box, "admin/broker.sock"));
	assert_int_equal(
	    btz_kms_open(&life.broker, "tee", 0, &life.admin, &ok, &life.err),
	    BTZ_OK);
	btz_conn_close(&life.broker);
	life_generate(&life.admin, "k", id);
	assert_int_equal(life_sign(&life.admin, id, &s[1]), BTZ_OK);
	assert_int_equal(
	    btz_kms_rotate(&life.admin, id, &life.key, &life.err), BTZ_OK);
	for (int i = 0; i < 20; i++)
		assert_int_equal(life_sign(&life.admin, id, &s[2]), BTZ_OK);
	assert_int_equal(
	    life_change(&life.admin, id, BTZ_KC_DISABLE, 2, ""), BTZ_OK);
	for (int i = 0; i < 10; i++)
		assert_int_equal(life_sign(&life.admin, id, &s[1]), BTZ_OK);
	assert_int_equal(life_verify(&life.admin, id, &s[1]), BTZ_OK);
	assert_int_equal(life_verify(&life.admin, id, &s[2]), BTZ_E_SIGNATURE);
	rq.key = life_encode(&g, buf, sizeof(buf));
	assert_int_equal(btz_kms_import(&life.admin, &rq, &life.key, &life.err),
	    BTZ_E_UNSUPPORTED);
	assert_int_equal(
	    btz_kms_export_private(&life.admin, id, &out, &life.err),
	    BTZ_E_UNSUPPORTED);
	assert_int_equal(btz_kms_backup(&life.admin, id, &out, &life.err),
	    BTZ_E_UNSUPPORTED);
	assert_int_equal(btz_kms_destroy(&life.admin, id, &life.err), BTZ_OK);
	assert_int_equal(life_sign(&life.admin, id, NULL), BTZ_E_KEY_STATE);
	assert_int_equal(btz_kms_rotate(&life.admin, id, &life.key, &life.err),
	    BTZ_E_KEY_STATE);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, life_setup, life_teardown)

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
		cmocka_unit_test_teardown(test_max_keys, life_teardown),
		cmocka_unit_test_teardown(test_device, life_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
