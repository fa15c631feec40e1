/* SPDX-License-Identifier: Apache-2.0 */
/*
 * up.h - the inside of the supervisor, shared by its files:
 *   main.c      options, order of start, loop
 *   config.c    the configuration file
 *   layout.c    directories, owners, modes
 *   sockets.c   listening sockets
 *   child.c     one process: descriptors, uid, exec
 *   supervise.c when a child is started again; edges; stopping
 *   logpipe.c   what children write, into capped files
 *   https.c     the certificate of Apache
 *   tpm_make.c  the first state of an emulated TPM
 *   openvpn.c   configuration and command line of an OpenVPN
 *   admin.c     what the command line asks
 *
 * Life of a child:
 *   idle -> starting (forked) -> running (said READY) -> backoff (ended,
 *   started again after 0.1 to 5 s) -> starting ...
 *   any -> failed: 10 ends within a minute, or the program is not installed. An
 *   OpenVPN is started again after 30 s then: its address may come late, by
 *   DHCP or with a cable, and nobody is at the box
 *   waiting: Apache before its first certificate, or while its address is
 *   another program's (blocked); an OpenVPN before its first certificate
 *   any -> ended: the box is being stopped
 */
#ifndef BTZ_UP_UP_H
#define BTZ_UP_UP_H

#include "base/chan.h"
#include "base/edges.h"
#include "up/config.h"
#include "up/logpipe.h"
#include "up/progs.h"

#define BTZ_UP_FAILS 10u /* ends within BTZ_UP_FAIL_MS: failed */
#define BTZ_UP_FAIL_MS 60000u
#define BTZ_UP_DELAY_MIN 100u
#define BTZ_UP_DELAY_MAX 5000u
#define BTZ_UP_DELAY_SLOW 30000u
#define BTZ_UP_STABLE_MS 10000u /* ran that long: back-off begins anew */
#define BTZ_UP_STOP_MS 4000u	/* per stage of stopping, then SIGKILL */

enum btz_child_state {
	BTZ_CHILD_IDLE,
	BTZ_CHILD_WAITING,
	BTZ_CHILD_STARTING,
	BTZ_CHILD_RUNNING,
	BTZ_CHILD_BACKOFF,
	BTZ_CHILD_FAILED,
	BTZ_CHILD_ENDED,
};

struct btz_up;

struct btz_child {
	struct btz_up *up;
	const struct btz_up_prog *prog;
	enum btz_child_state state;
	pid_t pid;    /* 0: none */
	pid_t guard;  /* httpd: ends its process group when we die */
	int guard_fd; /* its life line */
	int conf_fd;
	struct btz_slot slots[BTZ_SLOTS_MAX];
	size_t n_slots;
	int fds[BTZ_SLOTS_MAX]; /* listeners: ours for good; edges: an end that
				 * waits for this child's next start, or -1 */
	struct btz_chan *control;
	struct btz_timer *timer; /* back-off */
	struct btz_logpipe *log;
	uint64_t started; /* btz_boot_ms */
	uint64_t ends[BTZ_UP_FAILS];
	unsigned n_ends, restarts;
	uint32_t delay;
	bool blocked;  /* httpd: its address is taken by another program */
	char why[160]; /* how it ended last, or why it failed */
};

struct btz_up {
	char home[256];		  /* absolute */
	const char *home_or_null; /* NULL: the system's places */
	bool root;		  /* a uid per process */
	bool stopping;
	int stage;
	int lock_fd, report_fd; /* report: whoever waits for --detach, or -1 */
	struct btz_loop *loop;
	struct btz_up_conf conf;
	struct btz_child children[BTZ_PROG_COUNT]; /* by enum btz_prog */
	struct btz_timer *stop_timer, *report_timer;
	struct btz_up_https *https;
	struct btz_up_admin *admin;
	uint64_t started;
};

/* uid and gid of a program; our own when not root. */
uid_t btz_up_uid(const struct btz_up *up, enum btz_prog prog);

/* layout.c */
BTZ_MUST_CHECK enum btz_rc btz_up_layout(
    struct btz_up *up, struct btz_err *err);
