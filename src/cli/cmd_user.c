/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_user.c - bartizan user: texts only; what they do is in principal.c. */
#include "cli/commands.h"
#include "cli/principal.h"

const struct btz_cli_command btz_cmd_user[] = {
	{ "add", "NAME",
	    "add a user\n"
	    "Without any rights and without a credential: see 'role grant' "
	    "and\n"
	    "'invite create'.",
	    1, 1, btz_cli_principal_options, btz_cli_principal_add,
	    "user add alice" },
	{ "list", "[NAME]", "list users", 0, 1, btz_cli_principal_options,
	    btz_cli_principal_list, "user list" },
	{ "disable", "NAME", "refuse everything to a user, for now", 1, 1,
	    btz_cli_principal_options, btz_cli_principal_disable,
	    "user disable alice" },
	{ "enable", "NAME", "undo disable", 1, 1, btz_cli_principal_options,
	    btz_cli_principal_enable, "user enable alice" },
	{ "remove", "NAME",
	    "remove a user with all grants and credentials\n"
	    "The keys never come back, also not for a new user of that name.",
	    1, 1, btz_cli_principal_options, btz_cli_principal_remove,
	    "user remove alice" },
	{ .run = NULL },
};
