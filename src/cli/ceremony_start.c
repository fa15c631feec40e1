/* SPDX-License-Identifier: Apache-2.0 */
/* ceremony_start.c - requests out of the words of `ceremony start`, and what
 * the box says of its administrators; see ceremony.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "cli/adminkey.h"
#include "cli/ca_renew.h"
#include "cli/ceremony.h"
#include "cli/output.h"
#include "cli/root_crl.h"
#include "client/kms.h"
#include "der/pem.h"
#include "prim/prim.h"
#include "wire/msg_backup.h"

#define PREVIOUS_MAX 32768u
#define DAYS_DEFAULT 30u

static struct btz_conn conn;

static bool
ends_with(struct btz_span s, const char *end)
{
	const size_t len = strlen(end);

	return s.len >= len && memcmp(s.p + s.len - len, end, len) == 0;
}

/* Items are "<label>: record digest". */
static void
take_fact(struct btz_box_facts *f, struct btz_span item, struct btz_span value)
{
	if (ends_with(item, ": administrators"))
		f->k = value.len > 0 ? (unsigned)value.p[0] - '0' : 0;
	else if (ends_with(item, ": administrator") && f->n < BTZ_ADMINS_MAX)
		f->n += btz_unhex(value, f->admin[f->n], BTZ_SHA256_LEN);
	else if (ends_with(item, ": recovery key"))
		f->has_recovery = btz_unhex(
		    value, f->recovery, sizeof(f->recovery));
	else if (ends_with(item, ": record digest"))
		f->rolled_back = btz_unhex(value, f->record, sizeof(f->record));
	else if (ends_with(item, ": index digest") &&
		 !btz_unhex(value, f->index, sizeof(f->index)))
		f->rolled_back = false;
}

enum btz_rc
btz_box_facts(struct btz_cli *c, struct btz_box_facts *out, struct btz_err *err)
{
	struct btz_out *rows = NULL;
	struct btz_table t;
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_BROKER, &conn, err);

	memset(out, 0, sizeof(*out));
	if (rc != BTZ_OK)
		return rc;
	rc = btz_conn_call(
	    &conn, BTZ_OP_STATUS, NULL, NULL, &btz_def_table, &t, NULL, err);
	if (rc == BTZ_OK)
		rc = btz_out_table(&rows, &t, err);
	btz_conn_close(&conn);
	for (size_t r = 0; rc == BTZ_OK && r < btz_out_rows(rows); r++)
		take_fact(
		    out, btz_out_cell(rows, r, 0), btz_out_cell(rows, r, 1));
	btz_out_free(rows);
	return rc;
}

void
btz_box_approval_text(
    const struct btz_box_facts *f, char out[BTZ_BOX_APPROVAL_MAX])
{
	if (f->n > 0)
		(void)snprintf(out, BTZ_BOX_APPROVAL_MAX,
		    "%u of %zu administrators", f->k, f->n);
	else
		(void)snprintf(out, BTZ_BOX_APPROVAL_MAX,
		    "local (no protection against Linux root)");
}

void
btz_box_approval(struct btz_cli *c)
{
	static struct btz_box_facts f;
	struct btz_err err;

	if (btz_box_facts(c, &f, &err) == BTZ_OK) {
		btz_box_approval_text(&f, c->root_approval);
		return;
	}
	c->hint[0] = '\0';
	(void)snprintf(c->root_approval, sizeof(c->root_approval), "unknown");
}

enum btz_rc
btz_ceremony_lease(
    struct btz_cli *c, struct btz_conn *leased, struct btz_err *err)
{
	struct btz_open_ok ok;
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_BROKER, &conn, err);

	leased->fd = -1;
	if (rc == BTZ_OK)
		rc = btz_kms_open(
		    &conn, "tee", BTZ_USE_CEREMONY, leased, &ok, err);
	btz_conn_close(&conn);
	return rc;
}

