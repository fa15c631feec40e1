/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine.h - what a process may still do once it reads untrusted input:
 * no new privileges, no core files, Landlock for paths, seccomp for calls.
 * Denied call: the process dies (SIGSYS); denied path: EACCES.
 *
 * Without flags a process can work on descriptors it has, accept on its
 * listeners, pass descriptors on, use files below its paths, and nothing else:
 * no socket of its own, no other process, no executable memory, no shared
 * mapping. TCP and signals to others are shut off where Landlock can (ABI 4
 * and 6), as well as by seccomp.
 */
#ifndef BTZ_BASE_CONFINE_H
#define BTZ_BASE_CONFINE_H

#include <stdbool.h>

#include "base/err.h"

#define BTZ_CONFINE_PATHS 8

enum btz_confine_flag {
	BTZ_MAY_FORK = 1,	 /* fork and wait (RSA generation) */
	BTZ_MAY_EXEC = 2,	 /* execute what lies below read_only */
	BTZ_MAY_SOCKET = 4,	 /* make and connect Unix sockets */
	BTZ_MAY_MMAP_SHARED = 8, /* SQLite WAL */
	BTZ_MAY_TEE = 16, /* the calls of libteec on a device in read_write */
	BTZ_MAY_NFTABLES =
	    32,		     /* netlink sockets of netfilter, tunnel devices */
	BTZ_MAY_THREAD = 64, /* threads of this process, no other process */
};

struct btz_confine {
	unsigned flags;
	/* Absolute paths; files or directories that exist; NULL ends (all
	 * BTZ_CONFINE_PATHS may be used). Borrowed. */
	const char *read_only[BTZ_CONFINE_PATHS];
	const char *read_write[BTZ_CONFINE_PATHS];
};

/* Irrevocable, also for programs executed later. BTZ_E_UNSUPPORTED if the
 * kernel lacks Landlock or seccomp. */
enum btz_rc btz_confine_apply(const struct btz_confine *c, struct btz_err *err);

#endif
