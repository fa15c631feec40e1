/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_device.c - bartizan device: texts only; what they do is in principal.c. */
#include "cli/commands.h"
#include "cli/principal.h"

const struct btz_cli_command btz_cmd_device[] = {
	{ "add", "NAME",
	    "add a device\n"
	    "Without any rights and without a credential: see 'role grant' "
	    "and\n"
	    "'invite create'.",
	    1, 1, btz_cli_principal_options, btz_cli_principal_add,
	    "device add camera-1" },
	{ "list", "[NAME]", "list devices", 0, 1, btz_cli_principal_options,
	    btz_cli_principal_list, "device list" },
	{ "disable", "NAME", "refuse everything to a device, for now", 1, 1,
	    btz_cli_principal_options, btz_cli_principal_disable,
	    "device disable camera-1" },
	{ "enable", "NAME", "undo disable", 1, 1, btz_cli_principal_options,
	    btz_cli_principal_enable, "device enable camera-1" },
	{ "remove", "NAME",
	    "remove a device with all grants and credentials\n"
	    "The keys never come back, also not for a new device of that name.",
	    1, 1, btz_cli_principal_options, btz_cli_principal_remove,
	    "device remove camera-1" },
	{ .run = NULL },
};
