/* SPDX-License-Identifier: Apache-2.0 */
/* view.c - bounds-checked access to a policy image and its binary searches. */
#include <string.h>

#include "policy/format.h"

const uint32_t btz_policy_entry_size[BTZ_PS_COUNT] = {
	[BTZ_PS_TENANTS] = BTZ_PT_SIZE,
	[BTZ_PS_PRINCIPALS] = BTZ_PP_SIZE,
	[BTZ_PS_CREDENTIALS] = BTZ_PC_SIZE,
	[BTZ_PS_ROLES] = BTZ_PR_SIZE,
	[BTZ_PS_SHARES] = BTZ_PH_SIZE,
	[BTZ_PS_BINDINGS] = BTZ_PB_SIZE,
	[BTZ_PS_WINDOWS] = BTZ_PW_SIZE,
	[BTZ_PS_STRINGS] = 1,
};

uint32_t
btz_policy_u32(const uint8_t *e, size_t at)
{
	if (e == NULL)
		return BTZ_POLICY_NIL;
	e += at;
	return (uint32_t)e[0] << 24 | (uint32_t)e[1] << 16 |
	       (uint32_t)e[2] << 8 | e[3];
}

uint64_t
btz_policy_u64(const uint8_t *e, size_t at)
{
	if (e == NULL)
		return 0;
	return (uint64_t)btz_policy_u32(e, at) << 32 |
	       btz_policy_u32(e, at + 4);
}

const uint8_t *
btz_policy_entry(
    const struct btz_policy_view *v, enum btz_policy_section s, uint32_t i)
{
	if (i >= v->sec[s].count)
		return NULL;
	return v->p + v->sec[s].offset + (size_t)i * btz_policy_entry_size[s];
}

struct btz_span
btz_policy_string(const struct btz_policy_view *v, uint32_t ref)
{
	uint32_t n = v->sec[BTZ_PS_STRINGS].count;
	const uint8_t *p = v->p + v->sec[BTZ_PS_STRINGS].offset;
	size_t len;

	if (n < 3 || ref > n - 3)
		return btz_span_of(NULL, 0);
	len = (size_t)p[ref] << 8 | p[ref + 1];
	if (len > n - 3 - ref || p[ref + 2 + len] != 0)
		return btz_span_of(NULL, 0);
	return btz_span_of(p + ref + 2, len);
}

struct btz_span
btz_policy_name(const struct btz_policy_view *v, const uint8_t *e, size_t at)
{
	return btz_policy_string(v, btz_policy_u32(e, at));
}

int
btz_policy_compare(struct btz_span a, struct btz_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (c != 0)
		return c;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* First index in [lo, hi) of section s whose text at `at` is not below key. */
static uint32_t
lower_bound(const struct btz_policy_view *v, enum btz_policy_section s,
    size_t at, uint32_t lo, uint32_t hi, struct btz_span key)
{
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const uint8_t *e = btz_policy_entry(v, s, mid);

		if (btz_policy_compare(btz_policy_name(v, e, at), key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static uint32_t
find_text(const struct btz_policy_view *v, enum btz_policy_section s, size_t at,
    uint32_t lo, uint32_t hi, struct btz_span key)
{
	uint32_t i = lower_bound(v, s, at, lo, hi, key);

	if (i >= hi ||
	    !btz_span_eq(
		btz_policy_name(v, btz_policy_entry(v, s, i), at), key))
		return BTZ_POLICY_NIL;
	return i;
}

uint32_t
btz_policy_find_tenant(const struct btz_policy_view *v, struct btz_span name)
{
	return find_text(v, BTZ_PS_TENANTS, BTZ_PT_NAME, 0,
	    v->sec[BTZ_PS_TENANTS].count, name);
}

uint32_t
btz_policy_find_principal(const struct btz_policy_view *v, struct btz_span uri)
{
	return find_text(v, BTZ_PS_PRINCIPALS, BTZ_PP_URI, 0,
	    v->sec[BTZ_PS_PRINCIPALS].count, uri);
}

/* A run [first, first + n) that an entry names, cut to its section. */
static uint32_t
run_end(const struct btz_policy_view *v, enum btz_policy_section s,
    uint32_t first, uint32_t n)
{
	uint32_t count = v->sec[s].count;

	if (first > count)
		return first;
	return n > count - first ? count : first + n;
}

uint32_t
btz_policy_find_share(
    const struct btz_policy_view *v, uint32_t tenant, struct btz_span name)
{
	const uint8_t *t = btz_policy_entry(v, BTZ_PS_TENANTS, tenant);
	uint32_t first;

	if (t == NULL)
		return BTZ_POLICY_NIL;
	first = btz_policy_u32(t, BTZ_PT_FIRST_SHARE);
	return find_text(v, BTZ_PS_SHARES, BTZ_PH_NAME, first,
	    run_end(v, BTZ_PS_SHARES, first, btz_policy_u32(t, BTZ_PT_SHARES)),
	    name);
}

uint32_t
btz_policy_find_credential(
    const struct btz_policy_view *v, const uint8_t spki_hash[BTZ_SHA256_LEN])
{
	uint32_t lo = 0, hi = v->sec[BTZ_PS_CREDENTIALS].count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const uint8_t *e = btz_policy_entry(v, BTZ_PS_CREDENTIALS, mid);
		int c = memcmp(e + BTZ_PC_SPKI, spki_hash, BTZ_SHA256_LEN);

		if (c == 0)
			return mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return BTZ_POLICY_NIL;
}

/* First binding in [lo, hi) whose share is not below `share`. */
static uint32_t
binding_bound(
    const struct btz_policy_view *v, uint32_t lo, uint32_t hi, uint64_t share)
{
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const uint8_t *e = btz_policy_entry(v, BTZ_PS_BINDINGS, mid);

		if (btz_policy_u32(e, BTZ_PB_SHARE) < share)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

uint32_t
btz_policy_find_bindings(const struct btz_policy_view *v, uint32_t principal,
    uint32_t share, uint32_t *n)
{
	const uint8_t *pr = btz_policy_entry(v, BTZ_PS_PRINCIPALS, principal);
	uint32_t first, end;

	*n = 0;
	if (pr == NULL)
		return BTZ_POLICY_NIL;
	first = btz_policy_u32(pr, BTZ_PP_FIRST_BINDING);
	end = run_end(
	    v, BTZ_PS_BINDINGS, first, btz_policy_u32(pr, BTZ_PP_BINDINGS));
	first = binding_bound(v, first, end, share);
	end = binding_bound(v, first, end, (uint64_t)share + 1);
	*n = end - first < BTZ_POLICY_GRANTS_MAX ? end - first
						 : BTZ_POLICY_GRANTS_MAX;
	return first;
}
