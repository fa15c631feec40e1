/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.c - from fork to exec: descriptors, limits, uid, environment. Between
 * the two only the child runs, and it either becomes the program or exits.
 * Start at btz_up_spawn().
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "up/up.h"

#define HIGH_FD 64 /* where descriptors wait so that they do not overlap */
#define EXIT_SETUP 126

/* What a program inherits of the environment: nothing but these. */
static const char *const keep_env[] = {
#ifdef BTZ_SANITIZED
	"ASAN_OPTIONS",
	"UBSAN_OPTIONS",
	"LSAN_OPTIONS",
#endif
	"TZ",
};

/* Says on the child's own log why it never became a program. */
static _Noreturn void
give_up(const char *what)
{
	int e = errno;
	char line[160];
	int n = snprintf(
	    line, sizeof(line), "up: child: %s: %s\n", what, strerror(e));

	if (n > 0)
		(void)!write(2, line, (size_t)n);
	_exit(EXIT_SETUP);
}

/* fds[i] becomes 3 + i, log_fd 1 and 2, nothing else stays open. */
static void
move_fds(const struct btz_spawn *s)
{
	int high[BTZ_SLOTS_MAX + 4], log_fd;
	int null = open("/dev/null", O_RDONLY);

	log_fd = fcntl(s->log_fd, F_DUPFD, HIGH_FD);
	if (null < 0 || log_fd < 0 || dup2(log_fd, 2) < 0)
		give_up("standard descriptors");
	for (size_t i = 0; i < s->n_fds; i++) {
		high[i] = fcntl(s->fds[i], F_DUPFD, HIGH_FD);
		if (high[i] < 0)
			give_up("descriptors");
	}
	if (dup2(null, 0) < 0 || dup2(2, 1) < 0)
		give_up("standard descriptors");
	for (size_t i = 0; i < s->n_fds; i++)
		if (dup2(high[i], BTZ_FD_CONTROL + (int)i) < 0)
			give_up("descriptors");
	if (close_range(BTZ_FD_CONTROL + (unsigned)s->n_fds, ~0u, 0) != 0)
		give_up("close_range");
}

static void
set_signals(void)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 1; i < 32; i++)
		if (i != SIGKILL && i != SIGSTOP)
			(void)signal(i, SIG_DFL);
	/* Apache is asked to read its certificate anew by SIGUSR1: before it has
	 * a handler, that must not end it. */
	(void)signal(SIGUSR1, SIG_IGN);
}

static void
set_limits(void)
{
	const struct rlimit core = { 0, 0 };
	const struct rlimit files = { 4096, 4096 };

	if (setrlimit(RLIMIT_CORE, &core) != 0)
		give_up("limits");
	(void)setrlimit(RLIMIT_NOFILE, &files); /* may be lower already */
}

#define GROUPS_MAX 1

/* The device that a crypto service opens; NULL: none. */
static const char *
device_of(const struct btz_up *up, enum btz_prog as)
{
	const char *path = NULL;

	if (as == BTZ_PROG_CRYPTO_TEE && btz_up_real_tee(&up->conf))
		path = BTZ_TEE_DEVICE;
	else if (as == BTZ_PROG_CRYPTO_TPM)
		(void)btz_backends_tpm_device(&up->conf.backends, &path);
	return path;
}

/* Besides its own. The device of a TEE or TPM is opened by its group (as
 * Debian's tee-supplicant and tpm-udev install them), unless the group may
 * not, or is root's.
 * bartizan-vpn reads the policy, which access writes for httpd's group. */
static size_t
more_groups(const struct btz_up *up, enum btz_prog as, gid_t out[GROUPS_MAX])
{
	const char *device = device_of(up, as);
	struct stat st;

	if (as == BTZ_PROG_VPN) {
		out[0] = (gid_t)btz_up_uid(up, BTZ_PROG_HTTPD);
		return 1;
	}
	if (device == NULL || stat(device, &st) != 0 || st.st_gid == 0 ||
	    (st.st_mode & (S_IRGRP | S_IWGRP)) != (S_IRGRP | S_IWGRP))
		return 0;
	out[0] = st.st_gid;
	return 1;
}

/* bartizan-vpn's keeper sets up tunnels and nftables. Where we have not that
 * right ourselves, the program says so (no-cutoff). */
static void
keep_net_admin(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	const uint32_t bit = UINT32_C(1) << CAP_NET_ADMIN;
	const struct __user_cap_data_struct caps[2] = { { bit, bit, bit } };

	if (syscall(SYS_capset, &head, caps) == 0)
		(void)prctl(
		    PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0);
}

/* The uid's processes die with us, whatever happens to us. Set after the
 * change of uid, which clears it. */
