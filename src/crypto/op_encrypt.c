/* SPDX-License-Identifier: Apache-2.0 */
/* op_encrypt.c - encryption by a key, with a nonce that never comes again. */
#include "base/chan.h"
#include "crypto/crypting.h"
#include "crypto/judge.h"
#include "crypto/keyuse.h"
#include "crypto/renew.h"
#include "crypto/slow.h"
#include "crypto/uses.h"
#include "wire/msg_crypt.h"

/* RSA needs none; a caller's own is counted like a drawn one. */
static enum btz_rc
take_nonce(struct btz_core *core, struct btz_hotkey *k,
    const struct btz_crypt *rq, uint8_t buf[BTZ_NONCE_MAX],
    struct btz_span *nonce, struct btz_err *err)
{
	enum btz_rc rc;

	*nonce = btz_span_of(buf, btz_crypt_nonce_len(rq->alg));
	if (nonce->len == 0)
		return BTZ_OK;
	rc = btz_uses_nonce(core, k, rq->alg, buf, err);
	if (btz_uses_near_end(core, k))
		btz_renew(core, k);
	if (rq->nonce.len != 0)
		*nonce = rq->nonce;
	return rc;
}

enum btz_rc
btz_crypting_encrypt(struct btz_core *core, struct btz_hotkey *k,
    const struct btz_crypt *rq, struct btz_wr *wr, struct btz_crypt_ok *out,
    struct btz_err *err)
{
	static uint8_t nonce[BTZ_NONCE_MAX];
	struct btz_backend_crypt in = { .verb = BTZ_VERB_ENCRYPT,
		.alg = rq->alg,
		.aad = rq->aad,
		.input = rq->input };
	enum btz_rc rc;

	if ((rc = btz_judge_use(&k->facts, BTZ_USE_ENCRYPT, rq->alg,
		 btz_unix_now(), err)) != BTZ_OK ||
	    (rc = btz_judge_crypt(&k->facts, BTZ_USE_ENCRYPT, rq, err)) !=
		BTZ_OK ||
	    (rc = btz_judge_crypt_here(core->ops, rq->alg, err)) != BTZ_OK ||
	    (rc = take_nonce(core, k, rq, nonce, &in.nonce, err)) != BTZ_OK ||
	    (rc = btz_keyuse_crypt(core, k, &in, wr, err)) != BTZ_OK)
		return rc;
	*out = (struct btz_crypt_ok){ .version = k->version,
		.nonce = in.nonce,
		.output = btz_wr_span(wr) };
	return BTZ_OK;
}

void
btz_op_encrypt(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static uint8_t buf[BTZ_INPUT_MAX + 64];
	struct btz_core *core = btz_core_of(h);
	const struct btz_crypt *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_ENCRYPT);
	struct btz_crypt_ok out;
	struct btz_hotkey *k;
	struct btz_err err;
	struct btz_wr wr;
	enum btz_rc rc;

	if (l == NULL)
		return;
	btz_wr_init(&wr, buf, sizeof(buf));
	rc = btz_keyuse_find(core, l, rq->id, rq->version, &k, &err);
	if (rc == BTZ_OK)
		rc = btz_crypting_encrypt(core, k, rq, &wr, &out, &err);
	if (rc == BTZ_E_AGAIN &&
	    btz_slow_park(core->slow, c, &btz_def_crypt, msg, btz_op_encrypt))
		return;
	btz_keyuse_record(core, l, k, c->ticket.id, BTZ_USED_ENCRYPT, rc);
	if (rc == BTZ_OK)
		rc = btz_keyuse_still(l, BTZ_USE_ENCRYPT, &err);
	if (rc == BTZ_OK)
		btz_reply(&c->ticket, BTZ_OK, &btz_def_crypt_ok, &out);
	else
		btz_reply_err(&c->ticket, &err);
	btz_wipe(buf, wr.len);
	btz_chan_wipe();
}
