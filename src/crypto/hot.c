/* SPDX-License-Identifier: Apache-2.0 */
/* hot.c - keys in use; contract in hot.h. Start at btz_hot_get(). */
#include "crypto/hot.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/keystore.h"

#define BUCKETS 1024u

struct btz_hot {
	struct btz_core *core;
	size_t n, max;
	struct btz_hotkey *newest, *oldest;
	struct btz_hotkey *bucket[BUCKETS];
};

enum btz_rc
btz_hot_new(struct btz_core *core, size_t max, struct btz_hot **out,
    struct btz_err *err)
{
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "hot keys");
	(*out)->core = core;
	(*out)->max = max;
	return BTZ_OK;
}

/* Ids are drawn at random by us, so their first bytes spread. */
static struct btz_hotkey **
bucket_of(struct btz_hot *hot, const uint8_t id[BTZ_ID_LEN])
{
	return &hot->bucket[((unsigned)id[0] << 8 | id[1]) % BUCKETS];
}

static void
unlink_use(struct btz_hot *hot, struct btz_hotkey *k)
{
	*(k->newer != NULL ? &k->newer->older : &hot->newest) = k->older;
	*(k->older != NULL ? &k->older->newer : &hot->oldest) = k->newer;
}

static void
link_use(struct btz_hot *hot, struct btz_hotkey *k)
{
	k->newer = NULL;
	k->older = hot->newest;
	*(hot->newest != NULL ? &hot->newest->newer : &hot->oldest) = k;
	hot->newest = k;
}

/* Versions that are not in use go first, and stay where they are: whoever has
 * old ones tried pushes out no key of others. */
static void
link_last(struct btz_hot *hot, struct btz_hotkey *k)
{
	k->older = NULL;
	k->newer = hot->oldest;
	*(hot->oldest != NULL ? &hot->oldest->older : &hot->newest) = k;
	hot->oldest = k;
}

void
btz_hot_shut(struct btz_hot *hot, struct btz_hotkey *k)
{
	const struct btz_backend *be = hot->core->be;

	if (k->opened && be != NULL)
		be->ops->close_key(be->st, k->key);
	if (k->key != NULL) {
		btz_wipe(k->key, hot->core->ops->key_size);
		free(k->key);
	}
	k->key = NULL;
	k->opened = false;
}

static void
remove_key(struct btz_hot *hot, struct btz_hotkey *k)
{
	struct btz_hotkey **at = bucket_of(hot, k->key_id);

	while (*at != NULL && *at != k)
		at = &(*at)->chain;
	if (*at != NULL)
		*at = k->chain;
	unlink_use(hot, k);
	hot->n--;
	btz_hot_shut(hot, k);
	for (size_t i = 0; i < BTZ_COUNT(k->verify); i++)
		EVP_PKEY_CTX_free(k->verify[i]);
	EVP_PKEY_free(k->pub);
	free(k);
}

void
btz_hot_clear(struct btz_hot *hot)
{
	while (hot->oldest != NULL)
		remove_key(hot, hot->oldest);
}

void
btz_hot_free(struct btz_hot *hot)
{
	if (hot == NULL)
		return;
	btz_hot_clear(hot);
	free(hot);
}

/* version 0: the one in use. */
static struct btz_hotkey *
find(struct btz_hot *hot, const uint8_t key_id[BTZ_ID_LEN], uint32_t version)
{
	struct btz_hotkey *k = *bucket_of(hot, key_id);

	while (
	    k != NULL && ((version == 0 ? !k->in_use : k->version != version) ||
			     memcmp(k->key_id, key_id, BTZ_ID_LEN) != 0))
		k = k->chain;
	return k;
}

static void
fill(struct btz_hotkey *k, const struct btz_key_row *row)
{
	const struct btz_key_info *i = &row->info;

	memcpy(k->id, row->version_id, BTZ_ID_LEN);
	memcpy(k->key_id, i->id, BTZ_ID_LEN);
	memcpy(k->owner, i->owner.p, i->owner.len);
	k->version = i->version;
	k->min_version = i->min_version;
	k->off = row->version_state != BTZ_KEY_ENABLED;
	k->facts = (struct btz_key_facts){ .alg = i->alg,
		.kind = i->kind,
		.state = i->state != BTZ_KEY_ENABLED ? i->state
						     : row->version_state,
		.flags = i->flags,
		.usage = i->usage,
		.not_after = i->not_after,
		.only_sig = i->only_sig,
		.only_crypt = i->only_crypt,
		.uses_max = i->uses_max };
}

/* Before what else is in the bucket: the key in use is found first. */
static enum btz_rc
keep(struct btz_hot *hot, const struct btz_key_row *row, bool in_use,
    struct btz_hotkey **out, struct btz_err *err)
{
	struct btz_hotkey **at, *k = calloc(1, sizeof(*k));

