/* SPDX-License-Identifier: Apache-2.0 */
/* op_list.c - leases, applications and backends, for the administrator. */
#include <stdlib.h>

#include "broker/gather.h"
#include "broker/lease.h"
#include "wire/alg.h"
#include "wire/table.h"

#define ROWS_MAX 49152u

static uint8_t rows[ROWS_MAX];

static void
done(const struct btz_ticket *t, const struct btz_table_wr *w)
{
	struct btz_table out = btz_table_done(w, btz_span_of(NULL, 0));

	btz_reply(t, BTZ_OK, &btz_def_table, &out);
}

static void
put_id(struct btz_table_wr *w, uint64_t id)
{
	uint8_t be[8];

	for (int i = 0; i < 8; i++)
		be[i] = (uint8_t)(id >> (56 - 8 * i));
	btz_table_hex(w, be, sizeof(be));
}

static void
list_leases(struct btz_broker *b, const struct btz_ticket *t)
{
	static const struct btz_column columns[] = {
		{ BTZ_CELL_TEXT, "id" },
		{ BTZ_CELL_TEXT, "application" },
		{ BTZ_CELL_NUMBER, "uid" },
		{ BTZ_CELL_TEXT, "backend" },
		{ BTZ_CELL_NUMBER, "operations" },
		{ BTZ_CELL_NUMBER, "expires_in_s" },
	};
	uint64_t now = btz_boot_ms();
	struct btz_table_wr w;

	btz_table_begin(&w, columns, BTZ_COUNT(columns), rows, sizeof(rows));
	for (const struct btz_lease_entry *l = b->leases; l != NULL;
	     l = l->next) {
		put_id(&w, l->id);
		btz_table_str(&w, l->application);
		btz_table_num(&w, l->uid);
		btz_table_str(&w, l->route->label);
		btz_table_num(&w, l->ops);
		btz_table_num(
		    &w, l->expiry > now ? (l->expiry - now) / 1000 : 0);
		if (!btz_table_row_end(&w))
			break;
	}
	done(t, &w);
}

static void
list_applications(struct btz_broker *b, const struct btz_ticket *t)
{
	static const struct btz_column columns[] = {
		{ BTZ_CELL_TEXT, "name" },
		{ BTZ_CELL_NUMBER, "uid" },
		{ BTZ_CELL_TEXT, "backend" },
		{ BTZ_CELL_NUMBER, "rate" },
		{ BTZ_CELL_NUMBER, "max_keys" },
		{ BTZ_CELL_NUMBER, "leases" },
	};
	struct btz_table_wr w;

	btz_table_begin(&w, columns, BTZ_COUNT(columns), rows, sizeof(rows));
	for (size_t i = 0; i < b->n_apps; i++) {
		const struct btz_app *a = &b->apps[i];

		btz_table_str(&w, a->name);
		btz_table_num(&w, (uint64_t)a->conf.uid);
		btz_table_str(&w, a->conf.backend);
		btz_table_num(&w, (uint64_t)a->conf.rate);
		btz_table_num(&w, (uint64_t)a->conf.max_keys);
		btz_table_num(&w, btz_lease_count(b, (uint32_t)a->conf.uid));
		if (!btz_table_row_end(&w))
			break;
	}
	done(t, &w);
}

#define STATE 5u

static const struct btz_column backend_columns[] = {
	{ BTZ_CELL_TEXT, "backend" },
	{ BTZ_CELL_TEXT, "shown_as" },
	{ BTZ_CELL_TEXT, "protection" },
	{ BTZ_CELL_TEXT, "algorithms" },
	{ BTZ_CELL_TEXT, "kinds" },
	{ BTZ_CELL_TEXT, "state" },
	{ BTZ_CELL_TEXT, "signatures" },
	{ BTZ_CELL_TEXT, "operations" },
	{ BTZ_CELL_TEXT, "transfer" },
	{ BTZ_CELL_TEXT, "apart" },
};

/* For applications: which there are. No service is asked for them. */
static void
list_routes(struct btz_broker *b, const struct btz_ticket *t)
{
	struct btz_table_wr w;

	btz_table_begin(&w, backend_columns, BTZ_COUNT(backend_columns), rows,
	    sizeof(rows));
	for (size_t i = 0; i < b->n_routes; i++) {
		btz_table_str(&w, b->routes[i].name);
		btz_table_str(&w, b->routes[i].label);
		for (size_t k = 2; k < BTZ_COUNT(backend_columns); k++)
			btz_table_str(&w, k != STATE	    ? ""
					  : b->routes[i].up ? "up"
							    : "down");
		if (!btz_table_row_end(&w))
			break;
	}
	done(t, &w);
}

static void
list_backends(
    struct btz_broker *b, const struct btz_call *c, const struct btz_list *rq)
{
	static const char *const down[] = { "", "", "", "", "down", "", "", "",
		"" };

	btz_gather(b, &c->ticket,
	    &(struct btz_gather_spec){ .op = BTZ_OP_LIST,
		.def = &btz_def_list,
		.msg = rq,
		.columns = backend_columns,
		.n_columns = BTZ_COUNT(backend_columns),
		.down = down },
	    NULL);
}

void
btz_op_list(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_broker *b = btz_broker_of(h);
	const struct btz_list *rq = msg;

	if (c->role == BTZ_ROLE_APP) {
		if (rq->noun == BTZ_NOUN_BACKEND)
			list_routes(b, &c->ticket);
		else
			btz_reply(&c->ticket, BTZ_E_DENIED, NULL, NULL);
		return;
	}
	switch (rq->noun) {
	case BTZ_NOUN_LEASE:
		list_leases(b, &c->ticket);
		break;
	case BTZ_NOUN_APPLICATION:
		list_applications(b, &c->ticket);
		break;
	case BTZ_NOUN_BACKEND:
		list_backends(b, c, rq);
		break;
	default:
		btz_reply(&c->ticket, BTZ_E_UNSUPPORTED, NULL, NULL);
	}
}