/* Every directory above home and the programs must let their uids through. */
BTZ_MUST_CHECK enum btz_rc btz_up_check_way(
    const struct btz_up *up, const char *path, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_up_share_dir(const struct btz_up *up,
    struct btz_span tenant, struct btz_span share, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_up_path(const struct btz_up *up, const char *rel,
    char *out, size_t cap, struct btz_err *err);

/* sockets.c: a listening SEQPACKET socket; a leftover one is replaced. */
BTZ_MUST_CHECK enum btz_rc btz_up_listen(const struct btz_up *up,
    const struct btz_listener *l, int *out, struct btz_err *err);

/* child.c: forks and executes; *pid on success. fds[0] becomes 3, and so on;
 * log_fd becomes 1 and 2. argv[0] is the program's path. preload may be NULL.
 * BTZ_E_NOENT: not installed. */
struct btz_spawn {
	const struct btz_up *up;
	enum btz_prog as; /* whose uid */
	mode_t umask;
	const char *const *argv;
	const int *fds;
	size_t n_fds;
	int log_fd;
	const char *preload;
};
BTZ_MUST_CHECK enum btz_rc btz_up_spawn(
    const struct btz_spawn *s, pid_t *pid, struct btz_err *err);
/* A process that kills the group `leader` as soon as we are gone. */
BTZ_MUST_CHECK enum btz_rc btz_up_guard(const struct btz_up *up,
    enum btz_prog as, pid_t leader, pid_t *pid, int *life_line,
    struct btz_err *err);

/* supervise.c */
BTZ_MUST_CHECK enum btz_rc btz_up_children_init(
    struct btz_up *up, struct btz_err *err);
void btz_up_child_start(struct btz_child *c);
void btz_up_on_sigchld(struct btz_up *up);
void btz_up_stop(struct btz_up *up);
void btz_up_report(struct btz_up *up); /* to --detach, when all have settled */
const char *btz_up_state_name(enum btz_child_state s);
void btz_up_children_end(struct btz_up *up);

/* https.c */
BTZ_MUST_CHECK enum btz_rc btz_up_https_new(
    struct btz_up *up, struct btz_err *err);
void btz_up_https_free(struct btz_up *up);
bool btz_up_https_have_cert(const struct btz_up *up);
/* Is [https] listen free? BTZ_E_ADDR_TAKEN: no. */
BTZ_MUST_CHECK enum btz_rc btz_up_https_free_address(
    const struct btz_up *up, struct btz_err *err);
/* Gets a certificate; done is called once, also after a failure. BTZ_E_AGAIN:
 * at it already. */
BTZ_MUST_CHECK enum btz_rc btz_up_https_renew(struct btz_up *up,
    void (*done)(enum btz_rc rc, void *arg), void *arg, struct btz_err *err);
/* True if pid was the helper. */
bool btz_up_https_ended(struct btz_up *up, pid_t pid, int status);
/* Writes Apache's configuration; argv for btz_up_spawn. */
BTZ_MUST_CHECK enum btz_rc btz_up_https_prepare(struct btz_up *up,
    const char **argv, const char **preload, struct btz_err *err);

/* tpm_make.c: with [tpm] ek_ca, and no TPM there yet. Waits for swtpm_setup, a
 * few seconds; before the loop. */
BTZ_MUST_CHECK enum btz_rc btz_up_tpm_make(
    struct btz_up *up, struct btz_err *err);

/* openvpn.c: of the child BTZ_PROG_OPENVPN1 + i. */
bool btz_up_openvpn_have_cert(const struct btz_up *up, enum btz_prog prog);
/* Writes openvpn/NAME.conf; argv for btz_up_spawn, path holds its text. */
BTZ_MUST_CHECK enum btz_rc btz_up_openvpn_prepare(const struct btz_up *up,
    enum btz_prog prog, const char **argv, char *path, size_t cap,
    struct btz_err *err);
/* bartizan-vpn says that an OpenVPN hangs: it is killed, and started again as
 * any that ended. Nobody else may say so, and of nobody else. True: killed. */
bool btz_up_openvpn_hung(
    const struct btz_child *from, const struct btz_frame *f);
/* openvpn.c: is there a [vpn ...] for this program (bartizan-vpn: for any)? */
bool btz_up_vpn_wanted(const struct btz_up *up, enum btz_prog prog);

/* progs.c: does this configuration have the program at all? */
bool btz_up_wanted(const struct btz_up *up, enum btz_prog prog);

/* admin.c */
BTZ_MUST_CHECK enum btz_rc btz_up_admin_new(
    struct btz_up *up, struct btz_err *err);
void btz_up_admin_free(struct btz_up *up);

#endif
