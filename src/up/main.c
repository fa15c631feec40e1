/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - bartizan-up, the supervisor: the life of a box in order. Start at
 * run(). `bartizan up` executes it; systemd does so through
 * `bartizan up --foreground`.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/home.h"
#include "base/log.h"
#include "up/up.h"

struct options {
	const char *home; /* NULL: the system's places */
	bool check_only, detach, help, json;
};

static enum btz_rc
parse_options(int argc, char **argv, struct options *o, struct btz_err *err)
{
	*o = (struct options){ .home = getenv("BARTIZAN_HOME") };
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-n") == 0)
			o->check_only = true;
		else if (strcmp(argv[i], "--detach") == 0)
			o->detach = true;
		else if (strcmp(argv[i], "--json") == 0)
			o->json = true;
		else if (strcmp(argv[i], "--help") == 0)
			o->help = true;
		else if (strcmp(argv[i], "--home") == 0 && i + 1 < argc)
			o->home = argv[++i];
		else
			return BTZ_FAIL(
			    err, BTZ_E_USAGE, "option '%s'", argv[i]);
	}
	if (o->home != NULL && o->home[0] == '\0')
		o->home = NULL;
	return BTZ_OK;
}

/* Absolute, made if missing; system places hang below fixed paths. */
static enum btz_rc
set_home(struct btz_up *up, const char *home, bool make, struct btz_err *err)
{
	char *path;

	if (home == NULL) {
		(void)snprintf(
		    up->home, sizeof(up->home), "%s", BTZ_HOME_SYSTEM);
		return BTZ_OK;
	}
	if (make && mkdir(home, 0755) != 0 && errno != EEXIST)
		return BTZ_FAIL_SYS(err, BTZ_E_CONFIG, "make %s", home);
	path = realpath(home, NULL);
	if (path == NULL)
		return BTZ_FAIL_SYS(err, BTZ_E_CONFIG, "home %s", home);
	(void)snprintf(up->home, sizeof(up->home), "%s", path);
	up->home_or_null = up->home;
	if (strlen(path) >= sizeof(up->home) / 2) {
		free(path);
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "home %s is too long: "
		    "choose a shorter --home",
		    up->home);
	}
	free(path);
	return BTZ_OK;
}

/* Children change to /: their programs must be found from there. */
static void
set_libexec(void)
{
	const char *dir = getenv("BARTIZAN_LIBEXEC");
	char *path = dir == NULL ? NULL : realpath(dir, NULL);

	if (path != NULL)
		(void)setenv("BARTIZAN_LIBEXEC", path, 1);
	free(path);
}

static enum btz_rc
make_parent_dirs(const struct btz_up *up, struct btz_err *err)
{
	static const char *const rels[] = { "etc", "run", "log", "" };
	char path[512];
	enum btz_rc rc = BTZ_OK;

	for (size_t i = 0; rc == BTZ_OK && i < BTZ_COUNT(rels); i++) {
		rc = btz_up_path(up, rels[i], path, sizeof(path), err);
		if (rc == BTZ_OK && mkdir(path, 0755) != 0 && errno != EEXIST)
			rc = BTZ_FAIL_SYS(err, BTZ_E_IO, "make %s", path);
	}
	return rc;
}

/* Two supervisors on one home would fight over its sockets. */
static enum btz_rc
take_lock(struct btz_up *up, struct btz_err *err)
{
	char path[512], pid[32] = "";
	enum btz_rc rc;

	rc = btz_up_path(up, "run/up.lock", path, sizeof(path), err);
	if (rc != BTZ_OK)
		return rc;
	up->lock_fd = open(
	    path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (up->lock_fd < 0)
		return BTZ_FAIL_SYS(err,
		    errno == EACCES ? BTZ_E_DENIED : BTZ_E_IO, "open %s", path);
	if (flock(up->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (read(up->lock_fd, pid, sizeof(pid) - 1) < 0)
			pid[0] = '\0';
		pid[strcspn(pid, "\n")] = '\0';
		return BTZ_FAIL(err, BTZ_E_STATE,
		    "'bartizan up' runs already "
		    "on %s (pid %s): 'bartizan down' stops it",
		    up->home, pid);
	}
	(void)snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(up->lock_fd, 0) != 0 ||
	    pwrite(up->lock_fd, pid, strlen(pid), 0) < 0)
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "write %s", path);
	return BTZ_OK;
}

