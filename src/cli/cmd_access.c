/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_access.c - bartizan access: may X do Y on Z, and why; state of access. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/change.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "wire/msg_audit.h"
#include "wire/msg_explain.h"

static void
print(struct btz_cli *c, const struct btz_explain_ok *ok)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_BOOL, "allow" },
		{ BTZ_CELL_TEXT, "why" },
		{ BTZ_CELL_NUMBER, "policy" },
	};
	struct btz_out *o;

	if (!c->json) {
		(void)printf("%s: %.*s (policy %llu)\n",
		    ok->allow ? "allowed" : "refused", (int)ok->why.len,
		    (const char *)ok->why.p,
		    (unsigned long long)ok->generation);
	} else {
		o = btz_out_new(cols, BTZ_COUNT(cols));
		btz_out_bool(o, ok->allow != 0);
		btz_out_text(o, ok->why);
		btz_out_num(o, ok->generation);
		btz_out_print_item(c, o);
		btz_out_free(o);
	}
	if (!ok->allow)
		c->exit_status = btz_rc_exit(BTZ_E_DENIED);
}

/* --via and --at */
static enum btz_rc
take_options(struct btz_cli *c, struct btz_explain *m, struct btz_err *err)
{
	static const struct {
		const char *name;
		uint8_t via;
	} ways[] = { { "https", BTZ_VIA_HTTPS }, { "vpn", BTZ_VIA_VPN },
		{ "cli", BTZ_VIA_CLI } };
	const char *via = btz_cli_opt(c, "via");

	for (size_t i = 0; via != NULL && i < BTZ_COUNT(ways); i++)
		if (strcmp(via, ways[i].name) == 0)
			m->via = ways[i].via;
	if (via != NULL && m->via == 0)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--via '%.40s' is none of https, vpn, cli", via);
	return btz_cli_time(
	    "at", btz_cli_opt(c, "at"), (uint64_t)time(NULL), &m->at, err);
}

static enum btz_rc
run_explain(struct btz_cli *c, struct btz_err *err)
{
	static struct btz_conn conn;
	struct btz_explain m = { .tenant = btz_span_str(
				     btz_cli_opt(c, "tenant")),
		.principal = btz_span_str(btz_cli_arg(c, 0)),
		.object = btz_span_str(btz_cli_arg(c, 1)),
		.action = btz_span_str(btz_cli_arg(c, 2)) };
	struct btz_explain_ok ok;
	enum btz_rc rc = take_options(c, &m, err);

	if (rc == BTZ_OK)
		rc = btz_cli_connect(c, BTZ_PROG_ACCESS, &conn, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_conn_call(&conn, BTZ_OP_EXPLAIN, &btz_def_explain, &m,
	    &btz_def_explain_ok, &ok, NULL, err);
	if (rc == BTZ_OK)
		print(c, &ok);
	else if (btz_rc_exit(rc) < 69)
		(void)BTZ_FAIL(err, rc, "user '%.70s', '%.100s'%s%.30s",
		    btz_cli_arg(c, 0), btz_cli_arg(c, 1),
		    c->n_args > 2 ? ", action " : "",
		    c->n_args > 2 ? btz_cli_arg(c, 2) : "");
	if (rc == BTZ_E_NOENT)
		btz_cli_hint(c, "see 'bartizan user list', 'share list'");
	if (rc == BTZ_E_INVAL)
		btz_cli_hint(c,
		    "ACTION is list, read, write, delete, manage, connect or "
		    "sign");
	btz_conn_close(&conn);
	return rc;
}

static enum btz_rc
run_status(struct btz_cli *c, struct btz_err *err)
{
	static struct btz_conn conn;
	struct btz_out *o = NULL;
	struct btz_table t;
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_ACCESS, &conn, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_conn_call(
	    &conn, BTZ_OP_STATUS, NULL, NULL, &btz_def_table, &t, NULL, err);
	if (rc == BTZ_OK)
		rc = btz_out_table(&o, &t, err);
	if (rc == BTZ_OK)
		btz_out_print(c, o);
	btz_out_free(o);
	btz_conn_close(&conn);
	return rc;
}

static const struct btz_cli_option options[] = { BTZ_CLI_TENANT,
	{ 0, "via", "WAY", "as if by https (files), vpn or cli" },
	{ 0, "at", "TIME",
	    "as if at 2027-01-31T12:00:00Z, 2027-01-31 (00:00), in 12h; UTC" },
	BTZ_CLI_END };
static const struct btz_cli_option none[] = { BTZ_CLI_END };

const struct btz_cli_command btz_cmd_access[] = {
	{ "explain", "USER SHARE|vpn:NAME|/TENANT/SHARE/... [ACTION]",
	    "say whether a user may do something, and why\n"
	    "Answers from the policy that is in force. ACTION: list, read,\n"
	    "write, delete, manage, connect (on a VPN); none: what is\n"
	    "granted at all. Exit status 1 when it is refused.",
	    2, 3, options, run_explain,
	    "access explain alice /home/photos/ write" },
	{ "status", NULL, "state of the access program and its policy", 0, 0,
	    none, run_status, "access status" },
	{ .run = NULL },
};
