/* SPDX-License-Identifier: Apache-2.0 */
/* spawn.c - a small supervisor for process tests; contract in spawn.h. */
#include "support/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sock.h"
#include "wire/msg_edge.h"
#include "wire/ops.h"

#define READY_MS 20000
#define STOP_MS 10000
#define FD_BASE 100 /* where a child parks descriptors before moving them */

struct child {
	pid_t pid; /* 0: not running */
	int control;
	uid_t uid;
};

struct btz_box {
	char home[64];
	char *conf;
	struct child child[BTZ_PROG_COUNT];
	int edge[BTZ_SLOTS_MAX * BTZ_PROG_COUNT]; /* test's end, by edge */
	int listener[32];
	int failed;
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "# spawn: %s: %s\n", what, strerror(errno));
	abort();
}

static void
make_dir(const struct btz_box *box, const char *rel)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", box->home, rel);
	if (mkdir(path, 0777) != 0 || chmod(path, 0777) != 0)
		die(path);
}

struct btz_box *
btz_box_new(const char *conf)
{
	static const char *const dirs[] = { "lib", "run", "run/admin",
		"run/http", "run/parsec", "audit", "policy" };
	const char *tmp = getenv("BTZ_TEST_TMP");
	struct btz_box *box = calloc(1, sizeof(*box));

	if (box == NULL)
		die("memory");
	(void)snprintf(box->home, sizeof(box->home), "%s/btz-test-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(box->home) == NULL || chmod(box->home, 0755) != 0)
		die("mkdtemp");
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		make_dir(box, dirs[i]);
	box->conf = strdup(conf == NULL ? "" : conf);
	for (size_t i = 0; i < sizeof(box->edge) / sizeof(int); i++)
		box->edge[i] = -1;
	for (size_t i = 0; i < sizeof(box->listener) / sizeof(int); i++)
		box->listener[i] = -1;
	for (size_t i = 0; i < BTZ_PROG_COUNT; i++)
		box->child[i].control = -1;
	return box;
}

const char *
btz_box_home(const struct btz_box *box)
{
	return box->home;
}

void
btz_box_set_uid(struct btz_box *box, enum btz_prog prog, uid_t uid)
{
	box->child[prog].uid = uid;
}

static void
drop_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* Both ends name the sender of every message from the first one on. */
static void
make_pair(int out[2])
{
	int on = 1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, out) != 0 ||
	    setsockopt(out[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) ||
	    setsockopt(out[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)))
		die("socketpair");
}

static int
slot_of(enum btz_prog prog, const struct btz_edge *e)
{
	struct btz_slot slots[BTZ_SLOTS_MAX];
	size_t n = btz_slots(prog, slots);

	for (size_t i = 0; i < n; i++)
		if (slots[i].edge == e)
			return (int)i;
	return -1;
}

/* A running daemon gets the end of a new pair over its control socket. */
static void
give_edge(
    struct btz_box *box, enum btz_prog prog, const struct btz_edge *e, int fd)
{
	static struct btz_msgbuf buf;
	struct btz_edge_end m = { .slot = (uint8_t)slot_of(prog, e) };
	struct btz_frame f = { .op = BTZ_OP_EDGE,
		.flags = BTZ_FRAME_EVENT | BTZ_FRAME_FD };

	if (btz_sock_pack(&buf, &f, &btz_def_edge_end, &m) != BTZ_OK ||
	    btz_sock_send(box->child[prog].control, buf.bytes, buf.len, fd) !=
		BTZ_OK)
		die("new edge");
}

static int
slot_fd(struct btz_box *box, enum btz_prog prog, const struct btz_edge *e)
{
	size_t at = (size_t)(e - btz_edges);
	enum btz_prog other = e->from == prog ? e->to : e->from;
	int pair[2];

	make_pair(pair);
	drop_fd(&box->edge[at]);
	if (box->child[other].pid != 0) {
		give_edge(box, other, e, pair[1]);
		(void)close(pair[1]);
	} else {
		box->edge[at] = pair[1];
	}
	return pair[0];
}

