/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_nonces.c - counts of uses and nonces of a real service: never one more
 * than may be, also over kill -9 (nonces: tests/crash), and the next version of
 * a key before they run out.
 */
#include <string.h>
#include <unistd.h>

#include "crypto/cryptbox.h"
#include "support/cmocka_all.h"

/* So often and no more, also when the service dies in between. */
static void
test_uses_max(void **state)
{
	struct btz_generate g = {
		.alg = BTZ_ALG_EC_P256, .usage = S | V, .uses_max = 5
	};
	struct btz_sign rq = { .alg = BTZ_SIG_ECDSA_SHA256,
		.input_kind = BTZ_IN_MESSAGE,
		.input = btz_span_str("x") };
	struct btz_key_info key;
	struct btz_span sig;

	(void)state;
	crypt_make(g, rq.id);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(
		    btz_kms_sign(&crypto.c, &rq, &sig, &crypto.err), BTZ_OK);
		if (i % 2 == 0)
			crypt_kill();
	}
	assert_int_equal(
	    btz_kms_sign(&crypto.c, &rq, &sig, &crypto.err), BTZ_E_KEY_SPENT);
	crypt_kill();
	assert_int_equal(
	    btz_kms_sign(&crypto.c, &rq, &sig, &crypto.err), BTZ_E_KEY_SPENT);
	assert_int_equal(
	    btz_kms_export_public(&crypto.c, rq.id, &key, &crypto.err), BTZ_OK);
	assert_int_equal(key.uses, 5);
	assert_int_equal(key.uses_max, 5);
	g.alg = BTZ_ALG_AES_128;
	g.usage = E | D;
	g.uses_max = 3;
	crypt_make(g, rq.id);
	for (int i = 0; i < 4; i++) {
		struct crypt_sealed s;

		assert_int_equal(
		    crypt_seal(rq.id, BTZ_CRYPT_AES_GCM, "", "x", &s),
		    i < 3 ? BTZ_OK : BTZ_E_KEY_SPENT);
	}
}

/* The service rotates by itself; what was encrypted before opens. */
static void
test_renewed(void **state)
{
	struct crypt_sealed first, s;
	struct btz_heard heard;
	uint8_t id[BTZ_ID_LEN];
	uint32_t newest = 0;

	(void)state;
	crypt_key(BTZ_ALG_AES_128, E | D, id);
	assert_int_equal(
	    crypt_seal(id, BTZ_CRYPT_AES_GCM, "", "first", &first), BTZ_OK);
	for (int i = 0; i < 200; i++) {
		enum btz_rc rc = crypt_seal(id, BTZ_CRYPT_AES_GCM, "", "x", &s);

		if (rc == BTZ_E_KEY_SPENT) { /* the record is under way */
			(void)usleep(2000);
			continue;
		}
		assert_int_equal(rc, BTZ_OK);
		assert_true(s.version >= newest);
		newest = s.version;
	}
	assert_true(newest >= 3);
	assert_int_equal(
	    crypt_open(id, BTZ_CRYPT_AES_GCM, "", &first, 0, "first"), BTZ_OK);
	assert_int_equal(
	    crypt_open(id, BTZ_CRYPT_AES_GCM, "", &first, 1, "first"), BTZ_OK);
	assert_int_equal(
	    crypt_open(id, BTZ_CRYPT_AES_GCM, "", &first, newest, ""),
	    BTZ_E_SIGNATURE);
	assert_true(btz_auditor_heard(crypto.audit, "key.rotate", &heard) >= 4);
	assert_string_equal(heard.who, "service");
	/* CBC does not tell which version it was. */
	assert_int_equal(
	    crypt_seal(id, BTZ_CRYPT_AES_CBC, "", "cbc", &s), BTZ_OK);
	assert_int_equal(
	    crypt_open(id, BTZ_CRYPT_AES_CBC, "", &s, 0, "cbc"), BTZ_E_INVAL);
	assert_int_equal(
	    crypt_open(id, BTZ_CRYPT_AES_CBC, "", &s, s.version, "cbc"),
	    BTZ_OK);
}

/* Decryptions are counted where there is a limit, and take numbers too: those
 * beyond the limit of nonces are no nonces. */
static void
test_two_limits(void **state)
{
	struct btz_generate g = {
		.alg = BTZ_ALG_AES_128, .usage = E | D, .uses_max = 5000
	};
	uint8_t id[BTZ_ID_LEN];
	struct crypt_sealed s;

	(void)state;
	crypt_make(g, id);
	assert_int_equal(
	    crypt_seal(id, BTZ_CRYPT_AES_GCM, "", "x", &s), BTZ_OK);
	for (int i = 0; i < 80; i++)
		assert_int_equal(
		    crypt_open(id, BTZ_CRYPT_AES_GCM, "", &s, 0, "x"), BTZ_OK);
	assert_int_equal(
	    crypt_seal(id, BTZ_CRYPT_AES_GCM, "", "x", &s), BTZ_E_KEY_SPENT);
}

/* Without the audit log it is not renewed, and then refuses. */
static void
test_not_renewed(void **state)
{
	uint8_t id[BTZ_ID_LEN];
	struct crypt_sealed s;
	int done = 0;

	(void)state;
	crypt_key(BTZ_ALG_CHACHA20, E | D, id);
	btz_auditor_free(crypto.audit);
	crypto.audit = NULL;
	btz_box_cut(crypto.box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT);
	while (
	    crypt_seal(id, BTZ_CRYPT_CHACHA20_POLY1305, "", "x", &s) == BTZ_OK)
		done++;
	assert_int_equal(crypto.err.rc, BTZ_E_KEY_SPENT);
	assert_int_equal(done, 64);
	assert_int_equal(
	    crypt_open(id, BTZ_CRYPT_CHACHA20_POLY1305, "", &s, 0, "x"),
	    BTZ_OK);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, crypt_setup, crypt_teardown)
#define SMALL(t)                                                               \
	cmocka_unit_test_setup_teardown(t, crypt_setup_small, crypt_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_uses_max),
		SMALL(test_renewed),
		SMALL(test_two_limits),
		SMALL(test_not_renewed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
