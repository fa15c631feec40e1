/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.c - gives up what a process does not need; see confine.h. Paths are
 * in landlock.c; here: system calls. An allow-list in rows, each with its
 * reason; everything else kills. Start at btz_confine_apply().
 */
#include "base/confine.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/tee.h>
#include <malloc.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/landlock.h"
#include "wire/cursor.h"

#define CALLS_MAX 48
#define ALWAYS 0u
#define SANITIZED (1u << 30) /* only in builds that say so */
#define CALL(name) SCMP_SYS(name)
#define END (-1000000)

static const struct {
	const char *what;
	unsigned flag;	      /* of confine.h, ALWAYS, SANITIZED */
	int calls[CALLS_MAX]; /* END ends */
} rows[] = {
	{ "descriptors it has", ALWAYS,
	    { CALL(read), CALL(readv), CALL(pread64), CALL(preadv), CALL(write),
		CALL(writev), CALL(pwrite64), CALL(pwritev), CALL(close),
		CALL(close_range), CALL(lseek), CALL(fstat), CALL(fcntl),
		CALL(dup), CALL(dup2), CALL(dup3), END } },
	{ "sockets it has", ALWAYS,
	    { CALL(recvmsg), CALL(recvfrom), CALL(sendmsg), CALL(sendto),
		CALL(accept4), CALL(accept), CALL(shutdown), CALL(getsockopt),
		CALL(setsockopt), CALL(getsockname), CALL(getpeername), END } },
	{ "event loop", ALWAYS,
	    { CALL(epoll_wait), CALL(epoll_pwait), CALL(epoll_pwait2),
		CALL(epoll_ctl), CALL(epoll_create1), CALL(poll), CALL(ppoll),
		CALL(select), CALL(pselect6), CALL(eventfd2),
		CALL(timerfd_create), CALL(timerfd_settime),
		CALL(timerfd_gettime), CALL(pipe2), CALL(rt_sigaction),
		CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(sigaltstack),
		CALL(restart_syscall), END } },
	{ "memory, without execution: see also mapping()", ALWAYS,
	    { CALL(brk), CALL(munmap), CALL(mremap), CALL(madvise), CALL(mlock),
		CALL(mlock2), CALL(munlock), CALL(memfd_create),
		CALL(membarrier), END } },
	{ "time, chance, who am I", ALWAYS,
	    { CALL(clock_gettime), CALL(clock_getres), CALL(gettimeofday),
		CALL(time), CALL(nanosleep), CALL(clock_nanosleep),
		CALL(getrandom), CALL(getpid), CALL(getppid), CALL(gettid),
		CALL(getuid), CALL(geteuid), CALL(getgid), CALL(getegid),
		CALL(getresuid), CALL(getresgid), CALL(uname), CALL(sysinfo),
		CALL(futex), CALL(sched_yield), CALL(sched_getaffinity),
		CALL(getcpu), CALL(getrusage), CALL(exit), CALL(exit_group),
		END } },
	{ "files, where Landlock lets it", ALWAYS,
	    { CALL(open), CALL(openat), CALL(stat), CALL(lstat),
		CALL(newfstatat), CALL(statx), CALL(statfs), CALL(fstatfs),
		CALL(access), CALL(faccessat), CALL(faccessat2), CALL(readlink),
		CALL(readlinkat), CALL(getcwd), CALL(getdents64), CALL(unlink),
		CALL(unlinkat), CALL(rename), CALL(renameat), CALL(renameat2),
		CALL(link), CALL(linkat), CALL(mkdir), CALL(mkdirat),
		CALL(rmdir), CALL(ftruncate), CALL(truncate), CALL(fallocate),
		CALL(fadvise64), CALL(fsync), CALL(fdatasync),
		CALL(sync_file_range), CALL(flock), CALL(fchmod),
		CALL(fchmodat), CALL(chmod), CALL(fchown), CALL(umask),
		CALL(utimensat), END } },
	{ "a child for long computations", BTZ_MAY_FORK,
	    { CALL(wait4), CALL(waitid), CALL(kill), CALL(prlimit64),
		CALL(setrlimit), CALL(alarm), CALL(setitimer),
		CALL(set_robust_list), CALL(rseq), CALL(set_tid_address),
		END } },
	{ "a thread", BTZ_MAY_THREAD,
	    { CALL(set_robust_list), CALL(rseq), END } },
	{ "programs", BTZ_MAY_EXEC,
	    { CALL(execve), CALL(execveat), CALL(mmap), CALL(mprotect),
		CALL(arch_prctl), CALL(set_tid_address), CALL(set_robust_list),
		CALL(rseq), CALL(prlimit64), CALL(getrlimit), END } },
	{ "netfilter's sockets, see also local_sockets()", BTZ_MAY_NFTABLES,
	    { CALL(bind), CALL(sendmmsg), CALL(recvmmsg), END } },
	{ "sockets of its own: connect; see also local_sockets()",
	    BTZ_MAY_SOCKET, { CALL(connect), CALL(bind), CALL(listen), END } },
	{ "the sanitizers' own needs", SANITIZED,
	    { CALL(prctl), CALL(personality), CALL(getrlimit), CALL(prlimit64),
		CALL(setrlimit), CALL(pipe), CALL(rt_tgsigqueueinfo),
		CALL(set_robust_list), CALL(rseq), CALL(mincore), CALL(msync),
		END } },
};

#ifdef BTZ_SANITIZED
static bool confined;

/* LeakSanitizer asks this (sanitizer/lsan_interface.h). Its search at exit
 * needs a thread and ptrace: not for confined processes. */
int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return confined;
}
#endif

