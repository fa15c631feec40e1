/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_wycheproof.c - VERIFY of a real service against the Wycheproof vectors
 * for signatures; the rest: test_wycheproof_keys.c ($BARTIZAN_VECTORS is the folder with
 * their JSON files, else ../shared/vectors/wycheproof; skipped without). The public keys are written into the
 * database of the service before it starts: of soft, and of a token of SoftHSM2.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/kms.h"
#include "crypto/keystore.h"
#ifdef BTZ_HAVE_PKCS11
#include "crypto/softhsm.h"
#endif
#include "der/spki.h"
#include "prim/prim.h"
#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"

static const struct {
	const char *file;
	uint16_t sig_alg;
	uint8_t alg;
	bool raw; /* r || s, as PKCS#11 and Parsec have it */
} files[] = {
	{ "ecdsa_secp256r1_sha256_test.json", BTZ_SIG_ECDSA_SHA256,
	    BTZ_ALG_EC_P256, false },
	{ "ecdsa_secp384r1_sha384_test.json", BTZ_SIG_ECDSA_SHA384,
	    BTZ_ALG_EC_P384, false },
	{ "ed25519_test.json", BTZ_SIG_ED25519, BTZ_ALG_ED25519, false },
	{ "ecdsa_secp256r1_sha256_p1363_test.json", BTZ_SIG_ECDSA_SHA256,
	    BTZ_ALG_EC_P256, true },
	{ "rsa_signature_2048_sha256_test.json", BTZ_SIG_RSA_PKCS1_SHA256,
	    BTZ_ALG_RSA_2048, false },
	{ "rsa_pss_2048_sha256_mgf1_32_test.json", BTZ_SIG_RSA_PSS_SHA256,
	    BTZ_ALG_RSA_2048, false },
};

static const struct backend {
	const char *name, *dir, *db;
	enum btz_prog prog;
} backends[] = {
	{ "soft", "lib/crypto-soft", "keys-soft.db", BTZ_PROG_CRYPTO_SOFT },
#ifdef BTZ_HAVE_PKCS11
	{ "pkcs11:one", "lib/pkcs11-one", "keys-pkcs11.db",
	    BTZ_PROG_CRYPTO_P11_1 },
#endif
};

static struct btz_box *box;
static struct btz_conn leased;
static struct btz_err err;
static json_t *root[BTZ_COUNT(files)];

static struct btz_span
unhex(const json_t *o, const char *name, uint8_t *buf, size_t cap)
{
	const char *hex = json_string_value(json_object_get(o, name));
	size_t n = hex == NULL ? 0 : strlen(hex) / 2;

	assert_non_null(hex);
	assert_true(n <= cap);
	assert_true(btz_unhex(btz_span_str(hex), buf, n));
	return btz_span_of(buf, n);
}

/* Key g of file f: the id says both. */
static void
put_id(uint8_t id[BTZ_ID_LEN], size_t f, size_t g)
{
	memset(id, 0, BTZ_ID_LEN);
	id[0] = (uint8_t)(f + 1);
	id[1] = (uint8_t)(g >> 8);
	id[2] = (uint8_t)g;
}

static void
add_keys(struct btz_keystore *ks, size_t f)
{
	uint8_t spki[BTZ_SPKI_MAX];
	json_t *group;
	size_t g;

	json_array_foreach(json_object_get(root[f], "testGroups"), g, group)
	{
		struct btz_key_row row = { .info = { .owner = btz_span_str(
							 "vectors"),
					       .alg = files[f].alg,
					       .kind = BTZ_KIND_PLAIN,
					       .state = BTZ_KEY_ENABLED,
					       .usage = BTZ_USE_VERIFY },
			.blob = btz_span_str("none") };

		put_id(row.info.id, f, g);
		row.info.spki = unhex(group,
		    json_object_get(group, "publicKeyDer") != NULL
			? "publicKeyDer"
			: "keyDer",
		    spki, sizeof(spki));
		assert_int_equal(btz_keystore_add(ks, &row, &err), BTZ_OK);
	}
}

static bool
load(const char *dir)
{
	for (size_t f = 0; f < BTZ_COUNT(files); f++) {
		char path[512];

		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[f].file);
		root[f] = json_load_file(path, 0, NULL);
		if (root[f] == NULL)
			return false;
	}
	return true;
}

