/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_up.c - bartizan up: becomes the supervisor (src/up). */
#include <stdio.h>
#include <unistd.h>

#include "base/home.h"
#include "cli/commands.h"

static enum btz_rc
run_up(struct btz_cli *c, struct btz_err *err)
{
	char path[BTZ_CLI_PATH];
	const char *argv[8];
	enum btz_rc rc;
	size_t n = 0;

	rc = btz_home_program("src/up", "bartizan-up", path, sizeof(path), err);
	if (rc == BTZ_E_NOENT)
		btz_cli_hint(c,
		    "is Bartizan installed whole? From a build folder: set "
		    "BARTIZAN_LIBEXEC to it");
	if (rc != BTZ_OK)
		return rc;
	argv[n++] = "bartizan-up";
	if (c->home != NULL) {
		argv[n++] = "--home";
		argv[n++] = c->home;
	}
	if (btz_cli_opt(c, "check") != NULL)
		argv[n++] = "-n";
	if (btz_cli_opt(c, "foreground") == NULL &&
	    btz_cli_opt(c, "check") == NULL)
		argv[n++] = "--detach";
	if (c->json)
		argv[n++] = "--json";
	argv[n] = NULL;
	(void)fflush(stdout);
	/* execv does not write to the strings: POSIX, rationale of exec */
	(void)execv(path, (char *const *)(uintptr_t)argv);
	return BTZ_FAIL_SYS(err, BTZ_E_INTERNAL, "start %s", path);
}

static const struct btz_cli_option options[] = {
	{ 'n', "check", NULL, "check the configuration and exit" },
	{ 'f', "foreground", NULL,
	    "stay in the foreground (for systemd and for looking)" },
	{ 0, NULL, NULL, NULL },
};

const struct btz_cli_command btz_cmd_up[] = {
	{ "", NULL,
	    "start the box and supervise its programs\n"
	    "Makes the directories and, when it is missing, a commented\n"
	    "etc/bartizan.conf. Without --foreground it returns when every\n"
	    "program is ready.",
	    0, 0, options, run_up, "up --foreground" },
	{ .run = NULL },
};
