/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_confine.c - each row confines a child and lets it try one thing: death
 * by SIGSYS, EACCES, or success. A filter that is off fails the first rows.
 */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/tee.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/db.h"
#include "base/loop.h"
#include "base/sock.h"
#include "support/cmocka_all.h"

static int null_fd;
static char dir[64], own[128], other[128], readable[128];

static int
try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : errno;
}

static int
try_exec(void)
{
	char name[] = "/bin/true";
	char *argv[] = { name, NULL };

	(void)execv(name, argv);
	return errno;
}

static int
try_fork(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(7);
	if (pid < 0)
		return errno;
	return waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7
		   ? 0
		   : EINVAL;
}

static int
try_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : errno;
}

static int
try_netfilter(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) < 0 ? errno : 0;
}

static int
try_route(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) < 0 ? errno : 0;
}

static int
try_unix(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	if (fd < 0)
		return errno;
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/sock", dir);
	return connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 ? 0 : errno;
}

static int
try_exec_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int
try_mprotect_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 ? 0 : errno;
}

static int
try_shared_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int
try_kill(void)
{
	return kill(getppid(), 0) == 0 ? 0 : errno;
}

static int
try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd >= 0 ? 0 : errno;
}

static int
try_read_other(void)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/secret", other);
	return try_open(path, O_RDONLY);
}

static int
try_passwd(void)
{
	return try_open("/etc/passwd", O_RDONLY);
}

static int
try_write_readable(void)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/new", readable);
	return try_open(path, O_WRONLY | O_CREAT);
}

static int
try_truncate_readable(void)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/file", readable);
	return truncate(path, 0) == 0 ? 0 : errno;
}

static int
try_read_readable(void)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/file", readable);
	return try_open(path, O_RDONLY);
}

/* Everything that our stores do in their own directory. */
static int
try_work_own(void)
{
	char a[160], b[160];
	int fd;

	(void)snprintf(a, sizeof(a), "%s/a", own);
	(void)snprintf(b, sizeof(b), "%s/b", own);
	fd = open(a, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || fdatasync(fd) != 0 ||
	    ftruncate(fd, 0) != 0 || rename(a, b) != 0 || unlink(b) != 0)
		return errno;
	return close(fd);
}

static int
try_database(void)
{
	static const char *const steps[] = { "CREATE TABLE t(x)" };
	char path[160];
	struct btz_err err = { .rc = BTZ_OK };
	struct btz_db *db;

	(void)snprintf(path, sizeof(path), "%s/db", own);
	if (btz_db_open(path, steps, 1, &db, &err) != BTZ_OK ||
	    btz_db_run(db, &err, "INSERT INTO t VALUES(?)", "i", (int64_t)7) !=
		BTZ_OK) {
		(void)fprintf(stderr, "# %s\n", err.msg);
		return EIO;
	}
	btz_db_close(db);
	return 0;
}

/* A leased socket: pair, frame with a descriptor, timer, loop. */
static int
try_loop_and_sockets(void)
{
	static struct btz_msgbuf buf;
	struct btz_err err;
	struct btz_loop *loop;
	struct btz_timer *timer;
	int pair[2], fd;

	if (btz_loop_new(&loop, &err) != BTZ_OK)
		return EIO;
	timer = btz_timer_new(loop, free, NULL);
	btz_timer_set(timer, 1);
	btz_loop_once(loop, 20);
	btz_timer_free(timer);
	btz_loop_free(loop);
	if (btz_sock_pair(true, pair, &err) != BTZ_OK ||
	    btz_sock_send(pair[0], "frame", 5, 0) != BTZ_OK ||
	    btz_sock_recv(pair[1], &buf, &fd, NULL) != BTZ_OK || fd < 0)
		return EIO;
	return 0;
}

/* On what is no TEE: the call arrives when the kernel says ENOTTY. */
static int
try_tee(void)
{
	struct tee_ioctl_version_data v;

	return ioctl(null_fd, TEE_IOC_VERSION, &v) == 0 ? 0 : errno;
}

static int
try_supplicant(void)
{
	struct tee_ioctl_buf_data b = { 0 };

	return ioctl(null_fd, TEE_IOC_SUPPL_RECV, &b) == 0 ? 0 : errno;
}

static void *
in_thread(void *arg)
{
	*(bool *)arg = true;
	return NULL;
}

static int
try_thread(void)
{
	bool ran = false;
	pthread_t t;
	int rc = pthread_create(&t, NULL, in_thread, &ran);

	if (rc == 0)
		rc = pthread_join(t, NULL);
	return rc != 0 || ran ? rc : EIO;
}

enum { DIES = -1 };

