/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.c - lays out a policy file. Things are kept as items in the order they
 * came; btz_policy_build_finish sorts each section, translates references to
 * the new places (in the order of `order`) and writes.
 */
#include "policy/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/format.h"
#include "prim/prim.h"

#define ITEMS_MAX (1u << 22)

struct item {
	uint32_t self;	 /* index when it was added */
	uint32_t ref[3]; /* what it belongs to */
	uint32_t num[2];
	uint64_t time;
	uint8_t state;
	uint8_t small;
	uint8_t bytes[BTZ_SHA256_LEN];
	uint8_t id[BTZ_ID_LEN];
	char *text;
};

struct list {
	struct item *v;
	uint32_t n, cap;
	uint32_t *place; /* index when added -> index in the file */
};

struct btz_policy_build {
	struct list sec[BTZ_PS_STRINGS];
	char *trust_domain;
	bool failed;
};

static char *
copy_text(struct btz_span s)
{
	char *t = malloc(s.len + 1);

	if (t == NULL)
		return NULL;
	if (s.len > 0)
		memcpy(t, s.p, s.len);
	t[s.len] = '\0';
	return t;
}

enum btz_rc
btz_policy_build_new(struct btz_span trust_domain,
    struct btz_policy_build **out, struct btz_err *err)
{
	struct btz_policy_build *b = calloc(1, sizeof(*b));

	*out = NULL;
	if (b == NULL || (b->trust_domain = copy_text(trust_domain)) == NULL) {
		free(b);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "policy");
	}
	*out = b;
	return BTZ_OK;
}

void
btz_policy_build_free(struct btz_policy_build *b)
{
	if (b == NULL)
		return;
	for (size_t s = 0; s < BTZ_PS_STRINGS; s++) {
		for (uint32_t i = 0; i < b->sec[s].n; i++)
			free(b->sec[s].v[i].text);
		free(b->sec[s].v);
		free(b->sec[s].place);
	}
	free(b->trust_domain);
	free(b);
}

static struct item *
grow(struct list *l)
{
	if (l->n == l->cap) {
		uint32_t cap = l->cap == 0 ? 16 : 2 * l->cap;
		struct item *v = cap > ITEMS_MAX
				     ? NULL
				     : realloc(l->v, cap * sizeof(*v));

		if (v == NULL)
			return NULL;
		l->v = v;
		l->cap = cap;
	}
	return &l->v[l->n];
}

/* text p NULL: none. */
static uint32_t
add(struct btz_policy_build *b, enum btz_policy_section s,
    const struct item *what, struct btz_span text)
{
	struct list *l = &b->sec[s];
	struct item *it = grow(l);

	if (it != NULL) {
		*it = *what;
		it->self = l->n;
		it->text = text.p == NULL ? NULL : copy_text(text);
	}
	if (it == NULL || (text.p != NULL && it->text == NULL)) {
		b->failed = true;
		return BTZ_POLICY_NONE;
	}
	return l->n++;
}

uint32_t
btz_policy_add_tenant(struct btz_policy_build *b, struct btz_span name,
    const uint8_t id[BTZ_ID_LEN])
{
	struct item it = { .self = 0 };

	memcpy(it.id, id, sizeof(it.id));
	return add(b, BTZ_PS_TENANTS, &it, name);
}

uint32_t
btz_policy_add_principal(struct btz_policy_build *b, uint32_t tenant,
    struct btz_span kind, struct btz_span name, bool enabled)
{
	struct item it = { .ref = { tenant },
		.state = enabled ? BTZ_POLICY_ACTIVE : BTZ_POLICY_DISABLED,
		.small = btz_span_eq(kind, btz_span_str("device")) ? 2 : 1 };
	char uri[BTZ_URI_MAX + 1];
	int n;

	if (tenant >= b->sec[BTZ_PS_TENANTS].n || name.len > BTZ_NAME_MAX) {
		b->failed = true;
		return BTZ_POLICY_NONE;
	}
	n = snprintf(uri, sizeof(uri), "spiffe://%s/%s/%s/%.*s",
	    b->trust_domain, b->sec[BTZ_PS_TENANTS].v[tenant].text,
	    it.small == 2 ? "device" : "user", (int)name.len,
	    (const char *)name.p);
	if (n < 0 || (size_t)n >= sizeof(uri)) {
		b->failed = true;
		return BTZ_POLICY_NONE;
	}
	return add(b, BTZ_PS_PRINCIPALS, &it, btz_span_of(uri, (size_t)n));
}

