/* SPDX-License-Identifier: Apache-2.0 */
/* uses.c - counts and nonces; contract in uses.h. Start at take(). */
#include "crypto/uses.h"

#include <string.h>

#include "crypto/hot.h"
#include "crypto/keystore.h"

#define BLOCK_FIRST 16u

static uint64_t
block_of(const struct btz_uses *u, uint64_t limit, uint64_t used)
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
used_of(struct btz_core *core, const struct btz_hotkey *k, uint64_t *used,
    struct btz_err *err)
{
	struct btz_key_row row;
	enum btz_rc rc = btz_keystore_version(
	    core->store, k->key_id, k->version, &row, err);

	*used = rc == BTZ_OK ? row.info.uses : 0;
	if (*used < k->uses.end)
		*used = k->uses.end;
	return rc;
}

static enum btz_rc
reserve(struct btz_core *core, struct btz_hotkey *k, uint64_t limit,
    struct btz_err *err)
{
	const struct btz_backend *be = core->be;
	struct btz_uses *u = &k->uses;
	uint64_t used, n;
	enum btz_rc rc = used_of(core, k, &used, err);

	if (rc != BTZ_OK)
		return rc;
	if (used >= limit) {
		u->next = u->end = used;
		return BTZ_FAIL(err, BTZ_E_KEY_USAGE,
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
take(struct btz_core *core, struct btz_hotkey *k, uint64_t limit,
    uint64_t *number, struct btz_err *err)
{
	struct btz_uses *u = &k->uses;
	enum btz_rc rc;

	if (u->next == u->end || u->next >= limit) {
		rc = reserve(core, k, limit, err);
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
btz_uses_count(struct btz_core *core, struct btz_hotkey *k, struct btz_err *err)
{
	uint64_t number;

	if (k->facts.uses_max == 0)
		return BTZ_OK;
	return take(core, k, limit_of(k), &number, err);
}

void
btz_uses_uncount(struct btz_hotkey *k)
{
	if (k->facts.uses_max != 0 && k->uses.next > 0)
		k->uses.next--;
}

enum btz_rc
btz_uses_nonce(struct btz_core *core, struct btz_hotkey *k, uint16_t alg,
    uint8_t nonce[BTZ_NONCE_MAX], struct btz_err *err)
{
	const struct btz_backend *be = core->be;
	uint64_t limit = limit_of(k), number;
	enum btz_rc rc;

	if (limit > (uint64_t)core->conf.nonce_limit)
		limit = (uint64_t)core->conf.nonce_limit;
	memset(nonce, 0, BTZ_NONCE_MAX);
	if ((rc = take(core, k, limit, &number, err)) != BTZ_OK)
		return rc;
	if (alg == BTZ_CRYPT_AES_CBC || alg == BTZ_CRYPT_AES_CBC_NOPAD)
		return be->ops->random(be->st, nonce, BTZ_NONCE_MAX, err);
	memcpy(nonce, k->uses.drawn, sizeof(k->uses.drawn));
	for (size_t i = 0; i < 8; i++)
		nonce[4 + i] = (uint8_t)(number >> (56 - 8 * i));
	return BTZ_OK;
}

bool
btz_uses_near_end(const struct btz_core *core, const struct btz_hotkey *k)
{
	const uint64_t limit = (uint64_t)core->conf.nonce_limit;

	return limit_of(k) > limit && k->uses.next >= limit - limit / 8;
}
