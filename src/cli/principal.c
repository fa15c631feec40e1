/* SPDX-License-Identifier: Apache-2.0 */
/* principal.c - commands of users and devices; see principal.h. */
#include "cli/principal.h"

#include <stdio.h>
#include <string.h>

const struct btz_cli_option btz_cli_principal_options[] = { BTZ_CLI_TENANT,
	BTZ_CLI_END };

static uint8_t
noun_of(const struct btz_cli *c)
{
	return strcmp(c->noun, "device") == 0 ? BTZ_NOUN_DEVICE : BTZ_NOUN_USER;
}

static enum btz_rc
change(struct btz_cli *c, uint8_t verb, const char *done, struct btz_err *err)
{
	struct btz_change m = { .noun = noun_of(c),
		.verb = verb,
		.name = btz_span_str(btz_cli_arg(c, 0)) };
	char what[128];

	(void)snprintf(
	    what, sizeof(what), "%s '%.70s'", c->noun, btz_cli_arg(c, 0));
	return btz_cli_change_print(c, &m, what, done, err);
}

enum btz_rc
btz_cli_principal_add(struct btz_cli *c, struct btz_err *err)
{
	return change(c, BTZ_VERB_ADD, "added", err);
}

enum btz_rc
btz_cli_principal_remove(struct btz_cli *c, struct btz_err *err)
{
	return change(c, BTZ_VERB_REMOVE, "removed", err);
}

enum btz_rc
btz_cli_principal_enable(struct btz_cli *c, struct btz_err *err)
{
	return change(c, BTZ_VERB_ENABLE, "enabled", err);
}

enum btz_rc
btz_cli_principal_disable(struct btz_cli *c, struct btz_err *err)
{
	return change(c, BTZ_VERB_DISABLE, "disabled", err);
}

enum btz_rc
btz_cli_principal_list(struct btz_cli *c, struct btz_err *err)
{
	return btz_cli_list_access(c, noun_of(c), err);
}
