/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawn.h - a small supervisor for process tests: real daemons with the
 * descriptors that edges.h says, in a home under a temporary directory. Edges
 * between two started programs are joined; the other end of every other edge
 * is the test's, which plays that program (btz_box_take).
 *
 *	struct btz_box *box = btz_box_new("[app one]\nuid = 1000\n");
 *	btz_box_start(box, BTZ_PROG_CRYPTO_SOFT, exe);
 *	btz_box_start(box, BTZ_PROG_BROKER, exe);
 *	fd = btz_box_connect(box, "kms.sock");
 *	audit = btz_box_take(box, BTZ_PROG_BROKER, BTZ_PROG_AUDIT);
 *	btz_box_free(box);
 *
 * Every function aborts the test with a message when it cannot do its work.
 */
#ifndef BTZ_TESTS_SPAWN_H
#define BTZ_TESTS_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/edges.h"

struct btz_box;

/* conf: the text of bartizan.conf; each daemon gets [box] and its sections, as
 * `up` does it. Makes lib/, run/,
 * run/admin, run/http, audit/, policy/ below the home. */
struct btz_box *btz_box_new(const char *conf);
/* Stops what runs (SIGTERM, then SIGKILL) and removes the home. Returns the
 * number of daemons that did not end with status 0: assert that it is 0. */
int btz_box_free(struct btz_box *box);
const char *btz_box_home(const struct btz_box *box);

/* Before a start: the daemon's uid from then on (root only; 0: ours). */
void btz_box_set_uid(struct btz_box *box, enum btz_prog prog, uid_t uid);
/* Starts it and waits until it says READY. exe NULL: $BARTIZAN_LIBEXEC or the
 * build folder ($BTZ_BUILD) with bartizan-<name>. Starting again after
 * btz_box_kill gives the others new ends of its edges, like `up` does. */
void btz_box_start(struct btz_box *box, enum btz_prog prog, const char *exe);
/* The same; false: it did not say so (then btz_box_kill what is left of it). */
bool btz_box_try_start(
    struct btz_box *box, enum btz_prog prog, const char *exe);
/* Ends it by signal and waits; its status as from waitpid. */
int btz_box_kill(struct btz_box *box, enum btz_prog prog, int signo);
bool btz_box_alive(struct btz_box *box, enum btz_prog prog);
pid_t btz_box_pid(const struct btz_box *box, enum btz_prog prog);

/* The test's end of the edge from -> to (as in edges.h), of which one end is
 * not started; the caller owns it. -1: taken before or no such edge. */
int btz_box_take(struct btz_box *box, enum btz_prog from, enum btz_prog to);
/* Closes what the test holds of that edge: the daemon sees it go down. */
void btz_box_cut(struct btz_box *box, enum btz_prog from, enum btz_prog to);
/* Gives the running end of that edge a new one; the test's is returned. */
int btz_box_renew(struct btz_box *box, enum btz_prog from, enum btz_prog to,
    enum btz_prog running);
/* Connects to run/<path>; -1 when refused. */
int btz_box_connect(struct btz_box *box, const char *path);

#endif
