/* SPDX-License-Identifier: Apache-2.0 */
/* test_config.c - the whole configuration: what is refused, what each program
 * gets of it. */
#include "up/config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/cmocka_all.h"

static struct btz_up_conf cf;
static char text[BTZ_UP_CONF_MAX];

static const struct {
	const char *name, *text;
	const char *error; /* in the message; NULL: accepted */
} cases[] = {
	{ "unknown section", "[x]\na = 1\n", "unknown section" },
	{ "unknown key", "[box]\nx = 1\n", "has no key 'x'" },
	{ "twice", "[box]\nname = a\nname = b\n", "given twice" },
	{ "no key", "[box]\nname\n", "f:2" },
	{ "box name", "[box]\nname = A b\n", "not a valid name" },
	{ "box name that is no domain",
	    "[box]\nname = a_b\ntrust_domain = a.example\n",
	    "not a valid name" },
	{ "box name too long for a CN",
	    "[box]\nname = "
	    "a123456789b123456789c123456789d123456789e123456789f1\n"
	    "trust_domain = a.example\n",
	    "not a valid name" },
	{ "trust domain", "[box]\ntrust_domain = a_b\n", "not a domain" },
	{ "tcti", "[tpm]\ntcti = tabrmd\n", "neither swtpm" },
	{ "ek_required", "[tpm]\nek_required = on\n", "neither yes nor no" },
	{ "ek_chain", "[tpm]\nek_chain = chain.pem\n", "is not /PATH" },
	{ "tee", "[tee]\ndevice = trusty\n", "neither emulated" },
	{ "EK's CA of a chip", "[tpm]\ntcti = device:/dev/tpmrm0\nek_ca = /a\n",
	    "ek_ca" },
	{ "EK's CA beside a TEE", "[tpm]\nek_ca = /a\n[tee]\ndevice = optee\n",
	    "ek_ca" },
	{ "EK's CA, relative", "[tpm]\nek_ca = a\n", "ek_ca" },
	{ "EK's CA", "[tpm]\nek_ca = /a\n", NULL },
	{ "no port", "[https]\nlisten = localhost\n", "ADDRESS:PORT" },
	{ "port 0", "[https]\nlisten = 127.0.0.1:0\n", "ADDRESS:PORT" },
	{ "port too large", "[https]\nlisten = [::1]:70000\n", "ADDRESS:PORT" },
	{ "app without uid", "[app a]\nbackend = soft\n", "uid" },
	{ "app name", "[app A]\nuid = 1\n", "not a valid name" },
	{ "one uid, two apps", "[app a]\nuid = 1\n[app b]\nuid = 1\n",
	    "given twice" },
	{ "empty", "", NULL },
	{ "IPv6", "[https]\nlisten = [::1]:8443\n", NULL },
	{ "all sorts",
	    "[box]\nname = nas\n[tpm]\ntcti = device:/dev/tpmrm0\n"
	    "[tee]\ndevice = optee\n"
	    "[app a]\nuid = 7\n[app b]\nuid = 8\n",
	    NULL },
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		struct btz_err err = { .rc = BTZ_OK };
		enum btz_rc rc;

		print_message("# case: %s\n", cases[i].name);
		rc = btz_up_conf_parse("f", cases[i].text, &cf, &err);
		if (cases[i].error == NULL) {
			assert_int_equal(rc, BTZ_OK);
			continue;
		}
		assert_int_equal(rc, BTZ_E_CONFIG);
		print_message("# %s\n", err.msg);
		assert_non_null(strstr(err.msg, cases[i].error));
		assert_non_null(strstr(err.msg, "f"));
	}
}

/* What a VPN's client is told fits into 48 lines, three of them its address. */
static void
test_routes(void **state)
{
	struct btz_err err = { .rc = BTZ_OK };

	(void)state;
	(void)snprintf(text, sizeof(text), "[vpn office]\ntenant = home\n");
	for (int i = 1; i <= 46; i++) {
		assert_int_equal(
		    btz_up_conf_parse("f", text, &cf, &err), BTZ_OK);
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "[reach r%d]\nvpn = office\nrole = viewer\n"
		    "to = 10.1.0.%d\n",
		    i, i);
	}
	assert_int_equal(btz_up_conf_parse("f", text, &cf, &err), BTZ_E_CONFIG);
	print_message("# %s\n", err.msg);
	assert_non_null(strstr(err.msg, "[vpn office]"));
	assert_non_null(strstr(err.msg, "route = no"));
}

