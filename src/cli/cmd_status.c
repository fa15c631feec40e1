/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_status.c - bartizan status: what each program says about itself, and
 * every weakness of this setup at the end. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"

static const enum btz_prog progs[] = { BTZ_PROG_UP, BTZ_PROG_BROKER,
	BTZ_PROG_CA, BTZ_PROG_ACCESS, BTZ_PROG_AUDIT, BTZ_PROG_VPN };

static void
row(struct btz_out *all, const char *prog, struct btz_span item,
    struct btz_span value, struct btz_span level)
{
	btz_out_str(all, prog);
	btz_out_text(all, item);
	btz_out_text(all, value);
	btz_out_text(all, level);
}

static bool
has_error(const struct btz_out *rows)
{
	for (size_t r = 0; r < btz_out_rows(rows); r++)
		if (btz_span_eq(
			btz_out_cell(rows, r, 2), btz_span_str("error")))
			return true;
	return false;
}

static enum btz_rc
ask(struct btz_cli *c, enum btz_prog prog, struct btz_out *all,
    struct btz_err *err)
{
	static struct btz_conn conn;
	struct btz_out *rows = NULL;
	struct btz_table t;
	enum btz_rc rc = btz_cli_connect(c, prog, &conn, err);

	if (rc != BTZ_OK)
		return rc;
	conn.timeout_ms = 5000;
	rc = btz_conn_call(
	    &conn, BTZ_OP_STATUS, NULL, NULL, &btz_def_table, &t, NULL, err);
	if (rc == BTZ_OK)
		rc = btz_out_table(&rows, &t, err);
	btz_conn_close(&conn);
	if (rc == BTZ_OK && has_error(rows))
		c->exit_status = btz_rc_exit(BTZ_E_DOWN);
	for (size_t r = 0; rc == BTZ_OK && r < btz_out_rows(rows); r++)
		row(all, btz_prog_name(prog), btz_out_cell(rows, r, 0),
		    btz_out_cell(rows, r, 1), btz_out_cell(rows, r, 2));
	btz_out_free(rows);
	return rc;
}

/* By the supervisor's word: a socket of a program that does not run can be
 * connected to, and nobody answers. */
static bool
runs(const struct btz_out *all, enum btz_prog prog)
{
	char item[64];

	(void)snprintf(item, sizeof(item), "process.%s", btz_prog_name(prog));
	for (size_t r = 0; r < btz_out_rows(all); r++)
		if (btz_span_eq(btz_out_cell(all, r, 1), btz_span_str(item)))
			return btz_span_eq(
			    btz_out_cell(all, r, 3), btz_span_str("ok"));
	return true;
}

static bool
named(const struct btz_out *all, enum btz_prog prog)
{
	char item[64];

	(void)snprintf(item, sizeof(item), "process.%s", btz_prog_name(prog));
	for (size_t r = 0; r < btz_out_rows(all); r++)
		if (btz_span_eq(btz_out_cell(all, r, 1), btz_span_str(item)))
			return true;
	return false;
}

static void
print_weaknesses(const struct btz_cli *c, const struct btz_out *all)
{
	size_t n = 0;

	if (c->json)
		return;
	for (size_t r = 0; r < btz_out_rows(all); r++) {
		struct btz_span item = btz_out_cell(all, r, 1);
		struct btz_span value = btz_out_cell(all, r, 2);

		if (!btz_span_eq(btz_out_cell(all, r, 3), btz_span_str("weak")))
			continue;
		if (n++ == 0)
			(void)printf("\nWeaknesses of this setup:\n");
		if (btz_span_eq(value, btz_span_str("yes")))
			(void)printf(
			    "  %.*s\n", (int)item.len, (const char *)item.p);
		else
			(void)printf("  %.*s: %.*s\n", (int)item.len,
			    (const char *)item.p, (int)value.len,
			    (const char *)value.p);
	}
}

static enum btz_rc
list_processes(struct btz_cli *c, struct btz_err *err)
{
	static struct btz_conn conn;
	struct btz_list rq = { .noun = BTZ_NOUN_PROCESS };
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_UP, &conn, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_cli_list(c, &conn, &rq, err);
	btz_conn_close(&conn);
	return rc;
}

static enum btz_rc
run_status(struct btz_cli *c, struct btz_err *err)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "program" },
		{ BTZ_CELL_TEXT, "item" },
		{ BTZ_CELL_TEXT, "value" },
		{ BTZ_CELL_TEXT, "level" },
	};
	struct btz_out *all;
	enum btz_rc rc;

	if (btz_cli_opt(c, "processes") != NULL)
		return list_processes(c, err);
	all = btz_out_new(cols, BTZ_COUNT(cols));
	rc = ask(c, BTZ_PROG_UP, all, err);
	for (size_t i = 1; rc == BTZ_OK && i < BTZ_COUNT(progs); i++) {
		struct btz_err one = { .rc = BTZ_OK };
		enum btz_rc got;

		/* a box need not have one */
		if (progs[i] == BTZ_PROG_VPN && !named(all, progs[i]))
			continue;
		got = runs(all, progs[i]) ? ask(c, progs[i], all, &one)
					  : BTZ_E_DOWN;

		if (got == BTZ_OK)
			continue;
		row(all, btz_prog_name(progs[i]), btz_span_str("answers"),
		    btz_span_str(btz_rc_text(got)), btz_span_str("error"));
		c->exit_status = btz_rc_exit(BTZ_E_DOWN);
	}
	if (rc == BTZ_OK) {
		btz_out_print(c, all);
		print_weaknesses(c, all);
	}
	btz_out_free(all);
	return rc;
}

static const struct btz_cli_option options[] = {
	{ 'p', "processes", NULL, "only the processes: state, pid, restarts" },
	{ 0, NULL, NULL, NULL },
};

const struct btz_cli_command btz_cmd_status[] = {
	{ "", NULL,
	    "what runs, and every weakness of this setup\n"
	    "Level: ok, info (a fact), weak (a weakness of this setup),\n"
	    "warning (look at it), error (something does not work). Exit\n"
	    "status 0; 69 when a program does not answer or a row is an error.",
	    0, 0, options, run_status, "status --json" },
	{ .run = NULL },
};