static void
on_stop(int signo, void *arg)
{
	(void)signo;
	btz_up_stop(arg);
}

static void
on_child(int signo, void *arg)
{
	(void)signo;
	btz_up_on_sigchld(arg);
}

static enum btz_rc
open_signals(struct btz_up *up, struct btz_err *err)
{
	static const int stops[] = { SIGTERM, SIGINT, SIGHUP };
	enum btz_rc rc;

	(void)signal(SIGPIPE, SIG_IGN);
	rc = btz_loop_signal(up->loop, SIGCHLD, on_child, up, err);
	for (size_t i = 0; rc == BTZ_OK && i < BTZ_COUNT(stops); i++)
		rc = btz_loop_signal(up->loop, stops[i], on_stop, up, err);
	return rc;
}

static void
start_all(struct btz_up *up)
{
	for (size_t i = 0; i < btz_up_progs_count; i++)
		if (up->children[btz_up_progs[i].prog].prog != NULL)
			btz_up_child_start(&up->children[btz_up_progs[i].prog]);
}

static enum btz_rc
check_places(const struct btz_up *up, struct btz_err *err)
{
	const char *dir = getenv("BARTIZAN_LIBEXEC");
	enum btz_rc rc = btz_up_check_way(up, up->home, err);

	if (rc == BTZ_OK && dir != NULL && dir[0] == '/')
		rc = btz_up_check_way(up, dir, err);
	return rc;
}

/* Standard error of the detached supervisor: log/up.log. */
static void
detach_output(const struct btz_up *up)
{
	struct btz_err err;
	char path[512];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), fd = -1;

	if (btz_up_path(up, "log/up.log", path, sizeof(path), &err) == BTZ_OK)
		fd = open(
		    path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (null >= 0)
		(void)dup2(null, 0);
	if (null >= 0)
		(void)dup2(null, 1);
	if (fd >= 0)
		(void)dup2(fd, 2);
}

static enum btz_rc
run(struct btz_up *up, const struct options *o, struct btz_err *err)
{
	enum btz_rc rc;

	set_libexec();
	if ((rc = set_home(up, o->home, !o->check_only, err)) != BTZ_OK)
		return rc;
	if (o->check_only)
		return btz_up_conf_load(up->home_or_null, true, &up->conf, err);
	if ((rc = check_places(up, err)) != BTZ_OK ||
	    (rc = make_parent_dirs(up, err)) != BTZ_OK ||
	    (rc = take_lock(up, err)) != BTZ_OK ||
	    (rc = btz_up_conf_load(up->home_or_null, false, &up->conf, err)) !=
		BTZ_OK ||
	    (rc = btz_up_layout(up, err)) != BTZ_OK ||
	    (rc = btz_up_tpm_make(up, err)) != BTZ_OK ||
	    (rc = btz_loop_new(&up->loop, err)) != BTZ_OK ||
	    (rc = open_signals(up, err)) != BTZ_OK ||
	    (rc = btz_up_admin_new(up, err)) != BTZ_OK ||
	    (rc = btz_up_children_init(up, err)) != BTZ_OK ||
	    (rc = btz_up_https_new(up, err)) != BTZ_OK)
		goto out;
	if (o->detach)
		detach_output(up);
	btz_log(BTZ_LOG_INFO, 0, "box=%s home=%s isolation=%s",
	    up->conf.box.name, up->home, up->root ? "uids" : "shared-uid");
	start_all(up);
	rc = btz_loop_run(up->loop, err);
out:
	btz_up_https_free(up);
	btz_up_admin_free(up);
	btz_up_children_end(up);
	btz_loop_free(up->loop);
	return rc;
}

