/* SPDX-License-Identifier: Apache-2.0 */
/* op_export_private.c - the private part of a key that was made exportable, in
 * the form of its family (wire/alg.h): its owner's alone, the version in use. */
#include <string.h>

#include "base/chan.h"
#include "crypto/keyuse.h"
#include "crypto/task.h"
#include "wire/keyblob.h"
#include "wire/msg_crypt.h"
#include "wire/msg_key.h"

struct job {
	struct btz_task t;
	uint8_t id[BTZ_ID_LEN];
};

static enum btz_rc
find(struct btz_core *core, const struct btz_leased *l,
    const uint8_t id[BTZ_ID_LEN], struct btz_hotkey **k, struct btz_err *err)
{
	enum btz_rc rc = btz_hot_get(core->hot, id, k, err);

	if (rc != BTZ_OK)
		return rc;
	if (!btz_leased_reaches(l, id, (*k)->owner, false))
		return BTZ_FAIL(err, BTZ_E_NOENT, "key of another owner");
	if ((core->ops->caps & BTZ_CAP_EXPORT) == 0)
		return BTZ_FAIL(err, btz_backend_keeps(core->ops),
		    "no key leaves '%s'", core->ops->name);
	if ((*k)->facts.kind != BTZ_KIND_PLAIN ||
	    ((*k)->facts.flags & BTZ_KEYBLOB_EXPORTABLE) == 0)
		return BTZ_FAIL(err, BTZ_E_KEY_USAGE, "not made exportable");
	if ((*k)->facts.state != BTZ_KEY_ENABLED)
		return BTZ_FAIL(err, BTZ_E_KEY_STATE, "key is %s",
		    btz_key_state_name((*k)->facts.state));
	return BTZ_OK;
}

static enum btz_rc
export_key(
    const struct btz_backend *be, void *key, void *arg, struct btz_err *err)
{
	struct btz_wr *out = arg;
	enum btz_rc rc = be->ops->export_key(be->st, key, out, err);

	return rc != BTZ_OK || btz_wr_ok(out)
		   ? rc
		   : BTZ_FAIL(err, BTZ_E_TOOBIG, "private part");
}

static enum btz_rc
run(struct btz_task *t, struct btz_leased *l, struct btz_err *err)
{
	const struct job *j = (struct job *)(void *)t;
	uint8_t secret[BTZ_SECRET_MAX];
	struct btz_secret_ok ok;
	struct btz_hotkey *k;
	struct btz_wr wr;
	enum btz_rc rc = find(t->core, l, j->id, &k, err);

	btz_wr_init(&wr, secret, sizeof(secret));
	if (rc == BTZ_OK)
		rc = btz_keyuse_run(t->core, k, export_key, &wr, err);
	if (rc == BTZ_OK) {
		ok.secret = btz_wr_span(&wr);
		btz_task_done(t, &btz_def_secret_ok, &ok);
	}
	btz_wipe(secret, sizeof(secret));
	btz_chan_wipe();
	return rc;
}

void
btz_op_export_private(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_task_kind kind = { "key.export",
		BTZ_USE_EXPORT_PRIVATE, sizeof(struct job), run };
	const struct btz_key_ref *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_EXPORT_PRIVATE);
	struct btz_hotkey *k;
	struct btz_err err;
	struct job *j;

	if (l == NULL)
		return;
	if (find(btz_core_of(h), l, rq->id, &k, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	if ((j = btz_task_new(&kind, c, l)) == NULL)
		return;
	memcpy(j->id, rq->id, BTZ_ID_LEN);
	btz_task_key(&j->t, j->id);
	btz_task_start(&j->t);
}
