/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_share.c - bartizan share: folders that people may be let into. */
#include <stdio.h>
#include <string.h>

#include "cli/change.h"
#include "cli/commands.h"

static enum btz_rc
change(struct btz_cli *c, uint8_t verb, const char *done, struct btz_err *err)
{
	struct btz_change m = { .noun = BTZ_NOUN_SHARE,
		.verb = verb,
		.name = btz_span_str(btz_cli_arg(c, 0)) };
	char what[128];
	enum btz_rc rc;

	(void)snprintf(what, sizeof(what), "share '%.70s'", btz_cli_arg(c, 0));
	rc = btz_cli_change_print(c, &m, what, done, err);
	if (rc == BTZ_E_NAME && strncmp(btz_cli_arg(c, 0), "vpn", 3) == 0)
		btz_cli_hint(c,
		    "'vpn.' and 'vpn:' are for VPNs: see 'bartizan vpn "
		    "define --help'");
	return rc;
}

/* Access knows it, the supervisor makes its directory. */
static enum btz_rc
make_dir(struct btz_cli *c, struct btz_err *err)
{
	static struct btz_conn conn;
	char tenant[64];
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_ACCESS, &conn, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_cli_tenant(c, &conn, tenant, err);
	btz_conn_close(&conn);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_cli_share_dir(c, tenant, btz_cli_arg(c, 0), err);
	return rc == BTZ_OK ? rc
			    : btz_err_wrap(err, "directory shares/%s/%.64s",
				  tenant, btz_cli_arg(c, 0));
}

static enum btz_rc
run_add(struct btz_cli *c, struct btz_err *err)
{
	enum btz_rc rc = change(c, BTZ_VERB_ADD, "added", err);
	struct btz_err again;

	/* It may be there without its directory: make that then. */
	if (rc == BTZ_E_EXIST && make_dir(c, &again) != BTZ_OK)
		return again.rc == BTZ_OK ? rc : (*err = again).rc;
	return rc == BTZ_OK ? make_dir(c, err) : rc;
}

static enum btz_rc
run_remove(struct btz_cli *c, struct btz_err *err)
{
	return change(c, BTZ_VERB_REMOVE, "removed, its files stay", err);
}

static enum btz_rc
run_list(struct btz_cli *c, struct btz_err *err)
{
	return btz_cli_list_access(c, BTZ_NOUN_SHARE, err);
}

static const struct btz_cli_option options[] = { BTZ_CLI_TENANT, BTZ_CLI_END };

const struct btz_cli_command btz_cmd_share[] = {
	{ "add", "NAME",
	    "add a share: https://BOX/TENANT/NAME/\n"
	    "Nobody has rights on it until 'role grant'.",
	    1, 1, options, run_add, "share add photos --tenant home" },
	{ "list", "[NAME]", "list shares", 0, 1, options, run_list,
	    "share list" },
	{ "remove", "NAME",
	    "remove a share and every grant on it\n"
	    "The files stay on disk, out of reach.",
	    1, 1, options, run_remove, "share remove photos" },
	{ .run = NULL },
};