static int
listen_fd(struct btz_box *box, const struct btz_listener *l)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int *fd = &box->listener[l - btz_listeners];

	if (*fd >= 0)
		return fcntl(*fd, F_DUPFD_CLOEXEC, 3);
	(void)snprintf(
	    sa.sun_path, sizeof(sa.sun_path), "%s/run/%s", box->home, l->path);
	*fd = socket(AF_UNIX,
	    (l->stream ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_CLOEXEC, 0);
	if (*fd < 0 ||
	    bind(*fd, (const struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    chmod(sa.sun_path, 0666) != 0 || listen(*fd, 512) != 0)
		die(sa.sun_path);
	return fcntl(*fd, F_DUPFD_CLOEXEC, 3);
}

/* As `up` does: [box] and the sections of that program. */
static bool
wants(enum btz_prog prog, const char *line)
{
	static const char *const sections[BTZ_PROG_COUNT] = {
		[BTZ_PROG_TA] = "[tpm]",
		[BTZ_PROG_AUDIT] = "[audit]",
		[BTZ_PROG_CRYPTO_SOFT] = "[crypto]",
		[BTZ_PROG_CRYPTO_TEE] = "[crypto]",
		[BTZ_PROG_CRYPTO_P11_1] = "[crypto]",
		[BTZ_PROG_CRYPTO_TPM] = "[crypto]",
		[BTZ_PROG_BROKER] = "[broker]",
		[BTZ_PROG_ACCESS] = "[access]",
		[BTZ_PROG_CA] = "[ca]",
		[BTZ_PROG_PARSEC] = "[parsec]",
	};
	const char *own = sections[prog];

	return strncmp(line, "[box]", 5) == 0 ||
	       (own != NULL && strncmp(line, own, strlen(own)) == 0) ||
	       (prog == BTZ_PROG_BROKER && strncmp(line, "[app ", 5) == 0) ||
	       ((prog == BTZ_PROG_BROKER || prog == BTZ_PROG_CRYPTO_TPM) &&
		   strncmp(line, "[tpm-direct]", 12) == 0) ||
	       ((prog == BTZ_PROG_BROKER || prog == BTZ_PROG_CRYPTO_P11_1) &&
		   strncmp(line, "[pkcs11 ", 8) == 0);
}

static int
conf_fd(const struct btz_box *box, enum btz_prog prog)
{
	int fd = memfd_create("conf", MFD_CLOEXEC);
	bool on = false;

	for (const char *line = box->conf; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		len += line[len] == '\n';
		if (line[0] == '[')
			on = wants(prog, line);
		if (on && write(fd, line, len) != (ssize_t)len)
			die("memfd");
		line += len;
	}
	return fd;
}

static void
exec_daemon(const struct btz_box *box, enum btz_prog prog, const char *exe,
    const int *fds, int n)
{
	uid_t uid = box->child[prog].uid;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* A confined process cannot be traced: LeakSanitizer would fail. */
	(void)setenv("ASAN_OPTIONS", "detect_leaks=0:halt_on_error=1", 1);
	for (int i = 0; i < n; i++)
		if (fcntl(fds[i], F_DUPFD, FD_BASE + i) != FD_BASE + i)
			_exit(120);
	for (int i = 0; i < n; i++)
		if (dup2(FD_BASE + i, 3 + i) != 3 + i)
			_exit(121);
	(void)close_range((unsigned)(3 + n), ~0u, 0);
	if (uid != 0 &&
	    (setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0))
		_exit(122);
	(void)execl(exe, exe, "--as", btz_prog_name(prog), "--home", box->home,
	    (char *)NULL);
	(void)fprintf(stderr, "# spawn: %s: %s\n", exe, strerror(errno));
	_exit(123);
}

static void
find_exe(enum btz_prog prog, char *out, size_t cap)
{
	const char *dir = getenv("BARTIZAN_LIBEXEC");
	const char *build = getenv("BTZ_BUILD");
	const char *name = btz_prog_name(prog);
	int len = (int)strcspn(name, "-");

	if (prog == BTZ_PROG_TA)
		(void)snprintf(out, cap, "%s%s/bartizan-ta-emulated",
		    dir != NULL	    ? dir
		    : build == NULL ? "."
				    : build,
		    dir != NULL ? "" : "/ta");
	else if (dir != NULL)
		(void)snprintf(out, cap, "%s/bartizan-%.*s", dir, len, name);
	else
		(void)snprintf(out, cap, "%s/src/%.*s/bartizan-%.*s",
		    build == NULL ? "." : build, len, name, len, name);
}

static bool
wait_ready(struct btz_box *box, enum btz_prog prog)
{
	static struct btz_msgbuf buf;
	struct pollfd p = { .fd = box->child[prog].control, .events = POLLIN };
	struct btz_frame f;
	int fd = -1;

	return poll(&p, 1, READY_MS) == 1 &&
	       btz_sock_recv(p.fd, &buf, &fd, NULL) == BTZ_OK &&
	       btz_frame_decode(btz_span_of(buf.bytes, buf.len), &f) &&
	       f.op == BTZ_OP_READY;
}

/* The box's own directory of a daemon belongs to its uid. */
static void
own_dir(struct btz_box *box, enum btz_prog prog)
{
	char path[128];
	uid_t uid = box->child[prog].uid;

	(void)snprintf(
	    path, sizeof(path), "%s/lib/%s", box->home, btz_prog_name(prog));
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		die(path);
	if (uid != 0 && chown(path, uid, uid) != 0)
		die(path);
}

bool
btz_box_try_start(struct btz_box *box, enum btz_prog prog, const char *exe)
{
	struct child *c = &box->child[prog];
	struct btz_slot slots[BTZ_SLOTS_MAX];
	size_t n = btz_slots(prog, slots);
	int fds[2 + BTZ_SLOTS_MAX], control[2];
	char path[512];

	if (exe == NULL) {
		find_exe(prog, path, sizeof(path));
		exe = path;
	}
	own_dir(box, prog);
	make_pair(control);
	fds[0] = control[1];
	fds[1] = conf_fd(box, prog);
	for (size_t i = 0; i < n; i++)
		fds[2 + i] = slots[i].listener != NULL
				 ? listen_fd(box, slots[i].listener)
				 : slot_fd(box, prog, slots[i].edge);
	c->pid = fork();
	if (c->pid < 0)
		die("fork");
	if (c->pid == 0)
		exec_daemon(box, prog, exe, fds, (int)n + 2);
	for (size_t i = 0; i < n + 2; i++)
		(void)close(fds[i]);
	drop_fd(&c->control);
	c->control = control[0];
	return wait_ready(box, prog);
}

void
btz_box_start(struct btz_box *box, enum btz_prog prog, const char *exe)
{
	if (btz_box_try_start(box, prog, exe))
		return;
	(void)fprintf(
	    stderr, "# spawn: %s is not ready\n", btz_prog_name(prog));
	abort();
}

static int
reap(struct child *c, int ms)
{
	int status = 0;

	for (int i = 0; i < ms / 5; i++) {
		if (waitpid(c->pid, &status, WNOHANG) == c->pid) {
			c->pid = 0;
			drop_fd(&c->control);
			return status;
		}
		(void)usleep(5000);
	}
	(void)kill(c->pid, SIGKILL);
	(void)waitpid(c->pid, &status, 0);
	c->pid = 0;
	drop_fd(&c->control);
	return status;
}

int
btz_box_kill(struct btz_box *box, enum btz_prog prog, int signo)
{
	struct child *c = &box->child[prog];

	if (c->pid == 0)
		return -1;
	(void)kill(c->pid, signo);
	return reap(c, STOP_MS);
}

bool
btz_box_alive(struct btz_box *box, enum btz_prog prog)
{
	struct child *c = &box->child[prog];

	return c->pid != 0 && waitpid(c->pid, NULL, WNOHANG) == 0;
}

pid_t
btz_box_pid(const struct btz_box *box, enum btz_prog prog)
{
	return box->child[prog].pid;
}

static const struct btz_edge *
edge_of(enum btz_prog from, enum btz_prog to)
{
	for (size_t i = 0; i < btz_edges_count; i++)
		if (btz_edges[i].from == from && btz_edges[i].to == to)
			return &btz_edges[i];
	return NULL;
}

int
btz_box_take(struct btz_box *box, enum btz_prog from, enum btz_prog to)
{
	const struct btz_edge *e = edge_of(from, to);
	int fd;

	if (e == NULL)
		return -1;
	fd = box->edge[e - btz_edges];
	box->edge[e - btz_edges] = -1;
	return fd;
}

void
btz_box_cut(struct btz_box *box, enum btz_prog from, enum btz_prog to)
{
	const struct btz_edge *e = edge_of(from, to);

	if (e != NULL)
		drop_fd(&box->edge[e - btz_edges]);
}

int
btz_box_renew(struct btz_box *box, enum btz_prog from, enum btz_prog to,
    enum btz_prog running)
{
	const struct btz_edge *e = edge_of(from, to);
	int pair[2];

	if (e == NULL)
		return -1;
	make_pair(pair);
	give_edge(box, running, e, pair[0]);
	(void)close(pair[0]);
	drop_fd(&box->edge[e - btz_edges]);
	return pair[1];
}

int
btz_box_connect(struct btz_box *box, const char *path)
{
	char full[128];
	struct btz_err err;
	int fd;

	(void)snprintf(full, sizeof(full), "%s/run/%s", box->home, path);
	(void)!btz_sock_connect(full, &fd, &err);
	return fd;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int
btz_box_free(struct btz_box *box)
{
	int failed = 0;

	for (int p = 0; p < BTZ_PROG_COUNT; p++) {
		if (box->child[p].pid == 0)
			continue;
		if (btz_box_kill(box, (enum btz_prog)p, SIGTERM) != 0) {
			(void)fprintf(stderr, "# spawn: %s ended badly\n",
			    btz_prog_name((enum btz_prog)p));
			failed++;
		}
	}
	for (size_t i = 0; i < sizeof(box->edge) / sizeof(int); i++)
		drop_fd(&box->edge[i]);
	for (size_t i = 0; i < sizeof(box->listener) / sizeof(int); i++)
		drop_fd(&box->listener[i]);
	(void)nftw(box->home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(box->conf);
	free(box);
	return failed;
}
