/* SPDX-License-Identifier: Apache-2.0 */
/* op_list.c - what can be read: VPNs, sessions, status; and ending a session. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "vpn/vpn.h"
#include "wire/msg_list.h"
#include "wire/msg_vpn.h"
#include "wire/table.h"

static uint8_t rows[BTZ_LIST_MAX];

static const struct btz_column vpn_columns[] = {
	{ BTZ_CELL_TEXT, "name" },
	{ BTZ_CELL_TEXT, "tenant" },
	{ BTZ_CELL_TEXT, "listen" },
	{ BTZ_CELL_TEXT, "proto" },
	{ BTZ_CELL_TEXT, "network" },
	{ BTZ_CELL_TEXT, "network6" },
	{ BTZ_CELL_NUMBER, "sessions" },
	{ BTZ_CELL_TEXT, "state" },
	{ BTZ_CELL_TEXT, "why" },
};

static const struct btz_column session_columns[] = {
	{ BTZ_CELL_TEXT, "session" },
	{ BTZ_CELL_TEXT, "who" },
	{ BTZ_CELL_TEXT, "address" },
	{ BTZ_CELL_TEXT, "from" },
	{ BTZ_CELL_TEXT, "roles" },
	{ BTZ_CELL_TIME, "since" },
	{ BTZ_CELL_NUMBER, "from_client" },
	{ BTZ_CELL_NUMBER, "to_client" },
	{ BTZ_CELL_TEXT, "state" },
};

static const char *
site_state(const struct btz_site *s)
{
	static const char *const names[] = { [BTZ_SITE_SETUP] = "setting up",
		[BTZ_SITE_DOWN] = "down",
		[BTZ_SITE_UP] = "up" };

	return s->state == BTZ_SITE_SETUP && !s->cutoff && s->setup == NULL
		   ? "no-cutoff"
		   : names[s->state];
}

static const char *
session_state(const struct btz_session *v)
{
	static const char *const names[] = { [BTZ_SESSION_ASKED] = "connecting",
		[BTZ_SESSION_OPENING] = "connecting",
		[BTZ_SESSION_SENT] = "connecting",
		[BTZ_SESSION_IN] = "in",
		[BTZ_SESSION_CUT] = "cut" };

	return names[v->state];
}

static bool
put_vpn(struct btz_table_wr *t, const struct btz_site *s)
{
	const struct btz_conf_vpn *c = &s->conf->conf;

	btz_table_str(t, s->conf->name);
	btz_table_str(t, c->tenant);
	btz_table_str(t, c->listen);
	btz_table_str(t, c->proto);
	btz_table_str(t, c->network);
	btz_table_str(t, c->network6);
	btz_table_num(t, s->n_sessions);
	btz_table_str(t, site_state(s));
	btz_table_str(t, s->why);
	return btz_table_row_end(t);
}

static void
session_name(const struct btz_session *v, char out[96])
{
	(void)snprintf(out, 96, "%s:%llu", v->site->conf->name,
	    (unsigned long long)v->cid);
}

static bool
put_session(struct btz_table_wr *t, const struct btz_session *v)
{
	char name[96], ip[BTZ_VPN_IP_TEXT];

	session_name(v, name);
	btz_vpn_ip_text(v->addr, ip);
	btz_table_str(t, name);
	btz_table_str(t, v->who);
	btz_table_str(t, ip);
	btz_table_str(t, v->from);
	btz_table_str(t, v->part);
	btz_table_num(t, v->since);
	btz_table_num(t, v->from_client);
	btz_table_num(t, v->to_client);
	btz_table_str(t, session_state(v));
	return btz_table_row_end(t);
}

static bool
wanted(const struct btz_site *s, const struct btz_list *rq)
{
	return rq->filter.len == 0 ||
	       btz_span_eq(rq->filter, btz_span_str(s->conf->name));
}

/* Rows from number `from` on; what does not fit is the next page. */
static void
fill(const struct btz_vpnd *d, const struct btz_list *rq, uint64_t from,
    struct btz_table_wr *t, struct btz_wr *next)
{
	uint64_t n = 0;

	for (size_t i = 0; i < d->n_sites; i++) {
		const struct btz_site *s = &d->sites[i];
		const struct btz_session *v = s->sessions;

		if (!wanted(s, rq))
			continue;
		if (rq->noun == BTZ_NOUN_VPN && !put_vpn(t, s))
			return;
		for (; rq->noun == BTZ_NOUN_SESSION && v != NULL; v = v->next)
			if (n++ >= from && !put_session(t, v)) {
				btz_wr_u64(next, n - 1);
				return;
			}
	}
}

