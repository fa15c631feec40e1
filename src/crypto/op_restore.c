/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_restore.c - a key out of a backup that administrators opened and wrapped
 * for an RSA key of this backend (docs/protocol/backup.md). It keeps owner,
 * policy, the numbers of its versions and, where it is free, its id. All or
 * nothing.
 */
#include <string.h>

#include "crypto/judge.h"
#include "crypto/keystore.h"
#include "crypto/task.h"
#include "crypto/unwrap.h"
#include "wire/msg_backup.h"
#include "wire/msg_lifecycle.h"
#include "wire/name.h"

struct job {
	struct btz_task t;
	size_t len;
	uint8_t blob[BTZ_LIST_MAX], plain[BTZ_LIST_MAX];
};

struct source { /* of the rows of one key */
	struct btz_core *core;
	struct btz_generate *g;
	struct btz_rd rd;
	uint32_t last;
	struct btz_backend_key key; /* what the row at hand borrows from */
};

static enum btz_rc
next_version(struct btz_key_row *row, void *arg, struct btz_err *err)
{
	struct source *s = arg;
	struct btz_backup_version v;
	enum btz_rc rc;

	if (btz_rd_end(&s->rd))
		return s->last != 0
			   ? BTZ_E_NOENT
			   : BTZ_FAIL(err, BTZ_E_INVAL, "backup of no version");
	if (!btz_msg_read(&btz_def_backup_version, &s->rd, &v) ||
	    v.version <= s->last || v.version > BTZ_VERSIONS_MAX ||
	    (v.state != BTZ_KEY_ENABLED && v.state != BTZ_KEY_DISABLED))
		return BTZ_FAIL(err, BTZ_E_INVAL, "version in a backup");
	rc = s->core->ops->import(
	    s->core->be->st, s->g, v.secret, &s->key, err);
	if (rc != BTZ_OK)
		return rc;
	s->last = v.version;
	memcpy(row->version_id, s->key.id, BTZ_ID_LEN);
	row->version_state = v.state;
	row->blob = btz_span_of(s->key.blob, s->key.blob_len);
	row->info.version = v.version;
	row->info.created = v.created;
	row->info.uses = v.uses;
	row->info.spki = btz_span_of(s->key.spki, s->key.spki_len);
	return BTZ_OK;
}

static struct btz_key_row
row_of(struct btz_core *core, const struct btz_backup *b,
    const struct btz_generate *g)
{
	struct btz_key_row row = { .info = { .owner = b->owner,
				       .label = g->label,
				       .alg = g->alg,
				       .kind = g->kind,
				       .protection = core->ops->protection,
				       .state = b->state,
				       .usage = g->usage,
				       .not_after = g->not_after,
				       .constraints = g->constraints,
				       .flags = g->flags,
				       .bits = g->bits,
				       .only_sig = g->only_sig,
				       .only_crypt = g->only_crypt,
				       .uses_max = g->uses_max,
				       .min_version = b->min_version,
				       .labels = g->labels,
				       .app_data = g->app_data } };

	memcpy(row.info.id, b->id, BTZ_ID_LEN);
	memcpy(row.tenant_id, g->tenant_id, BTZ_ID_LEN);
	return row;
}

static enum btz_rc
judge(struct btz_core *core, const struct btz_leased *l,
    const struct btz_backup *b, const struct btz_generate *g,
    struct btz_err *err)
{
	if (!btz_name_ok(b->owner))
		return BTZ_FAIL(err, BTZ_E_NAME, "owner in a backup");
	if (g->kind != BTZ_KIND_PLAIN ||
	    (b->state != BTZ_KEY_ENABLED && b->state != BTZ_KEY_DISABLED) ||
	    b->min_version == 0 || b->min_version > BTZ_VERSIONS_MAX)
		return BTZ_FAIL(err, BTZ_E_INVAL, "key in a backup");
	/* One that has expired still decrypts. */
	return btz_judge_generate(core->ops, l->kinds, g, 0, err);
}

static enum btz_rc
store(struct job *j, const struct btz_leased *l, struct btz_span plain,
    struct btz_key_row *row, struct btz_err *err)
{
	static struct source s;
	struct btz_core *core = j->t.core;
	struct btz_backup b;
	struct btz_generate g;
	enum btz_rc rc;

	if (!btz_msg_decode(&btz_def_backup, plain, &b) ||
	    !btz_msg_decode(&btz_def_generate, b.key, &g))
		return BTZ_FAIL(err, BTZ_E_INVAL, "form of a backup");
	if ((rc = judge(core, l, &b, &g, err)) != BTZ_OK)
		return rc;
	*row = row_of(core, &b, &g);
	s = (struct source){ .core = core, .g = &g };
	btz_rd_span(&s.rd, b.versions);
	return btz_keystore_restore(core->store, row, next_version, &s, err);
}

static enum btz_rc
run(struct btz_task *t, struct btz_leased *l, struct btz_err *err)
{
	struct job *j = (struct job *)(void *)t;
	struct btz_key_row row;
	uint8_t id[BTZ_ID_LEN];
	size_t len;
	enum btz_rc rc = btz_unwrap(t->core, l, j->blob + 6,
	    btz_span_of(j->blob + BTZ_RESTORE_HEAD, j->len - BTZ_RESTORE_HEAD),
	    j->plain, &len, err);

	if (rc == BTZ_OK)
		rc = store(j, l, btz_span_of(j->plain, len), &row, err);
	if (rc != BTZ_OK)
		return rc;
	memcpy(id, row.info.id, BTZ_ID_LEN);
	rc = btz_keystore_get(t->core->store, id, &row, err);
	if (rc != BTZ_OK)
		return rc;
	btz_task_key(t, id);
	btz_task_done(t, &btz_def_key_info, &row.info);
	return BTZ_OK;
}

static enum btz_rc
begin(struct btz_core *core, const struct btz_leased *l,
    const struct btz_restore *rq, struct btz_err *err)
{
	if ((core->ops->caps & BTZ_CAP_BACKUP) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "'%s' takes no backups",
		    core->ops->name);
	if (rq->approvals.len != 0)
		return BTZ_FAIL(err, BTZ_E_INVAL, "'%s' asks for no approvals",
		    core->ops->name);
	if (rq->blob.len <= BTZ_RESTORE_HEAD ||
	    memcmp(rq->blob.p, BTZ_RESTORE_MAGIC "\1", 6) != 0)
		return BTZ_FAIL(err, BTZ_E_INVAL, "not a backup to restore");
	return btz_unwrap_judge(core, l, rq->blob.p + 6, err);
}

void
btz_op_restore(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_task_kind kind = { "key.restore",
		BTZ_USE_BACKUP, sizeof(struct job), run };
	const struct btz_restore *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_BACKUP);
	struct btz_err err;
	struct job *j;

	if (l == NULL)
		return;
	if (begin(btz_core_of(h), l, rq, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	if ((j = btz_task_new(&kind, c, l)) == NULL)
		return;
	memcpy(j->blob, rq->blob.p, rq->blob.len);
	j->len = rq->blob.len;
	btz_task_text(&j->t, btz_span_str("backup"));
	btz_task_start(&j->t);
}
