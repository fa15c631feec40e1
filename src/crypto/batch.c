/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c - new keys by one commit; contract in batch.h. Start at
 * btz_batch_add() and run(). */
#include "crypto/batch.h"

#include <stdlib.h>

#define BATCH_MAX 32u
#define WAIT_MS 1u

struct item {
	struct btz_task *t;
	const struct btz_generate *g;
	struct btz_backend_key key;
	struct btz_key_row row;
	struct btz_err err; /* err.rc: what became of it */
};

struct btz_batch {
	struct btz_core *core;
	struct btz_timer *timer;
	size_t n;
	struct item *item[BATCH_MAX];
};

static enum btz_rc
put(struct btz_core *core, struct item *i)
{
	const struct btz_leased *l = btz_task_lease(i->t);

	if (l == NULL)
		return BTZ_FAIL(&i->err, BTZ_E_LEASE, "key made but not kept");
	return btz_newkey_put(core, l, i->g, &i->key, &i->row, &i->err);
}

/* All of them, or none: then one by one, so that each gets its own reason. */
static enum btz_rc
all_at_once(struct btz_batch *b)
{
	struct btz_keystore *ks = b->core->store;
	struct btz_err err;
	enum btz_rc rc = btz_keystore_begin(ks, &err);

	if (rc != BTZ_OK)
		return rc;
	for (size_t i = 0; i < b->n && rc == BTZ_OK; i++)
		rc = b->item[i]->err.rc = put(b->core, b->item[i]);
	return btz_keystore_finish(ks, rc, &err);
}

static void
one_by_one(struct btz_batch *b)
{
	struct btz_keystore *ks = b->core->store;

	for (size_t i = 0; i < b->n; i++) {
		struct item *it = b->item[i];
		enum btz_rc rc = btz_keystore_begin(ks, &it->err);

		if (rc == BTZ_OK)
			rc = btz_keystore_finish(
			    ks, put(b->core, it), &it->err);
		it->err.rc = rc;
	}
}

static void
answer(struct btz_core *core, struct item *i, bool unsure)
{
	if (!unsure)
		btz_newkey_drop(core, &i->key, i->err.rc);
	if (i->err.rc != BTZ_OK) {
		btz_task_fail(i->t, &i->err);
	} else {
		btz_task_key(i->t, i->row.info.id);
		btz_task_done(i->t, &btz_def_key_info, &i->row.info);
	}
	btz_wipe(i, sizeof(*i));
	free(i);
}

static void
run(void *arg)
{
	struct btz_batch *b = arg;
	const size_t n = b->n;
	const enum btz_rc rc = all_at_once(b);

	if (rc != BTZ_OK)
		one_by_one(b);
	btz_timer_cancel(b->timer);
	b->n = 0;
	for (size_t i = 0; i < n; i++)
		answer(b->core, b->item[i], rc == BTZ_E_IO);
}

enum btz_rc
btz_batch_new(
    struct btz_core *core, struct btz_batch **out, struct btz_err *err)
{
	struct btz_batch *b = calloc(1, sizeof(*b));

	*out = b;
	if (b != NULL) {
		b->core = core;
		b->timer = btz_timer_new(btz_host_loop(core->host), run, b);
	}
	if (b == NULL || b->timer == NULL) {
		free(b);
		*out = NULL;
		return BTZ_FAIL(err, BTZ_E_NOMEM, "batch");
	}
	return BTZ_OK;
}

void
btz_batch_free(struct btz_batch *b)
{
	if (b == NULL)
		return;
	if (b->n > 0)
		run(b);
	btz_timer_free(b->timer);
	free(b);
}

void
btz_batch_add(struct btz_batch *b, struct btz_task *t,
    const struct btz_generate *g, const struct btz_backend_key *key)
{
	struct item *i = malloc(sizeof(*i));
	struct btz_err err;

	if (i == NULL) {
		(void)BTZ_FAIL(&err, BTZ_E_NOMEM, "new key");
		btz_task_fail(t, &err);
		return;
	}
	i->t = t;
	i->g = g;
	i->key = *key;
	b->item[b->n++] = i;
	if (b->n == BATCH_MAX || b->n >= b->core->n_tasks)
		run(b);
	else if (!btz_timer_pending(b->timer))
		btz_timer_set(b->timer, WAIT_MS);
}
