/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_down.c - bartizan down: asks the supervisor to stop everything. */
#include <unistd.h>

#include "cli/commands.h"

static enum btz_rc
run_down(struct btz_cli *c, struct btz_err *err)
{
	struct btz_conn conn;
	struct btz_err gone;
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_UP, &conn, err);

	if (rc == BTZ_E_DOWN)
		btz_cli_hint(c, "nothing to do; or is it in another --home?");
	if (rc != BTZ_OK)
		return rc;
	rc = btz_conn_call(
	    &conn, BTZ_OP_UP_STOP, NULL, NULL, NULL, NULL, NULL, err);
	/* The answer says that stopping began; it ends when up hangs up. */
	while (rc == BTZ_OK)
		rc = btz_conn_call(
		    &conn, BTZ_OP_PING, NULL, NULL, NULL, NULL, NULL, &gone);
	btz_conn_close(&conn);
	if (rc == BTZ_E_GONE) {
		btz_cli_say(c, "the box is down");
		return BTZ_OK;
	}
	return BTZ_FAIL(err, rc, "stop the box");
}

const struct btz_cli_command btz_cmd_down[] = {
	{ "", NULL, "stop all programs of the box", 0, 0, NULL, run_down,
	    "down" },
	{ .run = NULL },
};
