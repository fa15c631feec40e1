/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.c - the one complete check of a policy image, at load. Start at
 * btz_policy_view_init; one function per kind of entry, in a table.
 */
#include <string.h>

#include "policy/action.h"
#include "policy/format.h"
#include "prim/prim.h"
#include "wire/name.h"

typedef const char *check_fn(
    const struct btz_policy_view *v, uint32_t i, const uint8_t *e);

/* A run [first, first + n) that entry i of section s names must begin where
 * the run of the entry before ended; the last one ends at `count`. */
static bool
run_ok(const struct btz_policy_view *v, enum btz_policy_section s, uint32_t i,
    size_t at_first, uint32_t count)
{
	const uint8_t *e = btz_policy_entry(v, s, i);
	uint32_t first = btz_policy_u32(e, at_first);
	uint32_t n = btz_policy_u32(e, at_first + 4);
	uint64_t want = 0;

	if (i > 0) {
		const uint8_t *b = btz_policy_entry(v, s, i - 1);

		want = (uint64_t)btz_policy_u32(b, at_first) +
		       btz_policy_u32(b, at_first + 4);
	}
	if (first != want || n > count || first > count - n)
		return false;
	return i + 1 < v->sec[s].count || first + n == count;
}

static bool
zero(const uint8_t *p, size_t n)
{
	while (n > 0)
		if (p[--n] != 0)
			return false;
	return true;
}

/* Entry i comes strictly after the one before, by a u32 and then a text. */
static bool
ascending(const struct btz_policy_view *v, enum btz_policy_section s,
    uint32_t i, size_t at_major, size_t at_text)
{
	const uint8_t *a, *b = btz_policy_entry(v, s, i);
	uint32_t ma, mb;

	if (i == 0)
		return true;
	a = btz_policy_entry(v, s, i - 1);
	ma = btz_policy_u32(a, at_major);
	mb = btz_policy_u32(b, at_major);
	if (at_major != at_text && ma != mb)
		return ma < mb;
	return btz_policy_compare(btz_policy_name(v, a, at_text),
		   btz_policy_name(v, b, at_text)) < 0;
}

static const char *
check_tenant(const struct btz_policy_view *v, uint32_t i, const uint8_t *e)
{
	if (!btz_name_ok(btz_policy_name(v, e, BTZ_PT_NAME)))
		return "tenant: name";
	if (!ascending(v, BTZ_PS_TENANTS, i, BTZ_PT_NAME, BTZ_PT_NAME))
		return "tenant: order";
	if (!run_ok(v, BTZ_PS_TENANTS, i, BTZ_PT_FIRST_SHARE,
		v->sec[BTZ_PS_SHARES].count))
		return "tenant: shares";
	return btz_policy_u32(e, BTZ_PT_FLAGS) == 0 ? NULL : "tenant: flags";
}

static bool
uri_ok(const struct btz_policy_view *v, const uint8_t *e)
{
	const uint8_t *t = btz_policy_entry(
	    v, BTZ_PS_TENANTS, btz_policy_u32(e, BTZ_PP_TENANT));
	uint8_t kind = e[BTZ_PP_KIND];
	struct btz_spiffe id;

	return t != NULL && (kind == 1 || kind == 2) &&
	       btz_spiffe_parse(btz_policy_name(v, e, BTZ_PP_URI), &id) &&
	       btz_span_eq(
		   id.domain, btz_policy_name(v, v->p, BTZ_PO_TRUST_DOMAIN)) &&
	       btz_span_eq(id.tenant, btz_policy_name(v, t, BTZ_PT_NAME)) &&
	       btz_span_eq(
		   id.kind, btz_span_str(kind == 1 ? "user" : "device"));
}

static bool
state_ok(uint8_t state)
{
	return state == BTZ_POLICY_ACTIVE || state == BTZ_POLICY_DISABLED;
}

static const char *
check_principal(const struct btz_policy_view *v, uint32_t i, const uint8_t *e)
{
	if (!uri_ok(v, e))
		return "principal: tenant, kind or URI";
	if (!ascending(v, BTZ_PS_PRINCIPALS, i, BTZ_PP_URI, BTZ_PP_URI))
		return "principal: order";
	if (!run_ok(v, BTZ_PS_PRINCIPALS, i, BTZ_PP_FIRST_BINDING,
		v->sec[BTZ_PS_BINDINGS].count))
		return "principal: bindings";
	if (!state_ok(e[BTZ_PP_STATE]) || !zero(e + BTZ_PP_RESERVED, 6))
		return "principal: state";
	return NULL;
}

static const char *
check_credential(const struct btz_policy_view *v, uint32_t i, const uint8_t *e)
{
	uint32_t pr = btz_policy_u32(e, BTZ_PC_PRINCIPAL);
	bool disabled = e[BTZ_PC_STATE] == BTZ_POLICY_DISABLED;

	if (i > 0 && memcmp(e - BTZ_PC_SIZE, e, BTZ_SHA256_LEN) >= 0)
		return "credential: order";
	if (!state_ok(e[BTZ_PC_STATE]) || !zero(e + BTZ_PC_RESERVED, 3))
		return "credential: state";
	if (pr >= v->sec[BTZ_PS_PRINCIPALS].count &&
	    !(pr == BTZ_POLICY_NIL && disabled))
		return "credential: principal";
	return NULL;
}

