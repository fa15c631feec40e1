/* SPDX-License-Identifier: Apache-2.0 */
/* op_status.c - STATUS and LIST (of this backend) for the broker. */
#include <stdio.h>
#include <string.h>

#include "crypto/core.h"
#include "crypto/hot.h"
#include "wire/table.h"

static const char *
label(const struct btz_core *core)
{
	return core->be != NULL ? core->be->ops->label(core->be->st)
				: core->ops->name;
}

void
btz_op_status(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_column columns[] = {
		{ BTZ_CELL_TEXT, "item" },
		{ BTZ_CELL_TEXT, "value" },
		{ BTZ_CELL_TEXT, "level" },
	};
	static uint8_t rows[8192];
	struct btz_core *core = btz_core_of(h);
	struct btz_table_wr t;
	struct btz_table out;
	char text[256];

	(void)msg;
	btz_table_begin(&t, columns, BTZ_COUNT(columns), rows, sizeof(rows));
	(void)snprintf(text, sizeof(text), "%s%s%s, %zu leases, %zu hot keys",
	    core->be != NULL ? "ready" : "device away",
	    core->be == NULL && core->why[0] != '\0' ? ": " : "",
	    core->be == NULL ? core->why : "", core->n_leases,
	    btz_hot_count(core->hot));
	btz_table_str(&t, label(core));
	btz_table_str(&t, text);
	btz_table_str(&t, core->be != NULL ? "ok" : "error");
	if (btz_table_row_end(&t) && core->be != NULL)
		core->be->ops->status(core->be->st, &t);
	out = btz_table_done(&t, btz_span_of(NULL, 0));
	btz_reply(&c->ticket, BTZ_OK, &btz_def_table, &out);
}

/* Names of the bits of a set, e.g. "ec-p256 rsa-2048". */
static void
put_set(struct btz_table_wr *t, uint32_t set, const char *(*name)(uint8_t))
{
	char text[160] = "";
	size_t n = 0;

	for (uint8_t i = 1; i < 16; i++)
		if ((set & 1u << i) != 0 && n < sizeof(text))
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s%s", n > 0 ? " " : "", name(i));
	btz_table_str(t, text);
}

void
btz_op_list(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_column columns[] = {
		{ BTZ_CELL_TEXT, "backend" },
		{ BTZ_CELL_TEXT, "shown_as" },
		{ BTZ_CELL_TEXT, "protection" },
		{ BTZ_CELL_TEXT, "algorithms" },
		{ BTZ_CELL_TEXT, "kinds" },
		{ BTZ_CELL_TEXT, "state" },
	};
	static uint8_t rows[2048];
	struct btz_core *core = btz_core_of(h);
	const struct btz_list *rq = msg;
	struct btz_table_wr t;
	struct btz_table out;

	if (rq->noun != BTZ_NOUN_BACKEND) {
		btz_reply(&c->ticket, BTZ_E_UNSUPPORTED, NULL, NULL);
		return;
	}
	btz_table_begin(&t, columns, BTZ_COUNT(columns), rows, sizeof(rows));
	btz_table_str(&t, core->ops->name);
	btz_table_str(&t, label(core));
	btz_table_str(&t, btz_protection_name(core->ops->protection));
	put_set(&t, core->ops->algs, btz_alg_name);
	put_set(&t, core->ops->kinds, btz_kind_name);
	btz_table_str(&t, core->be != NULL ? "ready" : "away");
	if (!btz_table_row_end(&t)) {
		btz_reply(&c->ticket, BTZ_E_TOOBIG, NULL, NULL);
		return;
	}
	out = btz_table_done(&t, btz_span_of(NULL, 0));
	btz_reply(&c->ticket, BTZ_OK, &btz_def_table, &out);
}
