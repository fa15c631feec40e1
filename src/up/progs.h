/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progs.h - the programs of a box as the supervisor sees them: one row each.
 * Who talks to whom is not here but in base/edges.h.
 */
#ifndef BTZ_UP_PROGS_H
#define BTZ_UP_PROGS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/edges.h"

enum btz_up_kind {
	BTZ_UP_OURS,	/* --as NAME --home DIR, control socket, READY */
	BTZ_UP_SWTPM,	/* only with tpm.tcti = swtpm and an emulated TEE */
	BTZ_UP_HTTPD,	/* waits for its certificate */
	BTZ_UP_OPENVPN, /* one for each [vpn NAME]; waits for bartizan-vpn */
};

struct btz_up_prog {
	enum btz_prog prog;
	enum btz_up_kind kind;
	const char *program; /* file name */
	const char *folder;  /* of it in a build folder */
	unsigned uid_n;	     /* uid and gid: up.uid_base + this */
	mode_t umask;
	int stage;		 /* of stopping: 0 first */
	const char *sections[6]; /* of the configuration, besides [box] */
};

extern const struct btz_up_prog btz_up_progs[];
extern const size_t btz_up_progs_count;
/* NULL for programs that `up` does not start (itself). */
const struct btz_up_prog *btz_up_prog(enum btz_prog prog);

#define BTZ_UP_STAGES 6

#endif
