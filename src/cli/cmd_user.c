/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_user.c - bartizan user. */
#include <stdio.h>

#include "cli/change.h"
#include "cli/commands.h"

static enum btz_rc
change(struct btz_cli *c, uint8_t verb, const char *done, struct btz_err *err)
{
	struct btz_change m = { .noun = BTZ_NOUN_USER,
		.verb = verb,
		.name = btz_span_str(btz_cli_arg(c, 0)) };
	char what[128];

	(void)snprintf(what, sizeof(what), "user '%.70s'", btz_cli_arg(c, 0));
	return btz_cli_change_print(c, &m, what, done, err);
}

static enum btz_rc
run_add(struct btz_cli *c, struct btz_err *err)
{
	return change(c, BTZ_VERB_ADD, "added", err);
}

static enum btz_rc
run_remove(struct btz_cli *c, struct btz_err *err)
{
	return change(c, BTZ_VERB_REMOVE, "removed", err);
}

static enum btz_rc
run_enable(struct btz_cli *c, struct btz_err *err)
{
	return change(c, BTZ_VERB_ENABLE, "enabled", err);
}

static enum btz_rc
run_disable(struct btz_cli *c, struct btz_err *err)
{
	return change(c, BTZ_VERB_DISABLE, "disabled", err);
}

static enum btz_rc
run_list(struct btz_cli *c, struct btz_err *err)
{
	return btz_cli_list_access(c, BTZ_NOUN_USER, err);
}

static const struct btz_cli_option options[] = { BTZ_CLI_TENANT, BTZ_CLI_END };

const struct btz_cli_command btz_cmd_user[] = {
	{ "add", "NAME",
	    "add a user\n"
	    "Without any rights and without a credential: see 'role grant' "
	    "and\n"
	    "'invite create'.",
	    1, 1, options, run_add, "user add alice" },
	{ "list", "[NAME]", "list users", 0, 1, options, run_list,
	    "user list" },
	{ "disable", "NAME", "refuse everything to a user, for now", 1, 1,
	    options, run_disable, "user disable alice" },
	{ "enable", "NAME", "undo disable", 1, 1, options, run_enable,
	    "user enable alice" },
	{ "remove", "NAME",
	    "remove a user with all grants and credentials\n"
	    "The keys never come back, also not for a new user of that name.",
	    1, 1, options, run_remove, "user remove alice" },
	{ .run = NULL },
};
