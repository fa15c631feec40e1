/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_backend.c - bartizan backend ...: where keys can live, and who holds a
 * lease on what. */
#include <stdio.h>

#include "cli/commands.h"
#include "client/kms.h"
#include "prim/prim.h"

static struct btz_conn conn;

static enum btz_rc
list(struct btz_cli *c, uint8_t noun, struct btz_err *err)
{
	struct btz_list rq = { .noun = noun };
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_BROKER, &conn, err);

	if (rc == BTZ_OK)
		rc = btz_cli_list(c, &conn, &rq, err);
	btz_conn_close(&conn);
	return rc;
}

static enum btz_rc
run_list(struct btz_cli *c, struct btz_err *err)
{
	return list(c, BTZ_NOUN_BACKEND, err);
}

static enum btz_rc
run_leases(struct btz_cli *c, struct btz_err *err)
{
	return list(c, BTZ_NOUN_LEASE, err);
}

static enum btz_rc
run_apps(struct btz_cli *c, struct btz_err *err)
{
	return list(c, BTZ_NOUN_APPLICATION, err);
}

static enum btz_rc
run_withdraw(struct btz_cli *c, struct btz_err *err)
{
	const char *text = btz_cli_arg(c, 0);
	uint8_t be[8];
	uint64_t id = 0;
	enum btz_rc rc;

	if (!btz_unhex(btz_span_str(text), be, sizeof(be)))
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "'%s' is not the id of a lease (16 hex digits, see "
		    "'bartizan backend leases')",
		    text);
	for (size_t i = 0; i < sizeof(be); i++)
		id = id << 8 | be[i];
	rc = btz_cli_connect(c, BTZ_PROG_BROKER, &conn, err);
	if (rc == BTZ_OK)
		rc = btz_kms_lease_revoke(&conn, id, err);
	btz_conn_close(&conn);
	if (rc == BTZ_E_NOENT) {
		btz_cli_hint(c, "see 'bartizan backend leases'");
		return BTZ_FAIL(err, rc, "lease '%s'", text);
	}
	if (rc == BTZ_OK)
		btz_cli_say(c, "withdrawn, confirmed by the service");
	return rc;
}

const struct btz_cli_command btz_cmd_backend[] = {
	{ "list", NULL, "backends and what each can do", 0, 0, NULL, run_list,
	    "backend list" },
	{ "leases", NULL, "who holds a lease on what", 0, 0, NULL, run_leases,
	    "backend leases" },
	{ "apps", NULL, "applications that may open leases", 0, 0, NULL,
	    run_apps, "backend apps" },
	{ "withdraw", "LEASE", "take a lease back; answers when in force", 1, 1,
	    NULL, run_withdraw, "backend withdraw 0123456789abcdef" },
	{ .run = NULL },
};
