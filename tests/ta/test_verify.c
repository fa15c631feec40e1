/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_verify.c - signatures of others' keys: fixed cases, and the Wycheproof
 * vectors ($BARTIZAN_VECTORS or ../shared/vectors/wycheproof) where present.
 */
#include "support/cmocka_all.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypt.h"
#include "der/spki.h"
#include "ec.h"
#include "prim/prim.h"
#include "verify.h"

static const char message[] = "sluice 4 may be opened";

struct signed_message {
	uint8_t spki[BTZ_SPKI_EC_MAX];
	uint8_t sig[112];
	size_t spki_len, sig_len;
};

static void
make(uint8_t alg, struct signed_message *m)
{
	const struct ta_ec *e = ta_ec_of(alg);
	struct btz_span msg = btz_span_str(message);
	uint8_t d[TA_EC_SECRET_MAX], point[TA_EC_PUB_MAX];
	uint8_t digest[TA_EC_DIGEST_MAX], rs[TA_EC_SIG_MAX];
	TEE_ObjectHandle key;
	struct btz_wr wr;

	assert_int_equal(e->generate(e, d, point), BTZ_OK);
	assert_int_equal(e->load(e, d, point, &key), BTZ_OK);
	assert_int_equal(e->digest == 48 ? ta_sha384(&msg, 1, digest)
					 : ta_sha256(&msg, 1, digest),
	    BTZ_OK);
	assert_int_equal(
	    e->sign(e, key, btz_span_of(digest, e->digest), rs), BTZ_OK);
	TEE_FreeTransientObject(key);
	btz_wr_init(&wr, m->spki, sizeof(m->spki));
	btz_spki_put(&wr, alg, point);
	m->spki_len = wr.len;
	btz_wr_init(&wr, m->sig, sizeof(m->sig));
	btz_ecdsa_sig_write(&wr, rs, e->sig_len / 2);
	m->sig_len = wr.len;
}

static enum btz_rc
check(const struct signed_message *m, const char *text)
{
	return ta_spki_verify(btz_span_of(m->spki, m->spki_len),
	    btz_span_str(text), btz_span_of(m->sig, m->sig_len));
}

static void
verdicts(uint8_t alg)
{
	struct signed_message m, bad;

	make(alg, &m);
	assert_int_equal(check(&m, message), BTZ_OK);
	assert_int_equal(check(&m, "sluice 5 may be opened"), BTZ_E_SIGNATURE);
	bad = m;
	bad.sig_len--;
	assert_int_equal(check(&bad, message), BTZ_E_SIGNATURE);
	bad.sig_len = 0;
	assert_int_equal(check(&bad, message), BTZ_E_SIGNATURE);
	bad = m;
	bad.sig[m.sig_len - 1] ^= 1;
	assert_int_equal(check(&bad, message), BTZ_E_SIGNATURE);
	bad = m;
	bad.sig[bad.sig_len++] = 0; /* bytes behind the SEQUENCE */
	assert_int_equal(check(&bad, message), BTZ_E_SIGNATURE);
	bad = m;
	bad.spki[bad.spki_len - 1] ^= 1; /* off the curve */
	assert_int_equal(check(&bad, message), BTZ_E_SIGNATURE);
	bad = m;
	bad.spki[4] ^= 1; /* no key that is known */
	assert_int_equal(check(&bad, message), BTZ_E_UNSUPPORTED);
}

static void
test_p256(void **state)
{
	(void)state;
	verdicts(BTZ_ALG_EC_P256);
}

static void
test_p384(void **state)
{
	(void)state;
	verdicts(BTZ_ALG_EC_P384);
}

