/* SPDX-License-Identifier: Apache-2.0 */
/* uses.c - counts and nonces; contract in uses.h. Start at take(). */
#include "crypto/uses.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hot.h"
#include "crypto/keystore.h"

#define BLOCK_FIRST 16u

struct version { /* zeroed but for the id: nothing reserved */
	uint8_t id[BTZ_ID_LEN];
	uint64_t next, end, block;
	uint8_t drawn[4];
};

struct btz_uses {
	struct version kept[BTZ_USES_KEPT];
};

enum btz_rc
btz_uses_new(struct btz_uses **out, struct btz_err *err)
{
	*out = calloc(1, sizeof(**out));
	return *out != NULL ? BTZ_OK : BTZ_FAIL(err, BTZ_E_NOMEM, "uses");
}

void
btz_uses_free(struct btz_uses *u)
{
	free(u);
}

/* Ids are drawn at random. What was in the place loses the rest of its block. */
static struct version *
version_of(const struct btz_core *core, const struct btz_hotkey *k)
{
	struct version *v =
	    &core->uses
		 ->kept[((unsigned)k->id[0] << 8 | k->id[1]) % BTZ_USES_KEPT];

	if (memcmp(v->id, k->id, BTZ_ID_LEN) != 0) {
		*v = (struct version){ .next = 0 };
		memcpy(v->id, k->id, BTZ_ID_LEN);
	}
	return v;
}

static uint64_t
block_of(const struct version *u, uint64_t limit, uint64_t used)
{
	const uint64_t left = limit - used;
	uint64_t n = u->block == 0 ? BLOCK_FIRST : 4 * u->block;

	if (n > BTZ_USES_BLOCK_MAX)
		n = BTZ_USES_BLOCK_MAX;
	if (limit <= BTZ_USES_EXACT)
		n = 1;
	return n <= left ? n : (left + 3) / 4;
}

/* What the store says counts, also when a write that was told to have failed
 * is there after all; it never goes back. */
static enum btz_rc
used_of(struct btz_core *core, const struct btz_hotkey *k,
    const struct version *u, uint64_t *used, struct btz_err *err)
{
	struct btz_key_row row;
	enum btz_rc rc = btz_keystore_version(
	    core->store, k->key_id, k->version, &row, err);

	*used = rc == BTZ_OK ? row.info.uses : 0;
	if (*used < u->end)
		*used = u->end;
	return rc;
}

static enum btz_rc
reserve(struct btz_core *core, const struct btz_hotkey *k, struct version *u,
    uint64_t limit, struct btz_err *err)
{
	const struct btz_backend *be = core->be;
	uint64_t used, n;
	enum btz_rc rc = used_of(core, k, u, &used, err);

	if (rc != BTZ_OK)
		return rc;
	if (used >= limit) {
		u->next = u->end = used;
		return BTZ_FAIL(err, BTZ_E_KEY_SPENT,
		    "version %u was used %llu times", k->version,
		    (unsigned long long)used);
	}
	n = block_of(u, limit, used);
	rc = be->ops->random(be->st, u->drawn, sizeof(u->drawn), err);
	if (rc == BTZ_OK)
		rc = btz_keystore_set_uses(core->store, k->id, used + n, err);
	if (rc != BTZ_OK) { /* it may have landed: nothing of it is used */
		u->next = u->end;
		return rc;
	}
	u->next = used;
	u->end = used + n;
	u->block = n;
	return BTZ_OK;
}

static enum btz_rc
take(struct btz_core *core, const struct btz_hotkey *k, struct version *u,
    uint64_t limit, uint64_t *number, struct btz_err *err)
{
	enum btz_rc rc;

	if (u->next == u->end || u->next >= limit) {
		rc = reserve(core, k, u, limit, err);
		if (rc != BTZ_OK)
			return rc;
	}
	*number = u->next++;
	return BTZ_OK;
}

static uint64_t
limit_of(const struct btz_hotkey *k)
{
	return k->facts.uses_max != 0 ? k->facts.uses_max : UINT64_MAX;
}

enum btz_rc
btz_uses_count(
    struct btz_core *core, const struct btz_hotkey *k, struct btz_err *err)
{
	uint64_t number;

	if (k->facts.uses_max == 0)
		return BTZ_OK;
	return take(core, k, version_of(core, k), limit_of(k), &number, err);
}

void
btz_uses_uncount(struct btz_core *core, const struct btz_hotkey *k)
{
	struct version *u = version_of(core, k);

	if (k->facts.uses_max != 0 && u->next > 0)
		u->next--;
}

enum btz_rc
btz_uses_nonce(struct btz_core *core, const struct btz_hotkey *k, uint16_t alg,
    uint8_t nonce[BTZ_NONCE_MAX], struct btz_err *err)
{
	const struct btz_backend *be = core->be;
	struct version *u = version_of(core, k);
	uint64_t limit = limit_of(k), number;
	enum btz_rc rc;

	if (limit > (uint64_t)core->conf.nonce_limit)
		limit = (uint64_t)core->conf.nonce_limit;
	memset(nonce, 0, BTZ_NONCE_MAX);
	if ((rc = take(core, k, u, limit, &number, err)) != BTZ_OK)
		return rc;
	if (alg == BTZ_CRYPT_AES_CBC || alg == BTZ_CRYPT_AES_CBC_NOPAD)
		return be->ops->random(be->st, nonce, BTZ_NONCE_MAX, err);
	memcpy(nonce, u->drawn, sizeof(u->drawn));
	for (size_t i = 0; i < 8; i++)
		nonce[4 + i] = (uint8_t)(number >> (56 - 8 * i));
	return BTZ_OK;
}

bool
btz_uses_near_end(const struct btz_core *core, const struct btz_hotkey *k)
{
	const uint64_t limit = (uint64_t)core->conf.nonce_limit;

	return k->in_use && limit_of(k) > limit &&
	       version_of(core, k)->next >= limit - limit / 8;
}
