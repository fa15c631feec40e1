/* SPDX-License-Identifier: Apache-2.0 */
/* swtpm_ek.c - states by ek_swtpm.sh, kept and copied; see swtpm_ek.h. */
#include "support/swtpm_ek.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char script[] = BTZ_TOP "/tests/support/ek_swtpm.sh";
static const char issuer[] = BTZ_TOP
    "/tests/vectors/ek/everybody-has-these-keys/issuercert.der";

bool
btz_swtpm_ek_present(void)
{
	return btz_swtpm_present() && access("/usr/bin/swtpm_setup", X_OK) == 0;
}

static bool
make(const char *dir)
{
	char program[] = BTZ_TOP "/tests/support/ek_swtpm.sh", where[600];
	char *argv[] = { program, where, NULL };
	int status = -1;
	pid_t pid;

	(void)snprintf(where, sizeof(where), "%s", dir);
	return posix_spawn(&pid, program, NULL, NULL, argv, environ) == 0 &&
	       waitpid(pid, &status, 0) == pid && status == 0;
}

static void
discard(const char *dir)
{
	char path[600];

	for (size_t i = 0; btz_swtpm_kept[i] != NULL; i++) {
		(void)snprintf(
		    path, sizeof(path), "%s/%s", dir, btz_swtpm_kept[i]);
		unlink(path);
	}
	rmdir(dir);
}

/* Of another script or issuer it is another directory. */
static bool
cache_name(char *out, size_t cap)
{
	const char *env = getenv("BTZ_BUILD");
	const char *build = env != NULL ? env : BTZ_TOP "/build";
	struct stat a, b;

	return stat(script, &a) == 0 && stat(issuer, &b) == 0 &&
	       snprintf(out, cap, "%s/swtpm-ek-%llx-%llx", build,
		   (unsigned long long)a.st_mtime,
		   (unsigned long long)b.st_mtime) < (int)cap;
}

/* Made beside it; who comes second takes the first one's. */
static bool
make_cache(const char *dir)
{
	char own[520];

	(void)snprintf(own, sizeof(own), "%s-XXXXXX", dir);
	if (mkdtemp(own) == NULL)
		return false;
	if (make(own) && rename(own, dir) == 0)
		return true;
	discard(own);
	return access(dir, F_OK) == 0;
}

bool
btz_swtpm_start_ek(struct btz_swtpm *s)
{
	char dir[500];

	*s = (struct btz_swtpm){ .fd = -1 };
	return cache_name(dir, sizeof(dir)) &&
	       (access(dir, F_OK) == 0 || make_cache(dir)) &&
	       btz_swtpm_start_copy(s, dir);
}

bool
btz_swtpm_start_new_ek(struct btz_swtpm *s)
{
	char dir[] = "/tmp/btz-swtpm-ek-XXXXXX";
	bool ok;

	*s = (struct btz_swtpm){ .fd = -1 };
	if (mkdtemp(dir) == NULL)
		return false;
	ok = make(dir) && btz_swtpm_start_copy(s, dir);
	discard(dir);
	return ok;
}

static bool
read_one(const struct btz_swtpm *s, const char *name, uint8_t *buf, size_t cap,
    struct btz_span *out)
{
	char path[128];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0) {
		n = read(fd, buf, cap);
		close(fd);
	}
	*out = btz_span_of(buf, n > 0 ? (size_t)n : 0);
	return n > 0 && (size_t)n < cap;
}

bool
btz_swtpm_ek_read(const struct btz_swtpm *s, struct btz_swtpm_ek *out)
{
	return read_one(s, "ek.der", out->cert_buf, sizeof(out->cert_buf),
		   &out->cert) &&
	       read_one(s, "ek-chain.der", out->chain_buf,
		   sizeof(out->chain_buf), &out->chain) &&
	       read_one(s, "ek-root-spki.der", out->root_buf,
		   sizeof(out->root_buf), &out->root);
}