enum btz_rc
btz_ceremony_load(
    const char *path, struct btz_ceremony *out, struct btz_err *err)
{
	char *text;
	size_t len;
	enum btz_rc rc = btz_cli_read_file(
	    path, BTZ_CEREMONY_FILE_MAX, &text, &len, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_ceremony_parse(btz_span_of(text, len), out, err);
	free(text);
	return rc == BTZ_OK ? rc : btz_err_wrap(err, "%s", path);
}

/* Serials are arguments; none: the issuing certificate in force, in an
 * emergency all that have not expired. */
static enum btz_rc
take_serials(struct btz_cli *c, struct btz_wr *wr, struct btz_err *err)
{
	static struct btz_issued issued;
	uint8_t serial[BTZ_ID_LEN];
	enum btz_rc rc = BTZ_OK;

	if (c->n_args == 1 && btz_cli_opt(c, "none") == NULL) {
		rc = btz_root_issued(c, &issued, err);
		btz_wr_raw(wr, issued.serials,
		    btz_cli_opt(c, "emergency") != NULL ? issued.serials_len
							: BTZ_ID_LEN);
	}
	for (int i = 1; rc == BTZ_OK && i < c->n_args; i++) {
		if (!btz_unhex(btz_span_str(btz_cli_arg(c, i)), serial,
			sizeof(serial)))
			rc = BTZ_FAIL(err, BTZ_E_USAGE,
			    "serial '%.80s': 32 hex digits", c->args[i]);
		btz_wr_raw(wr, serial, sizeof(serial));
	}
	return rc;
}

/* The root's list before this one: PEM, as `ceremony finish` writes it. */
static enum btz_rc
take_previous(struct btz_cli *c, struct btz_wr *wr, struct btz_err *err)
{
	const char *path = btz_cli_opt(c, "previous");
	char *text;
	size_t len;
	enum btz_rc rc;

	if (path == NULL)
		return BTZ_OK;
	rc = btz_cli_read_file(path, 2 * PREVIOUS_MAX, &text, &len, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_pem_decode(btz_span_of(text, len), BTZ_PEM_CRL, wr);
	free(text);
	return rc == BTZ_OK ? rc
			    : BTZ_FAIL(err, rc, "%s: no revocation list", path);
}

static enum btz_rc
root_crl(struct btz_cli *c, struct btz_wr *wr, struct btz_err *err)
{
	static uint8_t previous[PREVIOUS_MAX];
	uint8_t serials[BTZ_ISSUING_MAX * BTZ_ID_LEN];
	struct btz_root_crl m = { .emergency = btz_cli_opt(c, "emergency") !=
					       NULL };
	struct btz_wr s, p;
	uint64_t days;
	enum btz_rc rc;

	btz_wr_init(&s, serials, sizeof(serials));
	btz_wr_init(&p, previous, sizeof(previous));
	rc = btz_cli_opt_num(c, "days", DAYS_DEFAULT, 1, 3650, &days, err);
	if (rc == BTZ_OK)
		rc = take_serials(c, &s, err);
	if (rc == BTZ_OK)
		rc = take_previous(c, &p, err);
	if (rc != BTZ_OK)
		return rc;
	if (m.emergency == 0)
		m.next_update = btz_unix_now() + days * 86400;
	m.serials = btz_wr_span(&s);
	m.previous = btz_wr_span(&p);
	btz_msg_write(&btz_def_root_crl, &m, wr);
	return BTZ_OK;
}

static enum btz_rc
issuing(struct btz_cli *c, struct btz_wr *wr, struct btz_err *err)
{
	struct btz_approve_issuing m;
	enum btz_rc rc = btz_ca_renew_plan(c, &m, err);

	if (rc == BTZ_OK)
		btz_msg_write(&btz_def_approve_issuing, &m, wr);
	return rc;
}

static enum btz_rc
admin_set(struct btz_cli *c, struct btz_wr *wr, struct btz_err *err)
{
	if (c->n_many == 0)
		return BTZ_FAIL(err, BTZ_E_USAGE, "--admin is missing");
	return btz_admin_set_options(c, wr, err);
}

static enum btz_rc
time_set(struct btz_cli *c, struct btz_wr *wr, struct btz_err *err)
{
	const char *text = btz_cli_arg(c, 1);
	struct btz_time_set m = { .time = btz_unix_now() };
	char *end;

	if (text == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "the time is missing: Unix seconds ('date +%%s'), or now");
	if (strcmp(text, "now") != 0) {
		errno = 0;
		m.time = strtoull(text, &end, 10);
		if (text[0] < '0' || text[0] > '9' || *end != '\0' ||
		    errno != 0)
			return BTZ_FAIL(err, BTZ_E_USAGE,
			    "time '%.40s': Unix seconds, or now", text);
	}
	btz_msg_write(&btz_def_time_set, &m, wr);
	return BTZ_OK;
}

static enum btz_rc
recover(struct btz_cli *c, struct btz_wr *wr, struct btz_err *err)
{
	static struct btz_box_facts f;
	struct btz_recover m;
	enum btz_rc rc = btz_box_facts(c, &f, err);

	if (rc == BTZ_OK && !f.rolled_back)
		rc = BTZ_FAIL(err, BTZ_E_STATE,
		    "the trusted application is not storage-rolled-back");
	if (rc != BTZ_OK)
		return rc;
	memcpy(m.record_digest, f.record, sizeof(m.record_digest));
	memcpy(m.index_digest, f.index, sizeof(m.index_digest));
	btz_msg_write(&btz_def_recover, &m, wr);
	return BTZ_OK;
}

/* What is in the file of `recovery open`, and that it is this file. */
static enum btz_rc
restore(struct btz_cli *c, struct btz_wr *wr, struct btz_err *err)
{
	const char *path = btz_cli_arg(c, 1);
	struct btz_approve_restore m;
	struct btz_transport_file f;
	char *file;
	size_t len;
	enum btz_rc rc;

	if (path == NULL)
		return BTZ_FAIL(
		    err, BTZ_E_USAGE, "the file of 'recovery open' is missing");
	rc = btz_cli_read_file(path, BTZ_LIST_MAX, &file, &len, err);
	if (rc != BTZ_OK)
		return rc;
	if (btz_transport_file_read(btz_span_of(file, len), &f)) {
		btz_sha256(btz_span_of(file, len), m.digest);
		m.what = f.what;
		btz_msg_write(&btz_def_approve_restore, &m, wr);
	} else {
		rc = BTZ_FAIL(err, BTZ_E_INVAL,
		    "%.80s: not sealed for a trusted application", path);
	}
	free(file);
	return rc;
}

static const struct {
	int most; /* words after the operation */
	enum btz_rc (*make)(
	    struct btz_cli *c, struct btz_wr *wr, struct btz_err *err);
} kinds[] = {
	[BTZ_APPROVE_ISSUING] = { 0, issuing },
	[BTZ_APPROVE_ROOT_CRL] = { 16, root_crl },
	[BTZ_APPROVE_ADMIN_SET] = { 0, admin_set },
	[BTZ_APPROVE_TIME_SET] = { 1, time_set },
	[BTZ_APPROVE_RECOVER] = { 0, recover },
	[BTZ_APPROVE_RESTORE] = { 1, restore },
};

enum btz_rc
btz_ceremony_request(struct btz_cli *c, uint8_t operation, struct btz_wr *wr,
    struct btz_err *err)
{
	enum btz_rc rc;

	if (operation >= BTZ_COUNT(kinds) || kinds[operation].make == NULL)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "'%.40s' is none of issuing, root-crl, admin-set,"
		    " time-set, recover, restore",
		    btz_cli_arg(c, 0));
	if (c->n_args - 1 > kinds[operation].most)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "'%.60s' is one argument too many",
		    c->args[kinds[operation].most + 1]);
	rc = kinds[operation].make(c, wr, err);
	if (rc == BTZ_OK && !btz_wr_ok(wr))
		rc = BTZ_FAIL(err, BTZ_E_TOOBIG, "request");
	return rc;
}
