/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration by table: bad texts with their messages, defaults, repeats. */
#include "base/conf.h"

#include <string.h>

#include "support/cmocka_all.h"

static struct btz_conf_ca ca;
static struct btz_conf_audit audit;
static struct btz_conf_https https;
static unsigned apps;
static int64_t last_uid;

static enum btz_rc
on_app(const char *label, const void *conf, void *arg, struct btz_err *err)
{
	const struct btz_conf_app *a = conf;

	(void)arg;
	if (strcmp(label, "bad") == 0)
		return BTZ_FAIL(err, BTZ_E_CONFIG, "label refused");
	apps++;
	last_uid = a->uid;
	return BTZ_OK;
}

static const struct btz_conf_target targets[] = {
	{ &btz_conf_ca, &ca, NULL, NULL },
	{ &btz_conf_audit, &audit, NULL, NULL },
	{ &btz_conf_https, &https, NULL, NULL },
	{ &btz_conf_app, NULL, on_app, NULL },
};

static const struct {
	const char *name, *text, *says;
} bad[] = {
	{ "unknown section", "[nope]\na = 1\n", "unknown section [nope]" },
	{ "unknown key", "[ca]\nuser_dayz = 1\n", "no key 'user_dayz'" },
	{ "not a number", "[ca]\nuser_days = many\n", "from 1 to 825" },
	{ "trailing text", "[ca]\nuser_days = 3 days\n", "whole number" },
	{ "too large", "[ca]\nuser_days = 826\n", "from 1 to 825" },
	{ "twice", "[ca]\nuser_days=1\nuser_days=2\n", "given twice" },
	{ "not a bool", "[audit]\nreads_without_log = maybe\n", "yes or no" },
	{ "no value", "[ca]\nuser_days\n", "t:2" },
	{ "text too long",
	    "[https]\nlisten = 1234567890123456789012345678901234"
	    "5678901234567890123456789012345678901234567890123456789\n",
	    "length" },
	{ "repeat without mandatory key", "[app x]\nrate = 1\n",
	    "mandatory key 'uid'" },
	{ "repeat refused", "[app bad]\nuid = 1\n", "label refused" },
};

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(bad); i++) {
		struct btz_err err = { .rc = BTZ_OK };

		print_message("# case: %s\n", bad[i].name);
		assert_int_equal(btz_conf_parse("t", bad[i].text, targets,
				     BTZ_COUNT(targets), &err),
		    BTZ_E_CONFIG);
		print_message("# says: %s\n", err.msg);
		assert_non_null(strstr(err.msg, bad[i].says));
	}
}

static void
test_good(void **state)
{
	struct btz_err err;

	(void)state;
	apps = 0;
	assert_int_equal(
	    btz_conf_parse("t",
		"; comment\n[ca]\nuser_days = 3\n[app one]\nuid = 7\n"
		"[app two]\nuid = 4294967294\nrate = 5\n"
		"[audit]\nreads_without_log = yes\n",
		targets, BTZ_COUNT(targets), &err),
	    BTZ_OK);
	assert_int_equal(ca.user_days, 3);
	assert_int_equal(ca.issuing_days, 365);
	assert_true(audit.reads_without_log);
	assert_int_equal(audit.checkpoint_ms, 1000);
	assert_string_equal(https.listen, "127.0.0.1:8443");
	assert_int_equal(apps, 2);
	assert_true(last_uid == 4294967294);
}

/* Every default obeys its own table, every key has a help text. */
static void
test_tables(void **state)
{
	static uint8_t into[4096];

	(void)state;
	for (size_t i = 0; i < btz_conf_sections_count; i++) {
		const struct btz_conf_section *s = btz_conf_sections[i];
		struct btz_conf_target t = { s, into, NULL, NULL };
		struct btz_err err = { .rc = BTZ_OK };
		enum btz_rc rc;

		print_message("# section %s\n", s->name);
		assert_true(s->size <= sizeof(into));
		rc = btz_conf_parse("t", "", &t, 1, &err);
		assert_true(
		    rc == BTZ_OK || strstr(err.msg, "mandatory") != NULL);
		for (size_t k = 0; k < s->n; k++)
			assert_true(strlen(s->keys[k].help) > 10);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
