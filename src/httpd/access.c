/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.c - every request is judged here, before anything of it is looked up
 * on the disk. Start with btz_mod_judge; the rules themselves are in decide.c.
 */
#include "httpd/module.h"

#include <errno.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "prim/prim.h"
#include "wire/ops.h"

struct ask {
	const struct btz_policy *policy;
	const struct btz_client_cert *cert;
	uint64_t now;
	uint8_t via;
};

static void
grants(void *arg, struct btz_span tenant, struct btz_span share,
    uint32_t actions, struct btz_policy_answer *out)
{
	const struct ask *a = arg;
	struct btz_policy_ask q = {
		.spki_hash = a->cert->spki_hash,
		.uri = btz_client_cert_uri(a->cert),
		.tenant = tenant,
		.share = share,
		.actions = actions,
		.via = a->via,
	};

	btz_policy_decide(a->policy, a->now, &q, out);
}

static int
denied(request_rec *r, struct btz_state *st, int status, const char *why)
{
	st->stage = BTZ_STAGE_DENIED;
	st->facts.allowed = false;
	st->facts.why = why;
	if (status == HTTP_SERVICE_UNAVAILABLE)
		apr_table_setn(r->err_headers_out, "Retry-After", "2");
	return status;
}

static struct btz_span
keep(request_rec *r, struct btz_span s)
{
	if (s.len == 0)
		return s;
	return btz_span_of(apr_pmemdup(r->pool, s.p, s.len), s.len);
}

static void
keep_answer(
    request_rec *r, struct btz_state *st, const struct btz_policy_answer *a)
{
	st->facts.who = keep(r, a->who);
	st->facts.pol = a->generation;
	if (a->tenant.len != 0)
		st->facts.tenant = keep(r, a->tenant);
}

/* A request whose form is wrong; that is said to known credentials only. */
static void
judge_malformed(
    struct ask *a, struct btz_policy_answer *answer, struct btz_decision *d)
{
	struct btz_span none = { NULL, 0 };

	grants(a, none, none, BTZ_ACT_LIST, answer);
	if (answer->verdict == BTZ_DENY_CREDENTIAL)
		*d = (struct btz_decision){ .status = HTTP_FORBIDDEN,
			.why = answer->reason };
}

/* Credential, then form, then policy. 0 or a status; fills st->facts. */
static int
judge_credential(request_rec *r, struct btz_state *st, struct btz_decision *d)
{
	struct ask a = { .cert = btz_mod_peer(r),
		.via = btz_mod_via(r),
		.now = (uint64_t)apr_time_sec(apr_time_now()) };
	struct btz_policy_answer answer;
	struct btz_policy *p = NULL;
	struct btz_err err;

	st->anonymous = a.cert == NULL;
	if (a.cert == NULL)
		return denied(r, st, HTTP_FORBIDDEN, "no certificate");
	st->facts.cred = btz_span_str(a.cert->cred);
	if (!btz_client_cert_valid(a.cert, a.now))
		return denied(r, st, HTTP_FORBIDDEN, "certificate has expired");
	if (btz_child.reader == NULL ||
	    btz_policy_get(btz_child.reader, &p, &err) != BTZ_OK) {
		if (btz_child.reader != NULL && err.rc != BTZ_OK)
			btz_mod_log(r, st, &err);
		return denied(
		    r, st, HTTP_SERVICE_UNAVAILABLE, "no policy in force");
	}
	a.policy = p;
	if (d->status != 0)
		judge_malformed(&a, &answer, d);
	else
		btz_want_judge(&st->want, grants, &a, &answer, d);
	keep_answer(r, st, &answer);
	btz_policy_put(p);
	return d->status == 0 ? 0 : denied(r, st, d->status, d->why);
}

/* The first time that a share is used its directory is made. */
static bool
make_share(request_rec *r, const struct btz_place *p)
{
	const char *tenant, *share;

	if (p->share.len == 0)
		return true;
	tenant = apr_psprintf(r->pool, "%s/%.*s", btz_child.shares,
	    (int)p->tenant.len, (const char *)p->tenant.p);
	share = apr_psprintf(r->pool, "%s/%.*s", tenant, (int)p->share.len,
	    (const char *)p->share.p);
	if (mkdir(share, 0700) == 0 || errno == EEXIST)
		return true;
	return (mkdir(tenant, 0700) == 0 || errno == EEXIST) &&
	       (mkdir(share, 0700) == 0 || errno == EEXIST);
}

/* The record of an allowed change is durable before it happens. */
static bool
record_decision(request_rec *r, struct btz_state *st)
{
	struct btz_audit m;
	struct btz_audit_ok ok;
	struct btz_link_call call = { .op = BTZ_OP_APPEND,
		.id = st->id,
		.in_def = &btz_def_audit,
		.in = &m,
		.out_def = &btz_def_audit_ok,
		.out = &ok };
	struct btz_err err;

	btz_record_decision(&st->facts, &m);
	if (btz_link_call(btz_child.audit, &call, &err) == BTZ_OK)
		return true;
	btz_mod_log(r, st, &err);
	return false;
}

/* What the server is to see is what was judged, in one form. */
static void
put_destination(request_rec *r, const struct btz_want *w)
{
	const char *host = apr_table_get(r->headers_in, "Host");
	const char *path = apr_pstrmemdup(
	    r->pool, (const char *)w->dst_path, w->dst_len);

	apr_table_setn(r->headers_in, "Destination",
	    apr_pstrcat(r->pool, "https://", host != NULL ? host : "",
		ap_escape_uri(r->pool, path), NULL));
}

