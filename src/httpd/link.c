/* SPDX-License-Identifier: Apache-2.0 */
/* link.c - a pool of blocking connections; start with btz_link_call. */
#include "httpd/link.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/call.h"

#define IDLE_MAX 16u
#define PING_MS 1000u
#define DOWN_MS 200u
#define READY_MS 1000

struct btz_link {
	char path[BTZ_PATH_MAX];
	uint32_t timeout_ms;
	pthread_mutex_t lock; /* what follows */
	struct btz_conn *idle[IDLE_MAX];
	size_t n;
	uint64_t down_until; /* monotonic ms */
};

static uint64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

enum btz_rc
btz_link_new(const char *path, uint32_t timeout_ms, struct btz_link **out,
    struct btz_err *err)
{
	struct btz_link *l = calloc(1, sizeof(*l));
	size_t len = strlen(path);

	*out = NULL;
	if (l == NULL || len >= sizeof(l->path)) {
		free(l);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "connections to %s", path);
	}
	memcpy(l->path, path, len + 1);
	l->timeout_ms = timeout_ms;
	(void)pthread_mutex_init(&l->lock, NULL);
	*out = l;
	return BTZ_OK;
}

static void
conn_free(struct btz_conn *c)
{
	if (c == NULL)
		return;
	btz_conn_close(c);
	free(c);
}

void
btz_link_free(struct btz_link *l)
{
	if (l == NULL)
		return;
	while (l->n > 0)
		conn_free(l->idle[--l->n]);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

/* Neither gone nor with a buffer that nobody empties; a busy reader is given
 * time, so that a burst of requests is slowed and not refused. */
static bool
writable(const struct btz_conn *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLOUT | POLLRDHUP };

	return poll(&p, 1, READY_MS) == 1 && p.revents == POLLOUT;
}

/* May be dead: whoever uses it finds out, which costs less than asking. */
static struct btz_conn *
take_idle(struct btz_link *l)
{
	struct btz_conn *c;

	(void)pthread_mutex_lock(&l->lock);
	c = l->n > 0 ? l->idle[--l->n] : NULL;
	(void)pthread_mutex_unlock(&l->lock);
	return c;
}

/* One is dead: so are the others, of the same process. */
static void
drop_idle(struct btz_link *l)
{
	struct btz_conn *c;

	while ((c = take_idle(l)) != NULL)
		conn_free(c);
}

static void
give_back(struct btz_link *l, struct btz_conn *c)
{
	(void)pthread_mutex_lock(&l->lock);
	if (c->fd >= 0 && l->n < IDLE_MAX) {
		l->idle[l->n++] = c;
		c = NULL;
	}
	(void)pthread_mutex_unlock(&l->lock);
	conn_free(c);
}

static void
set_down(struct btz_link *l, uint64_t until)
{
	(void)pthread_mutex_lock(&l->lock);
	l->down_until = until;
	(void)pthread_mutex_unlock(&l->lock);
}

static bool
is_down(struct btz_link *l)
{
	bool down;

	(void)pthread_mutex_lock(&l->lock);
	down = now_ms() < l->down_until;
	(void)pthread_mutex_unlock(&l->lock);
	return down;
}

static enum btz_rc
open_new(struct btz_link *l, struct btz_conn **out, struct btz_err *err)
{
	struct btz_conn *c = NULL;
	enum btz_rc rc;

	*out = NULL;
	if (is_down(l))
		return BTZ_FAIL(err, BTZ_E_DOWN, "%s", l->path);
	if ((c = malloc(sizeof(*c))) == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "connection to %s", l->path);
	rc = btz_conn_open(c, l->path, err);
	if (rc == BTZ_OK) {
		c->timeout_ms = PING_MS;
		rc = btz_conn_call(
		    c, BTZ_OP_PING, NULL, NULL, NULL, NULL, NULL, err);
	}
	if (rc != BTZ_OK) {
		conn_free(c);
		set_down(l, now_ms() + DOWN_MS);
		return btz_err_wrap(err, "%s", l->path);
	}
	c->timeout_ms = l->timeout_ms;
	*out = c;
	return BTZ_OK;
}

static enum btz_rc
take(struct btz_link *l, struct btz_conn **out, struct btz_err *err)
{
	*out = take_idle(l);
	return *out != NULL ? BTZ_OK : open_new(l, out, err);
}

static enum btz_rc
call_once(struct btz_link *l, const struct btz_link_call *call, bool fresh,
    struct btz_err *err)
{
	struct btz_conn *c = NULL;
	enum btz_rc rc = fresh ? open_new(l, &c, err) : take(l, &c, err);

	if (rc != BTZ_OK || c == NULL)
		return rc;
	c->id = call->id;
	rc = btz_conn_call(c, call->op, call->in_def, call->in, call->out_def,
	    call->out, NULL, err);
	if (rc == BTZ_OK && call->done != NULL)
		call->done(call->out, call->arg);
	give_back(l, c);
	return rc;
}

enum btz_rc
btz_link_call(
    struct btz_link *l, const struct btz_link_call *c, struct btz_err *err)
{
	enum btz_rc rc = call_once(l, c, false, err);

	if (rc != BTZ_E_GONE)
		return rc;
	drop_idle(l);
	return call_once(l, c, true, err);
}

static enum btz_rc
event_once(struct btz_link *l, bool fresh, uint16_t op, uint64_t id,
    const struct btz_msgdef *def, const void *msg, struct btz_err *err)
{
	struct btz_conn *c = NULL;
	enum btz_rc rc = fresh ? open_new(l, &c, err) : take(l, &c, err);

	if (rc != BTZ_OK || c == NULL)
		return rc;
	c->id = id;
	rc = btz_conn_event(c, op, def, msg, err);
	give_back(l, c);
	return rc;
}

enum btz_rc
btz_link_event(struct btz_link *l, uint16_t op, uint64_t id,
    const struct btz_msgdef *def, const void *msg, struct btz_err *err)
{
	enum btz_rc rc = event_once(l, false, op, id, def, msg, err);

	if (rc != BTZ_E_GONE)
		return rc;
	drop_idle(l);
	return event_once(l, true, op, id, def, msg, err);
}

static bool
keep_if_writable(struct btz_link *l, struct btz_conn *c)
{
	if (!writable(c)) {
		conn_free(c);
		return false;
	}
	give_back(l, c);
	return true;
}

bool
btz_link_ready(struct btz_link *l)
{
	struct btz_conn *c = take_idle(l);

	if (c != NULL && keep_if_writable(l, c))
		return true;
	drop_idle(l);
	return open_new(l, &c, NULL) == BTZ_OK && keep_if_writable(l, c);
}
