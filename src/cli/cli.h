/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.h - the frame of the command line: what a command is, what it gets, how
 * it answers. A noun is one file cmd_<noun>.c with one table of commands; add
 * it to commands.h and to meson.build and it is there, with help, options,
 * errors and --json. Start reading at btz_cli_main (cli.c).
 *
 * A command returns BTZ_OK or fills err; cli.c prints the error (text or
 * JSON) and chooses the exit status (btz_rc_exit). Results go to standard
 * output through output.h; anything else (progress, next steps) to standard
 * error through btz_cli_say.
 */
#ifndef BTZ_CLI_CLI_H
#define BTZ_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/edges.h"
#include "base/err.h"
#include "cli/files.h"
#include "client/call.h"
#include "wire/cursor.h"
#include "wire/limits.h"
#include "wire/msg_list.h"

#define BTZ_CLI_OPTIONS 16 /* of one command */
#define BTZ_CLI_MANY 16
#define BTZ_CLI_PATH 512

struct btz_cli_option {
	char letter;	  /* 0: long form only */
	const char *name; /* without dashes; NULL ends the table */
	/* name of its value in the help; NULL: a flag; ending in "...": may be
	 * given often (one such option a command, see many) */
	const char *arg;
	const char *help;
};

struct btz_cli;

struct btz_cli_command {
	const char *verb; /* "": a noun that is its own verb (init, up) */
	const char *args; /* for the usage line: "ID [FILE]" */
	const char *help; /* one line; further lines after a newline */
	int min_args, max_args;
	const struct btz_cli_option *options; /* NULL: none of its own */
	enum btz_rc (*run)(struct btz_cli *c, struct btz_err *err);
	const char *example; /* for --help, what follows "bartizan " */
};			     /* a row with run NULL ends a table */

struct btz_cli {
	const char *home; /* NULL: the system's places (base/home.h) */
	bool json;
	const char *noun;
	const struct btz_cli_command *cmd;
	int n_args;
	char **args; /* what follows the verb; borrowed from argv */
	const char *values[BTZ_CLI_OPTIONS]; /* by row of cmd->options */
	const char *many[BTZ_CLI_MANY];	     /* values of the option FOO... */
	size_t n_many;
	int exit_status; /* of a command that succeeded; normally 0 */
	/* said with each listing whose worth hangs on it; "": not asked */
	char root_approval[48];
	char hint[256]; /* what to do about an error; "": as its code says */
};

/* What to do about the error that is being returned, where the code's own hint
 * (wire/rc.h) would be too general. The last one counts. */
void btz_cli_hint(struct btz_cli *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Value of an option of this command: NULL when not given, "" for a flag. */
const char *btz_cli_opt(const struct btz_cli *c, const char *name);
/* A whole number from min to max, or def when the option is absent. */
BTZ_MUST_CHECK enum btz_rc btz_cli_opt_num(const struct btz_cli *c,
    const char *name, uint64_t def, uint64_t min, uint64_t max, uint64_t *out,
    struct btz_err *err);
/* Argument i as text, or NULL. */
const char *btz_cli_arg(const struct btz_cli *c, int i);
/* A place of the box, e.g. "run/kms.sock". */
BTZ_MUST_CHECK enum btz_rc btz_cli_path(const struct btz_cli *c,
    const char *rel, char *out, size_t cap, struct btz_err *err);

/* Connects to run/admin/<prog>.sock, with progress shown on standard error.
 * The error says what is down or forbidden and what to do. */
BTZ_MUST_CHECK enum btz_rc btz_cli_connect(struct btz_cli *c,
    enum btz_prog prog, struct btz_conn *conn, struct btz_err *err);
/* --tenant, else the only tenant there is (asked of access). */
BTZ_MUST_CHECK enum btz_rc btz_cli_tenant(struct btz_cli *c,
    struct btz_conn *access, char out[64], struct btz_err *err);
/* The supervisor makes the directory of a share (after access took it). */
BTZ_MUST_CHECK enum btz_rc btz_cli_share_dir(struct btz_cli *c,
    const char *tenant, const char *share, struct btz_err *err);
/* LIST over conn, all pages, printed. req->after is used here. */
BTZ_MUST_CHECK enum btz_rc btz_cli_list(struct btz_cli *c,
    struct btz_conn *conn, struct btz_list *req, struct btz_err *err);

/* What the supervisor says about the box; texts are empty when it is silent
 * about them. */
struct btz_cli_box {
	char name[64], trust_domain[254], url[300], root_days[16];
};
BTZ_MUST_CHECK enum btz_rc btz_cli_box(
    struct btz_cli *c, struct btz_cli_box *out, struct btz_err *err);

/* For people, on standard error; silent with --json. */
void btz_cli_say(const struct btz_cli *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The whole of main(). */
int btz_cli_main(int argc, char **argv);

#endif
