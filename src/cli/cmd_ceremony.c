/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_ceremony.c - bartizan ceremony start|show|approve|finish|cancel: k of n
 * administrators approve what the root does. show and approve need no box:
 * they go by the file alone. Start at the table at the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "cli/adminkey.h"
#include "cli/ceremony.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "client/kms.h"
#include "prim/prim.h"

static struct btz_ceremony ceremony;
static struct btz_conn leased;

/* text: of a print function; freed here. */
static enum btz_rc
save(const char *path, char *text, struct btz_err *err)
{
	enum btz_rc rc;

	if (text == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "%s", path);
	rc = btz_cli_write_file(path, 0644, btz_span_str(text), err);
	free(text);
	return rc;
}

static enum btz_rc
out_file(const struct btz_cli *c, const char **out, struct btz_err *err)
{
	*out = btz_cli_opt(c, "out");
	return *out != NULL ? BTZ_OK
			    : BTZ_FAIL(err, BTZ_E_USAGE, "--out is missing");
}

static void
print_ceremony(const struct btz_cli *c)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "operation" },
		{ BTZ_CELL_TEXT, "box" },
		{ BTZ_CELL_TEXT, "challenge" },
		{ BTZ_CELL_TEXT, "digest" },
		{ BTZ_CELL_NUMBER, "approvals" },
		{ BTZ_CELL_NUMBER, "administrators" },
		{ BTZ_CELL_TIME, "until" },
		{ BTZ_CELL_TEXT, "meaning" },
	};
	const struct btz_challenge *ch = &ceremony.challenge;
	struct btz_out *o = btz_out_new(cols, BTZ_COUNT(cols));
	static uint8_t words[BTZ_CEREMONY_REQUEST_MAX * 4];
	struct btz_wr wr;

	btz_wr_init(&wr, words, sizeof(words));
	btz_ceremony_words(&ceremony, &wr);
	btz_out_str(o, btz_ceremony_name(ch->operation));
	btz_out_hex(o, ch->instance_id, sizeof(ch->instance_id));
	btz_out_hex(o, ch->nonce, sizeof(ch->nonce));
	btz_out_hex(o, ch->digest, sizeof(ch->digest));
	btz_out_num(o, ch->k);
	btz_out_num(o, ch->n);
	btz_out_num(o, ceremony.until);
	btz_out_text(o, c->json ? btz_wr_span(&wr) : btz_span_str("below"));
	btz_out_print_item(c, o);
	btz_out_free(o);
	if (!c->json)
		(void)printf("\n%.*s", (int)wr.len, (const char *)words);
}

static enum btz_rc
run_start(struct btz_cli *c, struct btz_err *err)
{
	struct btz_approval_request rq = { .operation = btz_ceremony_operation(
					       btz_span_str(
						   btz_cli_arg(c, 0))) };
	const char *out;
	struct btz_wr wr;
	enum btz_rc rc = out_file(c, &out, err);

	btz_wr_init(&wr, ceremony.request, sizeof(ceremony.request));
	if (rc == BTZ_OK)
		rc = btz_ceremony_request(c, rq.operation, &wr, err);
	if (rc != BTZ_OK)
		return rc;
	ceremony.request_len = wr.len;
	btz_sha256(btz_wr_span(&wr), rq.digest);
	rc = btz_ceremony_lease(c, &leased, err);
	if (rc == BTZ_OK)
		rc = btz_kms_approval_nonce(
		    &leased, &rq, &ceremony.challenge, err);
	btz_conn_close(&leased);
	if (rc != BTZ_OK)
		return rc;
	ceremony.until = btz_unix_now() + ceremony.challenge.expires;
	rc = save(out, btz_ceremony_print(&ceremony), err);
	if (rc != BTZ_OK)
		return rc;
	print_ceremony(c);
	if (ceremony.challenge.k > 0)
		btz_cli_say(c, "\nGive %s to %u of the %u administrators.", out,
		    ceremony.challenge.k, ceremony.challenge.n);
	return BTZ_OK;
}

static enum btz_rc
run_show(struct btz_cli *c, struct btz_err *err)
{
	enum btz_rc rc = btz_ceremony_load(btz_cli_arg(c, 0), &ceremony, err);

	if (rc == BTZ_OK)
		print_ceremony(c);
	return rc;
}

static bool
says_yes(void)
{
	char line[16];

	(void)fputs("\nApprove this? [y/N] ", stderr);
	return fgets(line, sizeof(line), stdin) != NULL &&
	       (line[0] == 'y' || line[0] == 'Y');
}

