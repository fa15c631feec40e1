/* SPDX-License-Identifier: Apache-2.0 */
/* op_destroy.c - a key is forgotten for ever, all its versions, after its
 * record is durable. */
#include <string.h>

#include "crypto/destroy.h"
#include "crypto/hot.h"
#include "crypto/task.h"
#include "wire/msg_key.h"

struct job {
	struct btz_task t;
	uint8_t id[BTZ_ID_LEN];
};

static enum btz_rc
run(struct btz_task *t, struct btz_leased *l, struct btz_err *err)
{
	const struct job *j = (struct job *)(void *)t;
	enum btz_rc rc = btz_destroy_key(t->core, j->id, err);

	(void)l;
	if (rc == BTZ_OK)
		btz_task_done(t, NULL, NULL);
	else if (rc != BTZ_E_AGAIN)	      /* else this task comes back */
		btz_doom_plan(t->core->doom); /* what was begun */
	return rc;
}

/* Root and checkpoint keys are the backend's own: never destroyed here. */
static enum btz_rc
judge(struct btz_core *core, const struct btz_leased *l,
    const uint8_t id[BTZ_ID_LEN], struct btz_err *err)
{
	struct btz_hotkey *k;
	enum btz_rc rc = btz_hot_get(core->hot, id, &k, err);

	if (rc == BTZ_OK && !btz_leased_reaches(l, id, k->owner, false))
		rc = BTZ_FAIL(err, BTZ_E_NOENT, "key of another owner");
	if (rc == BTZ_OK && k->facts.state == BTZ_KEY_DESTROYED)
		rc = BTZ_FAIL(err, BTZ_E_KEY_STATE, "already destroyed");
	if (rc == BTZ_OK && (k->facts.kind == BTZ_KIND_ROOT ||
				k->facts.kind == BTZ_KIND_CHECKPOINT))
		rc = BTZ_FAIL(err, BTZ_E_KEY_USAGE, "%s key",
		    btz_kind_name(k->facts.kind));
	return rc;
}

void
btz_op_destroy(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static const struct btz_task_kind kind = { "key.destroy",
		BTZ_USE_DESTROY, sizeof(struct job), run };
	const struct btz_key_ref *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_DESTROY);
	struct btz_err err;
	struct job *j;

	if (l == NULL)
		return;
	if (judge(btz_core_of(h), l, rq->id, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	if ((j = btz_task_new(&kind, c, l)) == NULL)
		return;
	memcpy(j->id, rq->id, BTZ_ID_LEN);
	btz_task_key(&j->t, j->id);
	btz_task_start(&j->t);
}
