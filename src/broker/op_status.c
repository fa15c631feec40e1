/* SPDX-License-Identifier: Apache-2.0 */
/* op_status.c - STATUS of the broker and, after it, of each crypto service. */
#include <stdio.h>

#include "broker/gather.h"

static void
own_rows(struct btz_broker *b, struct btz_table_wr *w)
{
	char text[96];

	(void)snprintf(text, sizeof(text),
	    "ready, %zu leases, %zu applications", b->n_leases, b->n_apps);
	btz_table_str(w, "broker");
	btz_table_str(w, text);
	btz_table_str(w, "ok");
	(void)!btz_table_row_end(w);
}

void
btz_op_status(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_column columns[] = {
		{ BTZ_CELL_TEXT, "item" },
		{ BTZ_CELL_TEXT, "value" },
		{ BTZ_CELL_TEXT, "level" },
	};
	static const char *const down[] = { "down", "error" };

	(void)msg;
	btz_gather(btz_broker_of(h), &c->ticket,
	    &(struct btz_gather_spec){ .op = BTZ_OP_STATUS,
		.columns = columns,
		.n_columns = BTZ_COUNT(columns),
		.down = down,
		.prefix = true },
	    own_rows);
}