void
btz_vpn_op_list(struct btz_host *h, struct btz_call *c, const void *msg)
{
	const struct btz_list *rq = msg;
	const bool vpns = rq->noun == BTZ_NOUN_VPN;
	uint8_t nextbuf[8];
	struct btz_table_wr t;
	struct btz_table out;
	struct btz_rd rd;
	struct btz_wr next;
	uint64_t from = 0;

	btz_rd_span(&rd, rq->after);
	if ((!vpns && rq->noun != BTZ_NOUN_SESSION) ||
	    (rq->after.len > 0 &&
		(!btz_rd_u64(&rd, &from) || !btz_rd_end(&rd)))) {
		btz_reply(&c->ticket, BTZ_E_INVAL, NULL, NULL);
		return;
	}
	if (vpns)
		btz_table_begin(&t, vpn_columns, BTZ_COUNT(vpn_columns), rows,
		    sizeof(rows));
	else
		btz_table_begin(&t, session_columns, BTZ_COUNT(session_columns),
		    rows, sizeof(rows));
	btz_wr_init(&next, nextbuf, sizeof(nextbuf));
	fill(btz_host_data(h), rq, from, &t, &next);
	out = btz_table_done(&t, btz_wr_span(&next));
	btz_reply(&c->ticket, BTZ_OK, &btz_def_table, &out);
}

static void
put_status(struct btz_table_wr *t, const struct btz_site *s)
{
	char item[96], value[260];

	(void)snprintf(item, sizeof(item), "vpn %s", s->conf->name);
	(void)snprintf(value, sizeof(value), "%s%s%s, %zu sessions",
	    site_state(s), s->why[0] == '\0' ? "" : ": ", s->why,
	    s->n_sessions);
	btz_table_str(t, item);
	btz_table_str(t, value);
	btz_table_str(t, s->state == BTZ_SITE_UP ? "ok"
			 : s->cutoff		 ? "warning"
						 : "error");
	if (!btz_table_row_end(t))
		btz_log(BTZ_LOG_WARN, 0, "status is too long");
}

void
btz_vpn_op_status(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_column columns[] = {
		{ BTZ_CELL_TEXT, "item" },
		{ BTZ_CELL_TEXT, "value" },
		{ BTZ_CELL_TEXT, "level" },
	};
	const struct btz_vpnd *d = btz_host_data(h);
	struct btz_table_wr t;
	struct btz_table out;

	(void)msg;
	btz_table_begin(&t, columns, BTZ_COUNT(columns), rows, sizeof(rows));
	for (size_t i = 0; i < d->n_sites; i++)
		put_status(&t, &d->sites[i]);
	out = btz_table_done(&t, btz_span_of(NULL, 0));
	btz_reply(&c->ticket, BTZ_OK, &btz_def_table, &out);
}

void
btz_vpn_op_kill(struct btz_host *h, struct btz_call *c, const void *msg)
{
	const struct btz_vpn_ref *rq = msg;
	struct btz_vpnd *d = btz_host_data(h);
	enum btz_rc rc = BTZ_E_NOENT;
	char name[96];

	for (size_t i = 0; i < d->n_sites; i++)
		for (struct btz_session *v = d->sites[i].sessions; v != NULL;
		     v = v->next) {
			session_name(v, name);
			if (v->gone ||
			    !btz_span_eq(rq->session, btz_span_str(name)))
				continue;
			btz_session_cut(v, "ended by an administrator");
			rc = BTZ_OK;
		}
	btz_reply(&c->ticket, rc, NULL, NULL);
}

const struct btz_op_row btz_vpn_ops[] = {
	{ BTZ_OP_STATUS, BTZ_ROLE_ADMIN, NULL, btz_vpn_op_status },
	{ BTZ_OP_LIST, BTZ_ROLE_ADMIN, &btz_def_list, btz_vpn_op_list },
	{ BTZ_OP_VPN_KILL, BTZ_ROLE_ADMIN, &btz_def_vpn_ref, btz_vpn_op_kill },
};
const size_t btz_vpn_ops_count = BTZ_COUNT(btz_vpn_ops);
