/* SPDX-License-Identifier: Apache-2.0 */
/* test_userkey.c - key files: mode, used again, never over another file; the
 * request they make is judged by our own DER reader and verifier. */
#include "cli/userkey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/files.h"
#include "der/csr.h"
#include "der/spki.h"
#include "prim/prim.h"
#include "support/cmocka_all.h"
#include "wire/alg.h"

static char dir[64], path[96];

static void
test_made_and_used_again(void **state)
{
	struct btz_err err = { .rc = BTZ_OK };
	struct btz_userkey *a, *b;
	uint8_t one[BTZ_SPKI_MAX], two[BTZ_SPKI_MAX];
	struct btz_wr w1, w2;
	struct btz_span bits;
	struct stat st;
	bool made;

	(void)state;
	assert_int_equal(btz_userkey_open(path, &a, &made, &err), BTZ_OK);
	assert_true(made);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(btz_userkey_open(path, &b, &made, &err), BTZ_OK);
	assert_false(made);
	btz_wr_init(&w1, one, sizeof(one));
	btz_wr_init(&w2, two, sizeof(two));
	assert_int_equal(btz_userkey_spki(a, &w1, &err), BTZ_OK);
	assert_int_equal(btz_userkey_spki(b, &w2, &err), BTZ_OK);
	assert_true(btz_span_eq(btz_wr_span(&w1), btz_wr_span(&w2)));
	assert_int_equal(
	    btz_spki_alg(btz_wr_span(&w1), &bits), BTZ_ALG_EC_P256);
	btz_userkey_free(a);
	btz_userkey_free(b);
}

static void
test_request(void **state)
{
	struct btz_err err = { .rc = BTZ_OK };
	struct btz_userkey *k;
	uint8_t der[BTZ_CSR_MAX];
	struct btz_csr csr;
	struct btz_wr wr;

	(void)state;
	assert_int_equal(btz_userkey_open(path, &k, NULL, &err), BTZ_OK);
	btz_wr_init(&wr, der, sizeof(der));
	assert_int_equal(btz_userkey_csr(k, &wr, &err), BTZ_OK);
	assert_int_equal(btz_csr_parse(btz_wr_span(&wr), &csr), BTZ_OK);
	assert_int_equal(btz_csr_policy(&csr, false), BTZ_OK);
	assert_int_equal(
	    btz_verify(csr.spki, BTZ_SIG_ECDSA_SHA256, csr.info, csr.signature),
	    BTZ_OK);
	btz_userkey_free(k);
}

static void
test_not_a_key(void **state)
{
	/* P-384, PKCS#8: not ours to use */
	static const char text[] = "-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n"
				   "-----END PRIVATE KEY-----\n";
	struct btz_err err = { .rc = BTZ_OK };
	struct btz_userkey *k;
	char other[128];

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/other.pem", dir);
	assert_int_equal(
	    btz_cli_write_file(other, 0600, btz_span_str(text), &err), BTZ_OK);
	assert_int_equal(btz_userkey_open(other, &k, NULL, &err), BTZ_E_PEM);
	assert_null(k);
	(void)snprintf(other, sizeof(other), "%s/none/key.pem", dir);
	assert_int_equal(btz_userkey_open(other, &k, NULL, &err), BTZ_E_NOENT);
}

static void
test_files(void **state)
{
	struct btz_err err = { .rc = BTZ_OK };
	char file[128], *text;
	size_t len;

	(void)state;
	(void)snprintf(file, sizeof(file), "%s/file", dir);
	assert_int_equal(
	    btz_cli_read_file(file, 10, &text, &len, &err), BTZ_E_NOENT);
	assert_int_equal(
	    btz_cli_write_file(file, 0644, btz_span_str("0123456789"), &err),
	    BTZ_OK);
	assert_int_equal(
	    btz_cli_read_file(file, 9, &text, &len, &err), BTZ_E_TOOBIG);
	assert_int_equal(
	    btz_cli_read_file(file, 10, &text, &len, &err), BTZ_OK);
	assert_int_equal(len, 10);
	assert_string_equal(text, "0123456789");
	free(text);
}

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/btz-key-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/key.pem", dir);
	return 0;
}

static int
teardown(void **state)
{
	char cmd[96];

	(void)state;
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_and_used_again),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_not_a_key),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests_name(
	    "cli/userkey", tests, setup, teardown);
}