static void
test_shares(void **state)
{
	struct btz_err err = { .rc = BTZ_OK };

	(void)state;
	assert_int_equal(btz_up_conf_parse("f",
			     "[box]\nname = nas\n[ca]\nuser_days = 5\n"
			     "[app a]\nuid = 7\n[app b]\nuid = 8\n",
			     &cf, &err),
	    BTZ_OK);
	assert_int_equal(btz_up_conf_text(&cf, btz_up_prog(BTZ_PROG_CA), text,
			     sizeof(text), &err),
	    BTZ_OK);
	assert_non_null(strstr(text, "name = nas\n"));
	assert_non_null(strstr(text, "trust_domain = nas.bartizan.internal\n"));
	assert_non_null(strstr(text, "user_days = 5\n"));
	assert_null(strstr(text, "[app"));
	assert_null(strstr(text, "[tpm]"));
	assert_int_equal(btz_up_conf_text(&cf, btz_up_prog(BTZ_PROG_BROKER),
			     text, sizeof(text), &err),
	    BTZ_OK);
	assert_non_null(strstr(text, "[app a]\nuid = 7\n"));
	assert_non_null(strstr(text, "[app b]\nuid = 8\n"));
	assert_null(strstr(text, "[ca]"));
	assert_int_equal(btz_up_conf_text(&cf, btz_up_prog(BTZ_PROG_CRYPTO_TEE),
			     text, sizeof(text), &err),
	    BTZ_OK);
	assert_non_null(strstr(text, "[tee]\ndevice = emulated\n"));
	assert_int_equal(
	    btz_up_conf_text(&cf, btz_up_prog(BTZ_PROG_BROKER), text, 40, &err),
	    BTZ_E_CONFIG);
}

/* Who has to show a certificate, unless the file says. */
static const struct {
	const char *text, *want;
} ek_cases[] = {
	{ "", "no" },
	{ "[tpm]\ntcti = unix:/run/tpm\n", "no" },
	{ "[tpm]\ntcti = device:/dev/tpmrm0\n", "yes" },
	{ "[tee]\ndevice = optee\n", "yes" },
	{ "[tee]\ndevice = optee\n[tpm]\nek_required = no\n", "no" },
	{ "[tpm]\nek_required = yes\nek_chain = /etc/ek.pem\n", "yes" },
};

static void
test_ek(void **state)
{
	struct btz_err err = { .rc = BTZ_OK };
	char want[64];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(ek_cases); i++) {
		print_message("# case: %zu\n", i);
		assert_int_equal(
		    btz_up_conf_parse("f", ek_cases[i].text, &cf, &err),
		    BTZ_OK);
		assert_int_equal(
		    btz_up_conf_text(&cf, btz_up_prog(BTZ_PROG_CRYPTO_TEE),
			text, sizeof(text), &err),
		    BTZ_OK);
		(void)snprintf(want, sizeof(want), "\nek_required = %s\n",
		    ek_cases[i].want);
		assert_non_null(strstr(text, want));
	}
	assert_non_null(strstr(text, "\nek_chain = /etc/ek.pem\n"));
}

/* What a program gets cannot be changed by it. */
static void
test_sealed(void **state)
{
	struct btz_err err = { .rc = BTZ_OK };
	int fd;

	(void)state;
	assert_int_equal(btz_up_conf_parse("f", "", &cf, &err), BTZ_OK);
	assert_int_equal(
	    btz_up_conf_fd(&cf, btz_up_prog(BTZ_PROG_AUDIT), &fd, &err),
	    BTZ_OK);
	assert_true(pread(fd, text, 5, 0) == 5);
	assert_memory_equal(text, "[box]", 5);
	assert_true(pwrite(fd, "x", 1, 0) < 0);
	assert_true(ftruncate(fd, 0) < 0);
	(void)close(fd);
}

static void
test_default(void **state)
{
	struct btz_err err = { .rc = BTZ_OK };
	char home[] = "/tmp/btz-conf-XXXXXX", path[64], cmd[64];

	(void)state;
	assert_int_equal(btz_up_conf_default(text, sizeof(text), &err), BTZ_OK);
	for (size_t i = 0; i < btz_conf_sections_count; i++)
		for (size_t k = 0; k < btz_conf_sections[i]->n; k++)
			assert_non_null(
			    strstr(text, btz_conf_sections[i]->keys[k].name));
	assert_non_null(mkdtemp(home));
	assert_int_equal(btz_up_conf_load(home, true, &cf, &err), BTZ_E_NOENT);
	(void)snprintf(path, sizeof(path), "%s/etc", home);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(btz_up_conf_load(home, false, &cf, &err), BTZ_OK);
	assert_int_equal(cf.n_apps, 1);
	assert_int_equal(cf.apps[0].conf.uid, (int64_t)getuid());
	(void)snprintf(path, sizeof(path), "%s/etc/bartizan.conf", home);
	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(
	    btz_up_conf_load(home, false, &cf, &err), BTZ_E_CONFIG);
	assert_non_null(strstr(err.msg, "chmod go-w"));
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", home);
	assert_int_equal(system(cmd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_ek),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_default),
	};

	return cmocka_run_group_tests_name("up/config", tests, NULL, NULL);
}
