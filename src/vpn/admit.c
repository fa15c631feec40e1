/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admit.c - the decision of the VPN, step by step as docs/protocol/vpn.md has
 * it. Start reading at btz_vpn_admit; addresses and routes are in pool.c.
 */
#include "vpn/admit.h"

#include <string.h>

#include "policy/lookup.h"
#include "wire/msg_audit.h"
#include "wire/name.h"

#define URI_PREFIX "URI:"

const char btz_vpn_foreign[] =
    "certificate is not from this tenant's issuing key";

static bool
issued_here(const struct btz_vpn *vpn, const struct btz_mgmt_env *env)
{
	for (size_t i = 0; i < vpn->n_issuers; i++)
		if (memcmp(vpn->issuers[i], env->issuer, BTZ_SHA256_LEN) == 0)
			return true;
	return false;
}

/* "URI:spiffe://..." and nothing more: a name beside it, or a text that only
 * looks like one, fails the check of the SPIFFE id. */
static bool
uri_of(const struct btz_mgmt_env *env, struct btz_span *uri)
{
	struct btz_spiffe id;

	*uri = btz_span_of(NULL, 0);
	if (strncmp(env->san, URI_PREFIX, strlen(URI_PREFIX)) != 0)
		return false;
	*uri = btz_span_str(env->san + strlen(URI_PREFIX));
	return btz_spiffe_parse(*uri, &id);
}

/* What is wrong with the certificate, by OpenVPN's word; NULL: nothing. */
static const char *
judge_env(const struct btz_vpn *vpn, const struct btz_mgmt_env *env,
    struct btz_span *uri)
{
	*uri = btz_span_of(NULL, 0);
	if (env->bad != NULL)
		return env->bad;
	if (!env->has_serial || !env->has_digest || !env->has_issuer)
		return "OpenVPN named no certificate";
	if (!issued_here(vpn, env))
		return btz_vpn_foreign;
	if (!uri_of(env, uri))
		return "certificate does not name one SPIFFE id";
	return NULL;
}

static bool
resource(const struct btz_vpn *vpn, char out[BTZ_NAME_MAX + 1])
{
	static const char prefix[] = "vpn.";
	size_t n = sizeof(prefix) - 1;

	if (!btz_name_ok(vpn->name) || vpn->name.len > BTZ_NAME_MAX - n)
		return false;
	memcpy(out, prefix, n);
	memcpy(out + n, vpn->name.p, vpn->name.len);
	out[n + vpn->name.len] = '\0';
	return true;
}

static void
decide(const struct btz_policy *p, uint64_t now,
    const struct btz_policy_ask *ask, struct btz_vpn_decision *out)
{
	struct btz_policy_answer answer;

	btz_policy_decide(p, now, ask, &answer);
	out->who = answer.who;
	out->why = answer.reason;
	if (answer.verdict != BTZ_ALLOW)
		return;
	out->n_roles = btz_policy_roles(
	    p, now, answer.who, ask, out->roles, BTZ_VPN_ROLES_MAX);
	if (out->n_roles == 0 || out->n_roles > BTZ_VPN_ROLES_MAX) {
		out->n_roles = 0;
		out->why = "no single role gives connect, or too many do";
		return;
	}
	out->allow = true;
}

static void
judge(const struct btz_vpn *vpn, const struct btz_policy *p, uint64_t now,
    struct btz_span uri, struct btz_vpn_decision *out)
{
	char share[BTZ_NAME_MAX + 1];
	struct btz_policy_ask ask = { .spki_hash = out->cred,
		.uri = uri,
		.tenant = vpn->tenant,
		.actions = BTZ_ACT_CONNECT,
		.via = BTZ_VIA_VPN };

	if (!resource(vpn, share)) {
		out->why = "name of the VPN is not a name";
		return;
	}
	ask.share = btz_span_str(share);
	decide(p, now, &ask, out);
}

static bool
begin(const struct btz_policy *p, struct btz_vpn_decision *out)
{
	*out = (struct btz_vpn_decision){ .why = "no policy in force" };
	if (p != NULL)
		out->generation = btz_policy_generation(p);
	return p != NULL;
}

void
btz_vpn_admit(const struct btz_vpn *vpn, const struct btz_policy *p,
    uint64_t now, const struct btz_mgmt_env *env, struct btz_vpn_decision *out)
{
	struct btz_span uri;

	if (!begin(p, out))
		return;
	out->why = judge_env(vpn, env, &uri);
	if (out->why != NULL)
		return;
	out->has_cred = btz_policy_by_serial(
	    p, vpn->tenant, env->serial, out->cred);
	if (!out->has_cred) {
		out->why = "credential is not registered";
		return;
	}
	judge(vpn, p, now, uri, out);
}

void
btz_vpn_review(const struct btz_vpn *vpn, const struct btz_policy *p,
    uint64_t now, const uint8_t cred[BTZ_SHA256_LEN], struct btz_span who,
    struct btz_vpn_decision *out)
{
	if (!begin(p, out))
		return;
	memcpy(out->cred, cred, sizeof(out->cred));
	out->has_cred = true;
	judge(vpn, p, now, who, out);
}
