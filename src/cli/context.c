/* SPDX-License-Identifier: Apache-2.0 */
/* context.c - what commands ask of their context (cli.h): options, places,
 * connections, files. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/home.h"
#include "cli/output.h"
#include "wire/limits.h"
#include "wire/msg_share.h"
#include "wire/name.h"

const char *
btz_cli_opt(const struct btz_cli *c, const char *name)
{
	const struct btz_cli_option *o = c->cmd->options;

	for (int i = 0; o != NULL && o[i].name != NULL; i++)
		if (strcmp(o[i].name, name) == 0)
			return c->values[i];
	return NULL;
}

enum btz_rc
btz_cli_opt_num(const struct btz_cli *c, const char *name, uint64_t def,
    uint64_t min, uint64_t max, uint64_t *out, struct btz_err *err)
{
	const char *v = btz_cli_opt(c, name);
	char *end;

	*out = def;
	if (v == NULL)
		return BTZ_OK;
	errno = 0;
	*out = strtoull(v, &end, 10);
	if (v[0] < '0' || v[0] > '9' || *end != '\0' || errno != 0 ||
	    *out < min || *out > max)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--%s '%s' is not a number from %llu to %llu", name, v,
		    (unsigned long long)min, (unsigned long long)max);
	return BTZ_OK;
}

const char *
btz_cli_arg(const struct btz_cli *c, int i)
{
	return i < c->n_args ? c->args[i] : NULL;
}

enum btz_rc
btz_cli_path(const struct btz_cli *c, const char *rel, char *out, size_t cap,
    struct btz_err *err)
{
	return btz_home_path(c->home, rel, out, cap, err);
}

void
btz_cli_say(const struct btz_cli *c, const char *fmt, ...)
{
	va_list ap;

	if (c->json)
		return;
	(void)fflush(stdout); /* in the order in which it was said */
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

void
btz_cli_hint(struct btz_cli *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(c->hint, sizeof(c->hint), fmt, ap);
	va_end(ap);
}

static void
on_progress(uint16_t step, uint16_t steps, struct btz_span what, void *arg)
{
	const struct btz_cli *c = arg;

	btz_cli_say(c, "  [%u/%u] %.*s", step, steps, (int)what.len,
	    (const char *)what.p);
}

/* Is one program down, or the whole box? */
static enum btz_rc
say_down(struct btz_cli *c, enum btz_prog prog, const char *path,
    struct btz_err *err)
{
	const char *home = c->home == NULL ? "on this machine" : c->home;
	const char *opt = c->home == NULL ? "" : "--home ";
	char up[BTZ_CLI_PATH];
	struct btz_conn conn;
	enum btz_rc rc = BTZ_E_DOWN;

	conn.fd = -1;
	if (prog != BTZ_PROG_UP &&
	    btz_cli_path(c, "run/admin/up.sock", up, sizeof(up), err) == BTZ_OK)
		rc = btz_conn_open(&conn, up, err);
	btz_conn_close(&conn);
	if (rc == BTZ_OK) {
		btz_cli_hint(c,
		    "see 'bartizan status' and log/%s.log; it is started "
		    "again by itself",
		    btz_prog_name(prog));
		return BTZ_FAIL(err, BTZ_E_DOWN, "%s does not answer at %s",
		    btz_prog_name(prog), path);
	}
	btz_cli_hint(c, "start it with 'bartizan %s%.120s%sup'", opt,
	    c->home == NULL ? "" : c->home, c->home == NULL ? "" : " ");
	return BTZ_FAIL(err, BTZ_E_DOWN,
	    "no box is running %s%.120s: %s does not answer",
	    c->home == NULL ? "" : "in ", home, btz_prog_name(prog));
}

enum btz_rc
btz_cli_connect(struct btz_cli *c, enum btz_prog prog, struct btz_conn *conn,
    struct btz_err *err)
{
	char rel[64], path[BTZ_CLI_PATH];
	enum btz_rc rc;

	conn->fd = -1;
	(void)snprintf(
	    rel, sizeof(rel), "run/admin/%s.sock", btz_prog_name(prog));
	rc = btz_cli_path(c, rel, path, sizeof(path), err);
	if (rc == BTZ_OK)
		rc = btz_conn_open(conn, path, err);
	if (rc == BTZ_E_DENIED) {
		btz_cli_hint(
		    c, "run it as the user who started the box (or as root)");
		return BTZ_FAIL(err, rc,
		    "%s: only the administrator of this box may use it", path);
	}
	if (rc == BTZ_E_DOWN)
		return say_down(c, prog, path, err);
	if (rc != BTZ_OK)
		return rc;
	conn->peer = btz_prog_name(prog);
	conn->on_progress = on_progress;
	conn->arg = c;
	return BTZ_OK;
}

