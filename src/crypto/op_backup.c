/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_backup.c - a key with all its versions, sealed to the recovery key by
 * the backend (docs/protocol/backup.md): private parts are not seen here. Only
 * keys that were made backupable; disabled versions go along, what is below
 * the least version does not.
 */
#include <string.h>

#include "crypto/keystore.h"
#include "crypto/task.h"
#include "wire/keyblob.h"
#include "wire/msg_backup.h"
#include "wire/msg_key.h"
#include "wire/msg_lifecycle.h"

struct job {
	struct btz_task t;
	uint8_t id[BTZ_ID_LEN];
	struct btz_wr versions; /* into the first */
	/* versions; the whole; sealed */
	uint8_t buf[2][BTZ_LIST_MAX], sealed[BTZ_LIST_MAX];
};

struct taking { /* of the versions of one key */
	struct job *j;
	struct btz_err *err;
	enum btz_rc rc;
};

static enum btz_rc
find(struct btz_core *core, const uint8_t id[BTZ_ID_LEN],
    struct btz_key_row *row, struct btz_err *err)
{
	enum btz_rc rc = btz_keystore_get(core->store, id, row, err);

	if (rc != BTZ_OK)
		return rc;
	if (row->info.protection == BTZ_PROT_TPM ||
	    row->info.protection == BTZ_PROT_HSM)
		return BTZ_FAIL(err, BTZ_E_KEY_STAYS, "key of '%s', %s",
		    core->ops->name, btz_protection_name(row->info.protection));
	if ((core->ops->caps & BTZ_CAP_BACKUP) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "'%s' makes no backups",
		    core->ops->name);
	if (row->info.state == BTZ_KEY_DESTROYED)
		return BTZ_FAIL(err, BTZ_E_KEY_STATE, "key is destroyed");
	if (row->info.kind != BTZ_KIND_PLAIN ||
	    (row->info.flags & BTZ_KEYBLOB_BACKUPABLE) == 0)
		return BTZ_FAIL(err, BTZ_E_KEY_USAGE, "not made backupable");
	return BTZ_OK;
}

static bool
take_version(const struct btz_key_row *row, void *arg)
{
	struct taking *tk = arg;
	struct job *j = tk->j;
	const struct btz_backup_version v = { .version = row->info.version,
		.state = row->version_state,
		.created = row->info.created,
		.uses = row->info.uses,
		.spki = row->info.spki,
		.secret = row->blob };

	if (row->info.version < row->info.min_version)
		return true;
	btz_msg_write(&btz_def_backup_version, &v, &j->versions);
	if (!btz_wr_ok(&j->versions))
		tk->rc = BTZ_FAIL(tk->err, BTZ_E_TOOBIG,
		    "version %u; raise the least version", row->info.version);
	return tk->rc == BTZ_OK;
}

static bool
put_key(const struct btz_key_row *row, struct btz_wr *wr)
{
	const struct btz_key_info *k = &row->info;
	struct btz_generate g = { .alg = k->alg,
		.kind = k->kind,
		.usage = k->usage,
		.label = k->label,
		.not_after = k->not_after,
		.constraints = k->constraints,
		.flags = k->flags,
		.bits = k->bits,
		.only_sig = k->only_sig,
		.only_crypt = k->only_crypt,
		.uses_max = k->uses_max,
		.labels = k->labels,
		.app_data = k->app_data };

	memcpy(g.tenant_id, row->tenant_id, BTZ_ID_LEN);
	btz_msg_write(&btz_def_generate, &g, wr);
	return btz_wr_ok(wr);
}

/* All of it, into j->buf[1]. */
static enum btz_rc
gather(struct job *j, struct btz_wr *whole, struct btz_err *err)
{
	struct taking tk = { .j = j, .err = err, .rc = BTZ_OK };
	struct btz_backup b = { .min_version = 0 };
	uint8_t desc[BTZ_BLOB_MAX];
	struct btz_key_row row;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&j->versions, j->buf[0], sizeof(j->buf[0]));
	rc = btz_keystore_versions(
	    j->t.core->store, j->id, 0, take_version, &tk, err);
	if (rc == BTZ_OK)
		rc = tk.rc;
	if (rc == BTZ_OK)
		rc = find(j->t.core, j->id, &row, err);
	if (rc != BTZ_OK)
		return rc;
	btz_wr_init(&wr, desc, sizeof(desc));
	if (!put_key(&row, &wr))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "description of the key");
	b.owner = row.info.owner;
	b.key = btz_wr_span(&wr);
	b.state = row.info.state == BTZ_KEY_ENABLED ? BTZ_KEY_ENABLED
						    : BTZ_KEY_DISABLED;
	b.min_version = row.info.min_version;
	b.versions = btz_wr_span(&j->versions);
	memcpy(b.id, j->id, BTZ_ID_LEN);
	btz_wr_init(whole, j->buf[1], sizeof(j->buf[1]));
	btz_msg_write(&btz_def_backup, &b, whole);
	return btz_wr_ok(whole) ? BTZ_OK
				: BTZ_FAIL(err, BTZ_E_TOOBIG, "backup");
}

static enum btz_rc
run(struct btz_task *t, struct btz_leased *l, struct btz_err *err)
{
	struct job *j = (struct job *)(void *)t;
	struct btz_backup_ok ok;
	struct btz_wr whole, out;
	enum btz_rc rc = gather(j, &whole, err);

	(void)l;
	btz_wr_init(&out, j->sealed, sizeof(j->sealed));
	if (rc == BTZ_OK)
		rc = t->core->ops->backup(t->core->be->st,
		    t->core->conf.recovery, btz_wr_span(&whole), &out, err);
	if (rc != BTZ_OK)
		return rc;
	ok.blob = btz_wr_span(&out);
	btz_task_done(t, &btz_def_backup_ok, &ok);
	return BTZ_OK;
}

void
btz_op_backup(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_task_kind kind = { "key.backup", BTZ_USE_BACKUP,
		sizeof(struct job), run };
	const struct btz_key_ref *rq = msg;
	struct btz_core *core = btz_core_of(h);
	struct btz_leased *l = btz_enter(c, BTZ_USE_BACKUP);
	struct btz_key_row row;
	struct btz_err err;
	struct job *j;
	enum btz_rc rc;

	if (l == NULL)
		return;
	rc = find(core, rq->id, &row, &err);
	if (rc != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	if ((j = btz_task_new(&kind, c, l)) == NULL)
		return;
	memcpy(j->id, rq->id, BTZ_ID_LEN);
	btz_task_key(&j->t, j->id);
	btz_task_start(&j->t);
}