uint32_t
btz_policy_add_credential(struct btz_policy_build *b,
    const uint8_t spki_hash[BTZ_SHA256_LEN], const uint8_t serial[BTZ_ID_LEN],
    uint32_t principal, uint64_t not_after, bool enabled)
{
	struct item it = { .ref = { principal },
		.time = not_after,
		.state = enabled ? BTZ_POLICY_ACTIVE : BTZ_POLICY_DISABLED };

	memcpy(it.bytes, spki_hash, sizeof(it.bytes));
	memcpy(it.id, serial, sizeof(it.id));
	return add(b, BTZ_PS_CREDENTIALS, &it, btz_span_of(NULL, 0));
}

uint32_t
btz_policy_add_role(struct btz_policy_build *b, uint32_t tenant,
    struct btz_span name, uint32_t permissions)
{
	struct item it = { .ref = { tenant }, .num = { permissions } };

	return add(b, BTZ_PS_ROLES, &it, name);
}

uint32_t
btz_policy_add_share(
    struct btz_policy_build *b, uint32_t tenant, struct btz_span name)
{
	struct item it = { .ref = { tenant } };

	return add(b, BTZ_PS_SHARES, &it, name);
}

uint32_t
btz_policy_add_binding(struct btz_policy_build *b, uint32_t principal,
    uint32_t share, uint32_t role, uint64_t expires, uint8_t via_mask,
    uint32_t window)
{
	struct item it = { .ref = { principal, share, role },
		.num = { window },
		.time = expires,
		.small = via_mask };

	return add(b, BTZ_PS_BINDINGS, &it, btz_span_of(NULL, 0));
}

uint32_t
btz_policy_add_window(
    struct btz_policy_build *b, uint8_t days, uint32_t from, uint32_t to)
{
	struct item it = { .num = { from, to }, .small = days };

	return add(b, BTZ_PS_WINDOWS, &it, btz_span_of(NULL, 0));
}

/* Sorting. */

static int
by_text(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return strcmp(x->text, y->text);
}

static int
by_bytes(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return memcmp(x->bytes, y->bytes, sizeof(x->bytes));
}

static int
by_refs(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	for (size_t i = 0; i < BTZ_COUNT(x->ref); i++)
		if (x->ref[i] != y->ref[i])
			return x->ref[i] < y->ref[i] ? -1 : 1;
	return x->text == NULL || y->text == NULL ? 0 : by_text(a, b);
}

/* What each section refers to, and how it is sorted; in an order in which
 * everything referred to comes before. NIL ends refs. */
static const struct {
	enum btz_policy_section sec;
	enum btz_policy_section refs[3];
	size_t n_refs;
	int (*compare)(const void *, const void *);
} order[] = {
	{ BTZ_PS_TENANTS, { BTZ_PS_TENANTS }, 0, by_text },
	{ BTZ_PS_PRINCIPALS, { BTZ_PS_TENANTS }, 1, by_text },
	{ BTZ_PS_CREDENTIALS, { BTZ_PS_PRINCIPALS }, 1, by_bytes },
	{ BTZ_PS_ROLES, { BTZ_PS_TENANTS }, 1, by_refs },
	{ BTZ_PS_SHARES, { BTZ_PS_TENANTS }, 1, by_refs },
	{ BTZ_PS_BINDINGS, { BTZ_PS_PRINCIPALS, BTZ_PS_SHARES, BTZ_PS_ROLES },
	    3, by_refs },
};

static enum btz_rc
translate(struct btz_policy_build *b, size_t o, struct btz_err *err)
{
	struct list *l = &b->sec[order[o].sec];

	for (uint32_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < order[o].n_refs; k++) {
			const struct list *to = &b->sec[order[o].refs[k]];
			uint32_t *ref = &l->v[i].ref[k];

			if (*ref == BTZ_POLICY_NONE &&
			    order[o].sec == BTZ_PS_CREDENTIALS)
				continue;
			if (*ref >= to->n)
				return BTZ_FAIL(err, BTZ_E_INTERNAL,
				    "policy: section %zu refers to nothing", o);
			*ref = to->place[*ref];
		}
	return BTZ_OK;
}

