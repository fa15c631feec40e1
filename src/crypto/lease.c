/* SPDX-License-Identifier: Apache-2.0 */
/* lease.c - leases as the service enforces them; contract in lease.h. */
#include "crypto/lease.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/report.h"
#include "crypto/share.h"

/* To say which clients there are, the front end for Parsec sees the keys of
 * their name spaces; such a lease has no other operation. */
static bool
reads_parsec(const struct btz_leased *l, const char *owner)
{
	return strcmp(l->role, BTZ_ROLE_PARSEC_LIST) == 0 &&
	       strncmp(owner, "parsec:", 7) == 0;
}

bool
btz_leased_lists_all(const struct btz_leased *l)
{
	return strcmp(l->role, "admin") == 0 ||
	       strcmp(l->role, BTZ_ROLE_PARSEC_LIST) == 0;
}

static bool
copy_name(char out[BTZ_NAME_MAX + 1], struct btz_span s)
{
	if (s.len > BTZ_NAME_MAX)
		return false;
	if (s.len > 0)
		memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return true;
}

static bool
copy_keys(struct btz_leased *l, struct btz_span keys)
{
	if (keys.len % BTZ_ID_LEN != 0 || keys.len > sizeof(l->keys))
		return false;
	l->n_keys = keys.len / BTZ_ID_LEN;
	if (keys.len > 0)
		memcpy(l->keys, keys.p, keys.len);
	return true;
}

static struct btz_bucket
full(uint32_t rate)
{
	return (struct btz_bucket){ (uint64_t)rate * 1000, btz_boot_ms() };
}

/* A new lease brings nothing that the ones before have spent. */
static struct btz_credit *
credit_of(struct btz_core *core, const struct btz_leased *l)
{
	struct btz_credit *c = core->credits;

	while (c != NULL && strcmp(c->application, l->application) != 0)
		c = c->next;
	if (c == NULL) {
		if ((c = calloc(1, sizeof(*c))) == NULL)
			return NULL;
		memcpy(c->application, l->application, sizeof(c->application));
		c->all = full(l->rate);
		c->next = core->credits;
		core->credits = c;
	}
	c->rate = l->rate;
	return c;
}

void
btz_credits_free(struct btz_core *core)
{
	struct btz_credit *next;

	for (struct btz_credit *c = core->credits; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	core->credits = NULL;
}

static void
add(struct btz_leased *l)
{
	l->next = l->core->leases;
	l->core->leases = l;
	l->core->n_leases++;
}

enum btz_rc
btz_leased_new(struct btz_core *core, const struct btz_lease *m,
    struct btz_leased **out, struct btz_err *err)
{
	struct btz_leased *l;

	*out = NULL;
	if (btz_leased_find(core, m->lease) != NULL)
		return BTZ_FAIL(err, BTZ_E_EXIST, "lease");
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "lease");
	*l = (struct btz_leased){ .core = core,
		.id = m->lease,
		.uid = m->uid,
		.ops = m->ops,
		.kinds = m->kinds,
		.rate = m->rate,
		.expiry = m->expiry,
		.scope = m->scope,
		.max_keys = m->max_keys };
	if (m->application.len == 0 ||
	    !copy_name(l->application, m->application) ||
	    !copy_name(l->tenant, m->tenant) || !copy_name(l->role, m->role) ||
	    !copy_keys(l, m->keys)) {
		free(l);
		return BTZ_FAIL(err, BTZ_E_INVAL, "lease: name or keys");
	}
	if (l->rate != 0 && (l->credit = credit_of(core, l)) == NULL) {
		free(l);
		return BTZ_FAIL(err, BTZ_E_NOMEM, "rate of a lease");
	}
	add(l);
	*out = l;
	return BTZ_OK;
}

struct btz_leased *
btz_leased_refuse(struct btz_core *core, uint32_t uid, enum btz_rc why)
{
	struct btz_leased *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	*l = (struct btz_leased){ .core = core, .uid = uid, .refused = why };
	add(l);
	return l;
}

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

/* Keeps of its keys only those that m lists too. */
static void
narrow_keys(struct btz_leased *l, struct btz_span keys)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n_keys; i++) {
		bool listed = false;

		for (size_t at = 0; at + BTZ_ID_LEN <= keys.len;
		     at += BTZ_ID_LEN)
			listed = listed || memcmp(l->keys[i], keys.p + at,
					       BTZ_ID_LEN) == 0;
		if (listed)
			memmove(l->keys[kept++], l->keys[i], BTZ_ID_LEN);
	}
	l->n_keys = kept;
}

void
btz_leased_narrow(struct btz_leased *l, const struct btz_lease *m)
{
	l->ops &= m->ops;
	l->kinds &= m->kinds;
	l->expiry = sooner(l->expiry, m->expiry);
	if (m->rate != 0 && (l->rate == 0 || m->rate < l->rate)) {
		l->rate = m->rate;
		l->slowed = true;
		l->own = full(l->rate);
	}
	if (m->scope == 0)
		return;
	if (l->scope == 1) {
		narrow_keys(l, m->keys);
	} else {
		l->scope = 1;
		if (!copy_keys(l, m->keys))
			l->n_keys = 0;
	}
}

