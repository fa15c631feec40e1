/* SPDX-License-Identifier: Apache-2.0 */
/* op_status.c - BTZ_OP_STATUS: item, value, level (ok, info, warning, error). */
#include <inttypes.h>
#include <stdio.h>

#include "audit/service.h"
#include "wire/table.h"

static void
row(struct btz_table_wr *t, const char *item, const char *value,
    const char *level)
{
	btz_table_str(t, item);
	btz_table_str(t, value);
	btz_table_str(t, level);
	(void)!btz_table_row_end(t);
}

static void
number(struct btz_table_wr *t, const char *item, uint64_t n, const char *level)
{
	char value[24];

	(void)snprintf(value, sizeof(value), "%" PRIu64, n);
	row(t, item, value, level);
}

static void
checkpoint_rows(const struct btz_audit_svc *a, struct btz_table_wr *t)
{
	struct btz_ckpt_status s;
	char at[BTZ_RECORD_TIME_LEN + 1] = "-";

	btz_ckpt_get(a->ckpt, &s);
	if (s.at > 0)
		btz_record_time(s.at * 1000, at);
	number(t, "signed", s.size, "info");
	number(t, "unsigned", btz_log_size(a->log) - s.size,
	    s.rc == BTZ_OK ? "ok" : "warning");
	row(t, "checkpoint-at", at, "info");
	if (!a->id.known)
		row(t, "checkpoint", "none before 'bartizan init'", "warning");
	else if (s.rc == BTZ_OK)
		row(t, "checkpoint", s.waiting ? "due" : "ok", "ok");
	else
		row(t, "checkpoint", btz_rc_text(s.rc),
		    s.rc == BTZ_E_LOG_FORKED || s.rc == BTZ_E_LOG_SMALLER
			? "error"
			: "warning");
}

void
btz_op_status(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_column columns[] = {
		{ BTZ_CELL_TEXT, "item" },
		{ BTZ_CELL_TEXT, "value" },
		{ BTZ_CELL_TEXT, "level" },
	};
	const struct btz_audit_svc *a = btz_host_data(h);
	static uint8_t rows[4096];
	struct btz_table_wr t;
	struct btz_table out;

	(void)msg;
	btz_table_begin(&t, columns, BTZ_COUNT(columns), rows, sizeof(rows));
	row(&t, "origin", a->id.known ? a->id.origin : "-",
	    a->id.known ? "info" : "warning");
	row(&t, "log", a->log_name, "info");
	number(&t, "records", btz_log_size(a->log), "info");
	checkpoint_rows(a, &t);
	row(&t, "disk", a->disk == BTZ_OK ? "ok" : btz_rc_text(a->disk),
	    a->disk == BTZ_OK ? "ok" : "error");
	number(&t, "lost", a->lost_total, a->lost_total == 0 ? "ok" : "error");
	number(&t, "syncs", btz_log_syncs(a->log), "info");
	number(&t, "cut-at-start", a->recovered_cut,
	    a->recovered_cut == 0 ? "ok" : "warning");
	out = btz_table_done(&t, btz_span_of(NULL, 0));
	btz_reply(&c->ticket, BTZ_OK, &btz_def_table, &out);
}