	*out = NULL;
	if (k == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "hot key");
	fill(k, row);
	k->in_use = in_use;
	if (hot->n >= hot->max)
		remove_key(hot, hot->oldest);
	at = bucket_of(hot, k->key_id);
	k->chain = *at;
	*at = k;
	if (in_use)
		link_use(hot, k);
	else
		link_last(hot, k);
	hot->n++;
	*out = k;
	return BTZ_OK;
}

static void
used(struct btz_hot *hot, struct btz_hotkey *k)
{
	if (k == hot->newest || !k->in_use)
		return;
	unlink_use(hot, k);
	link_use(hot, k);
}

enum btz_rc
btz_hot_get(struct btz_hot *hot, const uint8_t key_id[BTZ_ID_LEN],
    struct btz_hotkey **out, struct btz_err *err)
{
	struct btz_key_row row;
	enum btz_rc rc;

	*out = find(hot, key_id, 0);
	if (*out != NULL) {
		used(hot, *out);
		return BTZ_OK;
	}
	rc = btz_keystore_get(hot->core->store, key_id, &row, err);
	return rc == BTZ_OK ? keep(hot, &row, true, out, err) : rc;
}

static enum btz_rc
refuse_off(const struct btz_hotkey *k, struct btz_err *err)
{
	if (k != NULL && !k->off)
		return BTZ_OK;
	return BTZ_FAIL(err, BTZ_E_KEY_STATE, "version %u of the key is off",
	    k != NULL ? k->version : 0);
}

enum btz_rc
btz_hot_version(struct btz_hot *hot, struct btz_hotkey *k, uint32_t version,
    struct btz_hotkey **out, struct btz_err *err)
{
	struct btz_key_row row;
	enum btz_rc rc = BTZ_OK;

	*out = k;
	if (version == 0 || version == k->version)
		return refuse_off(k, err);
	if (version < k->min_version)
		return BTZ_FAIL(err, BTZ_E_NOENT,
		    "version %u of the key, %u is the least", version,
		    k->min_version);
	*out = find(hot, k->key_id, version);
	if (*out == NULL) {
		rc = btz_keystore_version(
		    hot->core->store, k->key_id, version, &row, err);
		if (rc == BTZ_OK)
			rc = keep(hot, &row, false, out, err);
	} else {
		used(hot, *out);
	}
	return rc == BTZ_OK ? refuse_off(*out, err) : rc;
}

enum btz_rc
btz_hot_older(struct btz_hot *hot, struct btz_hotkey *k,
    struct btz_hotkey **out, struct btz_err *err)
{
	struct btz_hotkey *had;
	struct btz_key_row row;
	enum btz_rc rc;

	*out = NULL;
	if (k->version <= 1 || k->version <= k->min_version)
		return BTZ_FAIL(err, BTZ_E_NOENT, "older version of the key");
	/* The one before, where it is here and on: no database. */
	had = find(hot, k->key_id, k->version - 1);
	if (had == NULL || had->off) {
		rc = btz_keystore_older(
		    hot->core->store, k->key_id, k->version, &row, err);
		if (rc != BTZ_OK)
			return rc;
		had = find(hot, k->key_id, row.info.version);
		if (had == NULL)
			return keep(hot, &row, false, out, err);
	}
	used(hot, had);
	*out = had;
	return BTZ_OK;
}

enum btz_rc
btz_hot_open(struct btz_hot *hot, struct btz_hotkey *k, struct btz_err *err)
{
	const struct btz_backend *be = hot->core->be;
	struct btz_key_row row;
	enum btz_rc rc;

	if (k->opened)
		return BTZ_OK;
	rc = btz_keystore_version(
	    hot->core->store, k->key_id, k->version, &row, err);
	if (rc != BTZ_OK)
		return rc;
	if (row.blob.len == 0)
		return BTZ_FAIL(err, BTZ_E_KEY_STATE, "key has no blob");
	k->key = calloc(1, be->ops->key_size);
	if (k->key == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "hot key");
	rc = be->ops->open_key(be->st, k->id, row.blob, k->key, err);
	k->opened = rc == BTZ_OK;
	if (rc != BTZ_OK)
		btz_hot_shut(hot, k);
	return rc;
}

void
btz_hot_drop(struct btz_hot *hot, const uint8_t key_id[BTZ_ID_LEN])
{
	struct btz_hotkey *next;

	for (struct btz_hotkey *k = *bucket_of(hot, key_id); k != NULL;
	     k = next) {
		next = k->chain;
		if (memcmp(k->key_id, key_id, BTZ_ID_LEN) == 0)
			remove_key(hot, k);
	}
}

size_t
btz_hot_count(const struct btz_hot *hot)
{
	return hot->n;
}
