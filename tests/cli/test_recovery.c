/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_recovery.c - a recovery key made, split and joined; a key backed up on
 * one box and restored on another: tables of command lines with their exit
 * status and a piece of what they print. %s is a directory, not a box.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/auditor.h"
#include "support/cmocka_all.h"
#include "support/spawn.h"
#include "wire/cursor.h"

struct line {
	const char *args;
	int status;
	const char *prints;
};

/* Without a box. */
static const struct line alone[] = {
	{ "recovery keygen", 2, "usage" },
	{ "recovery keygen %s/rec --no-passphrase", 0, "MFkw" },
	{ "recovery keygen %s/rec --no-passphrase", 65, "is there" },
	{ "recovery keygen %s/other --no-passphrase", 0, "recovery" },
	{ "recovery split %s/rec --threshold 2 --shares 3", 2, "--out" },
	{ "recovery split %s/rec --threshold 1 --shares 3 --out %s/s", 2,
	    "number from 2" },
	{ "recovery split %s/rec --threshold 3 --shares 2 --out %s/s", 2,
	    "--threshold 3" },
	{ "recovery split %s/rec.pub --threshold 2 --shares 3 --out %s/s", 65,
	    "no private key" },
	{ "recovery split %s/rec --threshold 3 --shares 4 --out %s/s", 0,
	    "s-4" },
	{ "recovery split %s/other --threshold 2 --shares 2 --out %s/o", 0,
	    "o-2" },
	{ "recovery join %s/s-1 %s/s-2 --out %s/j", 2, "3 are needed" },
	{ "recovery join %s/s-1 %s/s-2 %s/s-2 --out %s/j --no-passphrase", 2,
	    "twice" },
	{ "recovery join %s/s-1 %s/s-2 %s/o-1 --out %s/j --no-passphrase", 65,
	    "another key" },
	{ "recovery join %s/s-1 %s/s-2 %s/rec --out %s/j --no-passphrase", 65,
	    "not a file" },
	{ "recovery join %s/s-1 %s/s-2 %s/bad --out %s/j --no-passphrase", 1,
	    "altered" },
	{ "recovery join %s/s-1 %s/s-2 %s/s-4 --out %s/rec --no-passphrase", 65,
	    "is there" },
	{ "recovery join %s/s-1 %s/s-2 %s/s-4 --out %s/j --no-passphrase", 0,
	    "whole" },
	{ "recovery join %s/s-4 %s/s-3 %s/s-2 %s/s-1 --out %s/jj "
	  "--no-passphrase",
	    0, "whole" },
};

/* The box that the key comes from. */
static const struct line before[] = {
	{ "key generate k --backupable --label env=prod", 0, "backup" },
	{ "key generate stays", 0, "never" },
	{ "key sign k %s/in --out %s/sig1", 0, "" },
	{ "key rotate k", 0, "version" },
	{ "key rotate k", 0, "version" },
	{ "key sign k %s/in --out %s/sig3", 0, "" },
	{ "key disable k --version 2", 0, "enabled" },
	{ "key backup k", 2, "--out" },
	{ "key backup stays --out %s/b", 1, "--backupable" },
	{ "key backup nothing --out %s/b", 65, "nothing" },
	{ "key backup k --out %s/b", 0, "sealed" },
	{ "key generate cipher --alg aes-256 --backupable", 0, "encrypt" },
	{ "key encrypt cipher %s/in --out %s/in.btze", 0, "" },
	{ "key backup cipher --out %s/c", 0, "sealed" },
};

/* Another one. */
static const struct line after[] = {
	{ "key generate restore --alg rsa-2048 --usage decrypt", 0, "rsa" },
	{ "key export restore --out %s/box.pem", 0, "" },
	{ "recovery open %s/b --key %s/j --for %s/box.pem", 2, "--out" },
	{ "recovery open %s/b --key %s/other --for %s/box.pem --out %s/i", 70,
	    "another recovery key" },
	{ "recovery open %s/in --key %s/j --for %s/box.pem --out %s/i", 65,
	    "not a backup" },
	{ "recovery open %s/torn --key %s/j --for %s/box.pem --out %s/i", 1,
	    "altered" },
	{ "recovery open %s/b --key %s/j --for %s/rec.pub --out %s/i", 65,
	    "not an RSA key" },
	{ "recovery open %s/b --key %s/j --for %s/box.pem --out %s/i", 0,
	    "restore" },
	{ "recovery open %s/c --key %s/rec --for %s/box.pem --out %s/ci", 0,
	    "restore" },
	{ "key restore %s/i", 2, "--wrapped-by" },
	{ "key restore %s/in --wrapped-by restore", 1, "does not verify" },
	{ "key restore %s/b --wrapped-by restore", 1, "does not verify" },
	{ "key show k", 65, "no key" },
	{ "key restore %s/i --wrapped-by restore", 0, "env=prod" },
	{ "key verify k %s/in %s/sig1", 0, "good" },
	{ "key verify k %s/in %s/sig3", 0, "good" },
	{ "--json key versions k", 0, "\"version\":2,\"state\":\"disabled\"" },
	{ "--json key versions k", 0, "\"version\":3,\"state\":\"enabled\"" },
	{ "key sign k %s/in --out %s/sig4", 0, "" },
	{ "key restore %s/ci --wrapped-by restore", 0, "aes-256" },
	{ "key decrypt cipher %s/in.btze --out %s/back", 0, "" },
	{ "key backup k --out %s/b2", 1, "recovery keygen" },
};