static void
become(const struct btz_up *up, enum btz_prog as, pid_t parent)
{
	uid_t uid = btz_up_uid(up, as);
	gid_t groups[GROUPS_MAX];

	if (as == BTZ_PROG_VPN && up->root &&
	    prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		give_up("rights");
	if (up->root &&
	    (setgroups(more_groups(up, as, groups), groups) != 0 ||
		setresgid((gid_t)uid, (gid_t)uid, (gid_t)uid) != 0 ||
		setresuid(uid, uid, uid) != 0))
		give_up("uid of its own");
	if (as == BTZ_PROG_VPN && up->root)
		keep_net_admin();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		give_up("prctl");
	if (getppid() != parent)
		_exit(EXIT_SETUP);
}

/* Leaks of a program that is not ours (Apache, with the sanitizer preloaded)
 * are not ours to report. */
static const char *
env_value(const struct btz_spawn *s, const char *name)
{
	if (s->preload != NULL && strcmp(name, "ASAN_OPTIONS") == 0)
		return "detect_leaks=0";
	return getenv(name);
}

static void
clean_env(const struct btz_spawn *s, char env[8][512], char *envp[10])
{
	const struct btz_token *token = btz_backends_token(
	    &s->up->conf.backends, s->as);
	size_t n = 0;

	(void)snprintf(env[n], 512, "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	envp[n] = env[n];
	n++;
	(void)snprintf(env[n], 512, "BARTIZAN_HOME=%s", s->up->home);
	envp[n] = env[n];
	n++;
	for (size_t i = 0; i < BTZ_COUNT(keep_env); i++) {
		const char *v = env_value(s, keep_env[i]);

		if (v == NULL || n >= 7)
			continue;
		(void)snprintf(env[n], 512, "%s=%s", keep_env[i], v);
		envp[n] = env[n];
		n++;
	}
	if (token != NULL && token->conf.conf[0] != '\0') {
		(void)snprintf(
		    env[n], 512, "SOFTHSM2_CONF=%s", token->conf.conf);
		envp[n] = env[n];
		n++;
	}
	if (s->preload != NULL) {
		(void)snprintf(env[n], 512, "LD_PRELOAD=%s", s->preload);
		envp[n] = env[n];
		n++;
	}
	envp[n] = NULL;
}

static _Noreturn void
run_child(const struct btz_spawn *s, pid_t parent)
{
	static char env[8][512];
	char *envp[10];

	(void)setpgid(0, 0);
	set_signals();
	move_fds(s);
	set_limits();
	clean_env(s, env, envp);
	(void)umask(s->umask);
	if (chdir("/") != 0)
		give_up("chdir");
	become(s->up, s->as, parent);
	/* execve does not write to its strings (POSIX, exec, rationale) */
	(void)execve(s->argv[0], (char *const *)(uintptr_t)s->argv, envp);
	give_up(s->argv[0]);
}

enum btz_rc
btz_up_spawn(const struct btz_spawn *s, pid_t *pid, struct btz_err *err)
{
	pid_t self = getpid();

	*pid = 0;
	if (access(s->argv[0], X_OK) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_NOENT, "%s", s->argv[0]);
	*pid = fork();
	if (*pid < 0) {
		*pid = 0;
		return BTZ_FAIL_SYS(err, BTZ_E_AGAIN, "fork");
	}
	if (*pid == 0)
		run_child(s, self);
	(void)setpgid(*pid, *pid); /* whoever is first */
	return BTZ_OK;
}

static _Noreturn void
run_guard(const struct btz_up *up, enum btz_prog as, pid_t leader, int rd)
{
	char byte;

	set_signals();
	(void)setpgid(0, 0);
	if (dup2(rd, 3) < 0 || close_range(4, ~0u, 0) != 0)
		_exit(EXIT_SETUP);
	if (up->root) {
		uid_t uid = btz_up_uid(up, as);

		if (setgroups(0, NULL) != 0 ||
		    setresgid((gid_t)uid, (gid_t)uid, (gid_t)uid) != 0 ||
		    setresuid(uid, uid, uid) != 0)
			_exit(EXIT_SETUP);
	}
	(void)prctl(PR_SET_NAME, "up-guard");
	while (read(3, &byte, 1) < 0 && errno == EINTR)
		;
	(void)kill(-leader, SIGKILL);
	_exit(0);
}

enum btz_rc
btz_up_guard(const struct btz_up *up, enum btz_prog as, pid_t leader,
    pid_t *pid, int *life_line, struct btz_err *err)
{
	int fds[2];

	*pid = 0;
	*life_line = -1;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "guard");
	*pid = fork();
	if (*pid == 0)
		run_guard(up, as, leader, fds[0]);
	(void)close(fds[0]);
	if (*pid < 0) {
		(void)close(fds[1]);
		*pid = 0;
		return BTZ_FAIL_SYS(err, BTZ_E_AGAIN, "guard");
	}
	*life_line = fds[1];
	return BTZ_OK;
}