static const char *
check_role(const struct btz_policy_view *v, uint32_t i, const uint8_t *e)
{
	if (btz_policy_u32(e, BTZ_PR_TENANT) >= v->sec[BTZ_PS_TENANTS].count)
		return "role: tenant";
	if (!btz_name_ok(btz_policy_name(v, e, BTZ_PR_NAME)))
		return "role: name";
	if (!ascending(v, BTZ_PS_ROLES, i, BTZ_PR_TENANT, BTZ_PR_NAME))
		return "role: order";
	if ((btz_policy_u32(e, BTZ_PR_PERMISSIONS) & ~BTZ_ACT_ALL) != 0 ||
	    !zero(e + BTZ_PR_RESERVED, 4))
		return "role: permissions";
	return NULL;
}

static const char *
check_share(const struct btz_policy_view *v, uint32_t i, const uint8_t *e)
{
	uint32_t tenant = btz_policy_u32(e, BTZ_PH_TENANT);
	const uint8_t *t = btz_policy_entry(v, BTZ_PS_TENANTS, tenant);
	uint32_t first;

	if (t == NULL)
		return "share: tenant";
	first = btz_policy_u32(t, BTZ_PT_FIRST_SHARE);
	if (i < first || i - first >= btz_policy_u32(t, BTZ_PT_SHARES))
		return "share: not in its tenant's run";
	if (!btz_name_ok(btz_policy_name(v, e, BTZ_PH_NAME)))
		return "share: name";
	if (!ascending(v, BTZ_PS_SHARES, i, BTZ_PH_TENANT, BTZ_PH_NAME))
		return "share: order";
	return zero(e + BTZ_PH_RESERVED, 8) ? NULL : "share: reserved";
}

static bool
binding_after(const uint8_t *a, const uint8_t *b)
{
	if (btz_policy_u32(a, BTZ_PB_PRINCIPAL) !=
	    btz_policy_u32(b, BTZ_PB_PRINCIPAL))
		return true; /* the order of runs is checked with principals */
	return memcmp(a + BTZ_PB_SHARE, b + BTZ_PB_SHARE, 8) < 0;
}

/* More grants on one share than a decision looks at. */
static bool
too_many(const struct btz_policy_view *v, uint32_t i, const uint8_t *e)
{
	const uint8_t *first;

	if (i < BTZ_POLICY_GRANTS_MAX)
		return false;
	first = btz_policy_entry(v, BTZ_PS_BINDINGS, i - BTZ_POLICY_GRANTS_MAX);
	return memcmp(first, e, 8) == 0; /* same principal, same share */
}

static const char *
check_binding(const struct btz_policy_view *v, uint32_t i, const uint8_t *e)
{
	uint32_t principal = btz_policy_u32(e, BTZ_PB_PRINCIPAL);
	uint32_t window = btz_policy_u32(e, BTZ_PB_WINDOW);
	const uint8_t *p = btz_policy_entry(v, BTZ_PS_PRINCIPALS, principal);
	const uint8_t *s = btz_policy_entry(
	    v, BTZ_PS_SHARES, btz_policy_u32(e, BTZ_PB_SHARE));
	const uint8_t *r = btz_policy_entry(
	    v, BTZ_PS_ROLES, btz_policy_u32(e, BTZ_PB_ROLE));
	uint32_t first = btz_policy_u32(p, BTZ_PP_FIRST_BINDING);
	uint32_t tenant = btz_policy_u32(p, BTZ_PP_TENANT);

	if (p == NULL || i < first ||
	    i - first >= btz_policy_u32(p, BTZ_PP_BINDINGS))
		return "binding: not in its principal's run";
	if (s == NULL || r == NULL ||
	    btz_policy_u32(s, BTZ_PH_TENANT) != tenant ||
	    btz_policy_u32(r, BTZ_PR_TENANT) != tenant)
		return "binding: principal, share and role of one tenant";
	if (i > 0 && !binding_after(e - BTZ_PB_SIZE, e))
		return "binding: order";
	if (too_many(v, i, e))
		return "binding: too many on one share";
	if (window != BTZ_POLICY_NIL && window >= v->sec[BTZ_PS_WINDOWS].count)
		return "binding: window";
	return zero(e + BTZ_PB_RESERVED, 7) ? NULL : "binding: reserved";
}

