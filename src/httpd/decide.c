/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide.c - the table of methods and what the policy says about them. Start
 * with the table, then btz_want_parse and btz_want_judge.
 */
#include "httpd/decide.h"

#include <string.h>

#define LOOK (BTZ_ACT_LIST | BTZ_ACT_READ)

/* COPY and MOVE reveal names and contents of the source; overwriting removes
 * what was at the destination, a whole tree if need be (RFC 4918 9.8.4). */
static const struct method {
	const char *name, *act;
	enum btz_effect effect;
	uint32_t src;
	uint32_t dst; /* 0: no Destination */
	bool root_fixed;
} methods[] = {
	{ "GET", "get", BTZ_EFFECT_READ, BTZ_ACT_READ, 0, false },
	{ "HEAD", "head", BTZ_EFFECT_READ, BTZ_ACT_READ, 0, false },
	{ "OPTIONS", "options", BTZ_EFFECT_READ, BTZ_ACT_LIST, 0, false },
	{ "PROPFIND", "propfind", BTZ_EFFECT_READ, BTZ_ACT_LIST, 0, false },
	{ "PUT", "put", BTZ_EFFECT_CHANGE, BTZ_ACT_WRITE, 0, true },
	{ "MKCOL", "mkcol", BTZ_EFFECT_CHANGE, BTZ_ACT_WRITE, 0, true },
	{ "DELETE", "delete", BTZ_EFFECT_CHANGE, BTZ_ACT_DELETE, 0, true },
	{ "COPY", "copy", BTZ_EFFECT_CHANGE, LOOK, BTZ_ACT_WRITE, false },
	{ "MOVE", "move", BTZ_EFFECT_CHANGE, LOOK | BTZ_ACT_DELETE,
	    BTZ_ACT_WRITE, true },
	{ "PROPPATCH", "proppatch", BTZ_EFFECT_CHANGE, BTZ_ACT_WRITE, 0,
	    false },
	{ "LOCK", "lock", BTZ_EFFECT_CHANGE, BTZ_ACT_WRITE, 0, false },
	{ "UNLOCK", "unlock", BTZ_EFFECT_CHANGE, BTZ_ACT_WRITE, 0, false },
};

static bool
deny(struct btz_decision *d, int status, const char *why)
{
	*d = (struct btz_decision){ .status = status, .why = why };
	return false;
}

static const struct method *
method_find(struct btz_span name)
{
	for (size_t i = 0; i < BTZ_COUNT(methods); i++)
		if (btz_span_eq(name, btz_span_str(methods[i].name)))
			return &methods[i];
	return NULL;
}

static bool
parse_dst(const struct btz_hreq *q, struct btz_want *w, struct btz_decision *d)
{
	const char *why;
	int status;

	if (!q->has_destination)
		return deny(d, 400, "no Destination");
	status = btz_destination(q->destination, q->host, w->dst_path,
	    sizeof(w->dst_path), &w->dst_len, &why);
	if (status != 0)
		return deny(d, status, why);
	btz_place_parse(btz_span_of(w->dst_path, w->dst_len), &w->dst);
	if (w->dst.kind == BTZ_PLACE_BAD)
		return deny(d, 400, "Destination is not a normal path");
	return true;
}

bool
btz_want_reserved(const struct btz_want *w)
{
	return w->src.kind == BTZ_PLACE_OURS ||
	       w->src.kind == BTZ_PLACE_WELL_KNOWN;
}

static bool
parse_reserved(
    struct btz_span method, struct btz_want *w, struct btz_decision *d)
{
	static const char *const known[] = { "GET", "HEAD", "POST" };
	static const char *const acts[] = { "get", "head", "post" };

	for (size_t i = 0; i < BTZ_COUNT(known); i++) {
		if (!btz_span_eq(method, btz_span_str(known[i])))
			continue;
		w->act = acts[i];
		return true;
	}
	return deny(d, 405, "method not served here");
}

static bool
parse_method(const struct btz_hreq *q, const struct method *m,
    struct btz_want *w, struct btz_decision *d)
{
	w->act = m->act;
	w->effect = m->effect;
	w->src_actions = m->src;
	w->dst_actions = m->dst;
	w->root_fixed = m->root_fixed;
	w->has_dst = m->dst != 0;
	if (w->has_dst && !q->keep_existing)
		w->dst_actions |= BTZ_ACT_DELETE;
	if (w->src.kind == BTZ_PLACE_BAD)
		return deny(d, 400, "not a normal path");
	if (q->partial && strcmp(m->name, "PUT") == 0)
		return deny(d, 400, "PUT of a part (RFC 9110 14.5)");
	return !w->has_dst || parse_dst(q, w, d);
}

