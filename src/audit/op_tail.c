/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_tail.c - BTZ_OP_TAIL: records as they were written, one a line; with
 * wait_ms the answer waits for the first new one.
 */
#include <stdlib.h>
#include <string.h>

#include "audit/service.h"
#include "tlog/tile.h"
#include "wire/msg_tail.h"

#define MAX_ROWS 1000u

/* Appends lines of one bundle; false: no more fit or are asked for. */
static bool
put_bundle(const struct btz_log_bundle *b, struct btz_wr *wr, uint64_t *seq,
    unsigned *left)
{
	unsigned skip = (unsigned)(*seq % BTZ_TILE_WIDTH);
	struct btz_span entry;
	struct btz_rd rd;

	btz_rd_init(&rd, b->bytes, b->len);
	for (unsigned i = 0; i < b->entries; i++) {
		if (!btz_rd_bytes16(&rd, &entry, BTZ_RECORD_MAX))
			return false;
		if (i < skip)
			continue;
		if (*left == 0 || wr->cap - wr->len < entry.len + 1)
			return false;
		btz_wr_raw(wr, entry.p, entry.len);
		btz_wr_u8(wr, '\n');
		(*left)--;
		(*seq)++;
	}
	return true;
}

static void
answer(struct btz_audit_svc *a, const struct btz_ticket *t, uint64_t from,
    unsigned max)
{
	static uint8_t lines[BTZ_LIST_MAX];
	struct btz_tail_ok ok = { .next = from };
	struct btz_log_bundle b;
	struct btz_err err;
	struct btz_wr wr;
	bool more = true;

	btz_wr_init(&wr, lines, sizeof(lines));
	while (more && max > 0 && ok.next < btz_log_size(a->log)) {
		if (btz_log_bundle(
			a->log, ok.next / BTZ_TILE_WIDTH, &b, &err) != BTZ_OK) {
			btz_reply_err(t, &err);
			return;
		}
		more = put_bundle(&b, &wr, &ok.next, &max);
		free(b.bytes);
	}
	ok.lines = btz_wr_span(&wr);
	btz_reply(t, BTZ_OK, &btz_def_tail_ok, &ok);
}

static void
finish(struct btz_tailer *w)
{
	btz_timer_free(w->timer);
	w->timer = NULL;
	answer(w->svc, &w->ticket, w->from, w->max);
}

static void
on_deadline(void *arg)
{
	finish(arg);
}

static void
wait_for_more(struct btz_audit_svc *a, const struct btz_ticket *t,
    uint64_t from, const struct btz_tail *m)
{
	for (size_t i = 0; i < BTZ_AUDIT_TAILS; i++) {
		struct btz_tailer *w = &a->tails[i];

		if (w->timer != NULL)
			continue;
		*w = (struct btz_tailer){
			.svc = a, .ticket = *t, .from = from, .max = m->max
		};
		w->timer = btz_timer_new(
		    btz_host_loop(a->host), on_deadline, w);
		if (w->timer == NULL)
			break;
		btz_timer_set(w->timer, m->wait_ms);
		return;
	}
	btz_reply(t, BTZ_E_AGAIN, NULL, NULL);
}

void
btz_op_tail(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_audit_svc *a = btz_host_data(h);
	const struct btz_tail *m = msg;
	uint64_t size = btz_log_size(a->log), from = m->from;

	if (m->max > MAX_ROWS || (from > size && from != UINT64_MAX)) {
		btz_reply(&c->ticket, BTZ_E_RANGE, NULL, NULL);
		return;
	}
	if (from == UINT64_MAX)
		from = size > m->max ? size - m->max : 0;
	if (from == size && m->wait_ms > 0 && m->max > 0)
		wait_for_more(a, &c->ticket, from, m);
	else
		answer(a, &c->ticket, from, m->max);
}

void
btz_tail_wake(struct btz_audit_svc *a)
{
	for (size_t i = 0; i < BTZ_AUDIT_TAILS; i++)
		if (a->tails[i].timer != NULL)
			finish(&a->tails[i]);
}

void
btz_tail_end(struct btz_audit_svc *a)
{
	for (size_t i = 0; i < BTZ_AUDIT_TAILS; i++) {
		btz_timer_free(a->tails[i].timer);
		a->tails[i].timer = NULL;
	}
}
