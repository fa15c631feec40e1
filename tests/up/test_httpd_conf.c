/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_httpd_conf.c - Apache's configuration as it is written. That Apache
 * takes it is tested in tests/httpd/process.py.
 */
#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "up/httpd_conf.h"

static struct btz_conf_https
https(const char *listen, const char *names)
{
	struct btz_conf_https h = { .max_body = 123456 };

	(void)snprintf(h.listen, sizeof(h.listen), "%s", listen);
	(void)snprintf(h.names, sizeof(h.names), "%s", names);
	return h;
}

static const struct {
	const char *name, *listen, *names, *module;
	enum btz_rc rc;
} cases[] = {
	{ "no port", "127.0.0.1", "box", "/m.so", BTZ_E_CONFIG },
	{ "empty", "", "box", "/m.so", BTZ_E_CONFIG },
	{ "second directive", "127.0.0.1:1\nUser root", "box", "/m.so",
	    BTZ_E_CONFIG },
	{ "second argument", "127.0.0.1:1 http", "box", "/m.so", BTZ_E_CONFIG },
	{ "name with quote", "127.0.0.1:1", "bo\"x", "/m.so", BTZ_E_CONFIG },
	{ "name with line", "127.0.0.1:1", "box\nUser", "/m.so", BTZ_E_CONFIG },
	{ "module with quote", "127.0.0.1:1", "box", "/m\".so", BTZ_E_CONFIG },
	{ "module with variable", "127.0.0.1:1", "box", "/${x}.so",
	    BTZ_E_CONFIG },
	{ "module with line", "127.0.0.1:1", "box", "/m\n.so", BTZ_E_CONFIG },
	{ "plain", "127.0.0.1:8443", "box.lan 10.0.0.1", "/m.so", BTZ_OK },
	{ "no names", "127.0.0.1:8443", "", "/m.so", BTZ_OK },
	{ "v6", "[::1]:8443", "box", "/m.so", BTZ_OK },
};

static char *
slurp(const char *home)
{
	static char text[16384];
	char path[256];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", home, BTZ_HTTPD_CONF);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

static mode_t
mode_of(const char *home, const char *rel)
{
	char path[256];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", home, rel);
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
test_cases(void **state)
{
	char home[] = "/tmp/btz-conf-XXXXXX", cmd[64];
	struct btz_err err;
	const char *text;

	(void)state;
	assert_non_null(mkdtemp(home));
	assert_int_equal(
	    btz_httpd_dirs(home, (uid_t)-1, (gid_t)-1, &err), BTZ_OK);
	assert_int_equal(
	    btz_httpd_dirs(home, (uid_t)-1, (gid_t)-1, &err), BTZ_OK);
	assert_int_equal(mode_of(home, "apache"), 0711);
	assert_int_equal(mode_of(home, "apache/run"), 0700);
	assert_int_equal(mode_of(home, "log/httpd"), 0700);
	assert_int_equal(mode_of(home, "shares"), 0700);
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		struct btz_conf_https h = https(
		    cases[i].listen, cases[i].names);
		struct btz_httpd_conf cf = {
			.home = home, .https = &h, .module = cases[i].module
		};

		print_message("# case: %s\n", cases[i].name);
		assert_int_equal(btz_httpd_conf_write(&cf, &err), cases[i].rc);
		if (cases[i].rc != BTZ_OK)
			continue;
		text = slurp(home);
		assert_null(strchr(text, '@'));
		assert_non_null(strstr(text, cases[i].listen));
		assert_non_null(strstr(text, "SSLVerifyClient optional\n"));
		assert_non_null(strstr(text, "LimitRequestBody 123456\n"));
		assert_non_null(strstr(text, "BartizanReadsWithoutLog off\n"));
		assert_int_equal(mode_of(home, BTZ_HTTPD_CONF), 0644);
	}
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", home);
	assert_int_equal(system(cmd), 0);
}

/* Somebody who may write to the home of the box points elsewhere. */
static void
test_links(void **state)
{
	char home[] = "/tmp/btz-conf-XXXXXX", path[128], to[128];
	struct btz_err err;

	(void)state;
	assert_non_null(mkdtemp(home));
	(void)snprintf(to, sizeof(to), "%s/elsewhere", home);
	(void)snprintf(path, sizeof(path), "%s/shares", home);
	assert_int_equal(mkdir(to, 0755), 0);
	assert_int_equal(symlink(to, path), 0);
	assert_int_equal(
	    btz_httpd_dirs(home, (uid_t)-1, (gid_t)-1, &err), BTZ_E_IO);
	assert_int_equal(mode_of(home, "elsewhere"), 0755);
	(void)snprintf(path, sizeof(path), "rm -rf %s", home);
	assert_int_equal(system(path), 0);
}

static void
test_argv(void **state)
{
	const char *argv[BTZ_HTTPD_ARGV];

	(void)state;
	btz_httpd_argv("/x/httpd.conf", argv);
	assert_int_equal(argv[0][0], '/');
	assert_string_equal(argv[2], "/x/httpd.conf");
	assert_string_equal(argv[3], "-DFOREGROUND");
	assert_null(argv[4]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_argv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
