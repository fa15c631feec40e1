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
	struct btz_hotkey **at = bucket_of(hot, k->id);

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

static struct btz_hotkey *
find(struct btz_hot *hot, const uint8_t id[BTZ_ID_LEN])
{
	struct btz_hotkey *k = *bucket_of(hot, id);

	while (k != NULL && memcmp(k->id, id, BTZ_ID_LEN) != 0)
		k = k->chain;
	return k;
}

static enum btz_rc
load(struct btz_hot *hot, const uint8_t id[BTZ_ID_LEN], struct btz_hotkey **out,
    struct btz_err *err)
{
	struct btz_hotkey **at = bucket_of(hot, id), *k;
	struct btz_key_row row;
	enum btz_rc rc = btz_keystore_get(hot->core->store, id, &row, err);

	if (rc != BTZ_OK)
		return rc;
	if ((k = calloc(1, sizeof(*k))) == NULL)
		return BTZ_FAIL(err, BTZ_E_NOMEM, "hot key");
	memcpy(k->id, id, BTZ_ID_LEN);
	memcpy(k->owner, row.info.owner.p, row.info.owner.len);
	k->version = 1;
	k->facts = (struct btz_key_facts){ .alg = row.info.alg,
		.kind = row.info.kind,
		.state = row.info.state,
		.usage = row.info.usage,
		.not_after = row.info.not_after };
	if (hot->n >= hot->max)
		remove_key(hot, hot->oldest);
	k->chain = *at;
	*at = k;
	link_use(hot, k);
	hot->n++;
	*out = k;
	return BTZ_OK;
}

enum btz_rc
btz_hot_get(struct btz_hot *hot, const uint8_t id[BTZ_ID_LEN],
    struct btz_hotkey **out, struct btz_err *err)
{
	*out = find(hot, id);
	if (*out == NULL)
		return load(hot, id, out, err);
	if (*out != hot->newest) {
		unlink_use(hot, *out);
		link_use(hot, *out);
	}
	return BTZ_OK;
}

/* Until keys are rotated there is one. */
enum btz_rc
btz_hot_version(struct btz_hot *hot, struct btz_hotkey *k, uint32_t version,
    struct btz_hotkey **out, struct btz_err *err)
{
	(void)hot;
	*out = k;
	return version <= k->version ? BTZ_OK
				     : BTZ_FAIL(err, BTZ_E_NOENT,
					   "version %u of the key", version);
}

enum btz_rc
btz_hot_older(struct btz_hot *hot, struct btz_hotkey *k,
    struct btz_hotkey **out, struct btz_err *err)
{
	(void)hot;
	(void)k;
	*out = NULL;
	return BTZ_FAIL(err, BTZ_E_NOENT, "older version of the key");
}

enum btz_rc
btz_hot_open(struct btz_hot *hot, struct btz_hotkey *k, struct btz_err *err)
{
	const struct btz_backend *be = hot->core->be;
	struct btz_key_row row;
	enum btz_rc rc;

	if (k->opened)
		return BTZ_OK;
	rc = btz_keystore_get(hot->core->store, k->id, &row, err);
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
btz_hot_drop(struct btz_hot *hot, const uint8_t id[BTZ_ID_LEN])
{
	struct btz_hotkey *k = find(hot, id);

	if (k != NULL)
		remove_key(hot, k);
}

size_t
btz_hot_count(const struct btz_hot *hot)
{
	return hot->n;
}
