/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_vpn.c - bartizan vpn: what roles may be granted on as vpn:NAME. */
#include <stdio.h>

#include "cli/change.h"
#include "cli/commands.h"

static enum btz_rc
change(struct btz_cli *c, uint8_t verb, const char *done, struct btz_err *err)
{
	struct btz_change m = { .noun = BTZ_NOUN_VPN,
		.verb = verb,
		.name = btz_span_str(btz_cli_arg(c, 0)) };
	char what[128];
	enum btz_rc rc;

	(void)snprintf(what, sizeof(what), "VPN '%.70s'", btz_cli_arg(c, 0));
	rc = btz_cli_change_print(c, &m, what, done, err);
	if (rc == BTZ_E_NAME)
		btz_cli_hint(c,
		    "use a-z, 0-9, '.', '_' and '-', at most 59 characters, "
		    "without 'vpn:' before it");
	return rc;
}

static enum btz_rc
run_define(struct btz_cli *c, struct btz_err *err)
{
	return change(c, BTZ_VERB_ADD, "defined", err);
}

static enum btz_rc
run_undefine(struct btz_cli *c, struct btz_err *err)
{
	return change(c, BTZ_VERB_REMOVE, "not defined any more", err);
}

static enum btz_rc
run_list(struct btz_cli *c, struct btz_err *err)
{
	return btz_cli_list_access(c, BTZ_NOUN_VPN, err);
}

static const struct btz_cli_option options[] = { BTZ_CLI_TENANT, BTZ_CLI_END };

const struct btz_cli_command btz_cmd_vpn[] = {
	{ "define", "NAME",
	    "make vpn:NAME known, so that roles can be granted on it\n"
	    "Nobody is let in until 'role grant USER ROLE vpn:NAME' with a "
	    "role\n"
	    "that permits connect (viewer, editor and owner do).",
	    1, 1, options, run_define, "vpn define main --tenant home" },
	{ "list", "[NAME]", "list VPNs", 0, 1, options, run_list, "vpn list" },
	{ "undefine", "NAME",
	    "remove vpn:NAME and every grant on it\n"
	    "Whoever is in by it is cut off.",
	    1, 1, options, run_undefine, "vpn undefine main" },
	{ .run = NULL },
};
