/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_list.c - BTZ_OP_LIST: one row of `lists` per noun. Every query gives the
 * row's id first (the cursor of the next page), then the columns; it takes
 * ?1 the last id seen, ?2 tenant or empty, ?3 name or id prefix or empty and
 * ?4 the time.
 */
#include <assert.h>

#include "access/access.h"
#include "policy/action.h"
#include "wire/msg_list.h"
#include "wire/table.h"

/* Numbers that are shown as words. */
#define COL_ACTIONS 100
#define COL_VIA 101
#define COL_WINDOW 102

/* Of a row s of shares: is it a VPN, its name for people, and the part of a
 * role's permissions that counts there (btz_actions_on). */
#define IS_VPN "substr(s.name, 1, 4)='vpn.'"
#define RESOURCE                                                               \
	"replace(substr(s.name, 1, 4), 'vpn.', 'vpn:') || substr(s.name, 5)"
#define COUNTS                                                                 \
	"CASE WHEN " IS_VPN " THEN r.permissions&32 ELSE r.permissions&~32 "   \
	"END"
static_assert(BTZ_ACT_CONNECT == 32, "the 32 in COUNTS");

#define TEXT(name)                                                             \
	{                                                                      \
		BTZ_CELL_TEXT, name                                            \
	}
#define NUMBER(name)                                                           \
	{                                                                      \
		BTZ_CELL_NUMBER, name                                          \
	}
#define TIME(name)                                                             \
	{                                                                      \
		BTZ_CELL_TIME, name                                            \
	}

static const struct btz_column tenant_cols[] = { TEXT("name"), TEXT("id"),
	NUMBER("users"), NUMBER("devices"), NUMBER("shares"), TIME("created") };
static const struct btz_column user_cols[] = { TEXT("tenant"), TEXT("name"),
	TEXT("state"), NUMBER("credentials"), NUMBER("grants"), TEXT("uri"),
	TIME("created") };
static const struct btz_column credential_cols[] = { TEXT("id"), TEXT("tenant"),
	TEXT("who"), TEXT("state"), TIME("not_before"), TIME("not_after"),
	TEXT("serial"), TEXT("uri") };
static const struct btz_column role_cols[] = { TEXT("tenant"), TEXT("role"),
	{ COL_ACTIONS, "permissions" }, NUMBER("grants"), TEXT("origin") };
static const struct btz_column binding_cols[] = { TEXT("tenant"), TEXT("who"),
	TEXT("role"), TEXT("share"), TIME("expires"), TEXT("state"),
	{ COL_ACTIONS, "permissions" }, { COL_VIA, "only_by" },
	{ COL_WINDOW, "window_utc" } };
static const struct btz_column share_cols[] = { TEXT("tenant"), TEXT("share"),
	NUMBER("grants"), TIME("created") };
static const struct btz_column vpn_cols[] = { TEXT("tenant"), TEXT("vpn"),
	NUMBER("grants"), TIME("created") };
static const struct btz_column invite_cols[] = { TEXT("id"), TEXT("tenant"),
	TEXT("who"), TEXT("state"), TIME("created"), TIME("expires") };

#define PRINCIPALS(kind)                                                       \
	"SELECT p.id, t.name, p.name, "                                        \
	"CASE p.enabled WHEN 1 THEN 'active' ELSE 'disabled' END, "            \
	"(SELECT count(*) FROM credentials c WHERE c.principal=p.id AND "      \
	"c.state=1 AND c.not_after>=?4), "                                     \
	"(SELECT count(*) FROM bindings b WHERE b.principal=p.id), "           \
	"'spiffe://' || (SELECT value FROM meta WHERE key='trust_domain') "    \
	"|| '/' || t.name || '/' || p.kind || '/' || p.name, p.created "       \
	"FROM principals p JOIN tenants t ON t.id=p.tenant "                   \
	"WHERE p.id>?1 AND (?2='' OR t.name=?2) AND (?3='' OR p.name=?3) "     \
	"AND p.kind='" kind "' ORDER BY p.id"

