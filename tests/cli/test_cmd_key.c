/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cmd_key.c - `bartizan key` and `bartizan backend` against a real broker
 * and service: a table of command lines with their exit status and a piece of
 * what they print. %s is the directory of the box.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"
#include "wire/cursor.h"

static const struct {
	const char *args;
	int status;
	const char *prints;
} cases[] = {
	{ "key", 2, "usage" },
	{ "key generate", 2, "usage" },
	{ "key generate a --alg dsa", 2, "is none of" },
	{ "key generate a --kind issuing", 65, "not supported" },
	{ "key generate a --kind ocsp", 65, "not supported" },
	{ "key generate a --usage encrypt", 65, "invalid value" },
	{ "key generate a --backend hsm", 65, "hsm" },
	{ "key generate a --backend tee", 69, "tee" },
	{ "key show nothing", 65, "nothing" },
	{ "key random 0", 2, "1 to 4096" },
	{ "key random 99999", 2, "1 to 4096" },
	{ "key destroy nothing", 2, "--yes" },
	{ "backend withdraw xyz", 2, "16 hex digits" },
	{ "backend withdraw 0123456789abcdef", 65, "not found" },
	{ "key generate first", 0, "ec-p256" },
	{ "key generate twin", 0, "enabled" },
	{ "key generate twin", 0, "enabled" },
	{ "key sign twin %s/in", 65, "more than one" },
	{ "key generate r --alg rsa-2048 --usage sign,verify", 0, "rsa-2048" },
	{ "key generate t --kind tls", 0, "tls" },
	{ "key sign t %s/in", 1, "kind of key" },
	{ "--json key list", 0, "\"label\":" },
	{ "key list", 0, "first" },
	{ "key show first", 0, "plain" },
	{ "key sign first %s/missing", 65, "missing" },
	{ "key sign first %s/in --digest", 65, "with 'first'" },
	{ "key sign first %s/in --out %s/sig", 0, "" },
	{ "key verify first %s/in %s/sig", 0, "good" },
	{ "key verify first %s/sig %s/sig", 1, "does not verify" },
	{ "key sign r %s/in --pss --out %s/pss", 0, "" },
	{ "key verify r %s/in %s/pss", 1, "does not verify" },
	{ "key verify r %s/in %s/pss --pss", 0, "good" },
	{ "key export first", 0, "BEGIN PUBLIC KEY" },
	{ "key export first --out %s/pub.pem", 0, "" },
	{ "key rotate nothing", 65, "nothing" },
	{ "key rotate first", 0, "version" },
	{ "key verify first %s/in %s/sig", 0, "good" },
	{ "key versions first", 0, "in_use" },
	{ "--json key versions first", 0, "\"in_use\":true" },
	{ "key disable first --version 0", 2, "number" },
	{ "key disable first --version 2", 0, "enabled" },
	{ "key disable first", 0, "disabled" },
	{ "key sign first %s/in", 1, "disabled" },
	{ "key enable first", 0, "enabled" },
	{ "key label first", 2, "usage" },
	{ "key label first env", 65, "not found" },
	{ "key label first env=prod", 0, "env=prod" },
	{ "key search env", 2, "NAME=VALUE" },
	{ "key search env=test", 0, "" },
	{ "--json key search env=prod", 0, "\"first\"" },
	{ "key label first env", 0, "first" },
	{ "key policy first", 2, "--min-version" },
	{ "key policy first --uses-max 100 --not-after 2099-01-01", 0, "100" },
	{ "key policy first --uses-max 101", 1, "narrower" },
	{ "key policy first --min-version 9", 65, "not found" },
	{ "key share first Web", 65, "valid name" },
	{ "key share first web --usage sign,cook", 2, "cook" },
	{ "key share first web --usage verify", 0, "shared_with: web:verify" },
	{ "--json key show first", 0, "\"shared_with\":\"web:verify\"" },
	{ "key unshare first web", 0, "shared_with: -" },
	{ "key rename first second", 0, "second" },
	{ "key rename second first", 0, "first" },
	{ "key doom first --at 1h", 65, "out of range" },
	{ "key doom first --at 1999-01-01", 65, "past" },
	{ "key doom first --at 2d", 0, "doomed" },
	{ "key rescue first", 0, "disabled" },
	{ "key rescue first", 1, "disabled" },
	{ "key enable first", 0, "enabled" },
	{ "key import in %s/missing", 65, "missing" },
	{ "key import in %s/in --alg aes-256", 65, "invalid" },
	{ "key import in %s/raw --alg aes-256 --exportable", 0, "export" },
	{ "key encrypt in %s/in --out %s/in.btze --aad a", 0, "" },
	{ "key rotate in", 0, "version" },
	{ "key rewrap in %s/in.btze --aad a", 2, "--out" },
	{ "key rewrap in %s/in.btze --in-place --out %s/new", 2, "one of" },
	{ "key rewrap in %s/in.btze %s/in --out %s/new", 2, "--in-place" },
	{ "key rewrap in - --in-place", 2, "standard input" },
	{ "key rewrap in %s/in.btze --out %s/new", 1, "does not verify" },
	{ "key rewrap in %s/in --out %s/new", 65, "not a whole file" },
	{ "key rewrap in %s/in.btze --out %s/new --aad a", 0, "" },
	{ "key policy in --min-version 2", 0, "min_version" },
	{ "key decrypt in %s/in.btze --aad a --out %s/x", 65, "not found" },
	{ "key decrypt in %s/new --aad a", 0, "to be signed" },
	{ "key encrypt in %s/in --out %s/b1 --aad a", 0, "" },
	{ "key encrypt in %s/in --out %s/b2 --aad a", 0, "" },
	{ "key rotate in", 0, "version: 3" },
	{ "key list; chmod 640 %s/b1", 0, "" },
	{ "key rewrap in %s/b1 %s/b2 --in-place --aad a", 0, "2 of 2: " },
	{ "key list; stat -c mode-%a %s/b1", 0, "mode-640" },
	{ "key list; ln -s b1 %s/b3", 0, "" },
	{ "key rewrap in %s/b3 --in-place --aad a", 65, "is a link" },
	{ "key list; rm %s/b3; ln %s/b1 %s/b3", 0, "" },
	{ "key rewrap in %s/b1 --in-place --aad a", 65, "several names" },
	{ "key list; rm %s/b3", 0, "" },
	{ "key rewrap in %s/b1 %s/in %s/b2 --in-place --aad a", 65,
	    "not a whole file" },
	{ "key policy in --min-version 3", 0, "min_version" },
	{ "key decrypt in %s/b2 --aad a", 0, "to be signed" },
	{ "key export-private in", 2, "--yes" },
	{ "key import out %s/raw --alg aes-256 --exportable", 0, "export" },
	{ "key export-private out --yes", 0,
	    "313233343536373831323334353637383132333435363738313233343536373"
	    "8" },
	{ "key export-private first --yes", 1, "--exportable" },
	{ "key generate thrice --uses-max 1", 0, "uses_max: 1" },
	{ "key sign thrice %s/in --out %s/x", 0, "" },
	{ "key sign thrice %s/in --out %s/x", 1, "as often as it may be" },
	{ "key rotate thrice", 0, "version: 2" },
	{ "key sign thrice %s/in --out %s/x", 0, "" },
	{ "key generate wrapping --alg rsa-2048 --usage decrypt", 0,
	    "decrypt" },
	{ "key import w %s/raw --alg aes-256 --wrapped-by wrapping", 1,
	    "does not verify" },
	{ "key import w %s/raw --alg aes-256 --wrapped-by no", 65, "no key" },
	{ "key random 8", 0, "random" },
	{ "backend list", 0, "soft" },
	{ "backend apps", 0, "uid" },
	{ "backend leases", 0, "application" },
	{ "key list --as-app", 1, "not permitted" },
	{ "key destroy first --yes", 0, "destroyed" },
	{ "key show first", 65, "first" },
};

