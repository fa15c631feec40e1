/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.h - what tests do to the storage calls of a daemon: libbtzfault.so is
 * preloaded into it and reads its orders from a shared file (BTZ_FAULT), one
 * struct for each program. Only calls on regular files count.
 */
#ifndef BTZ_TESTS_CRASH_FAULT_H
#define BTZ_TESTS_CRASH_FAULT_H

#include <stdatomic.h>

enum fault_mode {
	FAULT_NONE,
	FAULT_KILL_BEFORE, /* SIGKILL instead of the call */
	FAULT_KILL_AFTER,  /* SIGKILL when it has been done */
	FAULT_EIO,	   /* it fails */
	FAULT_SHORT,	   /* half of a write is done, the rest fails */
	FAULT_FULL,	   /* ENOSPC from now on, once `room` is used up */
	FAULT_FULL_GROWTH, /* the same, for what makes a file longer */
};

enum fault_call {
	FAULT_WRITE = 1,
	FAULT_SYNC = 2,
	FAULT_TRUNCATE = 4,
	FAULT_NAME = 8, /* rename, unlink */
	FAULT_ANY = 15,
};

struct fault {
	_Atomic int mode, calls; /* enum fault_call bits */
	_Atomic int countdown;	 /* so many such calls go well */
	_Atomic long room;
	_Atomic int hits;
	_Atomic int fatal; /* it is about to kill itself */
};

enum fault_prog {
	FAULT_CRYPTO,
	FAULT_BROKER,
	FAULT_AUDIT,
	FAULT_TA,
	FAULT_PROGS
};

struct fault_file {
	struct fault of[FAULT_PROGS];
};

#endif
