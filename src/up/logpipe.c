/* SPDX-License-Identifier: Apache-2.0 */
/* logpipe.c - copies a pipe into a capped file; contract in logpipe.h. */
#include "up/logpipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct btz_logpipe {
	struct btz_watch *watch;
	int rd, wr, file;
	size_t size; /* of the file */
	char path[512];
};

static void
open_file(struct btz_logpipe *lp)
{
	struct stat st;

	lp->file = open(lp->path,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (lp->file >= 0)
		lp->size = fstat(lp->file, &st) == 0 ? (size_t)st.st_size : 0;
}

static void
turn_over(struct btz_logpipe *lp)
{
	char old[520];

	(void)close(lp->file);
	(void)snprintf(old, sizeof(old), "%s.1", lp->path);
	(void)rename(lp->path, old);
	open_file(lp);
}

static void
append(struct btz_logpipe *lp, const char *p, size_t len)
{
	if (lp->file < 0)
		open_file(lp);
	if (lp->file >= 0 && lp->size + len > BTZ_LOG_FILE_MAX)
		turn_over(lp);
	if (lp->file >= 0 && write(lp->file, p, len) > 0)
		lp->size += len;
}

static void
on_readable(unsigned events, void *arg)
{
	struct btz_logpipe *lp = arg;
	char buf[16384];
	ssize_t n = read(lp->rd, buf, sizeof(buf));

	(void)events;
	if (n > 0)
		append(lp, buf, (size_t)n);
}

enum btz_rc
btz_logpipe_new(struct btz_loop *loop, const char *path,
    struct btz_logpipe **out, struct btz_err *err)
{
	struct btz_logpipe *lp = calloc(1, sizeof(*lp));
	int fds[2];

	*out = NULL;
	if (lp == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "log of %s", path);
	lp->file = -1;
	(void)snprintf(lp->path, sizeof(lp->path), "%s", path);
	if (pipe2(fds, O_CLOEXEC) != 0) {
		free(lp);
		return BTZ_FAIL_SYS(err, BTZ_E_IO, "log of %s", path);
	}
	lp->rd = fds[0];
	lp->wr = fds[1];
	(void)fcntl(lp->rd, F_SETFL, O_NONBLOCK);
	lp->watch = btz_watch_new(loop, lp->rd, BTZ_EV_READ, on_readable, lp);
	if (lp->watch == NULL) {
		btz_logpipe_free(lp);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "log of %s", path);
	}
	*out = lp;
	return BTZ_OK;
}

void
btz_logpipe_free(struct btz_logpipe *lp)
{
	if (lp == NULL)
		return;
	btz_watch_free(lp->watch);
	(void)close(lp->rd);
	(void)close(lp->wr);
	if (lp->file >= 0)
		(void)close(lp->file);
	free(lp);
}

int
btz_logpipe_fd(const struct btz_logpipe *lp)
{
	return lp->wr;
}

void
btz_logpipe_say(struct btz_logpipe *lp, const char *line)
{
	append(lp, line, strlen(line));
}
