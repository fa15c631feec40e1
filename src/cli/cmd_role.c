/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_role.c - bartizan role: what roles permit, and who has which on what. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/change.h"
#include "cli/commands.h"

static enum btz_rc
run_list(struct btz_cli *c, struct btz_err *err)
{
	return btz_cli_list_access(c,
	    btz_cli_opt(c, "grants") != NULL ? BTZ_NOUN_BINDING : BTZ_NOUN_ROLE,
	    err);
}

static enum btz_rc
run_add(struct btz_cli *c, struct btz_err *err)
{
	struct btz_change m = { .noun = BTZ_NOUN_ROLE,
		.verb = BTZ_VERB_ADD,
		.name = btz_span_str(btz_cli_arg(c, 0)),
		.a = btz_span_str(btz_cli_arg(c, 1)) };
	char what[256];

	(void)snprintf(what, sizeof(what), "role '%.70s' with '%.100s'",
	    btz_cli_arg(c, 0), btz_cli_arg(c, 1));
	return btz_cli_change_print(c, &m, what, "added", err);
}

static enum btz_rc
run_remove(struct btz_cli *c, struct btz_err *err)
{
	struct btz_change m = { .noun = BTZ_NOUN_ROLE,
		.verb = BTZ_VERB_REMOVE,
		.name = btz_span_str(btz_cli_arg(c, 0)) };
	char what[128];

	(void)snprintf(what, sizeof(what), "role '%.70s'", btz_cli_arg(c, 0));
	return btz_cli_change_print(c, &m, what, "removed", err);
}

static enum btz_rc
bind(struct btz_cli *c, uint8_t verb, uint64_t expires, const char *done,
    struct btz_err *err)
{
	struct btz_change m = { .noun = BTZ_NOUN_BINDING,
		.verb = verb,
		.name = btz_span_str(btz_cli_arg(c, 0)),
		.a = btz_span_str(btz_cli_arg(c, 1)),
		.b = btz_span_str(btz_cli_arg(c, 2)),
		.n = expires };
	bool vpn = strncmp(btz_cli_arg(c, 2), "vpn:", 4) == 0;
	char what[256];

	(void)snprintf(what, sizeof(what),
	    "user '%.60s', role '%.60s', %s '%.60s'", btz_cli_arg(c, 0),
	    btz_cli_arg(c, 1), vpn ? "VPN" : "share", btz_cli_arg(c, 2));
	return btz_cli_change_print(c, &m, what, done, err);
}

static enum btz_rc
run_grant(struct btz_cli *c, struct btz_err *err)
{
	uint64_t expires;
	enum btz_rc rc = btz_cli_expiry(
	    btz_cli_opt(c, "expires"), (uint64_t)time(NULL), &expires, err);

	if (rc != BTZ_OK)
		return rc;
	return bind(c, BTZ_VERB_ADD, expires, "granted", err);
}

static enum btz_rc
run_revoke(struct btz_cli *c, struct btz_err *err)
{
	return bind(c, BTZ_VERB_REMOVE, 0, "revoked", err);
}

static const struct btz_cli_option plain[] = { BTZ_CLI_TENANT, BTZ_CLI_END };
static const struct btz_cli_option list_options[] = { BTZ_CLI_TENANT,
	{ 'g', "grants", NULL, "who has which role on which share or VPN" },
	BTZ_CLI_END };
static const struct btz_cli_option grant_options[] = { BTZ_CLI_TENANT,
	{ 'e', "expires", "WHEN",
	    "12h, 30d, 2w, 2027-01-31 or 2027-01-31T12:00:00Z" },
	BTZ_CLI_END };

const struct btz_cli_command btz_cmd_role[] = {
	{ "list", "[NAME]",
	    "list roles and what they permit\n"
	    "With --grants, NAME is a user, device, share or vpn:NAME.",
	    0, 1, list_options, run_list, "role list --grants" },
	{ "add", "NAME ACTIONS",
	    "add a role\n"
	    "ACTIONS: some of list,read,write,delete,manage,connect,sign.\n"
	    "Every tenant has viewer (list,read,connect), editor "
	    "(+write,delete)\n"
	    "and owner (+manage). On a VPN only connect counts, on a share "
	    "all\n"
	    "others do.",
	    2, 2, plain, run_add, "role add uploader list,write" },
	{ "remove", "NAME", "remove a role and every grant of it", 1, 1, plain,
	    run_remove, "role remove uploader" },
	{ "grant", "USER ROLE SHARE|vpn:NAME",
	    "give a user or device a role on a share or a VPN\n"
	    "USER: NAME, user/NAME or device/NAME. Granting again changes the\n"
	    "expiry.",
	    3, 3, grant_options, run_grant,
	    "role grant alice editor photos --expires 30d" },
	{ "revoke", "USER ROLE SHARE|vpn:NAME", "take a granted role away", 3,
	    3, plain, run_revoke, "role revoke alice editor photos" },
	{ .run = NULL },
};