static void
start(const struct backend *b, const char *section)
{
	static struct btz_conn broker;
	struct btz_keystore *ks;
	struct btz_open_ok ok;
	char path[256], conf[1400];

	(void)snprintf(conf, sizeof(conf), "[app vectors]\nuid = %u\n%s",
	    getuid(), section);
	box = btz_box_new(conf);
	(void)snprintf(path, sizeof(path), "%s/%s", btz_box_home(box), b->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(
	    path, sizeof(path), "%s/%s/%s", btz_box_home(box), b->dir, b->db);
	assert_int_equal(btz_keystore_open(path, &ks, &err), BTZ_OK);
	for (size_t f = 0; f < BTZ_COUNT(files); f++)
		add_keys(ks, f);
	btz_keystore_close(ks);
	btz_box_start(box, b->prog, NULL);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	btz_conn_adopt(&broker, btz_box_connect(box, "kms.sock"));
	assert_int_equal(
	    btz_kms_open(&broker, b->name, 0, &leased, &ok, &err), BTZ_OK);
	btz_conn_close(&broker);
}

/* What a front end does with r || s: another length is no signature. */
static struct btz_span
to_der(struct btz_span raw, uint8_t *buf, size_t cap)
{
	struct btz_wr wr;

	if (raw.len != 64)
		return btz_span_of(raw.p, 0);
	btz_wr_init(&wr, buf, cap);
	btz_ecdsa_sig_put(&wr, raw.p);
	assert_true(btz_wr_ok(&wr));
	return btz_wr_span(&wr);
}

static void
check_one(size_t f, size_t g, const json_t *test)
{
	static uint8_t msg[BTZ_INPUT_MAX], sig[8192], der[80];
	const char *want = json_string_value(json_object_get(test, "result"));
	struct btz_verify rq = { .alg = files[f].sig_alg,
		.input_kind = BTZ_IN_MESSAGE };
	enum btz_rc rc;

	put_id(rq.id, f, g);
	rq.input = unhex(test, "msg", msg, sizeof(msg));
	rq.signature = unhex(test, "sig", sig, sizeof(sig));
	if (files[f].raw)
		rq.signature = to_der(rq.signature, der, sizeof(der));
	rc = btz_kms_verify(&leased, &rq, &err);
	if (strcmp(want, "acceptable") == 0)
		return;
	if ((rc == BTZ_OK) != (strcmp(want, "valid") == 0))
		fail_msg("%s tcId %d (%s): %s, want %s", files[f].file,
		    (int)json_integer_value(json_object_get(test, "tcId")),
		    json_string_value(json_object_get(test, "comment")),
		    btz_rc_name(rc), want);
}

static void
run_file(size_t f)
{
	json_t *group, *test;
	size_t g, i, n = 0;

	json_array_foreach(json_object_get(root[f], "testGroups"), g, group)
	    json_array_foreach(json_object_get(group, "tests"), i, test)
	{
		check_one(f, g, test);
		n++;
	}
	print_message("# %s: %zu vectors\n", files[f].file, n);
	assert_true(n > 50);
}

static void
run_backend(const struct backend *b, const char *section)
{
	print_message("# backend %s\n", b->name);
	start(b, section);
	for (size_t f = 0; f < BTZ_COUNT(files); f++)
		run_file(f);
	btz_conn_close(&leased);
	assert_int_equal(btz_box_free(box), 0);
}

static void
test_vectors(void **state)
{
	(void)state;
	run_backend(&backends[0], "");
}

static void
test_vectors_token(void **state)
{
#ifdef BTZ_HAVE_PKCS11
	static struct btz_softhsm hsm;
	char section[1200];

	(void)state;
	if (btz_softhsm_module() == NULL) {
		print_message("# skipped: no SoftHSM2\n");
		skip();
	}
	btz_softhsm_begin(&hsm);
	btz_softhsm_conf(&hsm, "one", section, sizeof(section));
	run_backend(&backends[1], section);
	btz_softhsm_end(&hsm);
#else
	(void)state;
#endif
}

static int
forget(void **state)
{
	(void)state;
	for (size_t f = 0; f < BTZ_COUNT(files); f++)
		json_decref(root[f]);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_vectors_token),
	};
	const char *dir = getenv("BARTIZAN_VECTORS");

	if (!load(
		dir != NULL ? dir : BTZ_TOP "/../shared/vectors/wycheproof")) {
		(void)puts(
		    "1..0 # SKIP no Wycheproof vectors in BARTIZAN_VECTORS "
		    "nor ../shared/vectors/wycheproof");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, forget);
}
