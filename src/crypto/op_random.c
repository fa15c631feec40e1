/* SPDX-License-Identifier: Apache-2.0 */
/* op_random.c - random bytes from where the keys are. */
#include "crypto/lease.h"
#include "wire/msg_random.h"

void
btz_op_random(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_random *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_RANDOM);
	uint8_t buf[BTZ_RANDOM_MAX];
	struct btz_random_ok out = { .bytes = { buf, rq->n } };
	struct btz_err err;
	enum btz_rc rc = BTZ_OK;

	if (l == NULL)
		return;
	if (rq->n == 0 || rq->n > sizeof(buf))
		rc = BTZ_FAIL(&err, BTZ_E_RANGE, "%u random bytes", rq->n);
	if (rc == BTZ_OK)
		rc = core->be->ops->random(core->be->st, buf, rq->n, &err);
	if (rc == BTZ_OK)
		btz_reply(&c->ticket, BTZ_OK, &btz_def_random_ok, &out);
	else
		btz_reply_err(&c->ticket, &err);
	btz_wipe(buf, sizeof(buf));
}
