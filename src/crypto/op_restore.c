/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_restore.c - a key out of a backup that administrators opened and wrapped
 * for an RSA key of this backend, or sealed for a transport key of its device
 * and approved (docs/protocol/backup.md). It keeps owner, policy, the numbers of
 * its versions and, where it is free, its id. All or nothing.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "crypto/judge.h"
#include "crypto/keystore.h"
#include "crypto/task.h"
#include "crypto/unwrap.h"
#include "wire/keyblob.h"
#include "wire/msg_approval.h"
#include "wire/msg_backup.h"
#include "wire/msg_lifecycle.h"
#include "wire/name.h"

struct job {
	struct btz_task t;
	size_t len, approved_len;
	/* plain: from a transport key, with blobs for private parts */
	uint8_t blob[BTZ_LIST_MAX], plain[BTZ_LIST_MAX];
	uint8_t approved[BTZ_APPROVED_MAX];
};

struct source { /* of the rows of one key */
	struct btz_core *core;
	struct btz_generate *g;
	struct btz_rd rd;
	uint32_t last;
	struct btz_backend_key key; /* what the row at hand borrows from */
};

static enum btz_rc
import(
    struct source *s, const struct btz_backup_version *v, struct btz_err *err)
{
	return s->core->ops->import(
	    s->core->be->st, s->g, v->secret, &s->key, err);
}

/* The device has made it already. */
static enum btz_rc
adopt(struct source *s, const struct btz_backup_version *v, struct btz_err *err)
{
	struct btz_keyblob b;

	if (!btz_keyblob_decode(v->secret, &b) || b.spki.len > BTZ_SPKI_MAX)
		return BTZ_FAIL(err, BTZ_E_KEY_BLOB, "blob of a restored key");
	memcpy(s->key.id, b.key_id, sizeof(s->key.id));
	memcpy(s->key.blob, v->secret.p, v->secret.len);
	s->key.blob_len = v->secret.len;
	if (b.spki.len > 0)
		memcpy(s->key.spki, b.spki.p, b.spki.len);
	s->key.spki_len = b.spki.len;
	return BTZ_OK;
}

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
	rc = s->core->ops->restore != NULL ? adopt(s, &v, err)
					   : import(s, &v, err);
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

/* Blobs that nobody has: their slots are free again. */
static void
destroy(struct btz_core *core, struct btz_span plain)
{
	struct btz_backup_version v;
	struct btz_backup b;
	struct btz_err err;
	struct btz_rd rd;

	if (!btz_msg_decode(&btz_def_backup, plain, &b))
		return;
	btz_rd_span(&rd, b.versions);
	while (btz_msg_read(&btz_def_backup_version, &rd, &v))
		if (core->ops->destroy(core->be->st, v.secret, &err) != BTZ_OK)
			btz_log(BTZ_LOG_WARN, 0, "restore: %s", err.msg);
}

static enum btz_rc
by_transport(struct job *j, const struct btz_leased *l, struct btz_key_row *row,
    struct btz_err *err)
{
	struct btz_core *core = j->t.core;
	struct btz_approved ap;
	struct btz_wr wr;
	enum btz_rc rc;

	if (!btz_msg_decode(&btz_def_approved,
		btz_span_of(j->approved, j->approved_len), &ap))
		return BTZ_FAIL(err, BTZ_E_INTERNAL, "approvals");
	btz_wr_init(&wr, j->plain, sizeof(j->plain));
	rc = core->ops->restore(
	    core->be->st, btz_span_of(j->blob, j->len), &ap, &wr, err);
	if (rc != BTZ_OK)
		return rc;
	rc = store(j, l, btz_wr_span(&wr), row, err);
	if (rc != BTZ_OK && rc != BTZ_E_IO) /* then they may be stored */
		destroy(core, btz_wr_span(&wr));
	return rc;
}

static enum btz_rc
by_rsa(struct job *j, const struct btz_leased *l, struct btz_key_row *row,
    struct btz_err *err)
{
	size_t len;
	enum btz_rc rc = btz_unwrap(j->t.core, l, j->blob + 6,
	    btz_span_of(j->blob + BTZ_RESTORE_HEAD, j->len - BTZ_RESTORE_HEAD),
	    j->plain, &len, err);

	return rc == BTZ_OK ? store(j, l, btz_span_of(j->plain, len), row, err)
			    : rc;
}

static enum btz_rc
run(struct btz_task *t, struct btz_leased *l, struct btz_err *err)
{
	struct job *j = (struct job *)(void *)t;
	struct btz_key_row row;
	uint8_t id[BTZ_ID_LEN];
	enum btz_rc rc = t->core->ops->restore != NULL
			     ? by_transport(j, l, &row, err)
			     : by_rsa(j, l, &row, err);

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

/* What the device asks for; it judges it. */
static enum btz_rc
begin_transport(const struct btz_restore *rq, struct btz_err *err)
{
	struct btz_transport_file f;
	struct btz_approved ap;

	if (!btz_transport_file_read(rq->blob, &f))
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "not sealed for a trusted application ('recovery open "
		    "--for' what 'key transport' wrote)");
	if (rq->approvals.len == 0)
		return BTZ_FAIL(err, BTZ_E_APPROVAL,
		    "'bartizan ceremony start restore FILE' asks for them");
	if (!btz_msg_decode(&btz_def_approved, rq->approvals, &ap) ||
	    ap.operation != BTZ_APPROVE_RESTORE)
		return BTZ_FAIL(err, BTZ_E_INVAL, "approvals");
	return BTZ_OK;
}

static enum btz_rc
begin(struct btz_core *core, const struct btz_leased *l,
    const struct btz_restore *rq, struct btz_err *err)
{
	if ((core->ops->caps & BTZ_CAP_BACKUP) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED, "'%s' takes no backups",
		    core->ops->name);
	if (core->ops->restore != NULL)
		return begin_transport(rq, err);
	if (rq->approvals.len != 0)
		return BTZ_FAIL(err, BTZ_E_INVAL, "'%s' asks for no approvals",
		    core->ops->name);
	if (rq->blob.len <= BTZ_RESTORE_HEAD ||
	    memcmp(rq->blob.p, BTZ_RESTORE_MAGIC "\1", 6) != 0)
		return BTZ_FAIL(err, BTZ_E_INVAL, "not a backup to restore");
	return btz_unwrap_judge(core, l, rq->blob.p + 6, err);
}

/* The record names what was approved as the ceremony did: by its digest. */
static void
say_file(struct job *j)
{
	uint8_t digest[BTZ_SHA256_LEN];
	size_t n;

	if (j->approved_len == 0 ||
	    EVP_Digest(j->blob, j->len, digest, NULL, EVP_sha256(), NULL) != 1)
		return;
	n = (size_t)snprintf(j->t.why, sizeof(j->t.why), "file ");
	for (size_t i = 0; i < sizeof(digest); i++)
		n += (size_t)snprintf(
		    j->t.why + n, sizeof(j->t.why) - n, "%02x", digest[i]);
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
	if (rq->approvals.len > 0)
		memcpy(j->approved, rq->approvals.p, rq->approvals.len);
	j->approved_len = rq->approvals.len;
	say_file(j);
	btz_task_text(&j->t, btz_span_str("backup"));
	btz_task_start(&j->t);
}
