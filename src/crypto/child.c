/* SPDX-License-Identifier: Apache-2.0 */
/* child.c - key generation in a forked child, or beside; contract in child.h. */
#include "crypto/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

#define CHILDREN_MAX 2u
#define LIMIT_S 60u
#define ANSWER_MAX (BTZ_ID_LEN + 4 + BTZ_SPKI_MAX + BTZ_BLOB_MAX)

struct btz_child {
	struct btz_core *core;
	struct btz_watch *watch;
	struct btz_timer *timer;
	struct btz_child *next; /* of those beside; they have no pid */
	pid_t pid;
	int fd;
	btz_child_fn *fn;
	void *arg;
	size_t len;
	uint8_t answer[ANSWER_MAX];
};

/* In the child: it ends by _exit, the alarm or the parent's kill. */
static void
work(struct btz_core *core, const struct btz_generate *g, int out)
{
	static struct btz_backend_key key;
	uint8_t buf[ANSWER_MAX];
	struct btz_wr wr;
	size_t at = 0;

	(void)alarm(LIMIT_S);
	if (core->be->ops->generate(core->be->st, g, &key, NULL) != BTZ_OK)
		_exit(1);
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_wr_raw(&wr, key.id, sizeof(key.id));
	btz_wr_bytes16(&wr, btz_span_of(key.spki, key.spki_len));
	btz_wr_bytes16(&wr, btz_span_of(key.blob, key.blob_len));
	while (btz_wr_ok(&wr) && at < wr.len) {
		ssize_t n = write(out, buf + at, wr.len - at);

		if (n < 0 && errno != EINTR)
			_exit(1);
		at += n > 0 ? (size_t)n : 0;
	}
	_exit(btz_wr_ok(&wr) ? 0 : 1);
}

static bool
decode(const struct btz_child *ch, struct btz_backend_key *key)
{
	struct btz_span spki, blob;
	struct btz_rd rd;

	btz_rd_init(&rd, ch->answer, ch->len);
	if (!btz_rd_copy(&rd, key->id, sizeof(key->id)) ||
	    !btz_rd_bytes16(&rd, &spki, sizeof(key->spki)) ||
	    !btz_rd_bytes16(&rd, &blob, sizeof(key->blob)) ||
	    !btz_rd_end(&rd) || spki.len == 0 || blob.len == 0)
		return false;
	memcpy(key->spki, spki.p, key->spki_len = spki.len);
	memcpy(key->blob, blob.p, key->blob_len = blob.len);
	return true;
}

static void
finish(struct btz_child *ch, enum btz_rc rc)
{
	static struct btz_backend_key key;
	int status = 0;

	btz_watch_free(ch->watch);
	btz_timer_free(ch->timer);
	(void)close(ch->fd);
	if (rc != BTZ_OK)
		(void)kill(ch->pid, SIGKILL);
	while (waitpid(ch->pid, &status, 0) < 0 && errno == EINTR)
		;
	ch->core->children--;
	if (rc == BTZ_OK && (status != 0 || !decode(ch, &key)))
		rc = BTZ_E_INTERNAL;
	ch->fn(rc, rc == BTZ_OK ? &key : NULL, ch->arg);
	free(ch);
}

static void
on_pipe(unsigned events, void *arg)
{
	struct btz_child *ch = arg;
	ssize_t n = 0;

	(void)events;
	if (ch->len < sizeof(ch->answer))
		n = read(
		    ch->fd, ch->answer + ch->len, sizeof(ch->answer) - ch->len);
	if (n > 0)
		ch->len += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		finish(ch, BTZ_OK);
}

static void
on_limit(void *arg)
{
	finish(arg, BTZ_E_TIMEOUT);
}

static enum btz_rc
start(struct btz_child *ch, const struct btz_generate *g, struct btz_err *err)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) != 0)
		return BTZ_FAIL_SYS(err, BTZ_E_AGAIN, "pipe");
	ch->pid = fork();
	if (ch->pid == 0)
		work(ch->core, g, p[1]);
	(void)close(p[1]);
	ch->fd = p[0];
	if (ch->pid < 0) {
		(void)close(ch->fd);
		return BTZ_FAIL_SYS(err, BTZ_E_AGAIN, "fork");
	}
	(void)fcntl(ch->fd, F_SETFL, O_NONBLOCK);
	ch->core->children++;
	return BTZ_OK;
}