static const struct {
	const char *name;
	unsigned flags;
	int (*act)(void);
	int expect; /* DIES, an errno, or 0 */
} cases[] = {
	{ "ptrace", 0, try_ptrace, DIES },
	{ "execve", 0, try_exec, DIES },
	{ "execve although it may fork", BTZ_MAY_FORK, try_exec, DIES },
	{ "fork", 0, try_fork, DIES },
	{ "TCP socket", 0, try_inet, DIES },
	{ "TCP socket although it may make Unix sockets", BTZ_MAY_SOCKET,
	    try_inet, DIES },
	{ "Unix socket", 0, try_unix, DIES },
	{ "executable mapping", BTZ_MAY_MMAP_SHARED, try_exec_memory, DIES },
	{ "memory made executable", 0, try_mprotect_exec, DIES },
	{ "shared mapping", 0, try_shared_memory, DIES },
	{ "kill", 0, try_kill, DIES },
	{ "kill outside, although it has children", BTZ_MAY_FORK, try_kill,
	    EPERM },
	{ "somebody else's file", 0, try_read_other, EACCES },
	{ "/etc/passwd", 0, try_passwd, EACCES },
	{ "new file where it may only read", 0, try_write_readable, EACCES },
	{ "truncate where it may only read", 0, try_truncate_readable, EACCES },
	{ "file where it may read", 0, try_read_readable, 0 },
	{ "files of its own", 0, try_work_own, 0 },
	{ "event loop, sockets, descriptors", 0, try_loop_and_sockets, 0 },
	{ "Unix socket with its flag", BTZ_MAY_SOCKET, try_unix, 0 },
	{ "netfilter with its flag", BTZ_MAY_NFTABLES, try_netfilter, 0 },
	{ "routes, although it may set netfilter rules", BTZ_MAY_NFTABLES,
	    try_route, DIES },
	{ "netfilter, although it may make Unix sockets", BTZ_MAY_SOCKET,
	    try_netfilter, DIES },
	{ "shared mapping with its flag", BTZ_MAY_MMAP_SHARED,
	    try_shared_memory, 0 },
	{ "fork with its flag", BTZ_MAY_FORK, try_fork, 0 },
	{ "thread", 0, try_thread, DIES },
	{ "thread with its flag", BTZ_MAY_THREAD, try_thread, 0 },
	{ "fork although it may make threads", BTZ_MAY_THREAD, try_fork, DIES },
	{ "execve although it may make threads", BTZ_MAY_THREAD, try_exec,
	    DIES },
	{ "TEE", 0, try_tee, DIES },
	{ "TEE with its flag", BTZ_MAY_TEE, try_tee, ENOTTY },
	{ "supplicant's call, although it may use a TEE", BTZ_MAY_TEE,
	    try_supplicant, DIES },
	{ "database (WAL)", BTZ_MAY_MMAP_SHARED, try_database, 0 },
};

static int
confined(unsigned flags, int (*act)(void))
{
	struct btz_confine c = { .flags = flags };
	struct btz_err err = { .rc = BTZ_OK };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		c.read_only[0] = readable;
		c.read_write[0] = own;
		if (btz_confine_apply(&c, &err) != BTZ_OK) {
			(void)fprintf(stderr, "# %s\n", err.msg);
			_exit(99);
		}
		_exit(act());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? DIES : 98;
	return WEXITSTATUS(status);
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < BTZ_COUNT(cases); i++) {
		print_message("# case: %s\n", cases[i].name);
		assert_int_equal(
		    confined(cases[i].flags, cases[i].act), cases[i].expect);
	}
}

static void
test_exec(void **state)
{
	struct btz_confine c = { .flags = BTZ_MAY_EXEC,
		.read_only = { "/usr", "/lib", "/bin", "/etc/ld.so.cache" } };
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		struct btz_err err;

		(void)unsetenv("LD_PRELOAD");
		if (access("/lib64", F_OK) == 0)
			c.read_only[4] = "/lib64";
		if (btz_confine_apply(&c, &err) != BTZ_OK)
			_exit(99);
		_exit(try_exec());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_missing_path(void **state)
{
	struct btz_confine c = { .read_only = { "/nonexistent" } };
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct btz_err err;

		_exit(btz_confine_apply(&c, &err) == BTZ_E_IO ? 5 : 6);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 5);
}

static void
make_file(const char *in, const char *name)
{
	char path[160];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", in, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "text", 4), 4);
	(void)close(fd);
}

static int
setup(void **state)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/btz-confine-XXXXXX");
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_true(null_fd >= 0);
	assert_non_null(mkdtemp(dir));
	(void)snprintf(own, sizeof(own), "%s/own", dir);
	(void)snprintf(other, sizeof(other), "%s/other", dir);
	(void)snprintf(readable, sizeof(readable), "%s/readable", dir);
	assert_int_equal(mkdir(own, 0700), 0);
	assert_int_equal(mkdir(other, 0700), 0);
	assert_int_equal(mkdir(readable, 0700), 0);
	make_file(other, "secret");
	make_file(readable, "file");
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/sock", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return 0;
}

static int
teardown(void **state)
{
	char cmd[96];

	(void)state;
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_missing_path),
	};

	return cmocka_run_group_tests_name(
	    "base/confine", tests, setup, teardown);
}
