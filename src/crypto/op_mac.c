/* SPDX-License-Identifier: Apache-2.0 */
/* op_mac.c - message authentication codes: made, and compared here. */
#include <openssl/crypto.h>

#include "crypto/judge.h"
#include "crypto/keyuse.h"
#include "crypto/slow.h"
#include "wire/msg_crypt.h"

static enum btz_rc
mac(struct btz_core *core, struct btz_hotkey *k, enum btz_use use,
    const struct btz_mac *rq, uint8_t buf[BTZ_DIGEST_MAX], struct btz_span *out,
    struct btz_err *err)
{
	const struct btz_backend_crypt in = {
		.verb = BTZ_VERB_MAC, .alg = rq->alg, .input = rq->input
	};
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, buf, BTZ_DIGEST_MAX);
	if ((rc = btz_judge_use(
		 &k->facts, use, rq->alg, btz_unix_now(), err)) != BTZ_OK ||
	    (rc = btz_judge_crypt_here(core->ops, rq->alg, err)) != BTZ_OK ||
	    (rc = btz_keyuse_crypt(core, k, &in, &wr, err)) != BTZ_OK)
		return rc;
	*out = btz_wr_span(&wr);
	return BTZ_OK;
}

/* In full length only. */
static enum btz_rc
verify_one(struct btz_core *core, struct btz_hotkey *k,
    const struct btz_mac *rq, struct btz_err *err)
{
	uint8_t buf[BTZ_DIGEST_MAX];
	struct btz_span want;
	enum btz_rc rc = mac(core, k, BTZ_USE_VERIFY, rq, buf, &want, err);

	if (rc == BTZ_OK &&
	    (want.len != rq->mac.len ||
		CRYPTO_memcmp(want.p, rq->mac.p, want.len) != 0))
		rc = BTZ_FAIL(err, BTZ_E_SIGNATURE, "MAC");
	btz_wipe(buf, sizeof(buf));
	return rc;
}

static enum btz_rc
verify(struct btz_core *core, struct btz_hotkey *k, const struct btz_mac *rq,
    struct btz_err *err)
{
	enum btz_rc rc = verify_one(core, k, rq, err);

	for (int i = 0;
	     rc == BTZ_E_SIGNATURE && rq->version == 0 && i < BTZ_HOT_TRIES &&
	     btz_hot_older(core->hot, k, &k, NULL) == BTZ_OK;
	     i++)
		rc = verify_one(core, k, rq, err);
	return rc;
}

void
btz_op_mac(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_mac *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_SIGN);
	uint8_t buf[BTZ_DIGEST_MAX];
	struct btz_mac_ok out;
	struct btz_hotkey *k;
	struct btz_err err;
	enum btz_rc rc;

	if (l == NULL)
		return;
	rc = btz_keyuse_find(core, l, rq->id, rq->version, &k, &err);
	if (rc == BTZ_OK && rq->mac.len != 0)
		rc = BTZ_FAIL(&err, BTZ_E_INVAL, "MAC of a MAC");
	if (rc == BTZ_OK)
		rc = mac(core, k, BTZ_USE_SIGN, rq, buf, &out.mac, &err);
	if (rc == BTZ_E_AGAIN &&
	    btz_slow_park(core->slow, c, &btz_def_mac, msg, btz_op_mac))
		return;
	btz_keyuse_record(core, l, k, c->ticket.id, BTZ_USED_MAC, rc);
	if (rc == BTZ_OK)
		rc = btz_keyuse_still(l, BTZ_USE_SIGN, &err);
	if (rc != BTZ_OK) {
		btz_reply_err(&c->ticket, &err);
		return;
	}
	out.version = k->version;
	btz_reply(&c->ticket, BTZ_OK, &btz_def_mac_ok, &out);
}

void
btz_op_mac_verify(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_mac *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_VERIFY);
	struct btz_hotkey *k;
	struct btz_err err;
	enum btz_rc rc;

	if (l == NULL)
		return;
	rc = btz_keyuse_find(core, l, rq->id, rq->version, &k, &err);
	if (rc == BTZ_OK)
		rc = verify(core, k, rq, &err);
	if (rc == BTZ_E_AGAIN &&
	    btz_slow_park(core->slow, c, &btz_def_mac, msg, btz_op_mac_verify))
		return;
	btz_keyuse_record(core, l, k, c->ticket.id, BTZ_USED_MAC_VERIFY, rc);
	if (rc == BTZ_OK)
		rc = btz_keyuse_still(l, BTZ_USE_VERIFY, &err);
	if (rc == BTZ_OK || rc == BTZ_E_SIGNATURE)
		btz_reply(&c->ticket, rc, NULL, NULL);
	else
		btz_reply_err(&c->ticket, &err);
}
