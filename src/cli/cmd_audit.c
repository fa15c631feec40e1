/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_audit.c - bartizan audit: tail, verify, status, checkpoint. `verify`
 * needs only files (audit_verify.c); the others ask the audit program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/audit_verify.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "der/pem.h"
#include "tlog/record.h"
#include "wire/msg_checkpoint.h"
#include "wire/msg_tail.h"

#define PEM_MAX 65536u
#define PAGE 500u      /* records of one request */
#define WAIT_MS 20000u /* below the timeout of a call */

/* --- tail --------------------------------------------------------------- */

static void
put(const char *label, struct btz_span s)
{
	if (s.len > 0)
		(void)printf(" %s%.*s", label, (int)s.len, (const char *)s.p);
}

/* time, decision, who, act, object, ways, outcome: absent ones left out. */
static void
print_record(const struct btz_record *r)
{
	char time[BTZ_RECORD_TIME_LEN + 1] = "";

	btz_record_time(r->time_ms, time);
	(void)printf("%llu %s %s", (unsigned long long)r->seq, time,
	    btz_record_phase_name(r->phase));
	if (r->decision != 0)
		(void)printf(" %s", btz_record_decision_name(r->decision));
	put("", r->act);
	put("", r->obj);
	put("-> ", r->dst);
	put("by ", r->who);
	if (r->cred.len > 0)
		(void)printf(" cred %.*s",
		    (int)(r->cred.len < 12 ? r->cred.len : 12),
		    (const char *)r->cred.p);
	if (r->via != 0)
		(void)printf(" via %s", btz_record_via_name(r->via));
	put("from ", r->from);
	put("why ", r->why);
	put("outcome ", r->out);
	if (r->has_n)
		(void)printf(" n %llu", (unsigned long long)r->n);
	put("src ", r->src);
	(void)printf("%s\n", r->cut ? " (path cut)" : "");
}

static enum btz_rc
print_lines(const struct btz_cli *c, struct btz_span lines, struct btz_err *err)
{
	const uint8_t *p = lines.p, *end = p + lines.len;

	while (p < end) {
		const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));
		struct btz_record r;
		struct btz_span line;

		line = btz_span_of(p, (size_t)((lf == NULL ? end : lf) - p));
		if (c->json)
			(void)printf(
			    "%.*s\n", (int)line.len, (const char *)line.p);
		else if (btz_record_parse(line, &r, NULL) == BTZ_OK)
			print_record(&r);
		else
			return BTZ_FAIL(err, BTZ_E_LOG_RECORD,
			    "a record does not have the form of a record");
		p = lf == NULL ? end : lf + 1;
	}
	(void)fflush(stdout);
	return BTZ_OK;
}

static enum btz_rc
ask_tail(struct btz_cli *c, struct btz_conn *conn, struct btz_tail *m,
    uint64_t *left, struct btz_err *err)
{
	struct btz_tail_ok ok;
	enum btz_rc rc;

	rc = btz_conn_call(conn, BTZ_OP_TAIL, &btz_def_tail, m,
	    &btz_def_tail_ok, &ok, NULL, err);
	if (rc != BTZ_OK)
		return rc;
	for (size_t i = 0; i < ok.lines.len; i++)
		if (ok.lines.p[i] == '\n' && *left > 0)
			(*left)--;
	m->from = ok.next;
	if (ok.lines.len == 0)
		*left = 0;
	return print_lines(c, ok.lines, err);
}

static enum btz_rc
run_tail(struct btz_cli *c, struct btz_err *err)
{
	bool follow = btz_cli_opt(c, "follow") != NULL;
	struct btz_tail m = { .from = UINT64_MAX };
	struct btz_conn conn;
	uint64_t left;
	enum btz_rc rc;

	rc = btz_cli_opt_num(c, "lines", 20, 1, 1000, &left, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_cli_connect(c, BTZ_PROG_AUDIT, &conn, err);
	if (rc != BTZ_OK)
		return rc;
	m.max = (uint16_t)left;
	while (rc == BTZ_OK && left > 0) {
		rc = ask_tail(c, &conn, &m, &left, err);
		m.max = (uint16_t)left;
	}
	m.wait_ms = WAIT_MS;
	while (rc == BTZ_OK && follow && !ferror(stdout)) {
		left = m.max = PAGE;
		rc = ask_tail(c, &conn, &m, &left, err);
	}
	btz_conn_close(&conn);
	return rc;
}

/* --- status, checkpoint ------------------------------------------------- */

static enum btz_rc
run_status(struct btz_cli *c, struct btz_err *err)
{
	struct btz_out *out = NULL;
	struct btz_table table;
	struct btz_conn conn;
	enum btz_rc rc;

	rc = btz_cli_connect(c, BTZ_PROG_AUDIT, &conn, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_conn_call(&conn, BTZ_OP_STATUS, NULL, NULL, &btz_def_table,
	    &table, NULL, err);
	if (rc == BTZ_OK)
		rc = btz_out_table(&out, &table, err);
	if (rc == BTZ_OK)
		btz_out_print(c, out);
	btz_out_free(out);
	btz_conn_close(&conn);
	return rc;
}

static enum btz_rc
run_checkpoint(struct btz_cli *c, struct btz_err *err)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_NUMBER, "size" },
		{ BTZ_CELL_TEXT, "note" },
	};
	struct btz_checkpoint_ok ok;
	struct btz_conn conn;
	enum btz_rc rc;

	rc = btz_cli_connect(c, BTZ_PROG_AUDIT, &conn, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_conn_call(&conn, BTZ_OP_CHECKPOINT_NOW, NULL, NULL,
	    &btz_def_checkpoint_ok, &ok, NULL, err);
	if (rc == BTZ_OK && c->json) {
		struct btz_out *out = btz_out_new(cols, BTZ_COUNT(cols));

		btz_out_num(out, ok.size);
		btz_out_text(out, ok.note);
		btz_out_print_item(c, out);
		btz_out_free(out);
	} else if (rc == BTZ_OK) {
		(void)printf("%.*s", (int)ok.note.len, (const char *)ok.note.p);
	}
	btz_conn_close(&conn);
	return rc;
}

