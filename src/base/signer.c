/* SPDX-License-Identifier: Apache-2.0 */
/* signer.c - lease, socket, back-off; states in signer.h. Start at connect_now. */
#include "base/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "wire/msg_open.h"

#define BACKOFF_MIN 50u
#define BACKOFF_MAX 1000u
#define OPEN_MS 5000u

struct waiter {
	struct waiter *next;
	struct btz_signer *s;
	struct btz_timer *timer;
	btz_signer_fn *fn;
	void *arg;
};

struct btz_signer {
	struct btz_host *host;
	char wanted[BTZ_NAME_MAX + 1], backend[BTZ_NAME_MAX + 1];
	struct btz_chan *chan;
	bool opening, ending;
	uint32_t backoff;
	enum btz_rc why; /* of the last failure */
	struct btz_timer *timer;
	struct waiter *waiters;
};

static void connect_now(void *arg);

/* Each waiter may wait again from its callback: take the list off first. */
static void
wake(struct btz_signer *s, enum btz_rc rc)
{
	struct waiter *w = s->waiters;

	s->waiters = NULL;
	while (w != NULL) {
		struct waiter *next = w->next;

		btz_timer_free(w->timer);
		w->fn(rc, w->arg);
		free(w);
		w = next;
	}
}

static void
retry_later(struct btz_signer *s, enum btz_rc why)
{
	s->why = why;
	if (s->ending || s->opening)
		return;
	btz_timer_set(s->timer, s->backoff);
	s->backoff = s->backoff * 2 > BACKOFF_MAX ? BACKOFF_MAX
						  : s->backoff * 2;
}

static void
on_frame(struct btz_chan *ch, const struct btz_frame *f, int fd,
    const struct btz_peer *peer, void *arg)
{
	(void)ch;
	(void)f;
	(void)peer;
	(void)arg;
	if (fd >= 0)
		(void)close(fd); /* the crypto service asks us nothing */
}

static void
on_close(struct btz_chan *ch, void *arg)
{
	struct btz_signer *s = arg;

	(void)ch;
	s->chan = NULL;
	btz_log(BTZ_LOG_WARN, 0, "connection to the crypto service closed");
	retry_later(s, BTZ_E_DOWN);
}

static const struct btz_chan_ops ops = { on_frame, on_close };

static enum btz_rc
adopt(struct btz_signer *s, const struct btz_frame *f, int fd)
{
	struct btz_open_ok ok;
	struct btz_err err;
	enum btz_rc rc;

	if (fd < 0)
		return BTZ_E_PROTO;
	if (!btz_msg_decode(&btz_def_open_ok, f->body, &ok)) {
		(void)close(fd);
		return BTZ_E_PROTO;
	}
	(void)snprintf(s->backend, sizeof(s->backend), "%.*s",
	    (int)ok.backend.len, (const char *)ok.backend.p);
	rc = btz_chan_new(
	    btz_host_loop(s->host), fd, 0, &ops, s, &s->chan, &err);
	if (rc != BTZ_OK)
		btz_log_err(0, &err);
	return rc;
}

static void
on_open(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct btz_signer *s = arg;

	s->opening = false;
	if (rc == BTZ_OK)
		rc = adopt(s, f, fd);
	if (rc != BTZ_OK) {
		retry_later(s, rc);
		return;
	}
	s->backoff = BACKOFF_MIN;
	s->why = BTZ_OK;
	btz_log(BTZ_LOG_INFO, 0, "leased backend %s", s->backend);
	wake(s, BTZ_OK);
}

static void
connect_now(void *arg)
{
	struct btz_signer *s = arg;
	struct btz_open rq = { .backend = btz_span_str(s->wanted) };
	enum btz_rc rc;

	if (s->chan != NULL || s->opening || s->ending)
		return;
	s->opening = true;
	rc = btz_host_ask(s->host, BTZ_PROG_BROKER, BTZ_OP_OPEN,
	    btz_host_new_id(s->host), &btz_def_open, &rq, -1, OPEN_MS, on_open,
	    s);
	if (rc == BTZ_OK)
		return;
	s->opening = false;
	retry_later(s, rc);
}

enum btz_rc
btz_signer_new(struct btz_host *h, const char *backend, struct btz_signer **out,
    struct btz_err *err)
{
	struct btz_signer *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "signer");
	s->host = h;
	s->backoff = BACKOFF_MIN;
	s->why = BTZ_E_DOWN;
	(void)snprintf(s->wanted, sizeof(s->wanted), "%s", backend);
	s->timer = btz_timer_new(btz_host_loop(h), connect_now, s);
	if (s->timer == NULL) {
		free(s);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "signer");
	}
	*out = s;
	return BTZ_OK;
}

void
btz_signer_free(struct btz_signer *s)
{
	if (s == NULL)
		return;
	s->ending = true;
	btz_signer_lost(s);
	while (s->waiters != NULL)
		wake(s, BTZ_E_GONE);
	btz_timer_free(s->timer);
	free(s);
}

static void
on_waited(void *arg)
{
	struct waiter *w = arg;
	struct waiter **at = &w->s->waiters;
	enum btz_rc why = w->s->why == BTZ_OK ? BTZ_E_TIMEOUT : w->s->why;

	while (*at != NULL && *at != w)
		at = &(*at)->next;
	if (*at == w)
		*at = w->next;
	w->fn(why, w->arg);
	btz_timer_free(w->timer);
	free(w);
}

void
btz_signer_need(
    struct btz_signer *s, uint32_t timeout_ms, btz_signer_fn *fn, void *arg)
{
	struct waiter *w;

	if (s->chan != NULL || s->ending) {
		fn(s->ending ? BTZ_E_GONE : BTZ_OK, arg);
		return;
	}
	w = calloc(1, sizeof(*w));
	if (w != NULL)
		w->timer = btz_timer_new(btz_host_loop(s->host), on_waited, w);
	if (w == NULL || w->timer == NULL) {
		free(w);
		fn(BTZ_E_NOMEM, arg);
		return;
	}
	w->s = s;
	w->fn = fn;
	w->arg = arg;
	w->next = s->waiters;
	s->waiters = w;
	btz_timer_set(w->timer, timeout_ms);
	if (!btz_timer_pending(s->timer))
		connect_now(s);
}

enum btz_rc
btz_signer_ask(struct btz_signer *s, uint16_t op, uint64_t id,
    const struct btz_msgdef *def, const void *msg, uint32_t timeout_ms,
    btz_answer_fn *fn, void *arg)
{
	if (s->chan == NULL)
		return BTZ_E_DOWN;
	return btz_chan_ask(s->chan, op, id, def, msg, -1, timeout_ms, fn, arg);
}

void
btz_signer_lost(struct btz_signer *s)
{
	struct btz_chan *ch = s->chan;

	s->chan = NULL; /* its pending asks fail below and may wait again */
	if (ch == NULL)
		return;
	btz_chan_free(ch);
	retry_later(s, BTZ_E_LEASE);
}

bool
btz_signer_open(const struct btz_signer *s)
{
	return s->chan != NULL;
}

const char *
btz_signer_backend(const struct btz_signer *s)
{
	return s->chan != NULL ? s->backend : "";
}
