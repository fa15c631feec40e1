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
#include "der/pem.h"
#include "prim/prim.h"

#define APPROVALS 16

static struct btz_ceremony ceremony;
static struct btz_conn leased;

static enum btz_rc
load(const char *path, struct btz_err *err)
{
	char *text;
	size_t len;
	enum btz_rc rc = btz_cli_read_file(
	    path, BTZ_CEREMONY_FILE_MAX, &text, &len, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_ceremony_parse(btz_span_of(text, len), &ceremony, err);
	free(text);
	return rc == BTZ_OK ? rc : btz_err_wrap(err, "%s", path);
}

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
	enum btz_rc rc = load(btz_cli_arg(c, 0), err);

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
		rc = load(btz_cli_arg(c, 0), err);
	if (rc != BTZ_OK)
		return rc;
	print_ceremony(c);
	(void)fflush(stdout);
	if (btz_cli_opt(c, "yes") == NULL && !says_yes())
		return BTZ_FAIL(err, BTZ_E_DENIED, "you did not approve");
	rc = btz_adminkey_approve(c, key, &ceremony.challenge, &a, err);
	return rc == BTZ_OK ? save(out, btz_approval_print(&a), err) : rc;
}

/* What is wrong with one approval, as far as it can be seen here. */
static enum btz_rc
judge(const struct btz_approval_file *a, const uint8_t id[BTZ_SHA256_LEN],
    const struct btz_box_facts *f, struct btz_err *err)
{
	bool known = f->n == 0;

	for (size_t i = 0; i < f->n; i++)
		known = known || memcmp(f->admin[i], id, BTZ_SHA256_LEN) == 0;
	if (memcmp(a->nonce, ceremony.challenge.nonce, sizeof(a->nonce)) != 0)
		return BTZ_FAIL(
		    err, BTZ_E_APPROVAL_NONCE, "approves another ceremony");
	if (!known)
		return BTZ_FAIL(err, BTZ_E_APPROVAL_KEY,
		    "by nobody who administers this box");
	return btz_adminkey_verify(a, &ceremony.challenge, err);
}

static enum btz_rc
take_approval(const char *path, const struct btz_box_facts *f,
    uint8_t id[BTZ_SHA256_LEN], struct btz_wr *wr, struct btz_err *err)
{
	static struct btz_approval_file a;
	struct btz_approval m;
	char *text;
	size_t len;
	enum btz_rc rc = btz_cli_read_file(
	    path, BTZ_CEREMONY_FILE_MAX, &text, &len, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_approval_parse(btz_span_of(text, len), &a, err);
	free(text);
	btz_sha256(btz_span_of(a.spki, a.spki_len), id);
	if (rc == BTZ_OK)
		rc = judge(&a, id, f, err);
	if (rc != BTZ_OK)
		return btz_err_wrap(err, "%s", path);
	memcpy(m.key_id, id, sizeof(m.key_id));
	m.signature = btz_span_of(a.signature, a.signature_len);
	btz_msg_write(&btz_def_approval, &m, wr);
	return BTZ_OK;
}

static enum btz_rc
take_approvals(struct btz_cli *c, struct btz_wr *wr, struct btz_err *err)
{
	uint8_t ids[APPROVALS][BTZ_SHA256_LEN];
	static struct btz_box_facts f;
	enum btz_rc rc = btz_box_facts(c, &f, err);

	for (int i = 0; rc == BTZ_OK && i + 1 < c->n_args; i++) {
		rc = take_approval(btz_cli_arg(c, i + 1), &f, ids[i], wr, err);
		for (int j = 0; rc == BTZ_OK && j < i; j++)
			if (memcmp(ids[i], ids[j], BTZ_SHA256_LEN) == 0)
				rc = BTZ_FAIL(err, BTZ_E_APPROVAL_KEY,
				    "%s and %s are by the same administrator",
				    c->args[j + 1], c->args[i + 1]);
	}
	return rc;
}

static enum btz_rc
put_list(struct btz_cli *c, struct btz_span der, struct btz_err *err)
{
	static uint8_t pem[BTZ_PEM_ROOM(BTZ_CERT_MAX)];
	const char *file = btz_cli_opt(c, "out");
	struct btz_wr wr;

	btz_wr_init(&wr, pem, sizeof(pem));
	btz_pem_encode(&wr, BTZ_PEM_CRL, der);
	if (!btz_wr_ok(&wr))
		return BTZ_FAIL(err, BTZ_E_PROTO, "list");
	if (file != NULL)
		return btz_cli_write_file(file, 0644, btz_wr_span(&wr), err);
	(void)fwrite(pem, 1, wr.len, stdout);
	return BTZ_OK;
}

static enum btz_rc
ask_root(struct btz_cli *c, struct btz_span approvals, struct btz_span *list,
    struct btz_err *err)
{
	struct btz_approved rq = { .operation = ceremony.challenge.operation,
		.request = btz_span_of(ceremony.request, ceremony.request_len),
		.approvals = approvals };
	enum btz_rc rc = btz_ceremony_lease(c, &leased, err);

	memcpy(rq.nonce, ceremony.challenge.nonce, sizeof(rq.nonce));
	if (rc == BTZ_OK)
		rc = btz_kms_approved(&leased, &rq, list, err);
	if (rc == BTZ_E_APPROVAL)
		btz_cli_hint(c, "%d given, %u needed", c->n_args - 1,
		    ceremony.challenge.k);
	return rc;
}

static enum btz_rc
run_finish(struct btz_cli *c, struct btz_err *err)
{
	static uint8_t approvals[BTZ_APPROVALS_MAX];
	const bool crl_out = btz_cli_opt(c, "out") != NULL || !c->json;
	struct btz_span list;
	struct btz_wr wr;
	enum btz_rc rc = load(btz_cli_arg(c, 0), err);

	btz_wr_init(&wr, approvals, sizeof(approvals));
	if (rc == BTZ_OK &&
	    ceremony.challenge.operation == BTZ_APPROVE_ROOT_CRL && !crl_out)
		rc = BTZ_FAIL(err, BTZ_E_USAGE, "--json needs --out here");
	if (rc == BTZ_OK)
		rc = take_approvals(c, &wr, err);
	if (rc == BTZ_OK)
		rc = ask_root(c, btz_wr_span(&wr), &list, err);
	if (rc == BTZ_OK && list.len > 0)
		rc = put_list(c, list, err);
	btz_conn_close(&leased);
	if (rc == BTZ_OK)
		btz_cli_say(c, "Done: %s.",
		    btz_ceremony_name(ceremony.challenge.operation));
	return rc;
}

static enum btz_rc
run_cancel(struct btz_cli *c, struct btz_err *err)
{
	enum btz_rc rc = load(btz_cli_arg(c, 0), err);

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
	{ 0, "days", "N", "root-crl: next list in N days (default 30)" },
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
	{ 0, NULL, NULL, NULL },
};

const struct btz_cli_command btz_cmd_ceremony[] = {
	{ "start", "OPERATION [ARGS]",
	    "ask the box for a challenge that administrators approve\n"
	    "  root-crl [SERIAL...]     list of the root (default: revokes\n"
	    "                           the issuing certificate)\n"
	    "  admin-set --admin FILE   other administrators\n"
	    "  time-set TIME|now        the time, in Unix seconds\n"
	    "  recover                  old storage counts again",
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
	    1 + APPROVALS, finish_options, run_finish,
	    "ceremony finish time.ceremony alice.ok bob.ok" },
	{ "cancel", "FILE", "end a ceremony unused", 1, 1, NULL, run_cancel,
	    "ceremony cancel time.ceremony" },
	{ .run = NULL },
};
