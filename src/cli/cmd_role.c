/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_role.c - bartizan role: what roles permit, and who has which on what. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/change.h"
#include "cli/commands.h"
#include "wire/condition.h"
#include "wire/msg_audit.h"

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

static bool
on_vpn(const struct btz_cli *c)
{
	return strncmp(btz_cli_arg(c, 2), "vpn:", 4) == 0;
}

static enum btz_rc
bind(struct btz_cli *c, uint8_t verb, uint64_t expires, const char *condition,
    const char *done, struct btz_err *err)
{
	struct btz_change m = { .noun = BTZ_NOUN_BINDING,
		.verb = verb,
		.name = btz_span_str(btz_cli_arg(c, 0)),
		.a = btz_span_str(btz_cli_arg(c, 1)),
		.b = btz_span_str(btz_cli_arg(c, 2)),
		.c = btz_span_str(condition),
		.n = expires };
	char what[256];

	(void)snprintf(what, sizeof(what),
	    "user '%.60s', role '%.60s', %s '%.60s'", btz_cli_arg(c, 0),
	    btz_cli_arg(c, 1), on_vpn(c) ? "VPN" : "share", btz_cli_arg(c, 2));
	return btz_cli_change_print(c, &m, what, done, err);
}

static enum btz_rc
check_ways(struct btz_cli *c, const char *text, struct btz_err *err)
{
	uint8_t via, fits = 1u << BTZ_VIA_VPN;

	if (text == NULL)
		return BTZ_OK;
	if (!btz_via_parse(btz_span_str(text), &via))
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--only-by '%.40s': give vpn or https, or both with a "
		    "comma",
		    text);
	if (!on_vpn(c))
		fits |= 1u << BTZ_VIA_HTTPS;
	if ((via & fits) == 0)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--only-by '%.40s' would let nobody in: %s", text,
		    on_vpn(c) ? "a VPN is entered by vpn"
			      : "files are reached by https or vpn");
	return BTZ_OK;
}

/* "WAYS;WINDOW" for access, checked here for a better message. */
static enum btz_rc
take_condition(struct btz_cli *c, char *out, size_t cap, struct btz_err *err)
{
	const char *ways = btz_cli_opt(c, "only-by");
	const char *hours = btz_cli_opt(c, "window");
	struct btz_window w;
	enum btz_rc rc = check_ways(c, ways, err);

	out[0] = '\0';
	if (rc != BTZ_OK)
		return rc;
	if (hours != NULL && !btz_window_parse(btz_span_str(hours), &w))
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--window '%.40s': give days and hours in UTC, as "
		    "'Mon-Fri 08:00-18:00', 'Sat,Sun 00:00-24:00' or 'daily "
		    "22:00-06:00'",
		    hours);
	if (ways != NULL || hours != NULL)
		(void)snprintf(out, cap, "%s;%s", ways == NULL ? "" : ways,
		    hours == NULL ? "" : hours);
	return BTZ_OK;
}

static enum btz_rc
take_expiry(struct btz_cli *c, uint64_t *out, struct btz_err *err)
{
	const char *until = btz_cli_opt(c, "until");
	const char *expires = btz_cli_opt(c, "expires");
	uint64_t now = (uint64_t)time(NULL);

	*out = 0;
	if (until != NULL && expires != NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--until and --expires mean the same: give one");
	if (until != NULL)
		return btz_cli_expiry("until", until, now, out, err);
	return btz_cli_expiry("expires", expires, now, out, err);
}

static enum btz_rc
run_grant(struct btz_cli *c, struct btz_err *err)
{
	char condition[256];
	uint64_t expires;
	enum btz_rc rc = take_expiry(c, &expires, err);

	if (rc == BTZ_OK)
		rc = take_condition(c, condition, sizeof(condition), err);
	if (rc != BTZ_OK)
		return rc;
	return bind(c, BTZ_VERB_ADD, expires, condition, "granted", err);
}

static enum btz_rc
run_revoke(struct btz_cli *c, struct btz_err *err)
{
	return bind(c, BTZ_VERB_REMOVE, 0, "", "revoked", err);
}

static const struct btz_cli_option plain[] = { BTZ_CLI_TENANT, BTZ_CLI_END };
static const struct btz_cli_option list_options[] = { BTZ_CLI_TENANT,
	{ 'g', "grants", NULL, "who has which role on which share or VPN" },
	BTZ_CLI_END };
static const struct btz_cli_option grant_options[] = { BTZ_CLI_TENANT,
	{ 'u', "until", "WHEN",
	    "12h, 30d, 2w, 2027-01-31 (its end) or 2027-01-31T12:00:00Z; UTC" },
	{ 'e', "expires", "WHEN", "the same" },
	{ 'b', "only-by", "WAY", "only by vpn, only by https" },
	{ 'w', "window", "HOURS",
	    "only then, UTC: 'Mon-Fri 08:00-18:00', 'daily 22:00-06:00'" },
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
	    "USER: NAME, user/NAME or device/NAME. Granting again sets\n"
	    "expiry and conditions anew. All times are UTC.",
	    3, 3, grant_options, run_grant,
	    "role grant alice editor photos --until 30d" },
	{ "revoke", "USER ROLE SHARE|vpn:NAME", "take a granted role away", 3,
	    3, plain, run_revoke, "role revoke alice editor photos" },
	{ .run = NULL },
};
