/* SPDX-License-Identifier: Apache-2.0 */
/* help.c - help texts, made from the tables of commands. */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/commands.h"

#ifndef BTZ_VERSION
#define BTZ_VERSION "unknown"
#endif

static const struct btz_noun_row nouns[] = {
#define ROW(noun, text) { #noun, text, btz_cmd_##noun },
	BTZ_CLI_NOUNS(ROW)
#undef ROW
};

static const char noun_list[] =
#define NAME(noun, text) " " #noun
    BTZ_CLI_NOUNS(NAME)
#undef NAME
    ;

const struct btz_noun_row *
btz_help_noun(const char *name)
{
	for (size_t i = 0; i < BTZ_COUNT(nouns); i++)
		if (strcmp(nouns[i].name, name) == 0)
			return &nouns[i];
	return NULL;
}

const struct btz_noun_row *
btz_help_row(size_t i)
{
	return i < BTZ_COUNT(nouns) ? &nouns[i] : NULL;
}

const char *
btz_help_verb_list(const struct btz_noun_row *noun)
{
	static char text[160];
	size_t n = 0;

	text[0] = '\0';
	for (const struct btz_cli_command *c = noun->table;
	     c->run != NULL && n < sizeof(text); c++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
		    n == 0 ? "" : " ", c->verb);
	return text;
}

const char *
btz_help_nouns(void)
{
	return noun_list;
}

/* First line of a help text only. */
static int
first_line(const char *text)
{
	return (int)strcspn(text, "\n");
}

static void
print_common(void)
{
	(void)printf("  %-22s %s\n", "--home DIR",
	    "directory of the box (default $BARTIZAN_HOME, else the system's)");
	(void)printf("  %-22s %s\n", "--json", "answers and errors as JSON");
	(void)printf("  %-22s %s\n", "-h, --help", "this text");
}

void
btz_help_version(void)
{
	(void)printf("bartizan %s\n", BTZ_VERSION);
}

void
btz_help_top(void)
{
	(void)printf("usage: bartizan [--home DIR] [--json] NOUN [VERB] "
		     "[ARGS]\n\nNouns:\n");
	for (size_t i = 0; i < BTZ_COUNT(nouns); i++)
		(void)printf("  %-22s %s\n", nouns[i].name, nouns[i].help);
	(void)printf("\nOptions:\n");
	print_common();
	(void)printf("  %-22s %s\n", "--version", "release of this program");
	(void)printf(
	    "\nExit status: 0 done, 1 refused by policy or verify "
	    "failed, 2 usage,\n65 bad input, 69 daemon down, 70 internal, "
	    "75 try again.\nMore: 'bartizan NOUN --help', "
	    "'bartizan NOUN VERB --help', bartizan(8).\n"
	    "Example: bartizan --home ./box up\n");
}

void
btz_help_verbs(const struct btz_noun_row *noun)
{
	(void)printf("usage: bartizan %s VERB [ARGS]\n%s\n\nVerbs:\n",
	    noun->name, noun->help);
	for (const struct btz_cli_command *c = noun->table; c->run != NULL;
	     c++) {
		char words[64];

		(void)snprintf(words, sizeof(words), "%s %s", c->verb,
		    c->args == NULL ? "" : c->args);
		(void)printf(
		    "  %-22s %.*s\n", words, first_line(c->help), c->help);
	}
	(void)printf("\nMore: 'bartizan %s VERB --help'.\n", noun->name);
	if (noun->table->example != NULL)
		(void)printf("Example: bartizan %s\n", noun->table->example);
}

static void
print_option(const struct btz_cli_option *o)
{
	char words[64];
	size_t n = 0;

	if (o->letter != 0)
		n = (size_t)snprintf(words, sizeof(words), "-%c, ", o->letter);
	(void)snprintf(words + n, sizeof(words) - n, "--%s%s%s", o->name,
	    o->arg == NULL ? "" : " ", o->arg == NULL ? "" : o->arg);
	(void)printf("  %-22s %s\n", words, o->help);
}

void
btz_help_command(const char *noun, const struct btz_cli_command *cmd)
{
	(void)printf("usage: bartizan %s%s%s%s%s%s\n%s\n\nOptions:\n", noun,
	    cmd->verb[0] == '\0' ? "" : " ", cmd->verb,
	    cmd->options == NULL ? "" : " [OPTIONS]",
	    cmd->args == NULL || cmd->args[0] == '\0' ? "" : " ",
	    cmd->args == NULL ? "" : cmd->args, cmd->help);
	for (const struct btz_cli_option *o = cmd->options;
	     o != NULL && o->name != NULL; o++)
		print_option(o);
	print_common();
	if (cmd->example != NULL)
		(void)printf("\nExample: bartizan %s\n", cmd->example);
}
