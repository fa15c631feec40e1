/* SPDX-License-Identifier: Apache-2.0 */
/* init_lists.h - the two lists of the root that `init` makes: the one for an
 * emergency, to be taken off the box, and the first one that ca serves. */
#ifndef BTZ_CLI_INIT_LISTS_H
#define BTZ_CLI_INIT_LISTS_H

#include "cli/cli.h"

struct btz_init_lists {
	char path[BTZ_CLI_PATH]; /* of the emergency list */
	bool reserved;		 /* the file is there and empty */
	bool earlier;		 /* made before, and no longer at its place */
	bool stale;		 /* it lacks an issuing certificate */
};

/* Before anything is asked of the root: makes the file (--emergency), or finds
 * that of an earlier run. */
BTZ_MUST_CHECK enum btz_rc btz_init_lists_reserve(
    struct btz_cli *c, struct btz_init_lists *l, struct btz_err *err);
/* Safe to repeat, in this order: after the first list the root makes no list
 * for an emergency without approvals. */
BTZ_MUST_CHECK enum btz_rc btz_init_lists_emergency(
    struct btz_cli *c, struct btz_init_lists *l, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_init_lists_first(
    struct btz_cli *c, struct btz_err *err);
/* After a failure: takes away a file that is still empty. */
void btz_init_lists_undo(struct btz_init_lists *l);
/* What the administrator does with the file. */
void btz_init_lists_say(
    const struct btz_cli *c, const struct btz_init_lists *l);

#endif
