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
put_set(struct btz_table_wr *t, uint32_t set, const char *(*name)(uint16_t))
{
	char text[512] = "";
	size_t n = 0;

	for (uint16_t i = 1; i < 32; i++)
		if ((set & 1u << i) != 0 && n < sizeof(text))
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s%s", n > 0 ? " " : "", name(i));
	btz_table_str(t, text);
}

static const char *
alg_name(uint16_t alg)
{
	return btz_alg_name((uint8_t)alg);
}

static const char *
kind_name(uint16_t kind)
{
	return btz_kind_name((uint8_t)kind);
}

/* What can go in and out of the backend, as numbers from 1; of keys that are
 * attested, the proof. */
static const char *
transfer_name(uint16_t number)
{
	static const char *const names[] = { "import", "export", "attest" };

	return names[number - 1];
}

static uint32_t
transfers(const struct btz_backend_ops *ops)
{
	return ((ops->caps & BTZ_CAP_IMPORT) != 0 ? 1u << 1 : 0) |
	       ((ops->caps & BTZ_CAP_EXPORT) != 0 ? 1u << 2 : 0) |
	       ((ops->caps & BTZ_CAP_ATTEST) != 0 ? 1u << 3 : 0);
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
		{ BTZ_CELL_TEXT, "signatures" },
		{ BTZ_CELL_TEXT, "operations" },
		{ BTZ_CELL_TEXT, "transfer" },
		{ BTZ_CELL_TEXT, "apart" },
	};
	static uint8_t rows[4096];
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
	put_set(&t, core->ops->algs, alg_name);
	put_set(&t, core->ops->kinds, kind_name);
	btz_table_str(&t, core->be != NULL ? "ready" : "away");
	put_set(&t, core->ops->sigs, btz_sig_name);
	put_set(&t, core->ops->crypts, btz_crypt_name);
	put_set(&t, transfers(core->ops), transfer_name);
	/* Keys that are made without holding up what else is asked. */
	put_set(&t, core->ops->slow_algs, alg_name);
	if (!btz_table_row_end(&t)) {
		btz_reply(&c->ticket, BTZ_E_TOOBIG, NULL, NULL);
		return;
	}
	out = btz_table_done(&t, btz_span_of(NULL, 0));
	btz_reply(&c->ticket, BTZ_OK, &btz_def_table, &out);
}
