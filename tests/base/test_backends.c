/* SPDX-License-Identifier: Apache-2.0 */
/* [pkcs11 NAME], [tpm-direct]: what is refused, and which program serves which. */
#include "base/backends.h"

#include <stdio.h>
#include <string.h>

#include "support/cmocka_all.h"

static enum btz_rc
parse(const char *text, struct btz_backends *b, struct btz_err *err)
{
	const struct btz_conf_target t[] = { { &btz_conf_pkcs11, NULL,
						 btz_backends_on_token, b },
		{ &btz_conf_tpm_direct, &b->tpm, NULL, NULL } };

	memset(b, 0, sizeof(*b));
	return btz_conf_parse("conf", text, t, 2, err);
}

#define OK "module = /m.so\ntoken = t\n"
#define LONG40 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *name, *text, *says; /* says NULL: it is fine */
} cases[] = {
	{ "no module", "[pkcs11 a]\ntoken = t\n", "module" },
	{ "module by name", "[pkcs11 a]\nmodule = m.so\ntoken = t\n",
	    "not /PATH" },
	{ "relative PIN file", "[pkcs11 a]\n" OK "pin_file = pin\n",
	    "not /PATH" },
	{ "relative conf", "[pkcs11 a]\n" OK "conf = c\n", "not /PATH" },
	{ "relative path", "[pkcs11 a]\n" OK "paths = /a b\n", "not /PATH" },
	{ "five paths", "[pkcs11 a]\n" OK "paths = /a /b /c /d /e\n",
	    "more than 4" },
	{ "neither token nor slot", "[pkcs11 a]\nmodule = /m.so\n", "neither" },
	{ "name with a slash", "[pkcs11 a/b]\n" OK, "not a valid name" },
	{ "name with a colon", "[pkcs11 a:b]\n" OK, "not a valid name" },
	{ "upper case", "[pkcs11 HSM]\n" OK, "not a valid name" },
	{ "name too long", "[pkcs11 " LONG40 "a]\n" OK, "not a valid name" },
	{ "twice", "[pkcs11 a]\n" OK "[pkcs11 a]\n" OK, "twice" },
	{ "five",
	    "[pkcs11 a]\n" OK "[pkcs11 b]\n" OK "[pkcs11 c]\n" OK
	    "[pkcs11 d]\n" OK "[pkcs11 e]\n" OK,
	    "more than 4" },
	{ "longest name", "[pkcs11 " LONG40 "]\n" OK, NULL },
	{ "slot 0", "[pkcs11 a]\nmodule = /m.so\nslot = 0\n", NULL },
	{ "four paths", "[pkcs11 a]\n" OK "paths =  /a  /b /c /d\n", NULL },
};

static void
test_sections(void **state)
{
	struct btz_backends b;
	struct btz_err err;

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		enum btz_rc rc = parse(cases[i].text, &b, &err);

		print_message("# case: %s: %s\n", cases[i].name,
		    rc == BTZ_OK ? "ok" : err.msg);
		assert_int_equal(
		    rc, cases[i].says == NULL ? BTZ_OK : BTZ_E_CONFIG);
		if (cases[i].says != NULL)
			assert_non_null(strstr(err.msg, cases[i].says));
	}
}

static void
test_programs(void **state)
{
	struct btz_backends b;
	struct btz_err err;
	char path[BTZ_CONF_TEXT];

	(void)state;
	assert_int_equal(parse("[pkcs11 one]\n" OK "paths = /a  /b\n"
			       "[pkcs11 two]\n" OK,
			     &b, &err),
	    BTZ_OK);
	assert_string_equal(
	    btz_backends_name(&b, BTZ_PROG_CRYPTO_SOFT), "soft");
	assert_string_equal(
	    btz_backends_name(&b, BTZ_PROG_CRYPTO_P11_2), "pkcs11:two");
	assert_null(btz_backends_name(&b, BTZ_PROG_CRYPTO_P11_3));
	assert_null(btz_backends_name(&b, BTZ_PROG_BROKER));
	assert_null(btz_backends_token(&b, BTZ_PROG_CRYPTO_TEE));
	assert_string_equal(
	    btz_backends_token(&b, BTZ_PROG_CRYPTO_P11_1)->name, "one");
	assert_true(btz_backends_have(&b, "pkcs11:one"));
	assert_false(btz_backends_have(&b, "pkcs11:three"));
	assert_false(btz_backends_have(&b, "pkcs11"));
	assert_true(btz_token_path(&b.token[0], 1, path));
	assert_string_equal(path, "/b");
	assert_false(btz_token_path(&b.token[0], 2, path));
	assert_false(btz_token_path(&b.token[1], 0, path));
}

static const struct {
	const char *name, *text, *says; /* says NULL: it is fine */
} tpms[] = {
	{ "neither device nor socket", "tcti = swtpm:port=2321\n", "neither" },
	{ "relative path", "tcti = device:tpm0\n", "neither" },
	{ "handle of nothing", "tcti = unix:/t\nsrk = 0x8100000z\n", "srk" },
	{ "transient handle", "tcti = unix:/t\nsrk = 0x80000001\n", "srk" },
	{ "perhaps", "tcti = unix:/t\nexclusive = may\n", "exclusive" },
	{ "off", "", NULL },
	{ "socket", "tcti = unix:/t\nexclusive = no\n", NULL },
	{ "device", "tcti = device:/dev/tpmrm0\nsrk = 0x81000101\n", NULL },
};

static void
test_tpm(void **state)
{
	struct btz_backends b;
	struct btz_err err;
	const char *device;
	char text[200];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(tpms); i++) {
		print_message("# case: %s\n", tpms[i].name);
		(void)snprintf(
		    text, sizeof(text), "[tpm-direct]\n%s", tpms[i].text);
		assert_int_equal(parse(text, &b, &err), BTZ_OK);
		assert_int_equal(btz_backends_check_tpm(&b, &err),
		    tpms[i].says == NULL ? BTZ_OK : BTZ_E_CONFIG);
		if (tpms[i].says != NULL)
			assert_non_null(strstr(err.msg, tpms[i].says));
		assert_int_equal(
		    btz_backends_have(&b, "tpm-direct"), tpms[i].text[0] != 0);
	}
	assert_true(btz_backends_tpm_device(&b, &device));
	assert_string_equal(device, "/dev/tpmrm0");
	assert_string_equal(
	    btz_backends_name(&b, BTZ_PROG_CRYPTO_TPM), "tpm-direct");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_tpm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
