/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_explain.c - BTZ_OP_EXPLAIN: may X do Y on Z, and why. Asked of the policy
 * file that enforcers have, not of the database.
 */
#include <string.h>

#include "access/access.h"
#include "wire/msg_audit.h"
#include "wire/msg_explain.h"
#include "wire/resource.h"

struct question {
	struct btz_policy_ask ask;
	char tenant[BTZ_NAME_MAX + 1];
	char share[BTZ_NAME_MAX + 1];
	char uri[BTZ_URI_MAX + 1];
	uint64_t at;
};

/* "photos", or "/home/photos/2024/x.jpg" (then the tenant is in it). */
static enum btz_rc
split_object(const struct btz_explain *m, struct btz_span *tenant,
    struct btz_span *share, struct btz_err *err)
{
	struct btz_span s = m->object;
	const uint8_t *slash;

	*tenant = m->tenant;
	*share = s;
	if (s.len == 0 || s.p[0] != '/')
		return BTZ_OK;
	s = btz_span_of(s.p + 1, s.len - 1);
	slash = s.len == 0 ? NULL : memchr(s.p, '/', s.len);
	if (slash == NULL)
		return BTZ_FAIL(
		    err, BTZ_E_INVAL, "a path is /tenant/share/...");
	*tenant = btz_span_of(s.p, (size_t)(slash - s.p));
	s = btz_span_of(slash + 1, s.len - tenant->len - 1);
	slash = s.len == 0 ? NULL : memchr(s.p, '/', s.len);
	*share = slash == NULL ? s : btz_span_of(s.p, (size_t)(slash - s.p));
	return BTZ_OK;
}

static enum btz_rc
find_who(struct btz_access *a, const struct btz_explain *m,
    const struct btz_tenant_row *t, struct question *q, struct btz_err *err)
{
	struct btz_principal_row p;
	enum btz_rc rc;

	if (m->principal.len > 9 &&
	    memcmp(m->principal.p, "spiffe://", 9) == 0) {
		btz_text_put(q->uri, sizeof(q->uri), m->principal);
		return BTZ_OK;
	}
	rc = btz_store_principal(a->db, t, m->principal, &p, err);
	if (rc == BTZ_OK)
		btz_text_put(q->uri, sizeof(q->uri), btz_span_str(p.uri));
	return rc;
}

static enum btz_rc
prepare(struct btz_access *a, const struct btz_explain *m, struct question *q,
    struct btz_err *err)
{
	struct btz_span tenant, share;
	struct btz_tenant_row t;
	enum btz_rc rc;

	memset(q, 0, sizeof(*q));
	if ((rc = split_object(m, &tenant, &share, err)) != BTZ_OK)
		return rc;
	if (!btz_resource_parse(share, q->share))
		return BTZ_FAIL(err, BTZ_E_NAME, "share or vpn:NAME");
	if ((rc = btz_store_tenant(a->db, tenant, &t, err)) != BTZ_OK ||
	    (rc = find_who(a, m, &t, q, err)) != BTZ_OK)
		return rc;
	btz_text_put(q->tenant, sizeof(q->tenant), btz_span_str(t.name));
	q->ask = (struct btz_policy_ask){ .uri = btz_span_str(q->uri),
		.tenant = btz_span_str(q->tenant),
		.share = btz_span_str(q->share),
		.via = m->via };
	if (m->via == 0)
		q->ask.via = btz_is_vpn(q->ask.share) ? BTZ_VIA_VPN
						      : BTZ_VIA_HTTPS;
	q->at = m->at == 0 ? btz_unix_now() : m->at;
	if (m->action.len > 0 && !btz_actions_parse(m->action, &q->ask.actions))
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "actions: list read write delete manage connect sign");
	return BTZ_OK;
}

/* Without an action the answer is what is granted at all. */
static void
judge(const struct btz_policy *p, struct question *q, struct btz_explain_ok *ok,
    char *why, size_t cap)
{
	struct btz_policy_answer ans;
	bool all = q->ask.actions == 0;

	btz_policy_explain(p, q->at, &q->ask, &ans, why, cap);
	if (all && ans.granted != 0) {
		q->ask.actions = ans.granted;
		btz_policy_explain(p, q->at, &q->ask, &ans, why, cap);
	}
	ok->allow = ans.verdict == BTZ_ALLOW;
	ok->why = btz_span_str(why);
	ok->generation = ans.generation;
}

void
btz_op_explain(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_access *a = btz_host_data(h);
	struct btz_err err = { .rc = BTZ_OK };
	struct btz_explain_ok ok = { .allow = 0 };
	struct btz_policy *p = NULL;
	struct question q;
	char why[BTZ_TEXT_MAX];
	enum btz_rc rc = prepare(a, msg, &q, &err);

	if (rc == BTZ_OK &&
	    (rc = btz_policy_get(a->reader, &p, &err)) != BTZ_OK)
		err.rc = rc; /* told before: the text may be empty */
	if (rc != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	judge(p, &q, &ok, why, sizeof(why));
	btz_policy_put(p);
	btz_reply(&c->ticket, BTZ_OK, &btz_def_explain_ok, &ok);
}
