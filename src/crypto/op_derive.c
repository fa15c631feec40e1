/* SPDX-License-Identifier: Apache-2.0 */
/* op_derive.c - a secret out of a key: agreement with a peer, or HKDF. */
#include "base/chan.h"
#include "crypto/judge.h"
#include "crypto/keyuse.h"
#include "crypto/slow.h"
#include "wire/msg_crypt.h"

static enum btz_rc
derive(struct btz_core *core, struct btz_hotkey *k, const struct btz_derive *rq,
    struct btz_wr *wr, struct btz_err *err)
{
	const struct btz_backend_crypt in = { .verb = BTZ_VERB_DERIVE,
		.alg = rq->alg,
		.input = rq->peer,
		.salt = rq->salt,
		.info = rq->info,
		.len = rq->len };
	enum btz_rc rc;

	if ((rc = btz_judge_use(&k->facts, BTZ_USE_DERIVE, rq->alg,
		 btz_unix_now(), err)) != BTZ_OK ||
	    (rc = btz_judge_derive(rq, err)) != BTZ_OK ||
	    (rc = btz_judge_crypt_here(core->ops, rq->alg, err)) != BTZ_OK)
		return rc;
	return btz_keyuse_crypt(core, k, &in, wr, err);
}

void
btz_op_derive(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static uint8_t buf[BTZ_DERIVED_MAX];
	struct btz_core *core = btz_core_of(h);
	const struct btz_derive *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_DERIVE);
	struct btz_secret_ok out;
	struct btz_hotkey *k;
	struct btz_err err;
	struct btz_wr wr;
	enum btz_rc rc;

	if (l == NULL)
		return;
	btz_wr_init(&wr, buf, sizeof(buf));
	rc = btz_keyuse_find(core, l, rq->id, rq->version, &k, &err);
	if (rc == BTZ_OK)
		rc = derive(core, k, rq, &wr, &err);
	if (rc == BTZ_E_AGAIN &&
	    btz_slow_park(core->slow, c, &btz_def_derive, msg, btz_op_derive))
		return;
	btz_keyuse_record(core, l, k, c->ticket.id, BTZ_USED_DERIVE, rc);
	if (rc == BTZ_OK)
		rc = btz_keyuse_still(l, BTZ_USE_DERIVE, &err);
	if (rc == BTZ_OK) {
		out.secret = btz_wr_span(&wr);
		btz_reply(&c->ticket, BTZ_OK, &btz_def_secret_ok, &out);
	} else {
		btz_reply_err(&c->ticket, &err);
	}
	btz_wipe(buf, sizeof(buf));
	btz_chan_wipe();
}
