/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_key_crypt.c - `bartizan key encrypt` and its kin against a real broker
 * and service: files of any size come back, changed ones do not open, openssl
 * agrees. A table of shell lines; $B is the program, the folder the box's.
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

static const struct {
	const char *line;
	int status;
	const char *prints;
} cases[] = {
	{ "$B key generate k --alg aes-256 --usage sing", 2, "is not sign" },
	{ "$B key generate k --alg aes --bits 512", 2, "is none of" },
	{ "$B key generate k --alg ec-p256 --bits 384", 2, "256 bits" },
	{ "$B key generate k --only dsa", 2, "is no algorithm" },
	{ "$B key generate k --label x", 2, "NAME=VALUE" },
	{ "$B key generate k --label X=1", 65, "invalid value" },
	{ "$B key generate k --alg secret --bits 64", 65, "out of range" },
	{ "$B key generate k --alg ed25519 --usage encrypt", 65, "invalid" },
	{ "$B key generate k --alg aes --bits 256 --label team=photos", 0,
	    "usage: encrypt,decrypt" },
	{ "$B key generate two --alg aes-128", 0, "aes-128" },
	{ "$B key encrypt k", 2, "usage" },
	{ "$B key encrypt k missing --out x", 65, "missing" },
	{ "$B --json key encrypt k big", 2, "--out" },
	{ "$B key encrypt k big --alg cmac --out x", 65, "does not fit" },
	{ "$B key encrypt k big --alg aes-cbc --out x", 65, "at most" },
	{ "test ! -e x", 0, "" },
	/* four pieces, of 49152 bytes the first three */
	{ "$B key encrypt k big --aad a --out x", 0, "" },
	{ "test $(wc -c < x) = $((24 + 4 * 41 + 180000))", 0, "" },
	{ "$B key decrypt k x --out y", 1, "does not verify" },
	{ "test ! -e y", 0, "" },
	{ "$B key decrypt k x --aad a --out y && cmp big y", 0, "" },
	{ "test $(stat -c %a y) = 600", 0, "" },
	{ "$B key decrypt k - --aad a < x | cmp big", 0, "" },
	{ "$B key decrypt two x --aad a", 1, "" },
	{ "$B key decrypt k x --aad a --alg aes-ccm", 65, "aes-gcm" },
	{ "$B key decrypt k big", 65, "not a whole file" },
	{ "head -c 23 x > z; $B key decrypt k z", 65, "not a whole file" },
	{ "head -c 24 x > z; $B key decrypt k z", 65, "not a whole file" },
	/* the last piece is missing; also half of it */
	{ "head -c $((24 + 3 * (49152 + 41))) x > z; $B key decrypt k z --aad "
	  "a >/dev/null",
	    1, "does not verify" },
	{ "head -c 179999 x > z; $B key decrypt k z --aad a >/dev/null", 65,
	    "not a whole file" },
	{ "echo >> x; $B key decrypt k x --aad a >/dev/null", 1,
	    "does not verify" },
	/* the first two exchanged */
	{ "head -c -1 x > w; P=$((49152 + 41)); (head -c 24 w; tail -c "
	  "+$((25 + P)) w | head -c $P; tail -c +25 w | head -c $P; tail -c "
	  "+$((25 + 2 * P)) w) > z; test $(wc -c < z) = $(wc -c < w) && "
	  "$B key decrypt k z --aad a >/dev/null",
	    1, "does not verify" },
	{ "$B key decrypt k w --aad a | cmp big", 0, "" },
	/* from another file of the same key */
	{ "$B key encrypt k big --aad a > v; (head -c 24 w; tail -c +25 v) > z;"
	  " $B key decrypt k z --aad a >/dev/null",
	    1, "does not verify" },
	{ "$B key encrypt k /dev/null | $B key decrypt k - | wc -c", 0, "0\n" },
	{ "head -c 49152 big | $B key encrypt k - | $B key decrypt k - | "
	  "wc -c",
	    0, "49152\n" },
	{ "$B key encrypt k in --alg aes-ctr | $B key decrypt k - | cmp in", 0,
	    "" },
	{ "$B key encrypt k in --raw | wc -c", 0, "41\n" },
	{ "$B key encrypt k in --raw | $B key decrypt k - --raw | cmp in", 0,
	    "" },
	/* RSA */
	{ "$B key generate r --alg rsa --bits 2048 --usage encrypt,decrypt", 0,
	    "rsa-2048" },
	{ "$B key export r --out r.pem", 0, "" },
	{ "openssl pkeyutl -encrypt -pubin -inkey r.pem -in in -pkeyopt "
	  "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -out oaep",
	    0, "" },
	{ "$B key decrypt r oaep --raw | cmp in", 0, "" },
	{ "$B key encrypt r in | $B key decrypt r - | cmp in", 0, "" },
	{ "$B key decrypt r in --alg rsa-pkcs1 --raw", 65, "made with" },
	{ "$B key generate r15 --alg rsa --bits 2048 --usage encrypt,decrypt "
	  "--only rsa-pkcs1 && $B key export r15 --out r15.pem && openssl "
	  "pkeyutl -encrypt -pubin -inkey r15.pem -in in -out p15",
	    0, "" },
	{ "$B key decrypt r15 p15 --raw | cmp in", 0, "" },
	{ "$B key encrypt r15 in | $B key decrypt r15 - | cmp in", 0, "" },
	{ "$B key decrypt r15 oaep --raw | cmp in >/dev/null", 1, "" },
	/* MACs */
	{ "$B key generate m --alg secret --bits 512", 0, "sign,verify" },
	{ "$B key mac m in", 0, "mac: " },
	{ "$B --json key mac m in --alg hmac-sha512", 0, "\"mac\":" },
	{ "$B key mac m big", 65, "at most" },
	{ "$B key mac m in --out t", 0, "" },
	{ "$B key mac-verify m in t", 0, "MAC is good" },
	{ "$B key mac-verify m big t", 65, "at most" },
	{ "$B key mac-verify m oaep t", 1, "does not verify" },
	{ "$B key mac k in", 1, "may not be used" },
	/* agreement, as openssl does it */
	{ "$B key generate a --alg x25519", 0, "derive" },
	{ "$B key export a --out a.pem", 0, "" },
	{ "openssl genpkey -algorithm x25519 -out o.key && openssl pkey -in "
	  "o.key -pubout -out o.pem",
	    0, "" },
	{ "openssl pkeyutl -derive -inkey o.key -peerkey a.pem -out s1", 0,
	    "" },
	{ "$B key derive a", 2, "--peer" },
	{ "$B key derive a --peer in", 65, "not a public key" },
	{ "$B key derive a --peer r.pem", 65, "not a public key" },
	{ "$B key derive a --peer o.pem --out s2 && cmp s1 s2", 0, "" },
	{ "test $(stat -c %a s2) = 600", 0, "" },
	{ "tail -c 32 s1 > pt; $B key derive a --peer pt", 0, "secret: " },
	{ "$B key generate h --alg secret --usage derive", 0, "derive" },
	{ "$B key derive h --salt xy", 2, "not hex" },
	{ "$B key derive h --salt 00ff --info x --len 9000", 2, "len" },
	{ "$B key derive h --salt 00ff --info x --len 48", 0, "secret: " },
	/* what a backend has not, and who has it (the fake one is a small one) */
	{ "$B key generate z --backend tee --alg ec-p521", 65,
	    "ec-p521 is in backend soft" },
	{ "$B key generate z --backend tee --usage derive", 0, "derive" },
	{ "$B key export z --out z.pem; $B key derive z --peer z.pem", 65,
	    "ecdh is in backend soft" },
	{ "$B key generate z2 --backend tee && $B key sign z2 in --alg "
	  "ecdsa-det-sha256",
	    65, "ecdsa-det-sha256 is in backend soft" },
	{ "$B key generate z --backend tee --kind crl", 65, "backend list" },
	{ "$B backend list", 0, "algorithms" },
	{ "$B --json backend list", 0, "chacha20-poly1305" },
	{ "$B backend show nothing", 65, "not found" },
	{ "$B backend show soft", 0, "transfer: import export" },
	{ "$B backend show soft", 0, "rsa-oaep-sha512" },
	/* the shell's completion */
	{ "$C key mac --alg '' | tr '\\n' ' '", 0,
	    "hmac-sha256 hmac-sha384 hmac-sha512 cmac " },
	{ "$C key encrypt --alg rsa", 0,
	    "rsa-oaep-sha256\nrsa-oaep-sha384\nrsa-oaep-sha512\n"
	    "rsa-pkcs1\n" },
	{ "$C key generate --alg aes-2", 0, "aes-256\n" },
	{ "$C key generate --usage enc | wc -l", 0, "2\n" },
	{ "$C key hash --alg sha3- | wc -l", 0, "4\n" },
	{ "test -z \"$($C key encrypt --aad '')\"", 0, "" },
	{ "test -z \"$($C key mac --alg rsa)\"", 0, "" },
	/* hashes */
	{ "$B key hash in --alg md5", 2, "no hash" },
	{ "test \"$($B key hash in)\" = \"hash: $(sha256sum < in | head -c "
	  "64)\"",
	    0, "" },
	{ "$B key hash in --alg sha3-512 --out hh && test $(wc -c < hh) = 64",
	    0, "" },
	/* signatures by name */
	{ "$B key generate p --alg ec-p521", 0, "ec-p521" },
	{ "$B key sign p big --out ps && $B key verify p big ps", 0, "good" },
	{ "$B key sign p big --alg ecdsa-sha256", 65, "does not fit" },
	{ "$B key sign p in --alg nothing", 2, "no signature" },
	{ "$B key generate q --alg ec-p256 --uses-max 1 --only "
	  "ecdsa-det-sha384",
	    0, "" },
	{ "$B key sign q in --out qs && $B key verify q in qs", 0, "good" },
	{ "$B key sign q in", 1, "used as often as it may be" },
	{ "$B key sign k in", 65, "does not sign" },
};