static struct btz_box *box;
static struct btz_auditor *audit;

/* %s by the directory */
static void
put_home(char *out, size_t cap, const char *args)
{
	size_t n = 0;

	for (; *args != '\0' && n + 80 < cap; args++) {
		if (args[0] == '%' && args[1] == 's') {
			n += (size_t)snprintf(
			    out + n, cap - n, "%s", btz_box_home(box));
			args++;
		} else {
			out[n++] = *args;
		}
	}
	out[n] = '\0';
}

static int
run(const char *args, char *out, size_t cap)
{
	char line[512], cmd[1024];
	const char *h = btz_box_home(box);
	size_t n;
	FILE *p;

	put_home(line, sizeof(line), args);
	(void)snprintf(cmd, sizeof(cmd),
	    "%s/src/cli/bartizan --home %s %s 2>&1 </dev/null",
	    getenv("BTZ_BUILD"), h, line);
	p = popen(cmd, "r");
	assert_non_null(p);
	n = fread(out, 1, cap - 1, p);
	out[n] = '\0';
	return WEXITSTATUS(pclose(p));
}

static void
test_table(void **state)
{
	static char out[65536];

	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		int status;

		print_message("# case: %s\n", cases[i].args);
		status = run(cases[i].args, out, sizeof(out));
		if (status != cases[i].status ||
		    strstr(out, cases[i].prints) == NULL)
			fail_msg("status %d, '%s'", status, out);
	}
}

/* Signed by us, verified by the openssl tool: files are what they should be. */
static void
test_openssl_agrees(void **state)
{
	static char out[4096];
	char cmd[512];
	const char *h = btz_box_home(box);

	(void)state;
	if (system("command -v openssl >/dev/null") != 0) {
		print_message("# no openssl tool here\n");
		return;
	}
	assert_int_equal(run("key generate peer", out, sizeof(out)), 0);
	assert_int_equal(
	    run("key sign peer %s/in --out %s/s2", out, sizeof(out)), 0);
	assert_int_equal(
	    run("key export peer --out %s/p2", out, sizeof(out)), 0);
	(void)snprintf(cmd, sizeof(cmd),
	    "openssl dgst -sha256 -verify %s/p2 -signature %s/s2 %s/in "
	    ">/dev/null",
	    h, h, h);
	assert_int_equal(system(cmd), 0);
}

static void
make_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", btz_box_home(box), name);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

static int
setup(void **state)
{
	(void)state;
	box = btz_box_new("");
	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	btz_box_cut(box, BTZ_PROG_BROKER, BTZ_PROG_CRYPTO_TEE);
	audit = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	make_file("in", "to be signed\n");
	make_file("raw", "12345678123456781234567812345678");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	btz_auditor_free(audit);
	assert_int_equal(btz_box_free(box), 0);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_openssl_agrees),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
