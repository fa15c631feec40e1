/* SPDX-License-Identifier: Apache-2.0 */
/* op_sign.c - a signature: lease, key, meaning, backend, record. */
#include "crypto/judge.h"
#include "crypto/keyuse.h"
#include "crypto/slow.h"
#include "crypto/uses.h"
#include "wire/msg_sign.h"

struct signing {
	const struct btz_backend_sign *in;
	struct btz_backend_sig *out;
};

static enum btz_rc
run_sign(
    const struct btz_backend *be, void *key, void *arg, struct btz_err *err)
{
	const struct signing *s = arg;

	return be->ops->sign(be->st, key, s->in, s->out, err);
}

static enum btz_rc
sign(struct btz_core *core, struct btz_hotkey *k, const struct btz_sign *rq,
    struct btz_backend_sig *out, struct btz_err *err)
{
	struct btz_backend_sign in;
	struct signing s = { &in, out };
	enum btz_rc rc;

	if ((rc = btz_judge_sign(&k->facts, rq, btz_unix_now(), &in, err)) !=
		BTZ_OK ||
	    (rc = btz_judge_sig_here(core->ops, rq->alg, err)) != BTZ_OK ||
	    (rc = btz_uses_count(core, k, err)) != BTZ_OK)
		return rc;
	rc = btz_keyuse_run(core, k, run_sign, &s, err);
	if (rc == BTZ_E_AGAIN)
		btz_uses_uncount(core, k);
	return rc;
}

void
btz_op_sign(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_sign *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_SIGN);
	struct btz_backend_sig sig = { .len = 0 };
	struct btz_signature out;
	struct btz_hotkey *k;
	struct btz_err err;
	enum btz_rc rc;

	if (l == NULL)
		return;
	if (btz_keyuse_find(core, l, rq->id, 0, &k, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	rc = sign(core, k, rq, &sig, &err);
	/* It needs a commit, and the TPM is at work. */
	if (rc == BTZ_E_AGAIN &&
	    btz_slow_park(core->slow, c, &btz_def_sign, msg, btz_op_sign))
		return;
	btz_keyuse_record(core, l, k, c->ticket.id, BTZ_USED_SIGN, rc);
	if (rc == BTZ_OK)
		rc = btz_keyuse_still(l, BTZ_USE_SIGN, &err);
	if (rc != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	out.signature = btz_span_of(sig.bytes, sig.len);
	btz_reply(&c->ticket, BTZ_OK, &btz_def_signature, &out);
}
