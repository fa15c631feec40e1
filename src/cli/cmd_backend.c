/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_backend.c - bartizan backend ...: where keys can live, and who holds a
 * lease on what. */
#include <stdio.h>

#include "cli/backends.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "client/kms.h"
#include "prim/prim.h"

static struct btz_conn conn;

static enum btz_rc
list(struct btz_cli *c, uint8_t noun, struct btz_err *err)
{
	struct btz_list rq = { .noun = noun };
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_BROKER, &conn, err);

	if (rc == BTZ_OK)
		rc = btz_cli_list(c, &conn, &rq, err);
	btz_conn_close(&conn);
	return rc;
}

/* What fits a line; all of it with --json, or by 'backend show'. */
static enum btz_rc
run_list(struct btz_cli *c, struct btz_err *err)
{
	static const struct btz_column columns[] = {
		{ BTZ_CELL_TEXT, "backend" },
		{ BTZ_CELL_TEXT, "shown_as" },
		{ BTZ_CELL_TEXT, "protection" },
		{ BTZ_CELL_TEXT, "state" },
		{ BTZ_CELL_TEXT, "kinds" },
		{ BTZ_CELL_TEXT, "algorithms" },
	};
	struct btz_out *all, *some;
	enum btz_rc rc = btz_backends_get(c, &all, err);

	if (rc != BTZ_OK)
		return rc;
	some = btz_out_new(columns, BTZ_COUNT(columns));
	for (size_t r = 0; r < btz_out_rows(all); r++)
		for (size_t i = 0; i < BTZ_COUNT(columns); i++)
			btz_out_text(
			    some, btz_backends_cell(all, r, columns[i].name));
	btz_out_print(c, c->json ? all : some);
	btz_out_free(some);
	btz_out_free(all);
	return BTZ_OK;
}

static enum btz_rc
run_show(struct btz_cli *c, struct btz_err *err)
{
	const struct btz_span name = btz_span_str(btz_cli_arg(c, 0));
	struct btz_out *all, *one;
	enum btz_rc rc = btz_backends_get(c, &all, err);

	if (rc != BTZ_OK)
		return rc;
	one = btz_backends_one(all, name);
	if (btz_out_rows(one) == 0) {
		btz_cli_hint(c, "see 'bartizan backend list'");
		rc = BTZ_FAIL(
		    err, BTZ_E_NOENT, "backend '%s'", btz_cli_arg(c, 0));
	} else {
		btz_out_print_item(c, one);
	}
	btz_out_free(one);
	btz_out_free(all);
	return rc;
}

static enum btz_rc
run_leases(struct btz_cli *c, struct btz_err *err)
{
	return list(c, BTZ_NOUN_LEASE, err);
}

static enum btz_rc
run_apps(struct btz_cli *c, struct btz_err *err)
{
	return list(c, BTZ_NOUN_APPLICATION, err);
}

static enum btz_rc
run_withdraw(struct btz_cli *c, struct btz_err *err)
{
	const char *text = btz_cli_arg(c, 0);
	uint8_t be[8];
	uint64_t id = 0;
	enum btz_rc rc;

	if (!btz_unhex(btz_span_str(text), be, sizeof(be)))
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "'%s' is not the id of a lease (16 hex digits, see "
		    "'bartizan backend leases')",
		    text);
	for (size_t i = 0; i < sizeof(be); i++)
		id = id << 8 | be[i];
	rc = btz_cli_connect(c, BTZ_PROG_BROKER, &conn, err);
	if (rc == BTZ_OK)
		rc = btz_kms_lease_revoke(&conn, id, err);
	btz_conn_close(&conn);
	if (rc == BTZ_E_NOENT) {
		btz_cli_hint(c, "see 'bartizan backend leases'");
		return BTZ_FAIL(err, rc, "lease '%s'", text);
	}
	if (rc == BTZ_OK)
		btz_cli_say(c, "withdrawn, confirmed by the service");
	return rc;
}

const struct btz_cli_command btz_cmd_backend[] = {
	{ "list", NULL, "backends and the keys that each has", 0, 0, NULL,
	    run_list, "backend list" },
	{ "show", "BACKEND", "all that one backend can do", 1, 1, NULL,
	    run_show, "backend show soft" },
	{ "leases", NULL, "who holds a lease on what", 0, 0, NULL, run_leases,
	    "backend leases" },
	{ "apps", NULL, "applications that may open leases", 0, 0, NULL,
	    run_apps, "backend apps" },
	{ "withdraw", "LEASE", "take a lease back; answers when in force", 1, 1,
	    NULL, run_withdraw, "backend withdraw 0123456789abcdef" },
	{ .run = NULL },
};
