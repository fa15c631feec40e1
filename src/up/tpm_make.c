/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm_make.c - the first state of the emulated TPM, by swtpm_setup, with an
 * endorsement certificate of a local CA ([tpm] ek_ca). Before the loop runs,
 * once in the life of a home. It is made in tpm/new and moved when complete;
 * until it is given to the TPM's uid, that directory is ours alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "up/up.h"

#define WAIT_MS 60000
#define STEP_MS 20
#define STATE "tpm2-00.permall"

struct make {
	struct btz_up *up;
	char dir[512], program[64];
};

static const char *const left[] = { STATE, ".lock", ".lock.swtpm-localca",
	"localca.conf", "localca.options", "setup.conf", "certserial" };

static void
remove_dir(const struct make *m)
{
	char path[600];

	for (size_t i = 0; i < BTZ_COUNT(left); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", m->dir, left[i]);
		(void)unlink(path);
	}
	(void)rmdir(m->dir);
}

static enum btz_rc
give_away(const struct make *m, const char *path, struct btz_err *err)
{
	const uid_t uid = btz_up_uid(m->up, BTZ_PROG_SWTPM);

	if (m->up->root && lchown(path, uid, (gid_t)uid) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "owner of %s", path);
	return BTZ_OK;
}

static enum btz_rc
put(const struct make *m, const char *name, const char *text,
    struct btz_err *err)
{
	const size_t len = strlen(text);
	char path[600];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", m->dir, name);
	fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "make %s", path);
	if (write(fd, text, len) != (ssize_t)len) {
		(void)close(fd);
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "write %s", path);
	}
	(void)close(fd);
	return give_away(m, path, err);
}

/* What swtpm_localca(8) and swtpm_setup.conf(5) want. The serial number is
 * drawn: boxes of one CA know nothing of each other. */
static enum btz_rc
put_files(const struct make *m, struct btz_err *err)
{
	const char *ca = m->up->conf.tpm.ek_ca;
	char localca[3000], setup[2000], serial[24];
	uint32_t n = 0;
	enum btz_rc rc;

	if (getrandom(&n, sizeof(n), 0) != (ssize_t)sizeof(n))
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "random");
	(void)snprintf(serial, sizeof(serial), "%u", n >> 1);
	(void)snprintf(localca, sizeof(localca),
	    "statedir = %s\nsigningkey = %s/signkey.pem\n"
	    "issuercert = %s/issuercert.pem\ncertserial = %s/certserial\n",
	    m->dir, ca, ca, m->dir);
	(void)snprintf(setup, sizeof(setup),
	    "create_certs_tool = %s_localca\n"
	    "create_certs_tool_config = %s/localca.conf\n"
	    "create_certs_tool_options = %s/localca.options\n",
	    m->program, m->dir, m->dir);
	/* swtpm_localca lies beside swtpm_setup */
	if ((rc = put(m, "certserial", serial, err)) != BTZ_OK ||
	    (rc = put(m, "localca.conf", localca, err)) != BTZ_OK ||
	    (rc = put(m, "localca.options", "", err)) != BTZ_OK ||
	    (rc = put(m, "setup.conf", setup, err)) != BTZ_OK)
		return rc;
	return give_away(m, m->dir, err);
}

static enum btz_rc
await(pid_t pid, struct btz_err *err)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	int status;

	for (int ms = 0; ms < WAIT_MS; ms += STEP_MS) {
		const pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0
				   ? BTZ_OK
				   : BTZ_FAIL(err, BTZ_E_CONFIG,
					 "[tpm] ek_ca: swtpm_setup failed: "
					 "see log/swtpm_setup.log");
		if (got < 0 && errno != EINTR)
			return BTZ_FAIL_SYS(err, BTZ_E_IO, "swtpm_setup");
		(void)nanosleep(&step, NULL);
	}
	(void)kill(-pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	return BTZ_FAIL(err, BTZ_E_TIMEOUT, "swtpm_setup");
}

