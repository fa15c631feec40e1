/* SPDX-License-Identifier: Apache-2.0 */
/* slow.c - see slow.h. */
#include "crypto/slow.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/chan.h"
#include "crypto/lease.h"

#define FIRST_MS 1u
#define MOST_MS 16u

struct turn {
	struct turn *next;
	void (*fn)(void *arg);
	void *arg;
};

struct btz_slow {
	struct btz_core *core;
	struct btz_timer *timer;
	btz_slow_fn *fn; /* NULL: nothing begun */
	void *arg;
	uint32_t ms;
	struct turn *first;
	size_t n;
	bool in_turn; /* who waits again is the first again */
};

static void
run_turn(struct btz_slow *s)
{
	struct turn *t = s->first;

	s->first = t->next;
	s->n--;
	s->in_turn = true;
	t->fn(t->arg);
	s->in_turn = false;
	free(t);
}

/* After a turn: one that was refused again is still there. */
static void
next(struct btz_slow *s, bool refused)
{
	if (s->fn == NULL && s->n > 0)
		btz_timer_set(s->timer, refused ? MOST_MS : 0);
}

static void
tell(struct btz_slow *s, enum btz_rc rc, uint64_t size, struct btz_span bytes,
    const struct btz_err *err)
{
	btz_slow_fn *fn = s->fn;

	s->fn = NULL;
	fn(rc, size, bytes, err, s->arg);
}

static void
ask(struct btz_slow *s)
{
	static uint8_t buf[BTZ_CERT_MAX];
	const struct btz_backend *be = s->core->be;
	struct btz_err err;
	struct btz_wr wr;
	uint64_t size = 0;
	enum btz_rc rc;

	btz_wr_init(&wr, buf, sizeof(buf));
	rc = be->ops->end(be->st, &size, &wr, &err);
	if (rc == BTZ_E_PENDING) {
		s->ms = s->ms * 2 < MOST_MS ? s->ms * 2 : MOST_MS;
		btz_timer_set(s->timer, s->ms);
		return;
	}
	if (rc == BTZ_OK && !btz_wr_ok(&wr))
		rc = BTZ_FAIL(&err, BTZ_E_TOOBIG, "answer of the backend");
	tell(s, rc, size, btz_wr_span(&wr), &err);
	next(s, false);
}

static void
on_time(void *arg)
{
	struct btz_slow *s = arg;
	size_t before = s->n;

	if (s->fn != NULL) {
		ask(s);
	} else if (s->n > 0) {
		run_turn(s);
		next(s, s->n == before);
	}
}

enum btz_rc
btz_slow_new(struct btz_core *core, struct btz_slow **out, struct btz_err *err)
{
	struct btz_slow *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s != NULL)
		s->timer = btz_timer_new(btz_host_loop(core->host), on_time, s);
	if (s == NULL || s->timer == NULL) {
		free(s);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "timer");
	}
	s->core = core;
	*out = s;
	return BTZ_OK;
}

void
btz_slow_gone(struct btz_slow *s)
{
	struct btz_err err;

	if (s == NULL || s->fn == NULL)
		return;
	(void)BTZ_FAIL(&err, BTZ_E_TEE_DOWN, "while the TPM was at work");
	tell(s, BTZ_E_TEE_DOWN, 0, btz_span_of(NULL, 0), &err);
	next(s, false);
}

void
btz_slow_free(struct btz_slow *s)
{
	if (s == NULL)
		return;
	btz_slow_gone(s);
	while (s->n > 0)
		run_turn(s);
	btz_timer_free(s->timer);
	free(s);
}

bool
btz_slow_busy(const struct btz_slow *s)
{
	return s->fn != NULL || (s->n > 0 && !s->in_turn);
}

void
btz_slow_begun(struct btz_slow *s, btz_slow_fn *fn, void *arg)
{
	s->fn = fn;
	s->arg = arg;
	s->ms = FIRST_MS;
	btz_timer_set(s->timer, s->ms);
}

enum btz_rc
btz_slow_wait(struct btz_slow *s, void (*fn)(void *arg), void *arg)
{
	struct turn **at = &s->first, *t;

	if (s->n == BTZ_SLOW_QUEUE)
		return BTZ_E_AGAIN;
	if ((t = malloc(sizeof(*t))) == NULL)
		return BTZ_E_NOMEM;
	while (!s->in_turn && *at != NULL)
		at = &(*at)->next;
	*t = (struct turn){ .next = *at, .fn = fn, .arg = arg };
	*at = t;
	s->n++;
	if (!btz_timer_pending(s->timer))
		next(s, true);
	return BTZ_OK;
}

struct parked {
	struct btz_call call;
	uint64_t lease;
	struct btz_core *core;
	const struct btz_msgdef *def;
	btz_handler *fn;
	size_t len;
	uint8_t body[];
};

static void
on_turn(void *arg)
{
	union {
		max_align_t align;
		uint8_t bytes[512]; /* as in base/host.c */
	} msg;
	struct parked *p = arg;
	struct btz_leased *l = btz_leased_find(p->core, p->lease);

	if (l == NULL) {
		btz_reply(&p->call.ticket, BTZ_E_LEASE, NULL, NULL);
	} else if (btz_msg_decode(
		       p->def, btz_span_of(p->body, p->len), msg.bytes)) {
		btz_leased_refund(l); /* the handler takes it again */
		p->call.conn_data = l;
		p->fn(p->core->host, &p->call, msg.bytes);
		btz_wipe(msg.bytes, p->def->size);
	} else {
		btz_reply(&p->call.ticket, BTZ_E_INTERNAL, NULL, NULL);
	}
	btz_wipe(p->body, p->len);
	free(p);
}

bool
btz_slow_park(struct btz_slow *s, const struct btz_call *c,
    const struct btz_msgdef *def, const void *msg, btz_handler *fn)
{
	const struct btz_leased *l = c->conn_data;
	struct btz_wr wr;
	struct parked *p;

	if (s->n == BTZ_SLOW_QUEUE ||
	    (p = malloc(sizeof(*p) + BTZ_FRAME_MAX)) == NULL)
		return false;
	*p = (struct parked){ .call = *c,
		.lease = l->id,
		.core = s->core,
		.def = def,
		.fn = fn };
	p->call.fd = -1;
	btz_wr_init(&wr, p->body, BTZ_FRAME_MAX);
	btz_msg_write(def, msg, &wr);
	p->len = wr.len;
	if (btz_wr_ok(&wr) && btz_slow_wait(s, on_turn, p) == BTZ_OK) {
		btz_chan_wipe();
		return true;
	}
	btz_wipe(p->body, wr.len);
	free(p);
	return false;
}

struct btz_slow_asker *
btz_slow_asker_new(struct btz_core *core, const struct btz_call *c,
    uint32_t use, const uint8_t key[BTZ_ID_LEN])
{
	const struct btz_leased *l = c->conn_data;
	struct btz_slow_asker *a = malloc(sizeof(*a));

	if (a == NULL)
		return NULL;
	*a = (struct btz_slow_asker){
		.core = core, .ticket = c->ticket, .lease = l->id, .use = use
	};
	memcpy(a->key, key, BTZ_ID_LEN);
	return a;
}

struct btz_leased *
btz_slow_lease(const struct btz_slow_asker *a)
{
	struct btz_leased *l = btz_leased_find(a->core, a->lease);

	if (l != NULL && btz_leased_check(l, a->use, btz_boot_ms()) == BTZ_OK)
		return l;
	return NULL;
}
