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
#include "cli/complete.h"
#include "cli/help.h"
#include "cli/output.h"

static char help_word[] = "--help";

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
	(void)strcpy(p->shorts, ":h"); /* ':': no messages of getopt's own */
	for (int i = 0;
	     own != NULL && own[i].name != NULL && i < BTZ_CLI_OPTIONS; i++) {
		p->longs[n++] = (struct option){ own[i].name,
			own[i].arg != NULL, NULL, OPT_OWN + i };
		add_letter(p->shorts, &own[i]);
	}
}

/* The option that getopt stopped at, as it was written. */
static const char *
option_text(char **argv, char buf[3])
{
	if (optopt == 0 || optopt >= OPT_HOME)
		return argv[optind - 1];
	buf[0] = '-';
	buf[1] = (char)optopt;
	buf[2] = '\0';
	return buf;
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

static bool
is_many(const struct btz_cli_option *o)
{
	const size_t len = o->arg == NULL ? 0 : strlen(o->arg);

	return len > 3 && strcmp(o->arg + len - 3, "...") == 0;
}

static enum btz_rc
take_value(struct btz_cli *c, int i, struct btz_err *err)
{
	const struct btz_cli_option *o = &c->cmd->options[i];
	const bool many = is_many(o);

	if (c->values[i] != NULL && !many)
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "option '--%s' is given twice", o->name);
	if (many && c->n_many == BTZ_COUNT(c->many))
		return BTZ_FAIL(err, BTZ_E_USAGE, "too many '--%s'", o->name);
	c->values[i] = optarg == NULL ? "" : optarg;
	if (many)
		c->many[c->n_many++] = optarg;
	return BTZ_OK;
}

static enum btz_rc
take_option(struct btz_cli *c, struct parse *p, int opt, char **argv,
    struct btz_err *err)
{
	char buf[3];
	int i;

	if (opt == OPT_HOME)
		c->home = optarg;
	else if (opt == OPT_JSON)
		c->json = true;
	else if (opt == OPT_HELP || opt == 'h')
		p->help = true;
	else if (opt == ':')
		return BTZ_FAIL(err, BTZ_E_USAGE, "option '%s' needs a value",
		    option_text(argv, buf));
	else if (opt == '?' && optopt >= OPT_HOME)
		return BTZ_FAIL(err, BTZ_E_USAGE, "option '%s' takes no value",
		    argv[optind - 1]);
	else if ((i = own_index(c->cmd->options, opt)) < 0)
		return BTZ_FAIL(err, BTZ_E_USAGE, "unknown option '%s'",
		    option_text(argv, buf));
	else
		return take_value(c, i, err);
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
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "'%s' is one argument too many", c->args[c->cmd->max_args]);
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

/* Options that may stand before the noun and before the verb; *i is moved past
 * them. */
static enum btz_rc
common_options(
    struct btz_cli *c, int argc, char **argv, int *i, struct btz_err *err)
{
	for (; *i < argc && argv[*i][0] == '-'; ++*i) {
		const char *a = argv[*i];

		if (strcmp(a, "--json") == 0)
			c->json = true;
		else if (strncmp(a, "--home=", 7) == 0)
			c->home = a + 7;
		else if (strcmp(a, "--home") == 0 && *i + 1 < argc)
			c->home = argv[++*i];
		else if (strcmp(a, "--home") == 0)
			return BTZ_FAIL(
			    err, BTZ_E_USAGE, "option '--home' needs a value");
		else
			break;
	}
	return BTZ_OK;
}

static bool
is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	       strcmp(word, "help") == 0;
}

/* argv[0] is the noun. */
static enum btz_rc
run_verb(struct btz_cli *c, const struct btz_noun_row *noun, int argc,
    char **argv, struct btz_err *err)
{
	enum btz_rc rc;
	int i = 1;

	if ((rc = common_options(c, argc, argv, &i, err)) != BTZ_OK)
		return rc;
	if (i < argc && is_help(argv[i])) {
		btz_help_verbs(noun);
		return BTZ_OK;
	}
	if (i >= argc)
		return BTZ_FAIL(err, BTZ_E_USAGE, "'%s' needs a verb: %s",
		    noun->name, btz_help_verb_list(noun));
	c->cmd = find_verb(noun->table, argv[i]);
	if (c->cmd == NULL && argv[i][0] == '-')
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "unknown option '%.60s'", argv[i]);
	if (c->cmd == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "'%s' has no verb '%.60s'; there is: %s", noun->name,
		    argv[i], btz_help_verb_list(noun));
	return run_command(c, argc - i, argv + i, err);
}

static enum btz_rc
run_noun(struct btz_cli *c, int argc, char **argv, struct btz_err *err)
{
	const struct btz_noun_row *noun = btz_help_noun(argv[0]);

	if (noun == NULL) {
		btz_cli_hint(c, "there is:%s", btz_help_nouns());
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "unknown noun '%.60s'", argv[0]);
	}
	c->noun = noun->name;
	if (noun->table->verb[0] != '\0')
		return run_verb(c, noun, argc, argv, err);
	c->cmd = noun->table;
	return run_command(c, argc, argv, err);
}

static enum btz_rc
run_words(struct btz_cli *c, int argc, char **argv, struct btz_err *err)
{
	enum btz_rc rc;
	int i = 1;

	if ((rc = common_options(c, argc, argv, &i, err)) != BTZ_OK)
		return rc;
	if (i < argc && strcmp(argv[i], "--version") == 0)
		return btz_help_version(), BTZ_OK;
	if (i < argc && is_help(argv[i]) && i + 1 < argc &&
	    btz_help_noun(argv[i + 1]) != NULL) {
		argv[i] =
		    argv[i + 1]; /* help NOUN [VERB] = NOUN [VERB] --help */
		argv[i + 1] = argv[i + 2] != NULL ? argv[i + 2] : help_word;
		if (i + 2 < argc)
			argv[i + 2] = help_word;
		return run_noun(c, i + 2 < argc ? 3 : 2, argv + i, err);
	}
	if (i < argc && is_help(argv[i]))
		return btz_help_top(), BTZ_OK;
	if (i < argc && argv[i][0] == '-')
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "unknown option '%.60s'", argv[i]);
	if (i == argc) {
		btz_cli_hint(c, "there is:%s", btz_help_nouns());
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "what is to be done? "
		    "Give a noun");
	}
	return run_noun(c, argc - i, argv + i, err);
}

static void
hint_usage(struct btz_cli *c)
{
	if (c->hint[0] != '\0')
		return;
	if (c->cmd != NULL && c->cmd->verb[0] != '\0')
		btz_cli_hint(
		    c, "see 'bartizan %s %s --help'", c->noun, c->cmd->verb);
	else if (c->noun != NULL)
		btz_cli_hint(c, "see 'bartizan %s --help'", c->noun);
	else
		btz_cli_hint(c, "see 'bartizan --help'");
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
	enum btz_rc rc;

	(void)signal(SIGPIPE, SIG_DFL);
	if (argc > 1 && strcmp(argv[1], "--complete") == 0)
		return btz_complete(argc - 2, argv + 2);
	if (c.home != NULL && c.home[0] == '\0')
		c.home = NULL;
	rc = run_words(&c, argc, argv, &err);
	if (rc == BTZ_E_USAGE)
		hint_usage(&c);
	if (rc != BTZ_OK)
		return btz_out_error(&c, &err);
	if (fflush(stdout) != 0 || ferror(stdout))
		return 70;
	return c.exit_status;
}
