/* SPDX-License-Identifier: Apache-2.0 */
/* help.h - the nouns there are, and what --help prints of them. */
#ifndef BTZ_CLI_HELP_H
#define BTZ_CLI_HELP_H

#include "cli/cli.h"

struct btz_noun_row {
	const char *name, *help;
	const struct btz_cli_command *table;
};

const struct btz_noun_row *btz_help_noun(const char *name); /* or NULL */
const char *btz_help_nouns(void); /* " up down key ...", static */
const struct btz_noun_row *btz_help_row(size_t i); /* or NULL: the end */
const char *btz_help_verb_list(const struct btz_noun_row *noun); /* static */
void btz_help_top(void);
void btz_help_version(void);
void btz_help_verbs(const struct btz_noun_row *noun);
void btz_help_command(const char *noun, const struct btz_cli_command *cmd);

#endif