static struct btz_box *box;
static struct btz_auditor *audit, *audit_tee;

static int
run(const char *line, char *out, size_t cap)
{
	char cmd[2048];
	size_t n;
	FILE *p;

	(void)snprintf(cmd, sizeof(cmd),
	    "exec 2>&1 </dev/null; cd %s; P='%s/src/cli/bartizan'; "
	    "B=\"$P --home .\"; C=\"$P --complete\"; %s",
	    btz_box_home(box), getenv("BTZ_BUILD"), line);
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
	if (system("command -v openssl >/dev/null") != 0) {
		print_message("# no openssl tool here\n");
		skip();
	}
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		int status;

		print_message("# case: %s\n", cases[i].line);
		status = run(cases[i].line, out, sizeof(out));
		if (status != cases[i].status ||
		    strstr(out, cases[i].prints) == NULL)
			fail_msg("status %d, '%.2000s'", status, out);
	}
}

static int
setup(void **state)
{
	char out[64], exe[512];

	(void)state;
	box = btz_box_new("");
	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, NULL);
	(void)snprintf(exe, sizeof(exe), "%s/tests/crypto/bartizan-crypto-fake",
	    getenv("BTZ_BUILD"));
	btz_box_start(box, BTZ_PROG_CRYPTO_TEE, exe);
	btz_box_start(box, BTZ_PROG_BROKER, NULL);
	audit_tee = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_TEE, BTZ_PROG_AUDIT));
	audit = btz_auditor_new(
	    btz_box_take(box, BTZ_PROG_CRYPTO_SOFT, BTZ_PROG_AUDIT));
	return run("echo hello, world > in; head -c 180000 /dev/urandom > big",
	    out, sizeof(out));
}

static int
teardown(void **state)
{
	(void)state;
	btz_auditor_free(audit);
	btz_auditor_free(audit_tee);
	assert_int_equal(btz_box_free(box), 0);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
