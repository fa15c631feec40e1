/* SPDX-License-Identifier: Apache-2.0 */
/* op_status.c - BTZ_OP_STATUS: how access is; level ok, info, warning or error. */
#include <inttypes.h>
#include <string.h>

#include "access/access.h"
#include "base/log.h"
#include "wire/msg_list.h"
#include "wire/table.h"

static const struct btz_column cols[] = { { BTZ_CELL_TEXT, "item" },
	{ BTZ_CELL_TEXT, "value" }, { BTZ_CELL_TEXT, "level" } };

static void
put(struct btz_table_wr *t, const char *item, const char *value,
    const char *level)
{
	btz_table_str(t, item);
	btz_table_str(t, value);
	btz_table_str(t, level);
	if (!btz_table_row_end(t)) /* 4 KiB hold them all */
		btz_log(BTZ_LOG_WARN, 0, "status row does not fit");
}

static void
put_counts(struct btz_access *a, struct btz_table_wr *t)
{
	static const char *const names[] = { "tenants", "users", "devices",
		"shares", "vpns", "grants", "credentials in force",
		"open invites" };
	sqlite3_stmt *st;
	struct btz_err err;

	if (btz_db_query(a->db, &st, &err,
		"SELECT (SELECT count(*) FROM tenants),"
		"(SELECT count(*) FROM principals WHERE kind='user'),"
		"(SELECT count(*) FROM principals WHERE kind='device'),"
		"(SELECT count(*) FROM shares WHERE substr(name,1,4)<>'vpn.'),"
		"(SELECT count(*) FROM shares WHERE substr(name,1,4)='vpn.'),"
		"(SELECT count(*) FROM bindings),"
		"(SELECT count(*) FROM credentials WHERE state=1 AND "
		"not_after>=?1),"
		"(SELECT count(*) FROM invites WHERE used=0 AND expires>?1)",
		"i", (int64_t)btz_unix_now()) != BTZ_OK)
		return;
	if (btz_db_step(a->db, st, &err) == BTZ_OK)
		for (int i = 0; i < (int)BTZ_COUNT(names); i++) {
			char n[24];

			(void)snprintf(
			    n, sizeof(n), "%" PRId64, btz_db_int(st, i));
			put(t, names[i], n, "info");
		}
	btz_db_done(st);
}

static void
put_policy(struct btz_access *a, struct btz_table_wr *t)
{
	struct btz_err err;
	struct btz_policy *p = NULL;
	uint64_t stored = 0;
	char text[96];

	if (btz_store_num(a->db, "generation", &stored, &err) != BTZ_OK ||
	    stored == 0) {
		put(t, "policy", "none yet", "warning");
		return;
	}
	if (btz_policy_get(a->reader, &p, &err) != BTZ_OK) {
		put(t, "policy", "cannot be read: everything is denied",
		    "error");
		return;
	}
	(void)snprintf(text, sizeof(text), "generation %" PRIu64 "%s",
	    btz_policy_generation(p),
	    btz_policy_generation(p) == stored ? ""
					       : ", a newer one is not "
						 "published");
	put(t, "policy", text,
	    btz_policy_generation(p) == stored ? "ok" : "error");
	btz_policy_put(p);
}

void
btz_op_status(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_access *a = btz_host_data(h);
	bool audit = btz_host_edge(h, BTZ_PROG_AUDIT) != NULL;
	struct btz_table_wr t;
	struct btz_table table;
	uint8_t rows[4096];
	char domain[254];
	struct btz_err err;

	(void)msg;
	btz_table_begin(&t, cols, BTZ_COUNT(cols), rows, sizeof(rows));
	if (btz_store_domain(a->db, domain, &err) == BTZ_OK)
		put(&t, "trust domain", domain, "info");
	else
		put(&t, "trust domain", "not initialised", "warning");
	put_policy(a, &t);
	put_counts(a, &t);
	put(&t, "changes",
	    audit ? "possible" : "refused: the audit log is not reachable",
	    audit ? "ok" : "error");
	table = btz_table_done(&t, btz_span_of(NULL, 0));
	btz_reply(&c->ticket, BTZ_OK, &btz_def_table, &table);
}
