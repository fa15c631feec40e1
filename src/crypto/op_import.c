/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_import.c - a plain key whose private part comes from outside, as it is or
 * wrapped under an RSA key of this backend, whose own private part does the
 * unwrapping where it lives. Start at btz_op_import().
 */
#include <stdio.h>
#include <string.h>

#include "base/chan.h"
#include "crypto/judge.h"
#include "crypto/newkey.h"
#include "crypto/task.h"
#include "crypto/unwrap.h"
#include "wire/msg_lifecycle.h"

struct job {
	struct btz_task t;
	bool wrapped;
	uint8_t wrapped_by[BTZ_ID_LEN];
	size_t secret_len;
	uint8_t secret[BTZ_BLOB_MAX];
	struct btz_newkey key;
};

/* j->secret becomes what was wrapped in it. */
static enum btz_rc
unwrap(struct job *j, const struct btz_leased *l, struct btz_err *err)
{
	uint8_t plain[BTZ_BLOB_MAX];
	size_t len;
	enum btz_rc rc = btz_unwrap(j->t.core, l, j->wrapped_by,
	    btz_span_of(j->secret, j->secret_len), plain, &len, err);

	if (rc == BTZ_OK) {
		memcpy(j->secret, plain, len);
		j->secret_len = len;
		j->wrapped = false; /* also when it has to come again */
	}
	btz_wipe(plain, sizeof(plain));
	return rc;
}

static enum btz_rc
run(struct btz_task *t, struct btz_leased *l, struct btz_err *err)
{
	static struct btz_backend_key key;
	struct job *j = (struct job *)(void *)t;
	struct btz_core *core = t->core;
	const struct btz_generate g = btz_judge_sealed(&j->key.g);
	struct btz_key_row row;
	enum btz_rc rc = btz_newkey_quota(core, l, err);

	if (rc == BTZ_OK && j->wrapped)
		rc = unwrap(j, l, err);
	if (rc == BTZ_OK)
		rc = core->ops->import(core->be->st, &g,
		    btz_span_of(j->secret, j->secret_len), &key, err);
	if (rc != BTZ_OK)
		return rc;
	rc = btz_newkey_store(core, l, &j->key.g, &key, &row, err);
	btz_newkey_drop(core, &key, rc);
	if (rc != BTZ_OK)
		return rc;
	btz_task_key(t, row.info.id);
	btz_task_done(t, &btz_def_key_info, &row.info);
	return BTZ_OK;
}

static bool
is_zero(const uint8_t id[BTZ_ID_LEN])
{
	static const uint8_t zero[BTZ_ID_LEN];

	return memcmp(id, zero, BTZ_ID_LEN) == 0;
}

static enum btz_rc
judge(struct btz_core *core, const struct btz_leased *l,
    const struct btz_import *rq, struct btz_generate *g, struct btz_err *err)
{
	enum btz_rc rc;

	if (!btz_msg_decode(&btz_def_generate, rq->key, g))
		return BTZ_FAIL(err, BTZ_E_INVAL, "description of the key");
	if ((core->ops->caps & BTZ_CAP_IMPORT) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "'%s' takes no keys from outside", core->ops->name);
	if (g->kind != BTZ_KIND_PLAIN)
		return BTZ_FAIL(err, BTZ_E_KEY_KIND, "import of a %s key",
		    btz_kind_name(g->kind));
	rc = btz_judge_generate(core->ops, l->kinds, g, btz_unix_now(), err);
	if (rc == BTZ_OK)
		rc = btz_newkey_quota(core, l, err);
	if (rc != BTZ_OK || is_zero(rq->wrapped_by))
		return rc;
	return btz_unwrap_judge(core, l, rq->wrapped_by, err);
}

void
btz_op_import(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_task_kind kind = { "key.import", BTZ_USE_IMPORT,
		sizeof(struct job), run };
	const struct btz_import *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_IMPORT);
	struct btz_generate g;
	struct btz_err err;
	struct job *j;

	if (l == NULL)
		return;
	if (judge(btz_core_of(h), l, rq, &g, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	if ((j = btz_task_new(&kind, c, l)) == NULL)
		return;
	btz_newkey_keep(&j->key, &g);
	memcpy(j->secret, rq->secret.p, rq->secret.len);
	j->secret_len = rq->secret.len;
	j->wrapped = !is_zero(rq->wrapped_by);
	memcpy(j->wrapped_by, rq->wrapped_by, BTZ_ID_LEN);
	btz_task_text(&j->t, j->key.g.label);
	(void)snprintf(
	    j->t.why, sizeof(j->t.why), "%s", j->wrapped ? "wrapped" : "plain");
	btz_task_start(&j->t);
	btz_chan_wipe();
}
