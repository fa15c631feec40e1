/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cert.c - identity out of certificates made with openssl
 * (tests/vectors/httpd; the hashes are openssl's over the same keys).
 */
#include "support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "httpd/cert.h"

#define ALICE "spiffe://box.bartizan.internal/home/user/alice"
#define CAROL "spiffe://box.bartizan.internal/home/user/carol"

static const struct {
	const char *file, *uri, *cred;
} cases[] = {
	{ "two", "", NULL },
	{ "none", "", NULL },
	{ "nosan", "", NULL },
	{ "mixed", CAROL,
	    "86235d404f85506ee6761be0d08d5db1"
	    "d853a76f704e3ec45117c416bb787044" },
	{ "alice", ALICE,
	    "8f7c094e0e75de6eb26678a098583d5a"
	    "2aa1e422767c206641cc8b14bc75f60a" },
};

static size_t
load(const char *name, uint8_t *out, size_t cap)
{
	char path[512];
	size_t n;
	FILE *f;

	(void)snprintf(
	    path, sizeof(path), "%s/tests/vectors/httpd/%s.der", BTZ_TOP, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	n = fread(out, 1, cap, f);
	(void)fclose(f);
	assert_true(n > 0 && n < cap);
	return n;
}

static void
test_cases(void **state)
{
	struct btz_client_cert c;
	uint8_t der[2048];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		size_t n = load(cases[i].file, der, sizeof(der));

		print_message("# case: %s\n", cases[i].file);
		assert_int_equal(
		    btz_client_cert_read(btz_span_of(der, n), &c), BTZ_OK);
		assert_true(btz_span_eq(
		    btz_client_cert_uri(&c), btz_span_str(cases[i].uri)));
		if (cases[i].cred != NULL)
			assert_string_equal(c.cred, cases[i].cred);
	}
}

static void
test_damaged(void **state)
{
	struct btz_client_cert c;
	uint8_t der[2048];
	size_t n = load("alice", der, sizeof(der));

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_int_not_equal(
		    btz_client_cert_read(btz_span_of(der, i), &c), BTZ_OK);
		assert_int_equal(c.uri_len, 0);
	}
	der[n] = 0;
	assert_int_not_equal(
	    btz_client_cert_read(btz_span_of(der, n + 1), &c), BTZ_OK);
}

static void
test_validity(void **state)
{
	struct btz_client_cert c;
	uint8_t der[2048];
	size_t n = load("alice", der, sizeof(der));

	(void)state;
	assert_int_equal(btz_client_cert_read(btz_span_of(der, n), &c), BTZ_OK);
	assert_false(btz_client_cert_valid(&c, 0));
	assert_false(btz_client_cert_valid(&c, 1795474197));
	assert_false(btz_client_cert_valid(&c, 1796078999));
	assert_true(btz_client_cert_valid(&c, 1795474198));
	assert_true(btz_client_cert_valid(&c, 1796078998));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_validity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
