/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logpipe.h - what a child writes to its standard error, copied into
 * log/<program>.log. The file has a size cap: at the cap it becomes
 * <name>.1 (the one before is dropped), so a program that talks without end
 * cannot fill the disk.
 */
#ifndef BTZ_UP_LOGPIPE_H
#define BTZ_UP_LOGPIPE_H

#include "base/loop.h"

#define BTZ_LOG_FILE_MAX (1024u * 1024u)

struct btz_logpipe;

/* path is copied; its file is opened at the first line. */
BTZ_MUST_CHECK enum btz_rc btz_logpipe_new(struct btz_loop *loop,
    const char *path, struct btz_logpipe **out, struct btz_err *err);
void btz_logpipe_free(struct btz_logpipe *lp); /* NULL is fine */
/* The end that children write to; stays ours. */
int btz_logpipe_fd(const struct btz_logpipe *lp);
/* A line of the supervisor's own into the same file. */
void btz_logpipe_say(struct btz_logpipe *lp, const char *line);

#endif
