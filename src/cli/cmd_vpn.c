/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_vpn.c - bartizan vpn: what roles may be granted on as vpn:NAME; the VPNs
 * that run, and who is in. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/change.h"
#include "cli/commands.h"
#include "cli/vpn_profile.h"
#include "wire/msg_vpn.h"

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
run_names(struct btz_cli *c, struct btz_err *err)
{
	return btz_cli_list_access(c, BTZ_NOUN_VPN, err);
}

static struct btz_conn conn;

static enum btz_rc
list(struct btz_cli *c, uint8_t noun, struct btz_err *err)
{
	struct btz_list rq = { .noun = noun,
		.filter = btz_span_str(btz_cli_arg(c, 0)) };
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_VPN, &conn, err);

	if (rc == BTZ_OK)
		rc = btz_cli_list(c, &conn, &rq, err);
	else
		btz_cli_hint(c,
		    "is there a [vpn NAME] in bartizan.conf? see 'bartizan "
		    "status'");
	btz_conn_close(&conn);
	return rc;
}

static enum btz_rc
run_list(struct btz_cli *c, struct btz_err *err)
{
	return list(c, BTZ_NOUN_VPN, err);
}

/* Until it is interrupted, or for --count times. */
static enum btz_rc
watch(struct btz_cli *c, struct btz_err *err)
{
	uint64_t every = 2, times = 0;
	enum btz_rc rc;

	rc = btz_cli_opt_num(c, "every", 2, 1, 3600, &every, err);
	if (rc == BTZ_OK)
		rc = btz_cli_opt_num(c, "count", 0, 1, 1000000, &times, err);
	for (uint64_t i = 0; rc == BTZ_OK && (times == 0 || i < times); i++) {
		const struct timespec ts = { .tv_sec = (time_t)every };

		if (i > 0)
			(void)nanosleep(&ts, NULL);
		/* a new screen, where there is one */
		if (!c->json && isatty(STDOUT_FILENO))
			(void)fputs("\033[H\033[2J", stdout);
		rc = list(c, BTZ_NOUN_SESSION, err);
		(void)fflush(stdout);
	}
	return rc;
}

static enum btz_rc
run_sessions(struct btz_cli *c, struct btz_err *err)
{
	return btz_cli_opt(c, "watch") != NULL ? watch(c, err)
					       : list(c, BTZ_NOUN_SESSION, err);
}

static enum btz_rc
run_kill(struct btz_cli *c, struct btz_err *err)
{
	const struct btz_vpn_ref rq = { btz_span_str(btz_cli_arg(c, 0)) };
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_VPN, &conn, err);

	if (rc == BTZ_OK)
		rc = btz_conn_call(&conn, BTZ_OP_VPN_KILL, &btz_def_vpn_ref,
		    &rq, NULL, NULL, NULL, err);
	btz_conn_close(&conn);
	if (rc == BTZ_E_NOENT) {
		btz_cli_hint(c, "see 'bartizan vpn sessions'");
		return BTZ_FAIL(err, rc, "session '%.80s'", btz_cli_arg(c, 0));
	}
	if (rc == BTZ_OK)
		btz_cli_say(c,
		    "cut off; whoever is permitted to may connect again: to "
		    "keep somebody out, revoke the credential or the role");
	return rc;
}

static const struct btz_cli_option watching[] = {
	{ 'w', "watch", NULL, "again and again, with live counters" },
	{ 0, "every", "SECONDS", "between two looks (default 2)" },
	{ 0, "count", "N", "stop after so many looks" }, BTZ_CLI_END
};

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
	{ "names", "[NAME]", "list the names that roles can be granted on", 0,
	    1, options, run_names, "vpn names" },
	{ "list", "[NAME]", "the VPNs that run here, and how they are", 0, 1,
	    NULL, run_list, "vpn list" },
	{ "sessions", "[NAME]", "who is in, since when, with which counters", 0,
	    1, watching, run_sessions, "vpn sessions --watch" },
	{ "kill", "SESSION",
	    "cut one connection off\n"
	    "Its owner may connect again unless a role or credential is taken "
	    "away.",
	    1, 1, NULL, run_kill, "vpn kill main:3" },
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