static void
put_json(const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char ch = (unsigned char)*s;

		if (ch == '"' || ch == '\\')
			(void)fprintf(stderr, "\\%c", ch);
		else if (ch == '\n')
			(void)fputs(s[1] == '\0' ? "" : "; ", stderr);
		else if (ch < 0x20 || ch >= 0x7f)
			(void)fprintf(stderr, "\\u%04x", ch);
		else
			(void)fputc(ch, stderr);
	}
}

/* As the command line does it (cli/output.h). */
static void
print_failure(bool json, const char *code, const char *msg, const char *hint)
{
	if (!json) {
		(void)fprintf(stderr, "bartizan: %s\n", msg);
		if (hint[0] != '\0')
			(void)fprintf(stderr, "  hint: %s\n", hint);
		return;
	}
	(void)fprintf(
	    stderr, "{\"error\":{\"code\":\"%s\",\"message\":\"", code);
	put_json(msg);
	(void)fputs("\",\"hint\":\"", stderr);
	put_json(hint);
	(void)fputs("\"}}\n", stderr);
}

/* The parent waits for the report: nothing said and closed means that every
 * program runs. A line that begins with '!' is the exit status. */
static int
await_report(int fd, bool json)
{
	char buf[4096], msg[4200];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(buf) - 1 &&
	       ((n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0 ||
		   (n < 0 && errno == EINTR)))
		len += n > 0 ? (size_t)n : 0;
	buf[len] = '\0';
	if (buf[0] == '!')
		return (int)strtol(buf + 1, NULL, 10);
	if (len == 0)
		return 0;
	if (buf[len - 1] == '\n')
		buf[len - 1] = '\0';
	(void)snprintf(
	    msg, sizeof(msg), "the box is up, but not whole:\n%s", buf);
	print_failure(json, btz_rc_name(BTZ_E_DOWN), msg,
	    "see log/ and 'bartizan status'");
	return btz_rc_exit(BTZ_E_DOWN);
}

static int
report_failure(const struct btz_up *up, bool json, const struct btz_err *err)
{
	char msg[512];
	int status = btz_rc_exit(err->rc);

	(void)snprintf(msg, sizeof(msg), "up: %s%s%s", err->msg,
	    err->sys_errno == 0 ? ": " : "",
	    err->sys_errno == 0 ? btz_rc_text(err->rc) : "");
	print_failure(json, btz_rc_name(err->rc), msg, btz_rc_hint(err->rc));
	if (up->report_fd >= 0)
		(void)dprintf(up->report_fd, "!%d\n", status);
	return status;
}

/* In the parent: the exit status >= 0. In the child: -1. */
static int
detach(struct btz_up *up, bool json)
{
	int fds[2], status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
		perror("bartizan: up: detach");
		return 70;
	}
	if (pid > 0) {
		(void)close(fds[1]);
		status = await_report(fds[0], json);
		return status;
	}
	(void)close(fds[0]);
	(void)setsid();
	up->report_fd = fds[1];
	return -1;
}

int
main(int argc, char **argv)
{
	static struct btz_up up = { .lock_fd = -1, .report_fd = -1 };
	struct btz_err err = { .rc = BTZ_OK };
	struct options o;
	enum btz_rc rc;
	int status;

	btz_log_init("up", BTZ_LOG_INFO);
	up.root = geteuid() == 0;
	up.started = btz_boot_ms();
	rc = parse_options(argc, argv, &o, &err);
	if (rc != BTZ_OK || o.help) {
		(void)fprintf(o.help ? stdout : stderr,
		    "usage: bartizan-up [--home DIR] [-n] [--detach]\n");
		return rc == BTZ_OK ? 0 : 2;
	}
	if (o.detach && !o.check_only && (status = detach(&up, o.json)) >= 0)
		return status;
	(void)prctl(PR_SET_DUMPABLE, 0);
	rc = run(&up, &o, &err);
	if (rc != BTZ_OK)
		return report_failure(&up, o.json, &err);
	if (o.check_only)
		(void)printf("configuration of %s is correct\n", up.home);
	return 0;
}
