/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_invite.c - bartizan invite: one text that a user or device turns into a
 * credential, once: bartizan-invite:v1:<url>:<token>:<SHA-256 of root SPKI>.
 */
#include <stdio.h>
#include <string.h>

#include "cli/change.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "der/x509.h"
#include "prim/prim.h"
#include "wire/msg_ca.h"

/* SHA-256 of the SPKI of the last certificate of the chain, in hex. */
static enum btz_rc
pin_of(struct btz_span chain, char out[65], struct btz_err *err)
{
	struct btz_span der = { NULL, 0 };
	uint8_t hash[BTZ_SHA256_LEN];
	struct btz_x509 x;
	struct btz_rd rd;

	btz_rd_span(&rd, chain);
	do {
		if (!btz_rd_bytes32(&rd, &der, BTZ_CERT_MAX))
			return BTZ_FAIL(err, BTZ_E_PROTO, "chain of the ca");
	} while (!btz_rd_end(&rd));
	if (btz_x509_parse(der, &x) != BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_PROTO, "root certificate");
	btz_sha256(x.spki, hash);
	btz_hex(hash, sizeof(hash), out);
	return BTZ_OK;
}

static enum btz_rc
root_pin(struct btz_cli *c, char out[65], struct btz_err *err)
{
	static struct btz_conn conn;
	struct btz_chain chain;
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_CA, &conn, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_conn_call(
	    &conn, BTZ_OP_CHAIN, NULL, NULL, &btz_def_chain, &chain, NULL, err);
	if (rc == BTZ_OK)
		rc = pin_of(chain.certs, out, err);
	btz_conn_close(&conn);
	return rc;
}

static enum btz_rc
find_url(struct btz_cli *c, char *out, size_t cap, struct btz_err *err)
{
	const char *given = btz_cli_opt(c, "url");
	struct btz_cli_box box = { .name = "" };
	enum btz_rc rc = given == NULL ? btz_cli_box(c, &box, err) : BTZ_OK;
	int n;

	if (rc != BTZ_OK)
		return rc;
	n = snprintf(out, cap, "%s", given == NULL ? box.url : given);
	while (n > 0 && (size_t)n < cap && out[n - 1] == '/')
		out[--n] = '\0';
	if (n < 0 || (size_t)n >= cap || strncmp(out, "https://", 8) != 0)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "the box's address is not https://...: give it with --url");
	return BTZ_OK;
}

static void
print(const struct btz_cli *c, const struct btz_cli_changed *ok,
    const char *url, const char *pin)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "id" },
		{ BTZ_CELL_TEXT, "invite" },
	};
	char text[1200];
	struct btz_out *o;

	(void)snprintf(text, sizeof(text), "bartizan-invite:v1:%s:%s:%s", url,
	    ok->id, pin);
	if (c->json) {
		o = btz_out_new(cols, BTZ_COUNT(cols));
		btz_out_str(o, ok->detail);
		btz_out_str(o, text);
		btz_out_print_item(c, o);
		btz_out_free(o);
	} else {
		(void)printf("%s\n", text);
		btz_cli_say(c,
		    "Good once, for %s; hand it over on a way you trust. "
		    "Cancel "
		    "it with\n'bartizan invite cancel %s'. The user runs:\n"
		    "  bartizan enrol INVITE --out DIR",
		    btz_cli_arg(c, 0), ok->detail);
	}
	btz_wipe(text, sizeof(text));
}

/* All that can fail comes before the token exists. */
static enum btz_rc
run_create(struct btz_cli *c, struct btz_err *err)
{
	struct btz_change m = { .noun = BTZ_NOUN_INVITE,
		.verb = BTZ_VERB_ADD,
		.name = btz_span_str(btz_cli_arg(c, 0)) };
	struct btz_cli_changed ok;
	char url[512], pin[65], what[128];
	enum btz_rc rc;

	(void)snprintf(
	    what, sizeof(what), "invite for '%.70s'", btz_cli_arg(c, 0));
	if ((rc = btz_cli_opt_num(c, "hours", 0, 1, 720, &m.n, err)) !=
		BTZ_OK ||
	    (rc = find_url(c, url, sizeof(url), err)) != BTZ_OK ||
	    (rc = root_pin(c, pin, err)) != BTZ_OK ||
	    (rc = btz_cli_change(c, &m, what, &ok, err)) != BTZ_OK)
		return rc;
	print(c, &ok, url, pin);
	btz_wipe(&ok, sizeof(ok));
	return BTZ_OK;
}

static enum btz_rc
run_list(struct btz_cli *c, struct btz_err *err)
{
	return btz_cli_list_access(c, BTZ_NOUN_INVITE, err);
}

static enum btz_rc
run_cancel(struct btz_cli *c, struct btz_err *err)
{
	struct btz_change m = { .noun = BTZ_NOUN_INVITE,
		.verb = BTZ_VERB_REMOVE,
		.name = btz_span_str(btz_cli_arg(c, 0)) };
	char what[128];

	(void)snprintf(what, sizeof(what), "invite '%.70s'", btz_cli_arg(c, 0));
	return btz_cli_change_print(c, &m, what, "cancelled", err);
}

static const struct btz_cli_option plain[] = { BTZ_CLI_TENANT, BTZ_CLI_END };
static const struct btz_cli_option none[] = { BTZ_CLI_END };
static const struct btz_cli_option create_options[] = { BTZ_CLI_TENANT,
	{ 0, "hours", "N", "how long it is good, 1 to 720 (default 24)" },
	{ 0, "url", "URL", "address of the box, as the user reaches it" },
	BTZ_CLI_END };

const struct btz_cli_command btz_cmd_invite[] = {
	{ "create", "USER",
	    "make an invite for a user or device\n"
	    "USER: NAME, user/NAME or device/NAME. The invite is shown once "
	    "and\n"
	    "only its hash is kept.",
	    1, 1, create_options, run_create, "invite create alice --hours 2" },
	{ "list", "[USER]", "list invites and their state", 0, 1, plain,
	    run_list, "invite list" },
	{ "cancel", "ID", "cancel an invite (at least 4 digits of its id)", 1,
	    1, none, run_cancel, "invite cancel 3f2a" },
	{ .run = NULL },
};
