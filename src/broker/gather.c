/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c - one table out of many answers; contract in gather.h. */
#include "broker/gather.h"

#include <stdio.h>
#include <stdlib.h>

#define ANSWER_MS 3000u
#define ROWS_MAX 32768u

struct gather {
	struct btz_broker *b;
	struct btz_ticket ticket;
	struct btz_gather_spec spec;
	size_t waiting;
	struct btz_table_wr w;
	uint8_t rows[ROWS_MAX];
};

struct part {
	struct gather *g;
	const struct btz_route *route;
};

static void
put_first(struct gather *g, const struct btz_route *r, struct btz_span cell)
{
	char text[256];

	if (!g->spec.prefix || btz_span_eq(cell, btz_span_str(r->label))) {
		btz_table_text(&g->w, cell);
		return;
	}
	(void)snprintf(text, sizeof(text), "%s: %.*s", r->label,
	    (int)(cell.len < 128 ? cell.len : 128), (const char *)cell.p);
	btz_table_str(&g->w, text);
}

static void
put_down(struct gather *g, const struct btz_route *r)
{
	btz_table_str(&g->w, r->name);
	for (size_t i = 1; i < g->spec.n_columns; i++)
		btz_table_str(&g->w, g->spec.down[i - 1]);
	(void)!btz_table_row_end(&g->w);
}

static bool
put_rows(struct gather *g, const struct btz_route *r, const struct btz_frame *f)
{
	struct btz_span cells[BTZ_TABLE_COLS_MAX];
	struct btz_table m;
	struct btz_table_rd rd;
	int got;

	if (!btz_msg_decode(&btz_def_table, f->body, &m) ||
	    !btz_table_read(&rd, &m) || rd.n_cols != g->spec.n_columns)
		return false;
	while ((got = btz_table_row(&rd, cells)) == 1) {
		put_first(g, r, cells[0]);
		for (size_t i = 1; i < rd.n_cols; i++)
			btz_table_text(&g->w, cells[i]);
		if (!btz_table_row_end(&g->w))
			return false;
	}
	return got == 0;
}

static void
finish(struct gather *g)
{
	struct btz_table out;

	if (--g->waiting > 0)
		return;
	out = btz_table_done(&g->w, btz_span_of(NULL, 0));
	btz_reply(&g->ticket, BTZ_OK, &btz_def_table, &out);
	free(g);
}

static void
on_part(enum btz_rc rc, const struct btz_frame *f, int fd, void *arg)
{
	struct part *p = arg;

	(void)fd;
	if (rc != BTZ_OK || !put_rows(p->g, p->route, f))
		put_down(p->g, p->route);
	finish(p->g);
	free(p);
}

static void
ask(struct gather *g, const struct btz_route *r)
{
	struct part *p = malloc(sizeof(*p));

	if (p != NULL) {
		*p = (struct part){ g, r };
		if (btz_host_ask(g->b->host, r->prog, g->spec.op, g->ticket.id,
			g->spec.def, g->spec.msg, -1, ANSWER_MS, on_part,
			p) == BTZ_OK)
			return;
		free(p);
	}
	put_down(g, r);
	g->waiting--;
}

void
btz_gather(struct btz_broker *b, const struct btz_ticket *t,
    const struct btz_gather_spec *spec,
    void (*first)(struct btz_broker *b, struct btz_table_wr *w))
{
	struct gather *g = malloc(sizeof(*g));

	if (g == NULL) {
		btz_reply(t, BTZ_E_NOMEM, NULL, NULL);
		return;
	}
	g->b = b;
	g->ticket = *t;
	g->spec = *spec;
	g->waiting = b->n_routes + 1; /* one of our own until all are asked */
	btz_table_begin(
	    &g->w, spec->columns, spec->n_columns, g->rows, sizeof(g->rows));
	if (first != NULL)
		first(b, &g->w);
	for (size_t i = 0; i < b->n_routes; i++)
		ask(g, &b->routes[i]);
	finish(g);
}