static enum btz_rc
sort(struct btz_policy_build *b, size_t o, struct btz_err *err)
{
	struct list *l = &b->sec[order[o].sec];

	l->place = calloc(l->n + 1u, sizeof(*l->place));
	if (l->place == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "policy");
	if (l->n == 0)
		return BTZ_OK;
	qsort(l->v, l->n, sizeof(*l->v), order[o].compare);
	for (uint32_t i = 0; i < l->n; i++) {
		l->place[l->v[i].self] = i;
		if (i > 0 && order[o].compare(&l->v[i - 1], &l->v[i]) == 0)
			return BTZ_FAIL(err, BTZ_E_EXIST,
			    "policy: section %zu has '%s' twice", o,
			    l->v[i].text == NULL ? "an entry" : l->v[i].text);
	}
	return BTZ_OK;
}

/* Writing: entries through e, texts through s. */

struct out {
	const struct btz_policy_build *b;
	struct btz_wr e, s;
};

static void
put_zero(struct out *o, size_t n)
{
	while (n-- > 0)
		btz_wr_u8(&o->e, 0);
}

static void
put_text(struct out *o, const char *text)
{
	btz_wr_u32(&o->e, (uint32_t)o->s.len);
	btz_wr_bytes16(&o->s, btz_span_str(text));
	btz_wr_u8(&o->s, 0);
}

/* The run of items in l that have ref[0] == i (they are sorted by it). */
static void
put_run(struct out *o, const struct list *l, uint32_t i)
{
	uint32_t lo = 0, hi = l->n, first;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (l->v[mid].ref[0] < i)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (first = lo; lo < l->n && l->v[lo].ref[0] == i; lo++)
		;
	btz_wr_u32(&o->e, first);
	btz_wr_u32(&o->e, lo - first);
}

static void
put_tenant(struct out *o, uint32_t i, const struct item *it)
{
	btz_wr_raw(&o->e, it->id, sizeof(it->id));
	put_text(o, it->text);
	put_run(o, &o->b->sec[BTZ_PS_SHARES], i);
	btz_wr_u32(&o->e, 0);
}

static void
put_principal(struct out *o, uint32_t i, const struct item *it)
{
	btz_wr_u32(&o->e, it->ref[0]);
	put_text(o, it->text);
	put_run(o, &o->b->sec[BTZ_PS_BINDINGS], i);
	btz_wr_u8(&o->e, it->small);
	btz_wr_u8(&o->e, it->state);
	put_zero(o, 6);
}

static void
put_credential(struct out *o, uint32_t i, const struct item *it)
{
	(void)i;
	btz_wr_raw(&o->e, it->bytes, sizeof(it->bytes));
	btz_wr_raw(&o->e, it->id, sizeof(it->id));
	btz_wr_u32(&o->e, it->ref[0]);
	btz_wr_u8(&o->e, it->state);
	put_zero(o, 3);
	btz_wr_u64(&o->e, it->time);
}

static void
put_role(struct out *o, uint32_t i, const struct item *it)
{
	(void)i;
	btz_wr_u32(&o->e, it->ref[0]);
	put_text(o, it->text);
	btz_wr_u32(&o->e, it->num[0]);
	put_zero(o, 4);
}

static void
put_share(struct out *o, uint32_t i, const struct item *it)
{
	(void)i;
	btz_wr_u32(&o->e, it->ref[0]);
	put_text(o, it->text);
	put_zero(o, 8);
}

static void
put_binding(struct out *o, uint32_t i, const struct item *it)
{
	(void)i;
	for (size_t k = 0; k < BTZ_COUNT(it->ref); k++)
		btz_wr_u32(&o->e, it->ref[k]);
	btz_wr_u32(&o->e, it->num[0]);
	btz_wr_u64(&o->e, it->time);
	btz_wr_u8(&o->e, it->small);
	put_zero(o, 7);
}

static void
put_window(struct out *o, uint32_t i, const struct item *it)
{
	(void)i;
	btz_wr_u32(&o->e, it->small);
	btz_wr_u32(&o->e, it->num[0]);
	btz_wr_u32(&o->e, it->num[1]);
	put_zero(o, 4);
}

