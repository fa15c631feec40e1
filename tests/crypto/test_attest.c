/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_attest.c - who may have which key attested, over a real broker and two
 * services: tpm-direct on a swtpm, and soft. What the TPM does with it:
 * test_tpm_attest.c.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/kms.h"
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/credential.h"
#include "support/spawn.h"
#include "support/swtpm.h"

#define OK(call) assert_int_equal((call), BTZ_OK)

enum whose { APP, ONLY_VERIFY, ADMIN, SOFT, LEASES };

static const struct {
	const char *sock, *backend;
	uint32_t ops;
} leases[LEASES] = {
	[APP] = { "kms.sock", "tpm-direct", 0 },
	[ONLY_VERIFY] = { "kms.sock", "tpm-direct", BTZ_USE_VERIFY },
	[ADMIN] = { "admin/broker.sock", "tpm-direct", 0 },
	[SOFT] = { "kms.sock", "soft", 0 },
};

static struct btz_swtpm tpm;
static struct btz_box *box;
static struct btz_auditor *logs[3];
static struct btz_conn conns[LEASES];
static struct btz_err err;
static struct btz_attested got;
static uint8_t tpm_key[BTZ_ID_LEN], soft_key[BTZ_ID_LEN], nobody[BTZ_ID_LEN];

static void
make(struct btz_conn *c, uint8_t id[BTZ_ID_LEN])
{
	const struct btz_generate g = { .alg = BTZ_ALG_EC_P256,
		.kind = BTZ_KIND_PLAIN,
		.usage = BTZ_USE_SIGN | BTZ_USE_VERIFY,
		.label = btz_span_str("k") };
	struct btz_key_info info;

	OK(btz_kms_generate(c, &g, &info, &err));
	memcpy(id, info.id, BTZ_ID_LEN);
}

static int
setup(void **state)
{
	static const enum btz_prog progs[] = { BTZ_PROG_CRYPTO_TPM,
		BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_BROKER };
	char path[128], conf[512];

	(void)state;
	assert_true(btz_swtpm_start(&tpm));
	if (tpm.fd >= 0)
		(void)close(tpm.fd); /* it serves one connection */
	tpm.fd = -1;
	btz_swtpm_socket(&tpm, path, sizeof(path));
	(void)snprintf(conf, sizeof(conf),
	    "[tpm-direct]\ntcti = unix:%s\n[app one]\nuid = %u\n", path,
	    getuid());
	box = btz_box_new(conf);
	for (size_t i = 0; i < BTZ_COUNT(progs); i++)
		btz_box_start(box, progs[i], NULL);
	for (size_t i = 0; i < BTZ_COUNT(progs); i++)
		logs[i] = btz_auditor_new(
		    btz_box_take(box, progs[i], BTZ_PROG_AUDIT));
	for (size_t i = 0; i < LEASES; i++) {
		struct btz_conn broker;
		struct btz_open_ok ok;

		btz_conn_adopt(&broker, btz_box_connect(box, leases[i].sock));
		conns[i].fd = -1;
		OK(btz_kms_open(&broker, leases[i].backend, leases[i].ops,
		    &conns[i], &ok, &err));
		btz_conn_close(&broker);
	}
	make(&conns[APP], tpm_key);
	make(&conns[SOFT], soft_key);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEASES; i++)
		btz_conn_close(&conns[i]);
	for (size_t i = 0; i < BTZ_COUNT(logs); i++)
		btz_auditor_free(logs[i]);
	assert_int_equal(btz_box_free(box), 0);
	btz_swtpm_end(&tpm);
	return 0;
}

static enum btz_rc
attest(enum whose who, const uint8_t *id, struct btz_span blob,
    struct btz_span secret)
{
	struct btz_attest rq = { .blob = blob, .secret = secret };

	memcpy(rq.id, id, BTZ_ID_LEN);
	return btz_kms_attest(&conns[who], &rq, &got, &err);
}

static const struct {
	const char *name;
	enum whose who;
	const uint8_t *key;
	const char *blob, *secret;
	enum btz_rc rc;
} rows[] = {
	{ "owner", APP, tpm_key, "", "", BTZ_OK },
	{ "half a credential", APP, tpm_key, "x", "", BTZ_E_INVAL },
	{ "the other half", APP, tpm_key, "", "x", BTZ_E_INVAL },
	{ "no credential", APP, tpm_key, "x", "x", BTZ_E_INVAL },
	{ "no such key", APP, nobody, "", "", BTZ_E_NOENT },
	{ "lease without sign", ONLY_VERIFY, tpm_key, "", "", BTZ_E_DENIED },
	{ "administrator", ADMIN, tpm_key, "", "", BTZ_E_DENIED },
	{ "soft", SOFT, soft_key, "", "", BTZ_E_UNSUPPORTED },
	{ "owner, still", APP, tpm_key, "", "", BTZ_OK },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		print_message("# case: %s\n", rows[i].name);
		assert_int_equal(
		    attest(rows[i].who, rows[i].key, btz_span_str(rows[i].blob),
			btz_span_str(rows[i].secret)),
		    rows[i].rc);
	}
}

static void
change(enum btz_key_change what)
{
	struct btz_key_set rq = { .what = (uint8_t)what };
	struct btz_key_info info;

	memcpy(rq.id, tpm_key, BTZ_ID_LEN);
	OK(btz_kms_change(&conns[APP], &rq, &info, &err));
}

/* The version in use, and only of an enabled key. */
static void
test_versions(void **state)
{
	const struct btz_span none = btz_span_of(NULL, 0);
	struct btz_credential c, later;
	struct btz_key_info info;
	uint8_t name[34];

	(void)state;
	OK(attest(APP, tpm_key, none, none));
	memcpy(name, got.name.p, sizeof(name));
	assert_true(btz_credential_make(
	    got.endorsement, got.name, btz_span_str("one"), &c));
	OK(attest(APP, tpm_key, btz_span_of(c.blob, c.blob_len),
	    btz_span_of(c.secret, c.secret_len)));
	assert_true(btz_span_eq(got.credential, btz_span_str("one")));
	OK(btz_kms_rotate(&conns[APP], tpm_key, &info, &err));
	OK(attest(APP, tpm_key, none, none));
	assert_memory_not_equal(name, got.name.p, sizeof(name));
	assert_true(btz_credential_make(
	    got.endorsement, got.name, btz_span_str("two"), &later));
	assert_int_equal(attest(APP, tpm_key, btz_span_of(c.blob, c.blob_len),
			     btz_span_of(c.secret, c.secret_len)),
	    BTZ_E_INVAL);
	change(BTZ_KC_DISABLE);
	assert_int_equal(attest(APP, tpm_key, none, none), BTZ_E_KEY_STATE);
	assert_int_equal(
	    attest(APP, tpm_key, btz_span_of(later.blob, later.blob_len),
		btz_span_of(later.secret, later.secret_len)),
	    BTZ_E_KEY_STATE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_versions),
	};

	if (!btz_swtpm_present()) {
		print_message("# skipped: no swtpm\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
