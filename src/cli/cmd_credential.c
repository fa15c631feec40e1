/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_credential.c - bartizan credential: certificates and their keys, one per
 * laptop, phone or sensor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/change.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "wire/msg_ca.h"

static enum btz_rc
run_list(struct btz_cli *c, struct btz_err *err)
{
	return btz_cli_list_access(c, BTZ_NOUN_CREDENTIAL, err);
}

static enum btz_rc
run_show(struct btz_cli *c, struct btz_err *err)
{
	static struct btz_conn conn;
	struct btz_list rq = { .noun = BTZ_NOUN_CREDENTIAL,
		.filter = btz_span_str(btz_cli_arg(c, 0)) };
	struct btz_out *o = NULL;
	struct btz_table t;
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_ACCESS, &conn, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_conn_call(&conn, BTZ_OP_LIST, &btz_def_list, &rq,
	    &btz_def_table, &t, NULL, err);
	if (rc == BTZ_OK)
		rc = btz_out_table(&o, &t, err);
	btz_conn_close(&conn);
	if (rc == BTZ_OK && btz_out_rows(o) != 1)
		btz_cli_hint(
		    c, "give more of its id: 'bartizan credential list'");
	if (rc == BTZ_OK && btz_out_rows(o) == 0)
		rc = BTZ_FAIL(
		    err, BTZ_E_NOENT, "credential '%.70s'", btz_cli_arg(c, 0));
	else if (rc == BTZ_OK && btz_out_rows(o) > 1)
		rc = BTZ_FAIL(err, BTZ_E_AMBIGUOUS, "credential '%.70s'",
		    btz_cli_arg(c, 0));
	else if (rc == BTZ_OK)
		btz_out_print_item(c, o);
	btz_out_free(o);
	return rc;
}

/* RFC 5280 5.3.1, those that make sense for people's certificates */
static const struct {
	const char *name;
	uint8_t number;
} reasons[] = {
	{ "unspecified", 0 },
	{ "key-compromise", 1 },
	{ "affiliation-changed", 3 },
	{ "superseded", 4 },
	{ "cessation", 5 },
};

static enum btz_rc
take_reason(struct btz_cli *c, uint8_t *out, struct btz_err *err)
{
	const char *given = btz_cli_opt(c, "reason");

	*out = 0;
	if (given == NULL)
		return BTZ_OK;
	for (size_t i = 0; i < BTZ_COUNT(reasons); i++)
		if (strcmp(given, reasons[i].name) == 0) {
			*out = reasons[i].number;
			return BTZ_OK;
		}
	return BTZ_FAIL(err, BTZ_E_USAGE,
	    "--reason '%.40s': unspecified, key-compromise, "
	    "affiliation-changed, superseded or cessation",
	    given);
}

static void
print_revoked(const struct btz_cli *c, const struct btz_revoke_ok *ok)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "id" },
		{ BTZ_CELL_NUMBER, "policy" },
	};
	struct btz_out *o;

	if (!c->json) {
		(void)printf("credential %.*s: revoked, in force with policy "
			     "%llu\n",
		    (int)ok->id.len, (const char *)ok->id.p,
		    (unsigned long long)ok->generation);
		return;
	}
	o = btz_out_new(cols, BTZ_COUNT(cols));
	btz_out_text(o, ok->id);
	btz_out_num(o, ok->generation);
	btz_out_print_item(c, o);
	btz_out_free(o);
}

static enum btz_rc
run_revoke(struct btz_cli *c, struct btz_err *err)
{
	static struct btz_conn conn;
	struct btz_revoke m = { .id = btz_span_str(btz_cli_arg(c, 0)) };
	struct btz_revoke_ok ok;
	enum btz_rc rc = take_reason(c, &m.reason, err);

	if (rc == BTZ_OK)
		rc = btz_cli_connect(c, BTZ_PROG_CA, &conn, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_conn_call(&conn, BTZ_OP_REVOKE, &btz_def_revoke, &m,
	    &btz_def_revoke_ok, &ok, NULL, err);
	if (rc == BTZ_OK)
		print_revoked(c, &ok);
	else if (btz_rc_exit(rc) >= 69)
		(void)btz_err_wrap(
		    err, "credential '%.70s'", btz_cli_arg(c, 0));
	else
		(void)BTZ_FAIL(
		    err, rc, "credential '%.70s'", btz_cli_arg(c, 0));
	if (rc == BTZ_E_NOENT || rc == BTZ_E_INVAL)
		btz_cli_hint(c,
		    "give its id in hex, or a unique prefix: 'bartizan "
		    "credential list'");
	btz_conn_close(&conn);
	return rc;
}

static const struct btz_cli_option list_options[] = { BTZ_CLI_TENANT,
	BTZ_CLI_END };
static const struct btz_cli_option none[] = { BTZ_CLI_END };
static const struct btz_cli_option revoke_options[] = {
	{ 'r', "reason", "WORD",
	    "unspecified, key-compromise, affiliation-changed, superseded or "
	    "cessation" },
	BTZ_CLI_END
};

const struct btz_cli_command btz_cmd_credential[] = {
	{ "list", "[USER|ID]", "list credentials and their state", 0, 1,
	    list_options, run_list, "credential list alice" },
	{ "show", "ID", "show one credential (whole id or a unique prefix)", 1,
	    1, none, run_show, "credential show 3f2a91" },
	{ "revoke", "ID",
	    "revoke a credential: refused from the next request on\n"
	    "ID: SHA-256 of its public key in hex, or a unique prefix.",
	    1, 1, revoke_options, run_revoke,
	    "credential revoke 3f2a91 --reason key-compromise" },
	{ .run = NULL },
};