/* RFC 8032 7.1, TEST 1: the empty message */
static void
test_ed25519(void **state)
{
	uint8_t spki[44] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65,
		0x70, 0x03, 0x21, 0x00, 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1,
		0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
		0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02,
		0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a };
	uint8_t sig[65] = { 0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72,
		0x90, 0x86, 0xe2, 0xcc, 0x80, 0x6e, 0x82, 0x8a, 0x84, 0x87,
		0x7f, 0x1e, 0xb8, 0xe5, 0xd9, 0x74, 0xd8, 0x73, 0xe0, 0x65,
		0x22, 0x49, 0x01, 0x55, 0x5f, 0xb8, 0x82, 0x15, 0x90, 0xa3,
		0x3b, 0xac, 0xc6, 0x1e, 0x39, 0x70, 0x1c, 0xf9, 0xb4, 0x6b,
		0xd2, 0x5b, 0xf5, 0xf0, 0x59, 0x5b, 0xbe, 0x24, 0x65, 0x51,
		0x41, 0x43, 0x8e, 0x7a, 0x10, 0x0b };
	struct btz_span key = btz_span_of(spki, 44), none = { sig, 0 };

	(void)state;
	assert_int_equal(
	    ta_spki_verify(key, none, btz_span_of(sig, 64)), BTZ_OK);
	assert_int_equal(
	    ta_spki_verify(key, none, btz_span_of(sig, 65)), BTZ_E_SIGNATURE);
	assert_int_equal(
	    ta_spki_verify(key, none, btz_span_of(sig, 63)), BTZ_E_SIGNATURE);
	assert_int_equal(
	    ta_spki_verify(key, key, btz_span_of(sig, 64)), BTZ_E_SIGNATURE);
	assert_int_equal(
	    ta_spki_verify(btz_span_of(spki, 43), none, btz_span_of(sig, 64)),
	    BTZ_E_UNSUPPORTED);
	sig[63] |= 0x20; /* S above the order */
	assert_int_equal(
	    ta_spki_verify(key, none, btz_span_of(sig, 64)), BTZ_E_SIGNATURE);
}

/* Wycheproof */

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

static void
check_one(const char *file, const json_t *group, const json_t *test)
{
	static uint8_t spki[1024], msg[65536], sig[8192];
	const char *want = json_string_value(json_object_get(test, "result"));
	enum btz_rc rc = ta_spki_verify(
	    unhex(group, "publicKeyDer", spki, sizeof(spki)),
	    unhex(test, "msg", msg, sizeof(msg)),
	    unhex(test, "sig", sig, sizeof(sig)));

	if (rc != (strcmp(want, "valid") == 0 ? BTZ_OK : BTZ_E_SIGNATURE))
		fail_msg("%s tcId %d (%s): %s, want %s", file,
		    (int)json_integer_value(json_object_get(test, "tcId")),
		    json_string_value(json_object_get(test, "comment")),
		    btz_rc_name(rc), want);
}

static void
check_file(const char *file)
{
	const char *dir = getenv("BARTIZAN_VECTORS");
	char path[512];
	json_t *root, *group, *test;
	size_t g, i, n = 0;

	(void)snprintf(path, sizeof(path), "%s/%s",
	    dir != NULL ? dir : BTZ_TOP "/../shared/vectors/wycheproof", file);
	root = json_load_file(path, 0, NULL);
	if (root == NULL)
		skip();
	json_array_foreach(json_object_get(root, "testGroups"), g, group)
	    json_array_foreach(json_object_get(group, "tests"), i, test)
	{
		check_one(file, group, test);
		n++;
	}
	json_decref(root);
	print_message("# %s: %zu vectors\n", file, n);
	assert_true(n > 50);
}

static void
test_wycheproof_p256(void **state)
{
	(void)state;
	check_file("ecdsa_secp256r1_sha256_test.json");
}

static void
test_wycheproof_p384(void **state)
{
	(void)state;
	check_file("ecdsa_secp384r1_sha384_test.json");
}

static void
test_wycheproof_ed25519(void **state)
{
	(void)state;
	check_file("ed25519_test.json");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_p256),
		cmocka_unit_test(test_p384),
		cmocka_unit_test(test_ed25519),
		cmocka_unit_test(test_wycheproof_p256),
		cmocka_unit_test(test_wycheproof_p384),
		cmocka_unit_test(test_wycheproof_ed25519),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
