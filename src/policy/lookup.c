/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.c - a credential by its serial, the roles behind a decision. */
#include "policy/lookup.h"

#include <string.h>

#include "policy/decide.h"

static bool
in_tenant(
    const struct btz_policy_view *v, const uint8_t *credential, uint32_t tenant)
{
	const uint8_t *pr = btz_policy_entry(
	    v, BTZ_PS_PRINCIPALS, btz_policy_u32(credential, BTZ_PC_PRINCIPAL));

	return pr != NULL && btz_policy_u32(pr, BTZ_PP_TENANT) == tenant;
}

bool
btz_policy_by_serial(const struct btz_policy *p, struct btz_span tenant,
    const uint8_t serial[BTZ_ID_LEN], uint8_t spki_hash[BTZ_SHA256_LEN])
{
	const struct btz_policy_view *v = btz_policy_get_view(p);
	const uint8_t *e;
	uint32_t t, found = 0;

	memset(spki_hash, 0, BTZ_SHA256_LEN);
	t = v == NULL ? BTZ_POLICY_NIL : btz_policy_find_tenant(v, tenant);
	if (t == BTZ_POLICY_NIL)
		return false;
	for (uint32_t i = 0;
	     (e = btz_policy_entry(v, BTZ_PS_CREDENTIALS, i)) != NULL; i++) {
		if (memcmp(e + BTZ_PC_SERIAL, serial, BTZ_ID_LEN) != 0 ||
		    !in_tenant(v, e, t))
			continue;
		memcpy(spki_hash, e + BTZ_PC_SPKI, BTZ_SHA256_LEN);
		found++;
	}
	if (found > 1)
		memset(spki_hash, 0, BTZ_SHA256_LEN);
	return found == 1;
}

/* First binding of who on the share that ask names; *n: how many. */
static uint32_t
bindings(const struct btz_policy_view *v, struct btz_span who,
    const struct btz_policy_ask *ask, uint32_t *n)
{
	uint32_t principal = btz_policy_find_principal(v, who);
	uint32_t tenant = btz_policy_find_tenant(v, ask->tenant);
	uint32_t share = btz_policy_find_share(v, tenant, ask->share);

	*n = 0;
	if (principal == BTZ_POLICY_NIL || tenant == BTZ_POLICY_NIL ||
	    share == BTZ_POLICY_NIL)
		return 0;
	return btz_policy_find_bindings(v, principal, share, n);
}

size_t
btz_policy_roles(const struct btz_policy *p, uint64_t now, struct btz_span who,
    const struct btz_policy_ask *ask, struct btz_span *out, size_t cap)
{
	const struct btz_policy_view *v = btz_policy_get_view(p);
	uint32_t first, n;
	size_t found = 0;

	if (v == NULL)
		return 0;
	first = bindings(v, who, ask, &n);
	for (uint32_t i = first; i - first < n; i++) {
		const uint8_t *b = btz_policy_entry(v, BTZ_PS_BINDINGS, i);
		const uint8_t *role = btz_policy_entry(
		    v, BTZ_PS_ROLES, btz_policy_u32(b, BTZ_PB_ROLE));
		uint32_t bits = btz_policy_u32(role, BTZ_PR_PERMISSIONS);

		if (b == NULL || (ask->actions & ~bits) != 0 ||
		    btz_policy_grant(v, b, now, ask->via) != BTZ_GRANT_ACTIVE)
			continue;
		if (found < cap)
			out[found] = btz_policy_name(v, role, BTZ_PR_NAME);
		found++;
	}
	return found;
}
