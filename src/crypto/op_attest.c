/* SPDX-License-Identifier: Apache-2.0 */
/* op_attest.c - proof that a key is in its device. Who may sign with the key
 * may have it attested, whatever the key itself is for: its private part does
 * nothing, so no use is counted either. */
#include "base/chan.h"
#include "crypto/keyuse.h"

struct attesting {
	const struct btz_attest *rq;
	struct btz_backend_attested *out;
};

static enum btz_rc
run_attest(
    const struct btz_backend *be, void *key, void *arg, struct btz_err *err)
{
	const struct attesting *a = arg;

	return be->ops->attest(
	    be->st, key, a->rq->blob, a->rq->secret, a->out, err);
}

static enum btz_rc
attest(struct btz_core *core, struct btz_hotkey *k, const struct btz_attest *rq,
    struct btz_backend_attested *out, struct btz_err *err)
{
	struct attesting a = { rq, out };

	if ((core->ops->caps & BTZ_CAP_ATTEST) == 0)
		return BTZ_FAIL(err, BTZ_E_UNSUPPORTED,
		    "no key of '%s' can be attested", core->ops->name);
	if (k->facts.state != BTZ_KEY_ENABLED)
		return BTZ_FAIL(err, BTZ_E_KEY_STATE, "key is %s",
		    btz_key_state_name(k->facts.state));
	if ((rq->blob.len == 0) != (rq->secret.len == 0))
		return BTZ_FAIL(err, BTZ_E_INVAL, "half a credential");
	return btz_keyuse_run(core, k, run_attest, &a, err);
}

void
btz_op_attest(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static struct btz_backend_attested out;
	struct btz_core *core = btz_core_of(h);
	const struct btz_attest *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_SIGN);
	struct btz_hotkey *k;
	struct btz_err err;
	enum btz_rc rc;

	if (l == NULL)
		return;
	if (btz_keyuse_find(core, l, rq->id, 0, &k, &err) != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	rc = attest(core, k, rq, &out, &err);
	btz_keyuse_record(core, l, k, c->ticket.id, BTZ_USED_ATTEST, rc);
	if (rc == BTZ_OK)
		rc = btz_keyuse_still(l, BTZ_USE_SIGN, &err);
	if (rc == BTZ_OK)
		btz_reply(&c->ticket, BTZ_OK, &btz_def_attested, &out.is);
	else
		btz_reply_err(&c->ticket, &err);
	btz_wipe(&out, sizeof(out));
	btz_chan_wipe();
}
