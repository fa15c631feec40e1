/* SPDX-License-Identifier: Apache-2.0 */
/* softhsm.c - tokens of SoftHSM2; see softhsm.h. */
#include "crypto/softhsm.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/cmocka_all.h"

/* SoftHSM2 2.6.1 forgets the OID of each Ed25519 key that it makes. Its frames
 * are not in the stack: it is named by what it calls. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:ASN1_STRING_set\nleak:CRYPTO_zalloc\n";
}

const char *
btz_softhsm_module(void)
{
	static const char *const places[] = {
		"/usr/lib/softhsm/libsofthsm2.so",
		"/usr/lib64/softhsm/libsofthsm2.so",
		"/usr/lib64/pkcs11/libsofthsm2.so",
	};

	if (access("/usr/bin/softhsm2-util", X_OK) != 0)
		return NULL;
	for (size_t i = 0; i < BTZ_COUNT(places); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}

static void
put(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void
run(const char *const *argv)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (freopen("/dev/null", "w", stdout) == NULL)
			_exit(1);
		(void)execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
add(struct btz_softhsm *s, const char *name)
{
	const char *const init[] = { "/usr/bin/softhsm2-util", "--init-token",
		"--free", "--label", name, "--so-pin", "12345678", "--pin",
		BTZ_SOFTHSM_PIN, NULL };
	struct btz_conf_pkcs11 c = { .slot = -1 };
	struct btz_err err;

	run(init);
	(void)snprintf(c.module, sizeof(c.module), "%s", btz_softhsm_module());
	(void)snprintf(c.token, sizeof(c.token), "%s", name);
	(void)snprintf(c.pin_file, sizeof(c.pin_file), "%s", s->pin_file);
	(void)snprintf(c.paths, sizeof(c.paths), "%s", s->tokens);
	assert_int_equal(btz_backends_on_token(name, &c, &s->b, &err), BTZ_OK);
}

void
btz_softhsm_pin(struct btz_softhsm *s, const char *pin)
{
	char aside[160];

	(void)snprintf(aside, sizeof(aside), "%s.new", s->pin_file);
	put(aside, pin, 0600);
	assert_int_equal(rename(aside, s->pin_file), 0);
}

void
btz_softhsm_begin(struct btz_softhsm *s)
{
	char text[256];

	memset(s, 0, sizeof(*s));
	(void)snprintf(s->dir, sizeof(s->dir), "/tmp/btz-hsm-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	(void)snprintf(s->conf, sizeof(s->conf), "%s/conf", s->dir);
	(void)snprintf(s->pin_file, sizeof(s->pin_file), "%s/pin", s->dir);
	(void)snprintf(s->tokens, sizeof(s->tokens), "%s/tokens", s->dir);
	(void)snprintf(s->away, sizeof(s->away), "%s/away", s->dir);
	assert_int_equal(mkdir(s->tokens, 0700), 0);
	(void)snprintf(text, sizeof(text),
	    "directories.tokendir = %s\nobjectstore.backend = file\n"
	    "log.level = ERROR\n",
	    s->tokens);
	put(s->conf, text, 0600);
	btz_softhsm_pin(s, BTZ_SOFTHSM_PIN "\n");
	assert_int_equal(setenv("SOFTHSM2_CONF", s->conf, 1), 0);
	add(s, "one");
	add(s, "two");
}

void
btz_softhsm_end(struct btz_softhsm *s)
{
	const char *const argv[] = { "/bin/rm", "-rf", s->dir, NULL };

	run(argv);
}

void
btz_softhsm_pull(struct btz_softhsm *s)
{
	assert_int_equal(rename(s->tokens, s->away), 0);
	assert_int_equal(mkdir(s->tokens, 0700), 0);
}

void
btz_softhsm_plug(struct btz_softhsm *s)
{
	assert_int_equal(rmdir(s->tokens), 0);
	assert_int_equal(rename(s->away, s->tokens), 0);
}

void
btz_softhsm_conf(
    const struct btz_softhsm *s, const char *name, char *out, size_t cap)
{
	const int n = snprintf(out, cap,
	    "[pkcs11 %s]\nmodule = %s\ntoken = one\npin_file = %s\n"
	    "paths = %s\nconf = %s\n",
	    name, btz_softhsm_module(), s->pin_file, s->dir, s->conf);

	assert_true(n > 0 && (size_t)n < cap);
}

CK_FUNCTION_LIST *
btz_softhsm_functions(void)
{
	void *so = dlopen(btz_softhsm_module(), RTLD_NOW | RTLD_LOCAL);
	void *sym = so == NULL ? NULL : dlsym(so, "C_GetFunctionList");
	CK_C_GetFunctionList get;
	CK_FUNCTION_LIST *f = NULL;

	assert_non_null(sym);
	memcpy(&get, &sym, sizeof(get));
	assert_int_equal(get(&f), CKR_OK);
	return f;
}
