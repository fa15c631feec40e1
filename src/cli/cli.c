/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.c - finds the command that the words name, parses its options, runs it,
 * says how it ended. Start at btz_cli_main().
 */
#include "cli/cli.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/output.h"

enum { OPT_HOME = 1000, OPT_JSON, OPT_HELP, OPT_OWN = 2000 };

static const struct option common[] = {
	{ "home", required_argument, NULL, OPT_HOME },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
};

struct parse {
	struct option longs[BTZ_CLI_OPTIONS + BTZ_COUNT(common) + 1];
	char shorts[2 * BTZ_CLI_OPTIONS + 4];
	bool help;
};

static void
add_letter(char *shorts, const struct btz_cli_option *o)
{
	size_t at = strlen(shorts);

	if (o->letter == 0)
		return;
	shorts[at++] = o->letter;
	if (o->arg != NULL)
		shorts[at++] = ':';
	shorts[at] = '\0';
}

static void
build_options(struct parse *p, const struct btz_cli_option *own)
{
	size_t n = BTZ_COUNT(common);

	memset(p, 0, sizeof(*p));
	memcpy(p->longs, common, sizeof(common));
	p->shorts[0] = ':'; /* getopt: no messages of its own */
	for (int i = 0;
	     own != NULL && own[i].name != NULL && i < BTZ_CLI_OPTIONS; i++) {
		p->longs[n++] = (struct option){ own[i].name,
			own[i].arg != NULL, NULL, OPT_OWN + i };
		add_letter(p->shorts, &own[i]);
	}
}

static int
own_index(const struct btz_cli_option *own, int opt)
{
	if (opt >= OPT_OWN)
		return opt - OPT_OWN;
	for (int i = 0; own != NULL && own[i].name != NULL; i++)
		if (own[i].letter == opt)
			return i;
	return -1;
}

static enum btz_rc
take_option(struct btz_cli *c, struct parse *p, int opt, char **argv,
    struct btz_err *err)
{
	int i;

	if (opt == OPT_HOME)
		c->home = optarg;
	else if (opt == OPT_JSON)
		c->json = true;
	else if (opt == OPT_HELP)
		p->help = true;
	else if (opt == ':')
		return BTZ_FAIL(err, BTZ_E_USAGE, "option '%s' needs a value",
		    argv[optind - 1]);
	else if ((i = own_index(c->cmd->options, opt)) < 0)
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "unknown option '%s'", argv[optind - 1]);
	else if (c->values[i] != NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "option '--%s' is given twice", c->cmd->options[i].name);
	else
		c->values[i] = optarg == NULL ? "" : optarg;
	return BTZ_OK;
}

static enum btz_rc
check_args(const struct btz_cli *c, struct btz_err *err)
{
	if (c->n_args < c->cmd->min_args)
		return BTZ_FAIL(err, BTZ_E_USAGE, "'%s%s%s' needs %s", c->noun,
		    c->cmd->verb[0] == '\0' ? "" : " ", c->cmd->verb,
		    c->cmd->args);
	if (c->n_args > c->cmd->max_args)
		return BTZ_FAIL(err, BTZ_E_USAGE, "too many arguments: '%s'",
		    c->args[c->cmd->max_args]);
	return BTZ_OK;
}

/* argv[0] is the verb (or the noun); options may stand anywhere after it. */
static enum btz_rc
run_command(struct btz_cli *c, int argc, char **argv, struct btz_err *err)
{
	struct parse p;
	enum btz_rc rc = BTZ_OK;
	int opt;

	build_options(&p, c->cmd->options);
	optind = 0;
	opterr = 0;
	while (rc == BTZ_OK &&
	       (opt = getopt_long(argc, argv, p.shorts, p.longs, NULL)) != -1)
		rc = take_option(c, &p, opt, argv, err);
	c->n_args = argc - optind;
	c->args = argv + optind;
	if (rc != BTZ_OK)
		return rc;
	if (p.help) {
		btz_help_command(c->noun, c->cmd);
		return BTZ_OK;
	}
	if ((rc = check_args(c, err)) != BTZ_OK)
		return rc;
	return c->cmd->run(c, err);
}

static const struct btz_cli_command *
find_verb(const struct btz_cli_command *table, const char *verb)
{
	for (; table->run != NULL; table++)
		if (strcmp(table->verb, verb) == 0)
			return table;
	return NULL;
}

static enum btz_rc
run_noun(struct btz_cli *c, int argc, char **argv, struct btz_err *err)
{
	const struct btz_noun_row *noun = btz_help_noun(argv[0]);

	if (noun == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "unknown noun '%s'; there is:"
		    " %s",
		    argv[0], btz_help_nouns());
	c->noun = noun->name;
	if (noun->table->verb[0] == '\0') {
		c->cmd = noun->table;
		return run_command(c, argc, argv, err);
	}
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		btz_help_verbs(noun);
		return BTZ_OK;
	}
	if (argc < 2)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "'%s' needs a verb; see "
		    "'bartizan %s --help'",
		    argv[0], argv[0]);
	c->cmd = find_verb(noun->table, argv[1]);
	if (c->cmd == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "'%s' has no verb '%s'; see "
		    "'bartizan %s --help'",
		    argv[0], argv[1], argv[0]);
	return run_command(c, argc - 1, argv + 1, err);
}

/* Options before the noun; returns the index of the noun, 0 when help was
 * asked for, -1 on an error. */
static int
global_options(struct btz_cli *c, int argc, char **argv, struct btz_err *err)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--json") == 0)
			c->json = true;
		else if (strcmp(argv[i], "--home") == 0 && i + 1 < argc)
			c->home = argv[++i];
		else if (strncmp(argv[i], "--home=", 7) == 0)
			c->home = argv[i] + 7;
		else if (strcmp(argv[i], "--help") == 0 ||
			 strcmp(argv[i], "--version") == 0)
			return btz_help_top(argv[i]);
		else {
			(void)BTZ_FAIL(
			    err, BTZ_E_USAGE, "unknown option '%s'", argv[i]);
			return -1;
		}
	}
	if (i == argc) {
		(void)BTZ_FAIL(err, BTZ_E_USAGE, "what to do? There is: %s",
		    btz_help_nouns());
		return -1;
	}
	return i;
}

/* So that a usage error before --json is reached is JSON too. */
static bool
asks_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

int
btz_cli_main(int argc, char **argv)
{
	struct btz_cli c = { .home = getenv("BARTIZAN_HOME"),
		.json = asks_json(argc, argv) };
	struct btz_err err = { .rc = BTZ_OK };
	enum btz_rc rc = BTZ_OK;
	int at;

	(void)signal(SIGPIPE, SIG_DFL);
	if (c.home != NULL && c.home[0] == '\0')
		c.home = NULL;
	at = global_options(&c, argc, argv, &err);
	if (at == 0)
		return 0;
	rc = at < 0 ? err.rc : run_noun(&c, argc - at, argv + at, &err);
	if (rc != BTZ_OK)
		return btz_out_error(&c, &err);
	if (fflush(stdout) != 0 || ferror(stdout))
		return 70;
	return c.exit_status;
}
