/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_rotate.c - the next version of a key: the same parameters, a new private
 * part. What was made before goes on being verified and decrypted.
 */
#include <string.h>

#include "crypto/child.h"
#include "crypto/hot.h"
#include "crypto/keystore.h"
#include "crypto/newkey.h"
#include "crypto/task.h"
#include "wire/msg_key.h"

struct job {
	struct btz_task t;
	uint8_t id[BTZ_ID_LEN];
	struct btz_newkey key;
};

static enum btz_rc
find(struct btz_core *core, const struct btz_leased *l,
    const uint8_t id[BTZ_ID_LEN], struct btz_key_row *row, struct btz_err *err)
{
	char owner[BTZ_NAME_MAX + 1] = "";
	enum btz_rc rc = btz_keystore_get(core->store, id, row, err);

	if (rc != BTZ_OK)
		return rc;
	memcpy(owner, row->info.owner.p, row->info.owner.len);
	if (!btz_leased_manages(l, id, owner))
		return BTZ_FAIL(err, BTZ_E_NOENT, "key of '%s' asked by '%s'",
		    owner, l->application);
	if (row->info.kind != BTZ_KIND_PLAIN && row->info.kind != BTZ_KIND_TLS)
		return BTZ_FAIL(err, BTZ_E_KEY_KIND, "%s keys have one version",
		    btz_kind_name(row->info.kind));
	if (row->info.state != BTZ_KEY_ENABLED)
		return BTZ_FAIL(err, BTZ_E_KEY_STATE, "key is %s",
		    btz_key_state_name(row->info.state));
	return BTZ_OK;
}

static enum btz_rc
store(struct job *j, const struct btz_backend_key *key, struct btz_err *err)
{
	struct btz_key_row row = { .info = { .created = btz_unix_now(),
				       .spki = btz_span_of(
					   key->spki, key->spki_len) },
		.blob = btz_span_of(key->blob, key->blob_len) };
	struct btz_leased *l = btz_task_lease(&j->t);
	struct btz_key_row now;
	enum btz_rc rc;

	if (l == NULL)
		return BTZ_FAIL(err, BTZ_E_LEASE, "version made but not kept");
	/* Destroyed or disabled while it was made? */
	if ((rc = find(j->t.core, l, j->id, &now, err)) != BTZ_OK)
		return rc;
	memcpy(row.info.id, j->id, BTZ_ID_LEN);
	memcpy(row.version_id, key->id, BTZ_ID_LEN);
	rc = btz_keystore_rotate(j->t.core->store, &row, err);
	btz_hot_drop(j->t.core->hot, j->id);
	return rc;
}

static void
finish(enum btz_rc rc, const struct btz_backend_key *key, void *arg)
{
	struct job *j = arg;
	struct btz_key_row row;
	struct btz_err err;

	if (rc != BTZ_OK)
		(void)BTZ_FAIL(&err, rc, "rotate in a child");
	else if ((rc = store(j, key, &err)) != BTZ_OK)
		btz_newkey_drop(j->t.core, key, rc);
	if (rc == BTZ_OK)
		rc = btz_keystore_get(j->t.core->store, j->id, &row, &err);
	if (rc == BTZ_OK)
		btz_task_done(&j->t, &btz_def_key_info, &row.info);
	else
		btz_task_fail(&j->t, &err);
}

static enum btz_rc
make(struct btz_task *t, struct btz_leased *l, struct btz_err *err)
{
	static struct btz_backend_key key;
	struct job *j = (struct job *)(void *)t;
	const struct btz_backend *be = t->core->be;
	const struct btz_generate *g = &j->key.g;
	enum btz_rc rc;

	(void)l;
	if ((be->ops->slow_algs & 1u << g->alg) != 0)
		return btz_child_generate(t->core, g, finish, j, err);
	rc = be->ops->generate(be->st, g, &key, err);
	if (rc == BTZ_OK)
		finish(BTZ_OK, &key, j);
	return rc;
}

void
btz_op_rotate(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_task_kind kind = { "key.rotate", BTZ_USE_MANAGE,
		sizeof(struct job), make };
	const struct btz_key_ref *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_MANAGE);
	struct btz_generate g;
	struct btz_key_row row;
	struct btz_err err;
	struct job *j;

	if (l == NULL)
		return;
	if (find(btz_core_of(h), l, rq->id, &row, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	if ((j = btz_task_new(&kind, c, l)) == NULL)
		return;
	g = btz_newkey_again(&row);
	btz_newkey_keep(&j->key, &g);
	memcpy(j->id, rq->id, BTZ_ID_LEN);
	btz_task_key(&j->t, j->id);
	btz_task_start(&j->t);
}
