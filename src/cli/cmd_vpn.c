/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_vpn.c - bartizan vpn: what roles may be granted on as vpn:NAME. */
#include <stdio.h>

#include "cli/change.h"
#include "cli/commands.h"
#include "cli/vpn_profile.h"

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
static const struct btz_cli_option profile_options[] = { { 0, "vpn", "NAME",
							     "which VPN" },
	{ 0, "keys", "DIR", "what 'bartizan enrol --out' made" },
	{ 'o', "out", "FILE", "write it there: mode 0600, never over a file" },
	{ 0, "qr", NULL, "show it as a QR code" },
	{ 0, "url", "URL", "https://BOX, which says where the VPN is" },
	{ 0, "remote", "HOST[:PORT]...", "where the VPN is, instead" },
	{ 0, "proto", "NAME", "udp or tcp, of every --remote" },
	{ 0, "server-name", "NAME",
	    "name in the server's certificate (the first --remote that is "
	    "one)" },
	BTZ_CLI_END };

const struct btz_cli_command btz_cmd_vpn[] = {
	{ "define", "NAME",
	    "make vpn:NAME known, so that roles can be granted on it\n"
	    "Nobody is let in until 'role grant USER ROLE vpn:NAME' with a "
	    "role\n"
	    "that permits connect (viewer, editor and owner do).",
	    1, 1, options, run_define, "vpn define main --tenant home" },
	{ "list", "[NAME]", "list VPNs", 0, 1, options, run_list, "vpn list" },
	{ "profile", "USER",
	    "a profile for a stock OpenVPN 2.6 client, on the user's side\n"
	    "With root and issuing certificate, the user's certificate and "
	    "key in\n"
	    "it: the key is read from --keys and goes nowhere else. A QR "
	    "code holds\n"
	    "2,953 bytes; for that the issuing certificate, which the server "
	    "sends,\n"
	    "may be left out.",
	    1, 1, profile_options, btz_cli_vpn_profile,
	    "vpn profile alice --vpn main --keys ~/bartizan --url "
	    "https://box.example --out home.ovpn" },
	{ "undefine", "NAME",
	    "remove vpn:NAME and every grant on it\n"
	    "Whoever is in by it is cut off.",
	    1, 1, options, run_undefine, "vpn undefine main" },
	{ .run = NULL },
};