static bool
applies(unsigned flag, unsigned flags)
{
#ifdef BTZ_SANITIZED
	if (flag == SANITIZED)
		return true;
#endif
	return flag == ALWAYS || (flag & flags) != 0;
}

static int
add_rows(scmp_filter_ctx ctx, unsigned flags)
{
	int rc = 0;

	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		if (!applies(rows[i].flag, flags))
			continue;
		for (size_t k = 0; rc == 0 && rows[i].calls[k] != END; k++) {
			/* negative: not a call of this architecture */
			if (rows[i].calls[k] >= 0)
				rc = seccomp_rule_add(
				    ctx, SCMP_ACT_ALLOW, rows[i].calls[k], 0);
			if (rc == -EEXIST)
				rc = 0;
		}
	}
	return rc;
}

/* Memory is never made executable; shared only on demand. */
static int
mapping(scmp_filter_ctx ctx, unsigned flags)
{
	int rc;

	if ((flags & BTZ_MAY_EXEC) != 0)
		return 0; /* all of it is allowed by the row */
	rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(mprotect), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (rc != 0)
		return rc;
	if ((flags & BTZ_MAY_MMAP_SHARED) != 0)
		return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(mmap), 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(mmap), 2,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
	    SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_SHARED, 0));
}

/* Unix sockets only (and those of netfilter). A pair is always fine: leases are made of them. */
static int
local_sockets(scmp_filter_ctx ctx, unsigned flags)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(socketpair), 1,
	    SCMP_A0(SCMP_CMP_EQ, AF_UNIX));

	if (rc == 0 && (flags & BTZ_MAY_SOCKET) != 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(socket), 1,
		    SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	if (rc == 0 && (flags & BTZ_MAY_NFTABLES) != 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(socket), 2,
		    SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
		    SCMP_A2(SCMP_CMP_EQ, NETLINK_NETFILTER));
	return rc;
}

/* fork() without new name spaces; a thread is no process. clone3 hides its
 * flags in memory: it is said not to exist, and the C library falls back to
 * clone. */
static int
processes(scmp_filter_ctx ctx, unsigned flags)
{
	const scmp_datum_t spaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
				    CLONE_NEWUSER | CLONE_NEWPID |
				    CLONE_NEWNET | CLONE_NEWCGROUP;
	const scmp_datum_t thread = CLONE_THREAD | CLONE_VM | CLONE_SIGHAND;
	int rc = 0;

	if ((flags & (BTZ_MAY_FORK | BTZ_MAY_THREAD)) == 0)
		return 0;
	if ((flags & BTZ_MAY_FORK) != 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, spaces, 0));
	if (rc == 0 && (flags & BTZ_MAY_THREAD) != 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, spaces | thread, thread));
	if (rc == 0)
		rc = seccomp_rule_add(
		    ctx, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0);
	return rc;
}

/* abort() of this very process, and stdio's look whether it has a terminal. */
static int
small_things(scmp_filter_ctx ctx)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));

	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(ioctl), 1,
		    SCMP_A1(SCMP_CMP_EQ, TCGETS));
	return rc;
}

/* What OP-TEE's client library asks its device. Nothing that a supplicant
 * does is among it. */
static int
tee_calls(scmp_filter_ctx ctx, unsigned flags)
{
	static const unsigned long calls[] = { TEE_IOC_VERSION,
		TEE_IOC_SHM_ALLOC, TEE_IOC_SHM_REGISTER, TEE_IOC_OPEN_SESSION,
		TEE_IOC_INVOKE, TEE_IOC_CANCEL, TEE_IOC_CLOSE_SESSION };
	int rc = 0;

	if ((flags & BTZ_MAY_TEE) == 0)
		return 0;
	for (size_t i = 0; rc == 0 && i < BTZ_COUNT(calls); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(ioctl), 1,
		    SCMP_A1(SCMP_CMP_EQ, calls[i]));
	return rc;
}

static int
tunnel_calls(scmp_filter_ctx ctx, unsigned flags)
{
	static const unsigned long calls[] = { TUNSETIFF, TUNSETPERSIST };
	int rc = 0;

	if ((flags & BTZ_MAY_NFTABLES) == 0)
		return 0;
	for (size_t i = 0; rc == 0 && i < BTZ_COUNT(calls); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(ioctl), 1,
		    SCMP_A1(SCMP_CMP_EQ, calls[i]));
	return rc;
}

static enum btz_rc
limit_calls(unsigned flags, struct btz_err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = ctx == NULL ? -ENOMEM : 0;

	if (rc == 0)
		rc = add_rows(ctx, flags);
	if (rc == 0)
		rc = mapping(ctx, flags);
	if (rc == 0)
		rc = local_sockets(ctx, flags);
	if (rc == 0)
		rc = processes(ctx, flags);
	if (rc == 0)
		rc = small_things(ctx);
	if (rc == 0)
		rc = tee_calls(ctx, flags);
	if (rc == 0)
		rc = tunnel_calls(ctx, flags);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
#ifdef __GLIBC__
	(void)malloc_trim(0); /* what building the filter took, and before */
#endif
	errno = -rc;
	return rc == 0 ? BTZ_OK
		       : BTZ_FAIL_SYS(err, BTZ_E_UNSUPPORTED, "seccomp");
}

enum btz_rc
btz_confine_apply(const struct btz_confine *c, struct btz_err *err)
{
	const struct rlimit none = { 0, 0 };
	enum btz_rc rc;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_INTERNAL, "confine");
#ifdef BTZ_SANITIZED
	confined = true;
#endif
	if ((rc = btz_landlock_apply(c, err)) != BTZ_OK)
		return rc;
	return limit_calls(c->flags, err);
}