static enum btz_rc
run_approve(struct btz_cli *c, struct btz_err *err)
{
	const char *key = btz_cli_opt(c, "key"), *out;
	static struct btz_approval_file a;
	enum btz_rc rc = out_file(c, &out, err);

	if (rc == BTZ_OK && key == NULL)
		rc = BTZ_FAIL(err, BTZ_E_USAGE, "--key is missing");
	if (rc == BTZ_OK)
		rc = btz_ceremony_load(btz_cli_arg(c, 0), &ceremony, err);
	if (rc != BTZ_OK)
		return rc;
	print_ceremony(c);
	(void)fflush(stdout);
	if (btz_cli_opt(c, "yes") == NULL && !says_yes())
		return BTZ_FAIL(err, BTZ_E_DENIED, "you did not approve");
	rc = btz_adminkey_approve(c, key, &ceremony.challenge, &a, err);
	return rc == BTZ_OK ? save(out, btz_approval_print(&a), err) : rc;
}

static enum btz_rc
run_cancel(struct btz_cli *c, struct btz_err *err)
{
	enum btz_rc rc = btz_ceremony_load(btz_cli_arg(c, 0), &ceremony, err);

	if (rc == BTZ_OK)
		rc = btz_ceremony_lease(c, &leased, err);
	if (rc == BTZ_OK)
		rc = btz_kms_approval_cancel(
		    &leased, ceremony.challenge.nonce, err);
	btz_conn_close(&leased);
	return rc;
}

static const struct btz_cli_option start_options[] = {
	{ 'o', "out", "FILE", "the ceremony, for the administrators" },
	{ 0, "emergency", NULL, "root-crl: valid as long as the root" },
	{ 0, "none", NULL, "root-crl: revoke nothing" },
	{ 0, "days", "N",
	    "root-crl: to the next list (30); issuing: its life" },
	{ 0, "ca", "ID", "issuing: which authority (default: the only one)" },
	{ 0, "previous", "FILE", "root-crl: the root's list before (PEM)" },
	{ 0, "admin", "FILE...", "admin-set: a public key; give all of them" },
	{ 0, "threshold", "K", "admin-set: so many approve (default: most)" },
	{ 0, "recovery", "FILE", "admin-set: public key for backups" },
	{ 0, NULL, NULL, NULL },
};

static const struct btz_cli_option approve_options[] = {
	{ 'k', "key", "FILE", "your private key" },
	{ 'o', "out", "FILE", "your approval" },
	{ 'y', "yes", NULL, "do not ask" },
	{ 0, "passphrase-fd", "N", "read the passphrase there, one line" },
	{ 0, NULL, NULL, NULL },
};

static const struct btz_cli_option finish_options[] = {
	{ 'o', "out", "FILE", "root-crl: the list (PEM), not to the output" },
	{ 0, "der", "FILE", "root-crl: the list in DER, too" },
	{ 0, NULL, NULL, NULL },
};

const struct btz_cli_command btz_cmd_ceremony[] = {
	{ "start", "OPERATION [ARGS]",
	    "ask the box for a challenge that administrators approve\n"
	    "  issuing                  renew the issuing certificate\n"
	    "  root-crl [SERIAL...]     list of the root (default: revokes\n"
	    "                           the issuing certificate)\n"
	    "  admin-set --admin FILE   other administrators\n"
	    "  time-set TIME|now        the time, in Unix seconds\n"
	    "  recover                  old storage counts again\n"
	    "  restore FILE             a key of a backup ('recovery open')",
	    1, 17, start_options, run_start,
	    "ceremony start time-set now --out time.ceremony" },
	{ "show", "FILE", "what a ceremony is about, in words", 1, 1, NULL,
	    run_show, "ceremony show time.ceremony" },
	{ "approve", "FILE",
	    "approve a ceremony with an administrator's key\n"
	    "Needs no box: shows what the request means, and asks.",
	    1, 1, approve_options, run_approve,
	    "ceremony approve time.ceremony --key alice.key --out alice.ok" },
	{ "finish", "FILE [APPROVAL...]", "do what was approved", 1,
	    1 + BTZ_CEREMONY_APPROVALS, finish_options, btz_ceremony_finish,
	    "ceremony finish time.ceremony alice.ok bob.ok" },
	{ "cancel", "FILE", "end a ceremony unused", 1, 1, NULL, run_cancel,
	    "ceremony cancel time.ceremony" },
	{ .run = NULL },
};
