/* SPDX-License-Identifier: Apache-2.0 */
/* complete.c - what may come next on a command line; see complete.h. Start at
 * btz_complete(). */
#include "cli/complete.h"

#include <stdio.h>
#include <string.h>

#include "cli/complete_value.h"
#include "cli/help.h"

static const struct btz_cli_option common[] = {
	{ 0, "home", "DIR", NULL },
	{ 0, "json", NULL, NULL },
	{ 0, "help", NULL, NULL },
	{ 0, NULL, NULL, NULL },
};

struct words {
	const struct btz_noun_row *noun;
	const struct btz_cli_command *cmd;
	bool value;	    /* the word is the value of the option before it: */
	const char *option; /* as typed */
	const char *home;   /* of --home */
};

static void
offer(const char *dashes, const char *name, const char *typed)
{
	size_t n = strlen(dashes), len = strlen(typed);
	char text[80];

	(void)snprintf(text, sizeof(text), "%s%s", dashes, name);
	if (len >= n && strncmp(text, typed, len) == 0)
		(void)printf("%s\n", text);
}

static bool
in_table(const struct btz_cli_option *o, const char *word, bool *takes)
{
	for (; o != NULL && o->name != NULL; o++) {
		bool same = word[1] == '-'
				? strcmp(word + 2, o->name) == 0
				: word[1] == o->letter && o->letter != 0 &&
				      word[2] == '\0';

		if (same) {
			*takes = o->arg != NULL;
			return true;
		}
	}
	return false;
}

static bool
takes_value(const struct words *w, const char *word)
{
	bool takes = false;

	if (!in_table(common, word, &takes) && w->cmd != NULL)
		(void)in_table(w->cmd->options, word, &takes);
	return takes;
}

/* One word that is already complete. */
static void
take_word(struct words *w, const char *word)
{
	if (w->value) {
		w->value = false;
		if (strcmp(w->option, "--home") == 0)
			w->home = word;
		return;
	}
	if (word[0] == '-') {
		w->value = takes_value(w, word);
		w->option = word;
		return;
	}
	if (w->noun == NULL) {
		w->noun = btz_help_noun(word);
		if (w->noun != NULL && w->noun->table->verb[0] == '\0')
			w->cmd = w->noun->table;
		return;
	}
	for (const struct btz_cli_command *c = w->noun->table;
	     w->cmd == NULL && c->run != NULL; c++)
		if (strcmp(c->verb, word) == 0)
			w->cmd = c;
}

static void
offer_options(const struct words *w, const char *typed)
{
	const struct btz_cli_option *own = w->cmd == NULL ? NULL
							  : w->cmd->options;

	for (const struct btz_cli_option *o = own; o != NULL && o->name != NULL;
	     o++)
		offer("--", o->name, typed);
	for (const struct btz_cli_option *o = common; o->name != NULL; o++)
		offer("--", o->name, typed);
}

static void
offer_value(const char *value, const char *typed)
{
	offer("", value, typed);
}

int
btz_complete(int argc, char **argv)
{
	struct words w = { .noun = NULL };
	const char *typed = argc > 0 ? argv[argc - 1] : "";

	for (int i = 0; i + 1 < argc; i++)
		take_word(&w, argv[i]);
	if (w.value) {
		if (w.cmd != NULL && w.option[1] == '-')
			btz_complete_values(w.home, w.noun->name, w.cmd->verb,
			    w.option + 2, offer_value, typed);
		return 0;
	}
	if (typed[0] == '-') {
		offer_options(&w, typed);
	} else if (w.noun == NULL) {
		for (size_t i = 0; btz_help_row(i) != NULL; i++)
			offer("", btz_help_row(i)->name, typed);
	} else if (w.cmd == NULL) {
		for (const struct btz_cli_command *c = w.noun->table;
		     c->run != NULL; c++)
			offer("", c->verb, typed);
	}
	return 0;
}