void
btz_leased_end(struct btz_leased *l)
{
	struct btz_core *core = l->core;
	struct btz_leased **at = &core->leases;

	while (*at != NULL && *at != l)
		at = &(*at)->next;
	if (*at != NULL) {
		*at = l->next;
		core->n_leases--;
	}
	if (l->conn != 0)
		btz_host_drop(core->host, l->conn);
	if (l->grant.host != NULL)
		btz_reply(&l->grant, BTZ_OK, NULL, NULL);
	free(l);
}

void
btz_leased_end_all(struct btz_core *core)
{
	struct btz_leased *next;

	for (struct btz_leased *l = core->leases; l != NULL; l = next) {
		next = l->next;
		btz_leased_end(l);
	}
}

struct btz_leased *
btz_leased_find(struct btz_core *core, uint64_t id)
{
	struct btz_leased *l = core->leases;

	while (l != NULL && l->id != id)
		l = l->next;
	return l;
}

enum btz_rc
btz_leased_check(const struct btz_leased *l, uint32_t ops, uint64_t now_ms)
{
	if (l->refused != BTZ_OK)
		return l->refused;
	if (l->expiry != 0 && now_ms >= l->expiry)
		return BTZ_E_LEASE;
	return (l->ops & ops) == ops ? BTZ_OK : BTZ_E_DENIED;
}

static bool
has_one(struct btz_bucket *b, uint32_t rate, uint64_t now_ms)
{
	const uint64_t most = (uint64_t)rate * 1000;

	if (now_ms - b->at >= 1000)
		b->left = most;
	else
		b->left += (now_ms - b->at) * rate;
	b->at = now_ms;
	if (b->left > most)
		b->left = most;
	return b->left >= 1000;
}

/* One that was slowed takes nothing of the others' when it may not itself. */
enum btz_rc
btz_leased_spend(struct btz_leased *l, uint64_t now_ms)
{
	struct btz_credit *c = l->credit;

	if ((l->slowed && !has_one(&l->own, l->rate, now_ms)) ||
	    (c != NULL && !has_one(&c->all, c->rate, now_ms)))
		return BTZ_E_QUOTA;
	if (l->slowed)
		l->own.left -= 1000;
	if (c != NULL)
		c->all.left -= 1000;
	return BTZ_OK;
}

void
btz_leased_refund(struct btz_leased *l)
{
	if (l->slowed)
		l->own.left += 1000;
	if (l->credit != NULL)
		l->credit->all.left += 1000;
}

static bool
is_admin(const struct btz_leased *l)
{
	return strcmp(l->role, "admin") == 0;
}

static bool
in_scope(const struct btz_leased *l, const uint8_t id[BTZ_ID_LEN])
{
	if (l->scope == 0)
		return true;
	for (size_t i = 0; i < l->n_keys; i++)
		if (memcmp(l->keys[i], id, BTZ_ID_LEN) == 0)
			return true;
	return false;
}

static bool
is_shared(
    const struct btz_leased *l, const uint8_t id[BTZ_ID_LEN], bool read_only)
{
	uint32_t uses = btz_shares_uses(l->core->shares, id, l->application);

	return read_only ? uses != 0
			 : l->asked != 0 && (uses & l->asked) == l->asked;
}

bool
btz_leased_reaches(const struct btz_leased *l, const uint8_t id[BTZ_ID_LEN],
    const char *owner, bool read_only)
{
	if (read_only && (is_admin(l) || reads_parsec(l, owner)))
		return true;
	return (strcmp(l->application, owner) == 0 ||
		   is_shared(l, id, read_only)) &&
	       in_scope(l, id);
}

enum btz_rc
btz_leased_may_use(const struct btz_leased *l, const uint8_t id[BTZ_ID_LEN],
    const char *owner, struct btz_err *err)
{
	if (btz_leased_reaches(l, id, owner, false))
		return BTZ_OK;
	return BTZ_FAIL(err,
	    btz_leased_reaches(l, id, owner, true) ? BTZ_E_DENIED : BTZ_E_NOENT,
	    "key of '%s' asked by '%s'", owner, l->application);
}

bool
btz_leased_manages(
    const struct btz_leased *l, const uint8_t id[BTZ_ID_LEN], const char *owner)
{
	return (is_admin(l) || strcmp(l->application, owner) == 0) &&
	       in_scope(l, id);
}

bool
btz_key_veil(const struct btz_leased *l, struct btz_key_info *k)
{
	if (is_admin(l) || btz_span_eq(btz_span_str(l->application), k->owner))
		return true;
	k->app_data = btz_span_of(NULL, 0);
	return false;
}
