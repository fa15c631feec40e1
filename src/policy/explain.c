/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - the decision again, with the bindings that made it in words. */
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "policy/decide.h"

struct text {
	char *buf;
	size_t at, cap;
};

static void add(struct text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->at >= t->cap)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->at, t->cap - t->at, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->at += (size_t)n;
}

static void
add_expiry(struct text *t, uint64_t expires)
{
	time_t at = (time_t)expires;
	struct tm tm;
	char buf[32];

	if (expires == 0 || gmtime_r(&at, &tm) == NULL ||
	    strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return;
	add(t, " until %s", buf);
}

/* " only by vpn within Mon-Fri 08:00-18:00 UTC until 2027-..." */
static void
add_conditions(
    struct text *t, const struct btz_policy_view *v, const uint8_t *b)
{
	uint32_t i = btz_policy_u32(b, BTZ_PB_WINDOW);
	char ways[BTZ_VIA_TEXT], hours[BTZ_WINDOW_TEXT];
	struct btz_window w;

	btz_via_text(b[BTZ_PB_VIA], ways);
	if (ways[0] != '\0')
		add(t, " only by %s", ways);
	if (i != BTZ_POLICY_NIL && btz_policy_window(v, i, &w)) {
		btz_window_text(&w, hours);
		add(t, " within %s UTC", hours);
	}
	add_expiry(t, btz_policy_u64(b, BTZ_PB_EXPIRES));
}

/* Is it this one that lets an action of the question pass? */
static bool
decides(uint32_t bits, enum btz_grant g, const struct btz_policy_ask *ask,
    const struct btz_policy_answer *ans)
{
	return ans->verdict == BTZ_ALLOW && g == BTZ_GRANT_ACTIVE &&
	       (bits & ask->actions) != 0;
}

static void
add_binding(struct text *t, const struct btz_policy_view *v, const uint8_t *b,
    const struct btz_policy_ask *ask, uint64_t now,
    const struct btz_policy_answer *ans)
{
	static const char *const state[] = {
		[BTZ_GRANT_ACTIVE] = "",
		[BTZ_GRANT_EXPIRED] = " (expired)",
		[BTZ_GRANT_VIA] = " (not for this way in)",
		[BTZ_GRANT_WINDOW] = " (not at this time)",
	};
	const uint8_t *role = btz_policy_entry(
	    v, BTZ_PS_ROLES, btz_policy_u32(b, BTZ_PB_ROLE));
	struct btz_span name = btz_policy_name(v, role, BTZ_PR_NAME);
	uint32_t bits = btz_policy_u32(role, BTZ_PR_PERMISSIONS) &
			btz_actions_on(ask->share);
	enum btz_grant g = btz_policy_grant(v, b, now, ask->via);
	char words[BTZ_ACTIONS_TEXT];

	if (role == NULL)
		return;
	btz_actions_text(bits, words, sizeof(words));
	add(t, "; role %.*s permits %s", (int)name.len, (const char *)name.p,
	    words);
	add_conditions(t, v, b);
	add(t, "%s", decides(bits, g, ask, ans) ? " (decides)" : state[g]);
}

static void
add_bindings(struct text *t, const struct btz_policy_view *v,
    uint32_t principal, const struct btz_policy_ask *ask, uint64_t now,
    const struct btz_policy_answer *ans)
{
	const uint8_t *pr = btz_policy_entry(v, BTZ_PS_PRINCIPALS, principal);
	uint32_t n, first,
	    share = btz_policy_find_share(
		v, btz_policy_u32(pr, BTZ_PP_TENANT), ask->share);

	first = btz_policy_find_bindings(v, principal, share, &n);
	for (uint32_t i = first; i - first < n; i++)
		add_binding(t, v, btz_policy_entry(v, BTZ_PS_BINDINGS, i), ask,
		    now, ans);
}

void
btz_policy_explain(const struct btz_policy *p, uint64_t now,
    const struct btz_policy_ask *ask, struct btz_policy_answer *out, char *why,
    size_t cap)
{
	const struct btz_policy_view *v = btz_policy_get_view(p);
	struct text t = { .buf = why, .cap = cap };
	uint32_t principal;
	const uint8_t *pr;

	*out = (struct btz_policy_answer){ .verdict = BTZ_DENY_CREDENTIAL,
		.reason = v == NULL ? "no policy in force"
				    : "no such user or device" };
	principal = v == NULL ? BTZ_POLICY_NIL
			      : btz_policy_find_principal(v, ask->uri);
	if (v != NULL)
		out->generation = btz_policy_generation(p);
	if (principal == BTZ_POLICY_NIL) {
		add(&t, "%s", out->reason);
		return;
	}
	pr = btz_policy_entry(v, BTZ_PS_PRINCIPALS, principal);
	out->who = btz_policy_name(v, pr, BTZ_PP_URI);
	out->tenant = btz_policy_name(v,
	    btz_policy_entry(
		v, BTZ_PS_TENANTS, btz_policy_u32(pr, BTZ_PP_TENANT)),
	    BTZ_PT_NAME);
	btz_policy_decide_principal(v, now, principal, ask, out);
	add(&t, "%s", out->reason);
	if (btz_span_eq(ask->tenant, out->tenant))
		add_bindings(&t, v, principal, ask, now, out);
}
