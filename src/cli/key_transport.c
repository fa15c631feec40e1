/* SPDX-License-Identifier: Apache-2.0 */
/* key_transport.c - key transport, and the half of key restore that is for a
 * trusted application: a file sealed for its transport key, with approvals. */
#include <stdlib.h>
#include <string.h>

#include "cli/ceremony.h"
#include "cli/key.h"
#include "cli/output.h"
#include "wire/msg_backup.h"

const struct btz_cli_option btz_key_transport_options[] = {
	{ 'o', "out", "FILE", "the note, for 'recovery open --for'" },
	BTZ_KEY_END,
};

enum btz_rc
btz_key_run_transport(struct btz_cli *c, struct btz_err *err)
{
	const char *out = btz_cli_opt(c, "out");
	struct btz_span note;
	enum btz_rc rc;

	if (out == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE, "--out is missing");
	rc = btz_key_lease(c, "tee", err);
	if (rc == BTZ_OK)
		rc = btz_kms_transport(btz_key_conn(), &note, err);
	if (rc == BTZ_OK)
		rc = btz_cli_write_file(out, 0644, note, err);
	if (rc == BTZ_OK)
		btz_cli_say(c,
		    "For 'recovery open BACKUP --for %s', off the box: good "
		    "for one key, seven days, and until the trusted "
		    "application starts again.",
		    out);
	btz_key_close();
	return rc;
}

static enum btz_rc
send(struct btz_cli *c, const struct btz_ceremony *ce, struct btz_span file,
    struct btz_span approvals, struct btz_key_info *k, struct btz_err *err)
{
	static uint8_t buf[BTZ_APPROVED_MAX];
	struct btz_approved ap = { .operation = BTZ_APPROVE_RESTORE,
		.request = btz_span_of(ce->request, ce->request_len),
		.approvals = approvals };
	struct btz_restore rq = { .blob = file };
	struct btz_wr wr;
	enum btz_rc rc;

	memcpy(ap.nonce, ce->challenge.nonce, sizeof(ap.nonce));
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_msg_write(&btz_def_approved, &ap, &wr);
	rq.approvals = btz_wr_span(&wr);
	if (!btz_wr_ok(&wr))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "approvals");
	rc = btz_key_lease(c, "tee", err);
	if (rc == BTZ_OK)
		rc = btz_kms_restore(btz_key_conn(), &rq, k, err);
	if (rc == BTZ_E_APPROVAL)
		btz_cli_hint(
		    c, "%d given, %u needed", c->n_args - 1, ce->challenge.k);
	return rc;
}

enum btz_rc
btz_key_restore_approved(
    struct btz_cli *c, struct btz_key_info *k, struct btz_err *err)
{
	static struct btz_ceremony ce;
	static uint8_t approvals[BTZ_APPROVALS_MAX];
	struct btz_wr wr;
	char *file = NULL;
	size_t len = 0;
	enum btz_rc rc = btz_ceremony_load(
	    btz_cli_opt(c, "ceremony"), &ce, err);

	if (rc == BTZ_OK && ce.challenge.operation != BTZ_APPROVE_RESTORE)
		rc = BTZ_FAIL(err, BTZ_E_USAGE, "--ceremony is about %s",
		    btz_ceremony_name(ce.challenge.operation));
	btz_wr_init(&wr, approvals, sizeof(approvals));
	if (rc == BTZ_OK)
		rc = btz_ceremony_approvals(c, &ce.challenge, &wr, err);
	if (rc == BTZ_OK)
		rc = btz_cli_read_file(
		    btz_cli_arg(c, 0), BTZ_LIST_MAX, &file, &len, err);
	if (rc == BTZ_OK)
		rc = send(
		    c, &ce, btz_span_of(file, len), btz_wr_span(&wr), k, err);
	free(file);
	return rc;
}
