/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_tenant.c - bartizan tenant: households, departments, customers. */
#include <stdio.h>

#include "cli/change.h"
#include "cli/commands.h"

static enum btz_rc
change(struct btz_cli *c, uint8_t verb, const char *done, struct btz_err *err)
{
	struct btz_change m = { .noun = BTZ_NOUN_TENANT,
		.verb = verb,
		.name = btz_span_str(btz_cli_arg(c, 0)) };
	char what[128];

	(void)snprintf(what, sizeof(what), "tenant '%.70s'", btz_cli_arg(c, 0));
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
run_list(struct btz_cli *c, struct btz_err *err)
{
	return btz_cli_list_access(c, BTZ_NOUN_TENANT, err);
}

const struct btz_cli_command btz_cmd_tenant[] = {
	{ "add", "NAME",
	    "add a tenant, with the roles viewer, editor and owner\n"
	    "A name: a-z, 0-9, '.', '_' and '-', at most 63 characters.",
	    1, 1, NULL, run_add, "tenant add home" },
	{ "list", "[NAME]", "list tenants", 0, 1, NULL, run_list,
	    "tenant list" },
	{ "remove", "NAME",
	    "remove a tenant with its users, devices, roles and shares\n"
	    "Its credentials stop working at once; files on disk stay.",
	    1, 1, NULL, run_remove, "tenant remove home" },
	{ .run = NULL },
};