/* --- verify ------------------------------------------------------------- */

struct findings {
	struct btz_out *out; /* JSON; NULL: printed as they come */
};

static void
on_found(enum btz_finding what, const char *log, const char *where,
    const char *text, void *arg)
{
	struct findings *f = arg;
	char place[128];

	(void)snprintf(place, sizeof(place), "%s/%s", log, where);
	if (f->out == NULL) {
		(void)printf(
		    "%s: %s: %s\n", btz_finding_name(what), place, text);
		return;
	}
	btz_out_str(f->out, btz_finding_name(what));
	btz_out_str(f->out, place);
	btz_out_str(f->out, text);
}

static enum btz_rc
read_key(const char *path, uint8_t *buf, size_t cap, struct btz_span *out,
    struct btz_err *err)
{
	struct btz_wr wr;
	char *text;
	enum btz_rc rc;
	size_t len;

	rc = btz_cli_read_file(path, PEM_MAX, &text, &len, err);
	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&wr, buf, cap);
	rc = btz_pem_decode(btz_span_of(text, len), BTZ_PEM_PUBLIC, &wr);
	free(text);
	if (rc != BTZ_OK)
		return BTZ_FAIL(err, rc, "'%s' as a public key", path);
	*out = btz_wr_span(&wr);
	return BTZ_OK;
}

static enum btz_rc
verdict(const struct btz_cli *c, const struct btz_verify *v, const char *dir,
    bool own_key, struct btz_err *err)
{
	uint64_t rest = v->records - v->signed_records;

	if (v->wrong > 0)
		return BTZ_FAIL(err, v->first, "%llu findings in '%s'",
		    (unsigned long long)v->wrong, dir);
	if (rest > 0 && btz_cli_opt(c, "require-signed") != NULL)
		return BTZ_FAIL(err, BTZ_E_LOG_UNSIGNED, "%llu records",
		    (unsigned long long)rest);
	if (!c->json)
		(void)printf(
		    "%llu records verified: form, chain, tiles, root; %llu are "
		    "signed%s%s, %llu not yet signed, %llu without outcome\n",
		    (unsigned long long)v->records,
		    (unsigned long long)v->signed_records,
		    v->origin[0] != '\0' ? " as " : "", v->origin,
		    (unsigned long long)rest, (unsigned long long)v->unknown);
	if (own_key)
		btz_cli_say(c,
		    "the key was taken from the log's own folder: give the "
		    "checkpoint key with --key to prove who signed");
	return BTZ_OK;
}

static enum btz_rc
run_verify(struct btz_cli *c, struct btz_err *err)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "finding" },
		{ BTZ_CELL_TEXT, "where" },
		{ BTZ_CELL_TEXT, "what" },
	};
	const char *dir = btz_cli_opt(c, "dir"), *key = btz_cli_opt(c, "key");
	struct findings f = { NULL };
	struct btz_verify v = { .found = on_found, .arg = &f };
	uint8_t spki[BTZ_SPKI_MAX];
	char path[BTZ_CLI_PATH];
	enum btz_rc rc = BTZ_OK;

	if (dir == NULL)
		rc = btz_cli_path(c, "audit", path, sizeof(path), err);
	if (rc == BTZ_OK && key != NULL)
		rc = read_key(key, spki, sizeof(spki), &v.spki, err);
	if (rc != BTZ_OK)
		return rc;
	v.dir = dir != NULL ? dir : path;
	if (c->json)
		f.out = btz_out_new(cols, BTZ_COUNT(cols));
	rc = btz_audit_verify(&v, err);
	if (rc == BTZ_OK && c->json)
		btz_out_print(c, f.out);
	if (rc == BTZ_OK)
		rc = verdict(c, &v, v.dir, key == NULL, err);
	btz_out_free(f.out);
	return rc;
}

static const struct btz_cli_option tail_options[] = {
	{ 'n', "lines", "N", "how many of the last records (default 20)" },
	{ 'f', "follow", NULL, "go on with new records as they come" },
	{ 0, NULL, NULL, NULL },
};

static const struct btz_cli_option verify_options[] = {
	{ 0, "dir", "DIR", "copy of the audit folder (default: this box's)" },
	{ 0, "key", "PEM", "public key that checkpoints must be signed with" },
	{ 0, "require-signed", NULL,
	    "fail when records are not yet covered by a checkpoint" },
	{ 0, NULL, NULL, NULL },
};

const struct btz_cli_command btz_cmd_audit[] = {
	{ "tail", NULL,
	    "show the last records\n"
	    "With --json the records themselves, one a line.",
	    0, 0, tail_options, run_tail, "audit tail --lines 50 --follow" },
	{ "verify", NULL,
	    "check every record, tile and the signed checkpoint offline\n"
	    "Needs only the files and a public key. Exit status 1 and the "
	    "file\n"
	    "and byte of each finding when something is altered.",
	    0, 0, verify_options, run_verify,
	    "audit verify --dir copy/audit --key checkpoint.pem" },
	{ "status", NULL, "records, signed records, state of disk and signer",
	    0, 0, NULL, run_status, "audit status" },
	{ "checkpoint", NULL, "have the log signed now, and print the note", 0,
	    0, NULL, run_checkpoint, "audit checkpoint" },
	{ .run = NULL },
};
