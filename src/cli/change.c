/* SPDX-License-Identifier: Apache-2.0 */
/* change.c - a change asked of access, and how it is told; see change.h. */
#include "cli/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/output.h"
#include "wire/name.h"

static enum btz_rc
take_tenant(struct btz_cli *c, struct btz_span *out, struct btz_err *err)
{
	const char *tenant = btz_cli_opt(c, "tenant");

	*out = btz_span_str(tenant);
	if (tenant != NULL && !btz_name_ok(*out))
		return BTZ_FAIL(err, BTZ_E_NAME, "--tenant '%.70s'", tenant);
	return BTZ_OK;
}

/* "not found" is of several things: which, and what to do. */
static void
hint_absent(struct btz_cli *c, const struct btz_change *m)
{
	if (m->noun == BTZ_NOUN_BINDING)
		btz_cli_hint(c,
		    "see 'bartizan user list' (or 'device list'), 'role list', "
		    "'share list', 'vpn names', 'role list --grants'");
	else if (m->noun == BTZ_NOUN_INVITE && m->verb == BTZ_VERB_ADD)
		btz_cli_hint(c, "see 'bartizan user list', 'device list'");
	else if (m->verb == BTZ_VERB_ADD && m->tenant.len > 0)
		btz_cli_hint(
		    c, "is there such a tenant? See 'bartizan tenant list'");
	else if (m->verb == BTZ_VERB_ADD)
		btz_cli_hint(c,
		    "there is no tenant yet: make one with 'bartizan tenant "
		    "add NAME'");
	else
		btz_cli_hint(c, "see 'bartizan %s list'", c->noun);
}

enum btz_rc
btz_cli_change(struct btz_cli *c, struct btz_change *m, const char *what,
    struct btz_cli_changed *out, struct btz_err *err)
{
	static struct btz_conn conn;
	struct btz_change_ok ok;
	enum btz_rc rc;

	memset(out, 0, sizeof(*out));
	if (m->noun != BTZ_NOUN_TENANT &&
	    (rc = take_tenant(c, &m->tenant, err)) != BTZ_OK)
		return rc;
	if ((rc = btz_cli_connect(c, BTZ_PROG_ACCESS, &conn, err)) != BTZ_OK)
		return rc;
	rc = btz_conn_call(&conn, BTZ_OP_CHANGE, &btz_def_change, m,
	    &btz_def_change_ok, &ok, NULL, err);
	if (rc == BTZ_OK) {
		(void)snprintf(out->id, sizeof(out->id), "%.*s", (int)ok.id.len,
		    (const char *)ok.id.p);
		(void)snprintf(out->detail, sizeof(out->detail), "%.*s",
		    (int)ok.detail.len, (const char *)ok.detail.p);
		out->generation = ok.generation;
	}
	btz_conn_close(&conn);
	btz_wipe(conn.buf.bytes, conn.buf.len); /* an invite's token */
	if (rc == BTZ_E_AMBIGUOUS && m->tenant.len == 0 &&
	    m->noun != BTZ_NOUN_INVITE)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "there is more than one tenant: say which with --tenant");
	if (rc == BTZ_E_NOENT)
		hint_absent(c, m);
	if (rc != BTZ_OK && btz_rc_exit(rc) >= 69) /* the request id helps */
		return btz_err_wrap(err, "%s", what);
	return rc == BTZ_OK ? rc : BTZ_FAIL(err, rc, "%s", what);
}

enum btz_rc
btz_cli_change_print(struct btz_cli *c, struct btz_change *m, const char *what,
    const char *done, struct btz_err *err)
{
	static const struct btz_column cols[] = {
		{ BTZ_CELL_TEXT, "what" },
		{ BTZ_CELL_TEXT, "done" },
		{ BTZ_CELL_TEXT, "id" },
		{ BTZ_CELL_NUMBER, "policy" },
	};
	struct btz_cli_changed ok;
	struct btz_out *o;
	enum btz_rc rc = btz_cli_change(c, m, what, &ok, err);

	if (rc != BTZ_OK)
		return rc;
	if (!c->json) {
		(void)printf("%s: %s, in force with policy %llu\n", what, done,
		    (unsigned long long)ok.generation);
		return BTZ_OK;
	}
	o = btz_out_new(cols, BTZ_COUNT(cols));
	btz_out_str(o, what);
	btz_out_str(o, done);
	btz_out_str(o, ok.id);
	btz_out_num(o, ok.generation);
	btz_out_print_item(c, o);
	btz_out_free(o);
	return BTZ_OK;
}

enum btz_rc
btz_cli_list_access(struct btz_cli *c, uint8_t noun, struct btz_err *err)
{
	static struct btz_conn conn;
	struct btz_list rq = { .noun = noun,
		.filter = btz_span_str(btz_cli_arg(c, 0)) };
	enum btz_rc rc = take_tenant(c, &rq.tenant, err);

	if (rc == BTZ_OK)
		rc = btz_cli_connect(c, BTZ_PROG_ACCESS, &conn, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_cli_list(c, &conn, &rq, err);
	btz_conn_close(&conn);
	return rc;
}

static uint64_t
unit_seconds(const char *unit)
{
	static const struct {
		const char *unit;
		uint64_t s;
	} units[] = { { "", 1 }, { "h", 3600 }, { "d", 86400 },
		{ "w", 7 * 86400 } };

	for (size_t i = 0; i < BTZ_COUNT(units); i++)
		if (strcmp(unit, units[i].unit) == 0)
			return units[i].s;
	return 0;
}

static bool
parse_date(const char *text, int day, uint64_t *out)
{
	struct tm tm = { .tm_sec = 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	time_t t;

	if (end == NULL || *end != '\0') {
		memset(&tm, 0, sizeof(tm));
		end = strptime(text, "%Y-%m-%d", &tm);
		tm.tm_mday += day;
	}
	if (end == NULL || *end != '\0')
		return false;
	t = timegm(&tm);
	*out = t < 0 ? 0 : (uint64_t)t;
	return true;
}

/* day: 1 for the end of a day that is given without a time, else 0 */
static enum btz_rc
parse_time(const char *option, const char *text, int day, uint64_t now,
    uint64_t *out, struct btz_err *err)
{
	unsigned long long n;
	uint64_t unit;
	char *end;

	n = strtoull(text, &end, 10);
	unit = unit_seconds(end);
	if (parse_date(text, day, out))
		return BTZ_OK;
	if (text[0] < '0' || text[0] > '9' || unit == 0 || n > UINT32_MAX)
		return BTZ_FAIL(err, BTZ_E_USAGE,
		    "--%s '%.40s': give 12h, 30d, 2w, a date 2027-01-31 or "
		    "2027-01-31T12:00:00Z (UTC)",
		    option, text);
	*out = unit == 1 ? n : now + n * unit;
	return BTZ_OK;
}

enum btz_rc
btz_cli_time(const char *option, const char *text, uint64_t now, uint64_t *out,
    struct btz_err *err)
{
	*out = 0;
	return text == NULL ? BTZ_OK
			    : parse_time(option, text, 0, now, out, err);
}

enum btz_rc
btz_cli_expiry(const char *option, const char *text, uint64_t now,
    uint64_t *out, struct btz_err *err)
{
	enum btz_rc rc;

	*out = 0;
	if (text == NULL)
		return BTZ_OK;
	rc = parse_time(option, text, 1, now, out, err);
	if (rc == BTZ_OK && *out <= now)
		return BTZ_FAIL(err, BTZ_E_RANGE, "--%s '%.40s' is in the past",
		    option, text);
	return rc;
}