static int
allowed(request_rec *r, struct btz_state *st)
{
	bool logged = st->want.effect == BTZ_EFFECT_CHANGE
			  ? record_decision(r, st)
			  : btz_child.reads_without_log ||
				btz_link_ready(btz_child.audit);

	if (!logged)
		return denied(r, st, HTTP_SERVICE_UNAVAILABLE,
		    "the audit log cannot record this now");
	st->stage = BTZ_STAGE_ALLOWED;
	if (!make_share(r, &st->want.src) ||
	    (st->want.has_dst && !make_share(r, &st->want.dst)))
		return denied(r, st, HTTP_INTERNAL_SERVER_ERROR,
		    "directory of the share cannot be made");
	if (st->want.has_dst)
		put_destination(r, &st->want);
	/* owner of DAV locks */
	r->user = apr_pstrmemdup(
	    r->pool, (const char *)st->facts.who.p, st->facts.who.len);
	r->ap_auth_type = apr_pstrdup(r->pool, "Bartizan");
	return DECLINED; /* the core maps the path */
}

static struct btz_span
header(request_rec *r, const char *name, bool *has)
{
	const char *v = apr_table_get(r->headers_in, name);

	*has = v != NULL;
	return btz_span_str(v);
}

static void
read_request(request_rec *r, struct btz_hreq *q)
{
	bool has;
	struct btz_span overwrite = header(r, "Overwrite", &has);

	q->method = btz_span_str(r->method);
	q->path = btz_span_str(r->uri);
	q->host = header(r, "Host", &has);
	q->destination = header(r, "Destination", &q->has_destination);
	q->keep_existing = overwrite.len == 1 &&
			   (overwrite.p[0] == 'F' || overwrite.p[0] == 'f');
	(void)header(r, "Content-Range", &q->partial);
}

static struct btz_state *
state_new(request_rec *r)
{
	struct btz_state *st = apr_pcalloc(r->pool, sizeof(*st));

	btz_random(&st->id, sizeof(st->id));
	st->stage = BTZ_STAGE_DENIED;
	st->facts.via = btz_mod_via(r);
	st->facts.from = btz_mod_from(r);
	st->facts.obj = btz_span_str(apr_pstrdup(r->pool, r->uri));
	ap_set_module_config(r->request_config, &bartizan_module, st);
	return st;
}

static int
judge_sub(request_rec *r)
{
	struct btz_state *st = btz_mod_state(r->main);
	struct ask a = { .cert = btz_mod_peer(r),
		.via = btz_mod_via(r),
		.now = (uint64_t)apr_time_sec(apr_time_now()) };
	struct btz_decision d = { .status = HTTP_FORBIDDEN };
	struct btz_policy *p = NULL;
	struct btz_err err;

	if (st == NULL || st->stage != BTZ_STAGE_ALLOWED || a.cert == NULL ||
	    btz_policy_get(btz_child.reader, &p, &err) != BTZ_OK)
		return HTTP_FORBIDDEN;
	a.policy = p;
	btz_want_judge_sub(&st->want, btz_span_str(r->uri), grants, &a, &d);
	btz_policy_put(p);
	if (d.status != 0)
		return d.status;
	ap_set_module_config(r->request_config, &bartizan_module, st);
	return DECLINED;
}

int
btz_mod_judge(request_rec *r)
{
	struct btz_state *st;
	struct btz_decision d;
	struct btz_hreq q;
	int status;
	bool parsed;

	if (r->main != NULL)
		return judge_sub(r);
	if (r->prev != NULL) /* nothing of ours redirects */
		return HTTP_FORBIDDEN;
	st = state_new(r);
	read_request(r, &q);
	parsed = btz_want_parse(&q, &st->want, &d);
	st->facts.act = st->want.act;
	st->facts.dst = btz_span_of(st->want.dst_path, st->want.dst_len);
	if (btz_want_reserved(&st->want)) {
		st->anonymous = true;
		if (!parsed)
			return denied(r, st, d.status, d.why);
		st->stage = BTZ_STAGE_RESERVED;
		st->facts.allowed = true;
		st->facts.why = "open to everybody";
		return DECLINED;
	}
	if ((status = judge_credential(r, st, &d)) != 0)
		return status;
	st->facts.allowed = true;
	st->facts.why = d.why;
	return allowed(r, st);
}

int
btz_mod_confirm(request_rec *r)
{
	struct btz_state *st = btz_mod_state(r);

	if (st != NULL && st->stage != BTZ_STAGE_DENIED)
		return OK;
	return HTTP_FORBIDDEN;
}

bool
btz_mod_still(request_rec *r, struct btz_state *st, bool always)
{
	struct ask a = { .cert = btz_mod_peer(r),
		.via = btz_mod_via(r),
		.now = (uint64_t)apr_time_sec(apr_time_now()) };
	struct btz_policy_answer answer;
	struct btz_decision d = { .status = 0 };
	struct btz_policy *p = NULL;
	struct btz_err err;

	if (a.cert == NULL || !btz_client_cert_valid(a.cert, a.now) ||
	    btz_policy_get(btz_child.reader, &p, &err) != BTZ_OK)
		return false;
	a.policy = p;
	if (always || btz_policy_generation(p) != st->facts.pol) {
		btz_want_judge(&st->want, grants, &a, &answer, &d);
		st->facts.pol = btz_policy_generation(p);
		if (d.status != 0)
			st->facts.why = d.why;
	}
	btz_policy_put(p);
	return d.status == 0;
}