static char dir[] = "/tmp/btz-test-XXXXXX";
static struct btz_box *box;
static struct btz_auditor *audit;

static int
run(const char *args, char *out, size_t cap)
{
	char cmd[2048];
	size_t n = (size_t)snprintf(cmd, sizeof(cmd),
	    "%s/src/cli/bartizan --home %s ", getenv("BTZ_BUILD"),
	    box != NULL ? btz_box_home(box) : dir);
	FILE *p;

	for (; *args != '\0' && n + 80 < sizeof(cmd); args++) {
		if (args[0] == '%' && args[1] == 's') {
			n += (size_t)snprintf(
			    cmd + n, sizeof(cmd) - n, "%s", dir);
			args++;
		} else {
			cmd[n++] = *args;
		}
	}
	(void)snprintf(cmd + n, sizeof(cmd) - n, " 2>&1 </dev/null");
	p = popen(cmd, "r");
	assert_non_null(p);
	n = fread(out, 1, cap - 1, p);
	out[n] = '\0';
	return WEXITSTATUS(pclose(p));
}

static void
run_all(const struct line *lines, size_t n)
{
	static char out[65536];

	for (size_t i = 0; i < n; i++) {
		int status;

		print_message("# case: %s\n", lines[i].args);
		status = run(lines[i].args, out, sizeof(out));
		if (status != lines[i].status ||
		    strstr(out, lines[i].prints) == NULL)
			fail_msg("status %d, '%s'", status, out);
	}
}

static size_t
read_file(const char *name, char *out, size_t cap)
{
	char path[128];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	n = fread(out, 1, cap, f);
	(void)fclose(f);
	return n;
}

static void
write_file(const char *name, const char *data, size_t n)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* [crypto] recovery = what is in the PEM of the public key. */
static void
start_box(bool recovery)
{
	char conf[512] = "[crypto]\n", pem[512];
	size_t n = strlen(conf);

	if (recovery) {
		n += (size_t)snprintf(
		    conf + n, sizeof(conf) - n, "recovery = ");
		pem[read_file("rec.pub", pem, sizeof(pem) - 1)] = '\0';
		for (const char *p = strchr(pem, '\n'); *p != '-'; p++)
			if (*p != '\n')
				conf[n++] = *p;
	}
	conf[n++] = '\n';
	conf[n] = '\0';
	box = btz_box_new(conf);
	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, NULL);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	btz_box_cut(box, BTZ_PROG_BROKER, BTZ_PROG_CRYPTO_TEE);
	audit = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
}

static void
stop_box(void)
{
	btz_auditor_free(audit);
	assert_int_equal(btz_box_free(box), 0);
	box = NULL;
}

/* One bit of a share. */
static void
alter_share(void)
{
	char text[1024], *at;
	size_t n;

	n = read_file("s-3", text, sizeof(text) - 1);
	text[n] = '\0';
	at = strstr(text, "\"share\":\"");
	assert_non_null(at);
	at[12] = at[12] == 'A' ? 'B' : 'A';
	write_file("bad", text, n);
}

/* Of the key that the line prints; id: 32 digits. */
static void
id_of(const char *args, char id[33])
{
	static char out[65536];
	const char *at;

	assert_int_equal(run(args, out, sizeof(out)), 0);
	at = strstr(out, "\"id\":\"");
	assert_non_null(at);
	(void)snprintf(id, 33, "%s", at + strlen("\"id\":\""));
}

/* It has the id that it had, and another one when that is taken. */
static void
check_ids(const char *was)
{
	char id[33];

	id_of("--json key show k", id);
	assert_string_equal(id, was);
	id_of("--json key restore %s/i --wrapped-by restore", id);
	assert_string_not_equal(id, was);
	run_all(&(const struct line){ "key show k", 65, "more than one" }, 1);
}

static void
test_all(void **state)
{
	static char data[65536], back[64];
	char was[33];
	size_t n;

	(void)state;
	assert_non_null(mkdtemp(dir));
	write_file("in", "to be signed\n", 13);
	run_all(alone, 10);
	alter_share();
	run_all(alone + 10, BTZ_COUNT(alone) - 10);
	start_box(true);
	run_all(before, BTZ_COUNT(before));
	id_of("--json key show k", was);
	assert_true(btz_auditor_wait(audit, "key.backup", 4, 2000));
	stop_box();
	n = read_file("b", data, sizeof(data));
	data[n - 20] ^= 1;
	write_file("torn", data, n);
	start_box(false);
	run_all(after, BTZ_COUNT(after));
	assert_true(btz_auditor_wait(audit, "key.restore", 4, 2000));
	check_ids(was);
	assert_int_equal(read_file("back", back, sizeof(back)), 13);
	assert_memory_equal(back, "to be signed\n", 13);
	stop_box();
	(void)snprintf(data, sizeof(data), "rm -r %s", dir);
	assert_int_equal(system(data), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