static const struct {
	uint8_t noun;
	size_t n;
	const struct btz_column *cols;
	const char *sql;
} lists[] = {
	{ BTZ_NOUN_TENANT, BTZ_COUNT(tenant_cols), tenant_cols,
	    "SELECT t.id, t.name, lower(hex(t.tenant_id)), "
	    "(SELECT count(*) FROM principals p WHERE p.tenant=t.id AND "
	    "p.kind='user'), (SELECT count(*) FROM principals p WHERE "
	    "p.tenant=t.id AND p.kind='device'), (SELECT count(*) FROM shares "
	    "s WHERE s.tenant=t.id AND NOT " IS_VPN
	    "), t.created FROM tenants t WHERE t.id>?1 "
	    "AND (?2='' OR t.name=?2) AND (?3='' OR t.name=?3) AND ?4 "
	    "ORDER BY t.id" },
	{ BTZ_NOUN_USER, BTZ_COUNT(user_cols), user_cols, PRINCIPALS("user") },
	{ BTZ_NOUN_DEVICE, BTZ_COUNT(user_cols), user_cols,
	    PRINCIPALS("device") },
	{ BTZ_NOUN_CREDENTIAL, BTZ_COUNT(credential_cols), credential_cols,
	    "SELECT c.id, lower(hex(c.spki)), coalesce(t.name, ''), "
	    "coalesce(p.kind || '/' || p.name, ''), CASE WHEN c.state<>1 THEN "
	    "'revoked' WHEN c.not_after<?4 THEN 'expired' ELSE 'active' END, "
	    "c.not_before, c.not_after, lower(hex(c.serial)), c.uri "
	    "FROM credentials c LEFT JOIN principals p ON p.id=c.principal "
	    "LEFT JOIN tenants t ON t.id=p.tenant WHERE c.id>?1 AND "
	    "(?2='' OR t.name=?2) AND (?3='' OR "
	    "substr(lower(hex(c.spki)), 1, length(?3))=?3 OR p.name=?3) "
	    "ORDER BY c.id" },
	{ BTZ_NOUN_ROLE, BTZ_COUNT(role_cols), role_cols,
	    "SELECT r.id, t.name, r.name, r.permissions, (SELECT count(*) FROM "
	    "bindings b WHERE b.role=r.id), CASE r.predefined WHEN 1 THEN "
	    "'predefined' ELSE 'added' END FROM roles r JOIN tenants t "
	    "ON t.id=r.tenant WHERE r.id>?1 AND (?2='' OR t.name=?2) AND "
	    "(?3='' OR r.name=?3) AND ?4 ORDER BY r.id" },
	{ BTZ_NOUN_BINDING, BTZ_COUNT(binding_cols), binding_cols,
	    "SELECT b.id, t.name, p.kind || '/' || p.name, r.name, " RESOURCE
	    ", b.expires, CASE WHEN b.expires<>0 AND b.expires<=?4 THEN "
	    "'expired' ELSE 'active' END, " COUNTS ", b.via, " BTZ_SQL_WINDOW
	    " FROM bindings b "
	    "JOIN principals p ON p.id=b.principal JOIN roles r ON r.id=b.role "
	    "JOIN shares s ON s.id=b.share JOIN tenants t ON t.id=p.tenant "
	    "WHERE b.id>?1 AND (?2='' OR t.name=?2) AND (?3='' OR p.name=?3 "
	    "OR " RESOURCE "=?3) ORDER BY b.id" },
	{ BTZ_NOUN_SHARE, BTZ_COUNT(share_cols), share_cols,
	    "SELECT s.id, t.name, s.name, (SELECT count(*) FROM bindings b "
	    "WHERE b.share=s.id), s.created FROM shares s JOIN tenants t "
	    "ON t.id=s.tenant WHERE s.id>?1 AND (?2='' OR t.name=?2) AND "
	    "(?3='' OR s.name=?3) AND ?4 AND NOT " IS_VPN " ORDER BY s.id" },
	{ BTZ_NOUN_VPN, BTZ_COUNT(vpn_cols), vpn_cols,
	    "SELECT s.id, t.name, substr(s.name, 5), (SELECT count(*) FROM "
	    "bindings b WHERE b.share=s.id), s.created FROM shares s JOIN "
	    "tenants t ON t.id=s.tenant WHERE s.id>?1 AND (?2='' OR "
	    "t.name=?2) AND (?3='' OR substr(s.name, 5)=?3) AND ?4 AND " IS_VPN
	    " ORDER BY s.id" },
	{ BTZ_NOUN_INVITE, BTZ_COUNT(invite_cols), invite_cols,
	    "SELECT i.id, i.public_id, t.name, p.kind || '/' || p.name, "
	    "CASE WHEN i.used=1 THEN 'used' WHEN i.expires<=?4 THEN 'expired' "
	    "WHEN i.reserved_until>?4 THEN 'reserved' ELSE 'open' END, "
	    "i.created, i.expires FROM invites i JOIN principals p "
	    "ON p.id=i.principal JOIN tenants t ON t.id=p.tenant "
	    "WHERE i.id>?1 AND (?2='' OR t.name=?2) AND (?3='' OR p.name=?3 OR "
	    "substr(i.public_id, 1, length(?3))=?3) ORDER BY i.id" },
};