static void
unlink_beside(struct btz_child *ch)
{
	struct btz_child **at = &ch->core->beside;

	while (*at != ch)
		at = &(*at)->next;
	*at = ch->next;
}

/* keep: else nobody wants the key. */
static void
finish_beside(struct btz_child *ch, bool keep)
{
	static struct btz_backend_key key;
	const struct btz_backend *be = ch->core->be;
	struct btz_err err;
	enum btz_rc rc;

	btz_watch_free(ch->watch);
	unlink_beside(ch);
	ch->core->children--;
	rc = be->ops->generate_end(be->st, ch->fd, keep ? &key : NULL, &err);
	if (!keep)
		rc = BTZ_E_TEE_DOWN;
	else if (rc != BTZ_OK)
		btz_log_err(0, &err);
	ch->fn(rc, rc == BTZ_OK ? &key : NULL, ch->arg);
	free(ch);
}

static void
on_beside(unsigned events, void *arg)
{
	(void)events;
	finish_beside(arg, true);
}

void
btz_child_gone(struct btz_core *core)
{
	while (core->beside != NULL)
		finish_beside(core->beside, false);
}

/* Holding up the rest: there is no other way now. */
static enum btz_rc
at_once(struct btz_core *core, const struct btz_generate *g, btz_child_fn *fn,
    void *arg, struct btz_err *err)
{
	static struct btz_backend_key key;
	enum btz_rc rc = core->be->ops->generate(core->be->st, g, &key, err);

	if (rc == BTZ_OK)
		fn(BTZ_OK, &key, arg);
	return rc;
}

static enum btz_rc
generate_beside(struct btz_core *core, const struct btz_generate *g,
    btz_child_fn *fn, void *arg, struct btz_err *err)
{
	const struct btz_backend *be = core->be;
	struct btz_child *ch = calloc(1, sizeof(*ch));
	enum btz_rc rc;

	if (ch == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "child");
	*ch = (struct btz_child){ .core = core, .fn = fn, .arg = arg };
	rc = be->ops->generate_begin(be->st, g, &ch->fd, err);
	if (rc != BTZ_OK) {
		free(ch);
		return rc == BTZ_E_UNSUPPORTED ? at_once(core, g, fn, arg, err)
					       : rc;
	}
	ch->next = core->beside;
	core->beside = ch;
	core->children++;
	ch->watch = btz_watch_new(
	    btz_host_loop(core->host), ch->fd, BTZ_EV_READ, on_beside, ch);
	if (ch->watch == NULL) /* then it is waited for */
		finish_beside(ch, true);
	return BTZ_OK;
}

enum btz_rc
btz_child_generate(struct btz_core *core, const struct btz_generate *g,
    btz_child_fn *fn, void *arg, struct btz_err *err)
{
	struct btz_loop *loop = btz_host_loop(core->host);
	struct btz_child *ch;
	enum btz_rc rc;

	if (core->children >= CHILDREN_MAX)
		return BTZ_FAIL(
		    err, BTZ_E_AGAIN, "%u keys are being made", core->children);
	if (core->be->ops->generate_begin != NULL)
		return generate_beside(core, g, fn, arg, err);
	if ((ch = calloc(1, sizeof(*ch))) == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "child");
	*ch = (struct btz_child){
		.core = core, .fd = -1, .fn = fn, .arg = arg
	};
	if ((rc = start(ch, g, err)) != BTZ_OK) {
		free(ch);
		return rc;
	}
	ch->watch = btz_watch_new(loop, ch->fd, BTZ_EV_READ, on_pipe, ch);
	ch->timer = btz_timer_new(loop, on_limit, ch);
	if (ch->timer != NULL)
		btz_timer_set(ch->timer, (LIMIT_S + 1) * 1000);
	if (ch->watch == NULL)
		finish(ch, BTZ_E_NOMEM);
	return BTZ_OK;
}