enum btz_rc
btz_cli_list(struct btz_cli *c, struct btz_conn *conn, struct btz_list *req,
    struct btz_err *err)
{
	struct btz_out *out = NULL;
	struct btz_table t;
	char after[512];
	enum btz_rc rc;

	do {
		rc = btz_conn_call(conn, BTZ_OP_LIST, &btz_def_list, req,
		    &btz_def_table, &t, NULL, err);
		if (rc == BTZ_OK)
			rc = btz_out_table(&out, &t, err);
		if (rc != BTZ_OK || t.next.len > sizeof(after))
			break;
		memcpy(after, t.next.p, t.next.len);
		req->after = btz_span_of(after, t.next.len);
	} while (req->after.len > 0);
	if (rc == BTZ_OK)
		btz_out_print(c, out);
	btz_out_free(out);
	return rc;
}

static enum btz_rc
only_tenant(struct btz_conn *access, char out[64], struct btz_err *err)
{
	struct btz_list req = { .noun = BTZ_NOUN_TENANT };
	struct btz_out *rows = NULL;
	struct btz_table t;
	struct btz_span name;
	enum btz_rc rc;

	rc = btz_conn_call(access, BTZ_OP_LIST, &btz_def_list, &req,
	    &btz_def_table, &t, NULL, err);
	if (rc == BTZ_OK)
		rc = btz_out_table(&rows, &t, err);
	if (rc == BTZ_OK && btz_out_rows(rows) == 0)
		rc = BTZ_FAIL(err, BTZ_E_NOENT,
		    "there is no tenant yet: make "
		    "one with 'bartizan tenant add NAME'");
	if (rc == BTZ_OK && btz_out_rows(rows) > 1)
		rc = BTZ_FAIL(err, BTZ_E_USAGE,
		    "there is more than one tenant: say which with --tenant");
	if (rc == BTZ_OK) {
		name = btz_out_cell(rows, 0, (size_t)btz_out_col(rows, "name"));
		(void)snprintf(
		    out, 64, "%.*s", (int)name.len, (const char *)name.p);
	}
	btz_out_free(rows);
	return rc;
}

enum btz_rc
btz_cli_tenant(struct btz_cli *c, struct btz_conn *access, char out[64],
    struct btz_err *err)
{
	const char *given = btz_cli_opt(c, "tenant");

	if (given == NULL)
		return only_tenant(access, out, err);
	if (!btz_name_ok(btz_span_str(given)))
		return BTZ_FAIL(err, BTZ_E_NAME, "--tenant '%.70s'", given);
	(void)snprintf(out, 64, "%s", given);
	return BTZ_OK;
}

enum btz_rc
btz_cli_share_dir(struct btz_cli *c, const char *tenant, const char *share,
    struct btz_err *err)
{
	struct btz_share_dir m = { btz_span_str(tenant), btz_span_str(share) };
	struct btz_conn up;
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_UP, &up, err);

	if (rc != BTZ_OK)
		return rc;
	rc = btz_conn_call(&up, BTZ_OP_SHARE_DIR, &btz_def_share_dir, &m, NULL,
	    NULL, NULL, err);
	btz_conn_close(&up);
	return rc;
}

static void
take_item(const struct btz_out *rows, const char *item, char *out, size_t cap)
{
	for (size_t r = 0; r < btz_out_rows(rows); r++) {
		struct btz_span value = btz_out_cell(rows, r, 1);

		if (btz_span_eq(btz_out_cell(rows, r, 0), btz_span_str(item)))
			(void)snprintf(out, cap, "%.*s", (int)value.len,
			    (const char *)value.p);
	}
}

enum btz_rc
btz_cli_box(struct btz_cli *c, struct btz_cli_box *out, struct btz_err *err)
{
	struct btz_out *rows = NULL;
	struct btz_conn up;
	struct btz_table t;
	enum btz_rc rc = btz_cli_connect(c, BTZ_PROG_UP, &up, err);

	*out = (struct btz_cli_box){ .name = "" };
	if (rc != BTZ_OK)
		return rc;
	rc = btz_conn_call(
	    &up, BTZ_OP_STATUS, NULL, NULL, &btz_def_table, &t, NULL, err);
	if (rc == BTZ_OK)
		rc = btz_out_table(&rows, &t, err);
	btz_conn_close(&up);
	if (rc == BTZ_OK) {
		take_item(rows, "box", out->name, sizeof(out->name));
		take_item(rows, "trust-domain", out->trust_domain,
		    sizeof(out->trust_domain));
		take_item(rows, "url", out->url, sizeof(out->url));
		take_item(
		    rows, "root-days", out->root_days, sizeof(out->root_days));
	}
	btz_out_free(rows);
	return rc;
}