static enum btz_rc
run_setup(const struct make *m, struct btz_err *err)
{
	char program[80], config[600], log[512];
	const char *const argv[] = { program, "--tpm2", "--create-ek-cert",
		"--ecc", "--pcr-banks", "-", "--vmid", m->up->conf.box.name,
		"--config", config, "--tpm-state", m->dir, NULL };
	struct btz_spawn s = {
		.up = m->up, .as = BTZ_PROG_SWTPM, .umask = 0077, .argv = argv
	};
	enum btz_rc rc;
	pid_t pid;

	(void)snprintf(program, sizeof(program), "%s_setup", m->program);
	(void)snprintf(config, sizeof(config), "%s/setup.conf", m->dir);
	rc = btz_up_path(m->up, "log/swtpm_setup.log", log, sizeof(log), err);
	if (rc != BTZ_OK)
		return rc;
	s.log_fd = open(
	    log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (s.log_fd < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "open %s", log);
	rc = btz_up_spawn(&s, &pid, err);
	(void)close(s.log_fd);
	return rc == BTZ_OK ? await(pid, err) : rc;
}

static enum btz_rc
move(const struct make *m, const char *state, struct btz_err *err)
{
	char path[600];

	(void)snprintf(path, sizeof(path), "%s/" STATE, m->dir);
	if (rename(path, state) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "rename %s", path);
	btz_log(BTZ_LOG_INFO, 0, "tpm made ek_ca=%s", m->up->conf.tpm.ek_ca);
	return BTZ_OK;
}

static enum btz_rc
find_programs(struct make *m, struct btz_err *err)
{
	static const char *const places[] = { "/usr/bin/swtpm",
		"/usr/local/bin/swtpm" };
	char path[80];

	for (size_t i = 0; i < BTZ_COUNT(places); i++) {
		(void)snprintf(path, sizeof(path), "%s_setup", places[i]);
		if (access(path, X_OK) != 0)
			continue;
		(void)snprintf(m->program, sizeof(m->program), "%s", places[i]);
		return BTZ_OK;
	}
	return BTZ_FAIL(err, BTZ_E_CONFIG,
	    "[tpm] ek_ca: swtpm_setup is not installed (Debian: swtpm-tools)");
}

/* swtpm_localca makes a CA of its own where there is none. */
static enum btz_rc
check_ca(const struct make *m, struct btz_err *err)
{
	static const char *const names[] = { "signkey.pem", "issuercert.pem" };
	char path[512];

	for (size_t i = 0; i < BTZ_COUNT(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s",
		    m->up->conf.tpm.ek_ca, names[i]);
		if (access(path, R_OK) != 0)
			return BTZ_FAIL_SYS(
			    err, BTZ_E_CONFIG, "[tpm] ek_ca: %s", path);
	}
	return BTZ_OK;
}

enum btz_rc
btz_up_tpm_make(struct btz_up *up, struct btz_err *err)
{
	struct make m = { .up = up };
	char state[512];
	enum btz_rc rc;

	if (up->conf.tpm.ek_ca[0] == '\0')
		return BTZ_OK;
	if ((rc = btz_up_path(up, "tpm/" STATE, state, sizeof(state), err)) !=
		BTZ_OK ||
	    access(state, F_OK) == 0)
		return rc;
	if ((rc = btz_up_path(up, "tpm/new", m.dir, sizeof(m.dir), err)) !=
		BTZ_OK ||
	    (rc = check_ca(&m, err)) != BTZ_OK ||
	    (rc = find_programs(&m, err)) != BTZ_OK)
		return rc;
	remove_dir(&m); /* of a start that was cut off */
	if (mkdir(m.dir, 0700) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "make %s", m.dir);
	if ((rc = put_files(&m, err)) == BTZ_OK &&
	    (rc = run_setup(&m, err)) == BTZ_OK)
		rc = move(&m, state, err);
	remove_dir(&m);
	return rc;
}