bool
btz_want_parse(
    const struct btz_hreq *q, struct btz_want *w, struct btz_decision *d)
{
	const struct method *m = method_find(q->method);

	w->act = "unknown";
	w->effect = BTZ_EFFECT_CHANGE;
	w->has_dst = false;
	w->src_actions = w->dst_actions = 0;
	w->root_fixed = true;
	w->dst = (struct btz_place){ .kind = BTZ_PLACE_BAD };
	w->dst_len = 0;
	*d = (struct btz_decision){ .status = 0, .why = "" };
	btz_place_parse(q->path, &w->src);
	if (btz_want_reserved(w))
		return parse_reserved(q->method, w, d);
	if (m == NULL)
		return deny(d, 403, "unknown method");
	return parse_method(q, m, w, d);
}

static bool
in_share(const struct btz_place *p)
{
	return p->kind == BTZ_PLACE_SHARE || p->kind == BTZ_PLACE_INSIDE;
}

/* Only BTZ_ALLOW of the policy allows; judged before the place is looked at,
 * so that without a credential everything is 403. */
static bool
judge_place(const struct btz_place *p, uint32_t actions, bool root_fixed,
    btz_grants_fn *fn, void *arg, struct btz_policy_answer *answer,
    struct btz_decision *d)
{
	struct btz_span none = { NULL, 0 };
	bool in = in_share(p);

	*answer = (struct btz_policy_answer){ .verdict = BTZ_DENY_CREDENTIAL,
		.reason = "no answer" };
	fn(arg, in ? p->tenant : none, in ? p->share : none, actions, answer);
	if (answer->verdict == BTZ_DENY_CREDENTIAL)
		return deny(d, 403, answer->reason);
	if (!in)
		return deny(d, 404, "not in a share");
	if (answer->verdict == BTZ_DENY_ABSENT)
		return deny(d, 404, answer->reason);
	if (answer->verdict != BTZ_ALLOW)
		return deny(d, 403, answer->reason);
	if (root_fixed && p->kind == BTZ_PLACE_SHARE)
		return deny(d, 403, "the root of a share stays");
	*d = (struct btz_decision){ .status = 0, .why = answer->reason };
	return true;
}

/* That the server speaks DAV at all may be asked with any valid credential. */
static bool
asks_server(const struct btz_want *w)
{
	return strcmp(w->act, "options") == 0 &&
	       (w->src.kind == BTZ_PLACE_TOP || w->src.kind == BTZ_PLACE_STAR);
}

void
btz_want_judge(const struct btz_want *w, btz_grants_fn *fn, void *arg,
    struct btz_policy_answer *answer, struct btz_decision *d)
{
	struct btz_policy_answer dst;
	struct btz_decision src_d;

	if (!judge_place(
		&w->src, w->src_actions, w->root_fixed, fn, arg, answer, d)) {
		if (d->status == 404 && asks_server(w))
			*d = (struct btz_decision){ .status = 0,
				.why = "what the server can do" };
		return;
	}
	src_d = *d;
	if (w->has_dst &&
	    judge_place(&w->dst, w->dst_actions, true, fn, arg, &dst, d))
		*d = src_d;
}

void
btz_want_judge_sub(const struct btz_want *w, struct btz_span path,
    btz_grants_fn *fn, void *arg, struct btz_decision *d)
{
	struct btz_policy_answer answer;
	struct btz_place place;

	btz_place_parse(path, &place);
	if (w->has_dst) {
		if (!btz_span_eq(path, btz_span_of(w->dst_path, w->dst_len)))
			(void)deny(d, 403, "not the Destination judged before");
		else
			(void)judge_place(
			    &w->dst, w->dst_actions, true, fn, arg, &answer, d);
		return;
	}
	if (w->effect != BTZ_EFFECT_READ ||
	    !btz_span_eq(place.tenant, w->src.tenant) ||
	    !btz_span_eq(place.share, w->src.share)) {
		(void)deny(d, 403, "sub-request outside the request's share");
		return;
	}
	(void)judge_place(&place, w->src_actions, false, fn, arg, &answer, d);
}