static const char *
check_window(const struct btz_policy_view *v, uint32_t i, const uint8_t *e)
{
	uint32_t days = btz_policy_u32(e, BTZ_PW_DAYS);
	uint32_t from = btz_policy_u32(e, BTZ_PW_FROM);
	uint32_t to = btz_policy_u32(e, BTZ_PW_TO);

	(void)v;
	(void)i;
	if (days == 0 || days > 0x7f || from >= 1440 || to == 0 || to > 1440 ||
	    from == to)
		return "window: days or minutes";
	return zero(e + BTZ_PW_RESERVED, 4) ? NULL : "window: reserved";
}

static check_fn *const checks[BTZ_PS_COUNT] = {
	[BTZ_PS_TENANTS] = check_tenant,
	[BTZ_PS_PRINCIPALS] = check_principal,
	[BTZ_PS_CREDENTIALS] = check_credential,
	[BTZ_PS_ROLES] = check_role,
	[BTZ_PS_SHARES] = check_share,
	[BTZ_PS_BINDINGS] = check_binding,
	[BTZ_PS_WINDOWS] = check_window,
};

static enum btz_rc
bad(struct btz_err *err, size_t at, const char *what)
{
	return BTZ_FAIL(
	    err, BTZ_E_CORRUPT, "policy file, byte %zu: %s", at, what);
}

/* Sections must follow each other from the header to the hash. */
static enum btz_rc
check_sections(struct btz_policy_view *v, struct btz_err *err)
{
	uint64_t at = BTZ_POLICY_HEADER;

	for (size_t s = 0; s < BTZ_PS_COUNT; s++) {
		size_t where = BTZ_PO_SECTIONS + 8 * s;
		uint32_t offset = btz_policy_u32(v->p, where);
		uint32_t count = btz_policy_u32(v->p, where + 4);

		if (offset != at)
			return bad(err, where, "offset of a section");
		at += (uint64_t)count * btz_policy_entry_size[s];
		if (at > v->len - BTZ_SHA256_LEN)
			return bad(err, where + 4, "section longer than file");
		v->sec[s].offset = offset;
		v->sec[s].count = count;
	}
	if (at != v->len - BTZ_SHA256_LEN)
		return bad(err, (size_t)at, "bytes that belong to no section");
	return BTZ_OK;
}

static enum btz_rc
check_header(const struct btz_policy_view *v, struct btz_err *err)
{
	uint8_t hash[BTZ_SHA256_LEN];
	size_t body = v->len - BTZ_SHA256_LEN;

	if (memcmp(v->p, BTZ_POLICY_MAGIC, BTZ_POLICY_MAGIC_LEN) != 0)
		return bad(err, BTZ_PO_MAGIC, "magic");
	if (btz_policy_u32(v->p, BTZ_PO_VERSION) != BTZ_POLICY_VERSION ||
	    btz_policy_u32(v->p, BTZ_PO_HEADER) != BTZ_POLICY_HEADER)
		return bad(err, BTZ_PO_VERSION, "version or header length");
	if (btz_policy_u64(v->p, BTZ_PO_LENGTH) != v->len)
		return bad(err, BTZ_PO_LENGTH, "length");
	btz_sha256(btz_span_of(v->p, body), hash);
	if (memcmp(hash, v->p + body, sizeof(hash)) != 0)
		return bad(err, body, "SHA-256");
	if (btz_policy_u64(v->p, BTZ_PO_GENERATION) == 0)
		return bad(err, BTZ_PO_GENERATION, "generation 0");
	if (btz_policy_u32(v->p, BTZ_PO_FLAGS) != 0 ||
	    !zero(v->p + BTZ_PO_RESERVED, 16))
		return bad(err, BTZ_PO_FLAGS, "reserved bytes");
	return BTZ_OK;
}

static enum btz_rc
check_entries(const struct btz_policy_view *v, struct btz_err *err)
{
	for (size_t s = 0; s < BTZ_PS_STRINGS; s++)
		for (uint32_t i = 0; i < v->sec[s].count; i++) {
			const uint8_t *e = btz_policy_entry(
			    v, (enum btz_policy_section)s, i);
			const char *what = checks[s](v, i, e);

			if (what != NULL)
				return bad(err, (size_t)(e - v->p), what);
		}
	return BTZ_OK;
}

enum btz_rc
btz_policy_view_init(
    struct btz_policy_view *v, struct btz_span image, struct btz_err *err)
{
	enum btz_rc rc;

	*v = (struct btz_policy_view){ .p = image.p, .len = image.len };
	if (image.len < BTZ_POLICY_HEADER + BTZ_SHA256_LEN ||
	    image.len > BTZ_POLICY_FILE_MAX)
		return bad(err, image.len, "length of the file");
	if ((rc = check_header(v, err)) != BTZ_OK ||
	    (rc = check_sections(v, err)) != BTZ_OK)
		return rc;
	if (!btz_domain_ok(btz_policy_name(v, v->p, BTZ_PO_TRUST_DOMAIN)))
		return bad(err, BTZ_PO_TRUST_DOMAIN, "trust domain");
	/* Runs of principals and tenants are complete before bindings and
	 * shares are looked at, so those see checked indexes. */
	return check_entries(v, err);
}
