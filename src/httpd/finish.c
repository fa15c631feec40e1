/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finish.c - after the answer: the outcome of a change, the record of a read
 * or of a denial. Nobody waits for these.
 */
#include "httpd/module.h"

#include <pthread.h>

#include "wire/ops.h"

static pthread_mutex_t flood_lock = PTHREAD_MUTEX_INITIALIZER;
static struct btz_flood flood;

static void
send_event(
    request_rec *r, const struct btz_state *st, const struct btz_audit *m)
{
	struct btz_err err;

	if (btz_link_event(btz_child.audit, BTZ_OP_APPEND, st->id,
		&btz_def_audit, m, &err) != BTZ_OK)
		btz_mod_log(r, st, &err);
}

static bool
admit(request_rec *r, const struct btz_state *st)
{
	struct btz_audit m;
	uint64_t withheld;
	bool ok;

	(void)pthread_mutex_lock(&flood_lock);
	ok = btz_flood_admit(
	    &flood, (uint64_t)(apr_time_now() / 1000), &withheld);
	(void)pthread_mutex_unlock(&flood_lock);
	if (withheld > 0) {
		btz_record_withheld(withheld, &m);
		send_event(r, st, &m);
	}
	return ok;
}

static void
record(request_rec *r, struct btz_state *st)
{
	struct btz_audit m;

	st->facts.status = r->status;
	if (st->stage == BTZ_STAGE_DENIED) {
		if (st->anonymous && !admit(r, st))
			return;
		btz_record_event(&st->facts, &m);
	} else if (st->stage == BTZ_STAGE_RESERVED) {
		if (strcmp(st->facts.act, "post") != 0 || !admit(r, st))
			return;
		btz_record_event(&st->facts, &m);
	} else {
		st->facts.has_n = true;
		if (st->want.effect == BTZ_EFFECT_CHANGE) {
			btz_record_outcome(&st->facts, &m);
		} else {
			st->facts.n = r->bytes_sent > 0
					  ? (uint64_t)r->bytes_sent
					  : 0;
			btz_record_event(&st->facts, &m);
		}
	}
	send_event(r, st, &m);
}

/* Refused by the core before it came to us: a malformed path or request. */
static void
record_unjudged(request_rec *r)
{
	struct btz_state st = { .stage = BTZ_STAGE_DENIED, .anonymous = true };

	if (r->uri == NULL || r->method == NULL || r->status < 400 ||
	    r->status == HTTP_REQUEST_TIME_OUT)
		return;
	st.facts.act = "unknown";
	st.facts.via = btz_mod_via(r);
	st.facts.from = btz_mod_from(r);
	st.facts.obj = btz_span_str(r->uri);
	st.facts.why = "refused by the server before it was judged";
	record(r, &st);
}

int
btz_mod_finish(request_rec *r)
{
	struct btz_state *st;

	while (r->next != NULL)
		r = r->next;
	if (btz_child.audit == NULL)
		return DECLINED;
	st = btz_mod_state(r);
	if (st == NULL) {
		record_unjudged(r);
	} else if (!st->logged) {
		st->logged = true;
		record(r, st);
	}
	return DECLINED;
}