static void
put_words(struct btz_table_wr *t, uint8_t type, int64_t n)
{
	char words[BTZ_ACTIONS_TEXT];
	struct btz_window w = btz_store_window(n);

	static_assert(sizeof(words) >= BTZ_VIA_TEXT, "ways");
	static_assert(sizeof(words) >= BTZ_WINDOW_TEXT, "window");
	if (type == COL_VIA)
		btz_via_text((uint8_t)n, words);
	else if (type == COL_WINDOW)
		btz_window_text(&w, words);
	else
		btz_actions_text((uint32_t)n, words, sizeof(words));
	btz_table_str(t, words);
}

static void
put_cell(struct btz_table_wr *t, uint8_t type, sqlite3_stmt *st, int col)
{
	if (type >= COL_ACTIONS) {
		put_words(t, type, btz_db_int(st, col));
	} else if (type == BTZ_CELL_TEXT) {
		btz_table_text(t, btz_db_span(st, col));
	} else {
		btz_table_num(t, (uint64_t)btz_db_int(st, col));
	}
}

static enum btz_rc
fill(struct btz_access *a, size_t which, sqlite3_stmt *st,
    struct btz_table_wr *t, int64_t *last, struct btz_err *err)
{
	enum btz_rc rc;

	while ((rc = btz_db_step(a->db, st, err)) == BTZ_OK) {
		for (size_t i = 0; i < lists[which].n; i++)
			put_cell(t, lists[which].cols[i].type, st, (int)i + 1);
		if (!btz_table_row_end(t))
			return BTZ_OK; /* page is full */
		*last = btz_db_int(st, 0);
	}
	return rc;
}

static void
answer(struct btz_access *a, struct btz_call *c, size_t which,
    const struct btz_list *m, int64_t last)
{
	static uint8_t rows[BTZ_LIST_MAX];
	struct btz_column cols[BTZ_TABLE_COLS_MAX];
	struct btz_table_wr t;
	struct btz_err err = { .rc = BTZ_OK };
	struct btz_wr next;
	struct btz_table table;
	uint8_t nextbuf[8];
	sqlite3_stmt *st;
	enum btz_rc rc;

	for (size_t i = 0; i < lists[which].n; i++) {
		cols[i] = lists[which].cols[i];
		if (cols[i].type >= COL_ACTIONS)
			cols[i].type = BTZ_CELL_TEXT;
	}
	btz_table_begin(&t, cols, lists[which].n, rows, sizeof(rows));
	rc = btz_db_query(a->db, &st, &err, lists[which].sql, "itti", last,
	    m->tenant, m->filter, (int64_t)btz_unix_now());
	if (rc == BTZ_OK) {
		rc = fill(a, which, st, &t, &last, &err);
		btz_db_done(st);
	}
	btz_wr_init(&next, nextbuf, sizeof(nextbuf));
	if (rc == BTZ_OK)
		btz_wr_u64(&next, (uint64_t)last);
	table = btz_table_done(&t, btz_wr_span(&next));
	if (rc == BTZ_OK || rc == BTZ_E_NOENT)
		btz_reply(&c->ticket, BTZ_OK, &btz_def_table, &table);
	else
		btz_reply_err(&c->ticket, &err);
}

void
btz_op_list(struct btz_host *h, struct btz_call *c, const void *msg)
{
	const struct btz_list *m = msg;
	struct btz_rd rd;
	uint64_t after = 0;

	btz_rd_span(&rd, m->after);
	if (m->after.len > 0 && (!btz_rd_u64(&rd, &after) || !btz_rd_end(&rd) ||
				    after > INT64_MAX)) {
		btz_reply(&c->ticket, BTZ_E_INVAL, NULL, NULL);
		return;
	}
	for (size_t i = 0; i < BTZ_COUNT(lists); i++)
		if (lists[i].noun == m->noun) {
			answer(btz_host_data(h), c, i, m, (int64_t)after);
			return;
		}
	btz_reply(&c->ticket, BTZ_E_UNSUPPORTED, NULL, NULL);
}