static void (*const put[])(struct out *, uint32_t, const struct item *) = {
	[BTZ_PS_TENANTS] = put_tenant,
	[BTZ_PS_PRINCIPALS] = put_principal,
	[BTZ_PS_CREDENTIALS] = put_credential,
	[BTZ_PS_ROLES] = put_role,
	[BTZ_PS_SHARES] = put_share,
	[BTZ_PS_BINDINGS] = put_binding,
	[BTZ_PS_WINDOWS] = put_window,
};

static void
put_header(struct out *o, uint64_t generation, uint64_t made, size_t strings,
    size_t total)
{
	uint32_t at = BTZ_POLICY_HEADER;

	btz_wr_raw(&o->e, BTZ_POLICY_MAGIC, BTZ_POLICY_MAGIC_LEN);
	btz_wr_u32(&o->e, BTZ_POLICY_VERSION);
	btz_wr_u32(&o->e, BTZ_POLICY_HEADER);
	btz_wr_u64(&o->e, total);
	btz_wr_u64(&o->e, generation);
	btz_wr_u64(&o->e, made);
	put_text(o, o->b->trust_domain);
	btz_wr_u32(&o->e, 0);
	for (size_t s = 0; s < BTZ_PS_STRINGS; s++) {
		btz_wr_u32(&o->e, at);
		btz_wr_u32(&o->e, o->b->sec[s].n);
		at += o->b->sec[s].n * btz_policy_entry_size[s];
	}
	btz_wr_u32(&o->e, at);
	btz_wr_u32(&o->e, (uint32_t)strings);
	put_zero(o, 16);
}

static size_t
measure(const struct btz_policy_build *b, size_t *strings)
{
	size_t entries = BTZ_POLICY_HEADER;

	*strings = strlen(b->trust_domain) + 3;
	for (size_t s = 0; s < BTZ_PS_STRINGS; s++) {
		entries += (size_t)b->sec[s].n * btz_policy_entry_size[s];
		for (uint32_t i = 0; i < b->sec[s].n; i++)
			if (b->sec[s].v[i].text != NULL)
				*strings += strlen(b->sec[s].v[i].text) + 3;
	}
	return entries;
}

static bool
write_all(const struct btz_policy_build *b, uint64_t generation, uint64_t made,
    uint8_t *image, size_t entries, size_t strings)
{
	size_t body = entries + strings;
	struct out o = { .b = b };

	btz_wr_init(&o.e, image, entries);
	btz_wr_init(&o.s, image + entries, strings);
	put_header(&o, generation, made, strings, body + BTZ_SHA256_LEN);
	for (size_t s = 0; s < BTZ_PS_STRINGS; s++)
		for (uint32_t i = 0; i < b->sec[s].n; i++)
			put[s](&o, i, &b->sec[s].v[i]);
	btz_sha256(btz_span_of(image, body), image + body);
	return btz_wr_ok(&o.e) && btz_wr_ok(&o.s) && o.e.len == entries &&
	       o.s.len == strings;
}

enum btz_rc
btz_policy_build_finish(struct btz_policy_build *b, uint64_t generation,
    uint64_t made, uint8_t **out, size_t *len, struct btz_err *err)
{
	struct btz_policy_view view;
	size_t entries, strings;
	enum btz_rc rc = BTZ_OK;

	*out = NULL;
	*len = 0;
	if (b->failed)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "policy");
	for (size_t o = 0; rc == BTZ_OK && o < BTZ_COUNT(order); o++)
		if ((rc = translate(b, o, err)) == BTZ_OK)
			rc = sort(b, o, err);
	b->failed = true; /* references are translated: not twice */
	if (rc != BTZ_OK)
		return rc;
	entries = measure(b, &strings);
	*len = entries + strings + BTZ_SHA256_LEN;
	if (*len > BTZ_POLICY_FILE_MAX)
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "policy of %zu bytes", *len);
	if ((*out = malloc(*len)) == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "policy");
	if (!write_all(b, generation, made, *out, entries, strings))
		rc = BTZ_FAIL(err, BTZ_E_INTERNAL, "policy layout");
	else
		rc = btz_policy_view_init(&view, btz_span_of(*out, *len), err);
	if (rc != BTZ_OK) {
		free(*out);
		*out = NULL;
		*len = 0;
	}
	return rc;
}
