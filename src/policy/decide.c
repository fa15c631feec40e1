/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide.c - the decision. btz_policy_decide finds out who asks (credential),
 * btz_policy_decide_principal what that one may do (bindings, roles).
 */
#include "policy/decide.h"

#include "wire/resource.h"

static void
deny(struct btz_policy_answer *out, enum btz_verdict verdict, const char *why)
{
	out->verdict = verdict;
	out->reason = why;
}

bool
btz_policy_window(
    const struct btz_policy_view *v, uint32_t i, struct btz_window *out)
{
	const uint8_t *w = btz_policy_entry(v, BTZ_PS_WINDOWS, i);

	*out = (struct btz_window){
		.days = (uint8_t)btz_policy_u32(w, BTZ_PW_DAYS),
		.from = (uint16_t)btz_policy_u32(w, BTZ_PW_FROM),
		.to = (uint16_t)btz_policy_u32(w, BTZ_PW_TO),
	};
	return w != NULL && btz_window_ok(out);
}

enum btz_grant
btz_policy_grant(const struct btz_policy_view *v, const uint8_t *b,
    uint64_t now, uint8_t via)
{
	uint64_t expires = btz_policy_u64(b, BTZ_PB_EXPIRES);
	uint32_t window = btz_policy_u32(b, BTZ_PB_WINDOW);
	struct btz_window w;

	if (expires != 0 && now >= expires)
		return BTZ_GRANT_EXPIRED;
	if (b[BTZ_PB_VIA] != 0 && (via > 7 || (b[BTZ_PB_VIA] >> via & 1) == 0))
		return BTZ_GRANT_VIA;
	if (window != BTZ_POLICY_NIL &&
	    (!btz_policy_window(v, window, &w) || !btz_window_has(&w, now)))
		return BTZ_GRANT_WINDOW;
	return BTZ_GRANT_ACTIVE;
}

/* Permissions of all bindings in force; *why: what the last other one lacks. */
static uint32_t
collect(const struct btz_policy_view *v, uint32_t first, uint32_t n,
    const struct btz_policy_ask *ask, uint64_t now, const char **why)
{
	static const char *const lacks[] = {
		[BTZ_GRANT_ACTIVE] = "role does not permit this action",
		[BTZ_GRANT_EXPIRED] = "grant has expired",
		[BTZ_GRANT_VIA] = "grant is not for this way in",
		[BTZ_GRANT_WINDOW] = "grant is not for this time",
	};
	uint32_t granted = 0, here = btz_actions_on(ask->share);

	*why = btz_is_vpn(ask->share) ? "no grant on this VPN"
				      : "no grant on this share";
	for (uint32_t i = first; i - first < n; i++) {
		const uint8_t *b = btz_policy_entry(v, BTZ_PS_BINDINGS, i);
		enum btz_grant g = btz_policy_grant(v, b, now, ask->via);
		const uint8_t *role = btz_policy_entry(
		    v, BTZ_PS_ROLES, btz_policy_u32(b, BTZ_PB_ROLE));

		uint32_t bits = role == NULL
				    ? 0
				    : btz_policy_u32(role, BTZ_PR_PERMISSIONS);

		*why = lacks[g];
		if (g != BTZ_GRANT_ACTIVE)
			continue;
		granted |= bits & here;
		if (bits == 0)
			*why = "role permits nothing";
	}
	return granted;
}

/* Share of the principal's own tenant that the question names. */
static uint32_t
locate(const struct btz_policy_view *v, const uint8_t *principal,
    const struct btz_policy_ask *ask, struct btz_policy_answer *out)
{
	uint32_t share;

	if (!btz_span_eq(ask->tenant, out->tenant)) {
		deny(out, BTZ_DENY_ABSENT, "not a member of this tenant");
		return BTZ_POLICY_NIL;
	}
	share = btz_policy_find_share(
	    v, btz_policy_u32(principal, BTZ_PP_TENANT), ask->share);
	if (share == BTZ_POLICY_NIL)
		deny(out, BTZ_DENY_ABSENT,
		    btz_is_vpn(ask->share) ? "no such VPN" : "no such share");
	return share;
}

void
btz_policy_decide_principal(const struct btz_policy_view *v, uint64_t now,
    uint32_t principal, const struct btz_policy_ask *ask,
    struct btz_policy_answer *out)
{
	const uint8_t *pr = btz_policy_entry(v, BTZ_PS_PRINCIPALS, principal);
	uint32_t share, first, n;
	const char *why;

	if (pr == NULL || pr[BTZ_PP_STATE] != BTZ_POLICY_ACTIVE) {
		deny(out, BTZ_DENY_CREDENTIAL, "user or device is disabled");
		return;
	}
	share = locate(v, pr, ask, out);
	if (share == BTZ_POLICY_NIL)
		return;
	first = btz_policy_find_bindings(v, principal, share, &n);
	out->granted = collect(v, first, n, ask, now, &why);
	if (out->granted == 0) {
		deny(out, BTZ_DENY_ABSENT, why);
	} else if (ask->actions == 0 || (ask->actions & ~out->granted) != 0) {
		deny(out, BTZ_DENY, "role does not permit this action");
	} else {
		out->verdict = BTZ_ALLOW;
		out->reason = "granted by role";
	}
}

/* Who the credential belongs to, or NIL with a reason. */
static uint32_t
identify(const struct btz_policy_view *v, uint64_t now,
    const struct btz_policy_ask *ask, struct btz_policy_answer *out)
{
	uint32_t i = ask->spki_hash == NULL
			 ? BTZ_POLICY_NIL
			 : btz_policy_find_credential(v, ask->spki_hash);
	const uint8_t *c = btz_policy_entry(v, BTZ_PS_CREDENTIALS, i);
	uint32_t principal = btz_policy_u32(c, BTZ_PC_PRINCIPAL);
	const uint8_t *pr = btz_policy_entry(v, BTZ_PS_PRINCIPALS, principal);

	if (c == NULL) {
		deny(out, BTZ_DENY_CREDENTIAL, "credential is not registered");
		return BTZ_POLICY_NIL;
	}
	out->who = btz_policy_name(v, pr, BTZ_PP_URI);
	out->tenant = btz_policy_name(v,
	    btz_policy_entry(
		v, BTZ_PS_TENANTS, btz_policy_u32(pr, BTZ_PP_TENANT)),
	    BTZ_PT_NAME);
	if (c[BTZ_PC_STATE] != BTZ_POLICY_ACTIVE)
		deny(out, BTZ_DENY_CREDENTIAL, "credential is revoked");
	else if (now > btz_policy_u64(c, BTZ_PC_NOT_AFTER))
		deny(out, BTZ_DENY_CREDENTIAL, "credential has expired");
	else if (out->who.len == 0 || !btz_span_eq(ask->uri, out->who))
		deny(out, BTZ_DENY_CREDENTIAL,
		    "certificate names another than its key belongs to");
	else
		return principal;
	return BTZ_POLICY_NIL;
}

void
btz_policy_decide(const struct btz_policy *p, uint64_t now,
    const struct btz_policy_ask *ask, struct btz_policy_answer *out)
{
	const struct btz_policy_view *v = btz_policy_get_view(p);
	uint32_t principal;

	*out = (struct btz_policy_answer){ .verdict = BTZ_DENY_CREDENTIAL,
		.reason = "no policy in force" };
	if (v == NULL)
		return;
	out->generation = btz_policy_generation(p);
	principal = identify(v, now, ask, out);
	if (principal != BTZ_POLICY_NIL)
		btz_policy_decide_principal(v, now, principal, ask, out);
}
