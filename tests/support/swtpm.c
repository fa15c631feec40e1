/* SPDX-License-Identifier: Apache-2.0 */
/* swtpm.c - starts and ends a software TPM for a test; see swtpm.h. */
#include "support/swtpm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MS 20000
#define START_TRIES 5000 /* of 1 ms */

static const char *const program = "/usr/bin/swtpm";

bool
btz_swtpm_present(void)
{
	return access(program, X_OK) == 0;
}

void
btz_swtpm_socket(const struct btz_swtpm *s, char *buf, size_t cap)
{
	snprintf(buf, cap, "%s/tpm", s->dir);
}

static void
nap_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

struct args {
	char state[96], server[112], ctrl[112], log[112];
};

/* The child of a vfork: system calls only. */
static void
run_child(const struct args *a, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	execl(program, program, "socket", "--tpm2", "--tpmstate", a->state,
	    "--server", a->server, "--ctrl", a->ctrl, "--log", a->log,
	    "--flags", "not-need-init,startup-clear", (char *)NULL);
	_exit(127);
}

/* vfork: a process under ASan is slow to copy, and tests start hundreds. */
static pid_t
spawn(const struct btz_swtpm *s)
{
	const char *dir = s->dir;
	struct args a;
	pid_t parent = getpid(), pid;

	snprintf(a.state, sizeof(a.state), "dir=%s", dir);
	snprintf(a.server, sizeof(a.server), "type=unixio,path=%s/tpm", dir);
	snprintf(a.ctrl, sizeof(a.ctrl), "type=unixio,path=%s/ctrl", dir);
	snprintf(a.log, sizeof(a.log), "file=%s/log%s", dir,
	    s->logged ? ",level=5" : "");
	pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
	if (pid == 0)
		run_child(&a, parent);
	return pid;
}

static int
connect_once(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
launch(struct btz_swtpm *s)
{
	char path[96];

	btz_swtpm_socket(s, path, sizeof(path));
	unlink(path);
	s->pid = spawn(s);
	for (int i = 0; s->pid > 0 && i < START_TRIES; i++) {
		if ((s->fd = connect_once(path)) >= 0)
			return true;
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid) {
			s->pid = 0;
			break;
		}
		nap_ms(1);
	}
	fprintf(stderr, "# swtpm did not start: %s\n", strerror(errno));
	return false;
}

static void
halt(struct btz_swtpm *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		waitpid(s->pid, NULL, 0);
	}
	s->pid = 0;
}

static bool
make_dir(struct btz_swtpm *s)
{
	*s = (struct btz_swtpm){ .fd = -1 };
	snprintf(s->dir, sizeof(s->dir), "/tmp/btz-swtpm-XXXXXX");
	if (mkdtemp(s->dir) != NULL)
		return true;
	s->dir[0] = '\0';
	return false;
}

bool
btz_swtpm_start(struct btz_swtpm *s)
{
	return make_dir(s) && launch(s);
}

bool
btz_swtpm_start_logged(struct btz_swtpm *s)
{
	if (!make_dir(s))
		return false;
	s->logged = true;
	return launch(s);
}

/* " SWTPM_IO_Read: length 12" and then " 80 01 00 00 00 0C 00 00 01 7B ..." */
size_t
btz_swtpm_commands(
    const struct btz_swtpm *s, long *at, uint32_t *out, size_t max)
{
	char path[96], line[256];
	unsigned b[10];
	bool next = false;
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/log", s->dir);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	(void)fseek(f, *at, SEEK_SET);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (next && n < max &&
		    sscanf(line, "%x %x %x %x %x %x %x %x %x %x", &b[0], &b[1],
			&b[2], &b[3], &b[4], &b[5], &b[6], &b[7], &b[8],
			&b[9]) == 10)
			out[n++] = b[6] << 24 | b[7] << 16 | b[8] << 8 | b[9];
		next = strstr(line, "SWTPM_IO_Read") != NULL;
	}
	*at = ftell(f);
	(void)fclose(f);
	return n;
}

const char *const btz_swtpm_kept[] = { "tpm2-00.permall", "ek.der",
	"ek-chain.der", "ek-root-spki.der", NULL };

/* False: it is there and was not copied. */
static bool
copy_file(const char *from, const char *to, const char *name, bool needed)
{
	uint8_t buf[65536];
	char path[640];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", from, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return !needed && errno == ENOENT;
	n = read(fd, buf, sizeof(buf));
	close(fd);
	snprintf(path, sizeof(path), "%s/%s", to, name);
	if (n <= 0 || n == (ssize_t)sizeof(buf) ||
	    (fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) < 0)
		return false;
	n -= write(fd, buf, (size_t)n);
	close(fd);
	return n == 0;
}

bool
btz_swtpm_start_copy(struct btz_swtpm *s, const char *dir)
{
	if (!make_dir(s))
		return false;
	for (size_t i = 0; btz_swtpm_kept[i] != NULL; i++)
		if (!copy_file(dir, s->dir, btz_swtpm_kept[i], i == 0))
			return false;
	return launch(s);
}

void
btz_swtpm_halt(struct btz_swtpm *s)
{
	halt(s);
}

bool
btz_swtpm_restart(struct btz_swtpm *s)
{
	halt(s);
	return launch(s);
}

void
btz_swtpm_end(struct btz_swtpm *s)
{
	static const char *const files[] = { "tpm", "ctrl", "log", ".lock",
		"tpm2-00.volatilestate", "tpm2-00.savestate" };
	char path[128];

	halt(s);
	if (s->dir[0] == '\0')
		return;
	for (size_t i = 0; i < BTZ_COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", s->dir, files[i]);
		unlink(path);
	}
	for (size_t i = 0; btz_swtpm_kept[i] != NULL; i++) {
		snprintf(
		    path, sizeof(path), "%s/%s", s->dir, btz_swtpm_kept[i]);
		unlink(path);
	}
	if (rmdir(s->dir) != 0)
		fprintf(stderr, "# %s is left over\n", s->dir);
	s->dir[0] = '\0';
}

static bool
read_all(int fd, uint8_t *buf, size_t len)
{
	struct pollfd pf = { .fd = fd, .events = POLLIN };
	ssize_t n;

	for (size_t done = 0; done < len; done += (size_t)n) {
		if (poll(&pf, 1, ANSWER_MS) != 1)
			return false;
		n = read(fd, buf + done, len - done);
		if (n <= 0)
			return false;
	}
	return true;
}

enum btz_rc
btz_swtpm_transceive(void *arg, const uint8_t *cmd, size_t cmd_len,
    uint8_t *resp, size_t cap, size_t *resp_len)
{
	struct btz_swtpm *s = arg;
	struct btz_rd rd;
	uint16_t tag;
	uint32_t size;

	*resp_len = 0;
	if (s->fd < 0 || cap < 10 ||
	    send(s->fd, cmd, cmd_len, MSG_NOSIGNAL) != (ssize_t)cmd_len ||
	    !read_all(s->fd, resp, 6))
		return BTZ_E_IO;
	btz_rd_init(&rd, resp, 6);
	if (!btz_rd_u16(&rd, &tag) || !btz_rd_u32(&rd, &size) || size < 6 ||
	    size > cap || !read_all(s->fd, resp + 6, size - 6))
		return BTZ_E_IO;
	*resp_len = size;
	return BTZ_OK;
}
