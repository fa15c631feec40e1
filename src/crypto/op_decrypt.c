/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_decrypt.c - decryption. Where the algorithm tells right from wrong, the
 * versions of the key are tried, newest first, unless one is named.
 */
#include "base/chan.h"
#include "crypto/crypting.h"
#include "crypto/judge.h"
#include "crypto/keyuse.h"
#include "crypto/slow.h"
#include "wire/msg_crypt.h"

static enum btz_rc
decrypt_one(struct btz_core *core, struct btz_hotkey *k,
    const struct btz_crypt *rq, struct btz_wr *wr, struct btz_err *err)
{
	struct btz_backend_crypt in = { .verb = BTZ_VERB_DECRYPT,
		.alg = rq->alg,
		.nonce = rq->nonce,
		.aad = rq->aad,
		.input = rq->input };
	enum btz_rc rc;

	if ((rc = btz_judge_use(&k->facts, BTZ_USE_DECRYPT, rq->alg,
		 btz_unix_now(), err)) != BTZ_OK ||
	    (rc = btz_judge_crypt(&k->facts, BTZ_USE_DECRYPT, rq, err)) !=
		BTZ_OK ||
	    (rc = btz_judge_crypt_here(core->ops, rq->alg, err)) != BTZ_OK)
		return rc;
	return btz_keyuse_crypt(core, k, &in, wr, err);
}

enum btz_rc
btz_crypting_decrypt(struct btz_core *core, struct btz_hotkey **k,
    const struct btz_crypt *rq, struct btz_wr *wr, struct btz_err *err)
{
	const bool tells = btz_crypt_tells(rq->alg);
	struct btz_hotkey *older;
	enum btz_rc rc;

	if (!tells && rq->version == 0 && (*k)->version > 1)
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "%s does not tell which version of the key it was",
		    btz_crypt_name(rq->alg));
	rc = decrypt_one(core, *k, rq, wr, err);
	for (int i = 0; rc == BTZ_E_SIGNATURE && tells && rq->version == 0 &&
			i < BTZ_HOT_TRIES &&
			btz_hot_older(core->hot, *k, &older, NULL) == BTZ_OK;
	     i++) {
		*k = older;
		wr->len = 0;
		rc = decrypt_one(core, older, rq, wr, err);
	}
	return rc;
}

void
btz_op_decrypt(struct btz_host *h, struct btz_call *c, const void *msg)
{
	static uint8_t buf[BTZ_INPUT_MAX + 64];
	struct btz_core *core = btz_core_of(h);
	const struct btz_crypt *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_DECRYPT);
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
		rc = btz_crypting_decrypt(core, &k, rq, &wr, &err);
	if (rc == BTZ_E_AGAIN &&
	    btz_slow_park(core->slow, c, &btz_def_crypt, msg, btz_op_decrypt))
		return;
	btz_keyuse_record(core, l, k, c->ticket.id, BTZ_USED_DECRYPT, rc);
	if (rc == BTZ_OK)
		rc = btz_keyuse_still(l, BTZ_USE_DECRYPT, &err);
	if (rc == BTZ_OK) {
		out = (struct btz_crypt_ok){ .version = k->version,
			.output = btz_wr_span(&wr) };
		btz_reply(&c->ticket, BTZ_OK, &btz_def_crypt_ok, &out);
	} else if (rc == BTZ_E_SIGNATURE) {
		btz_reply(&c->ticket, rc, NULL, NULL);
	} else {
		btz_reply_err(&c->ticket, &err);
	}
	/* Also what a backend wrote before it found the tag wrong. */
	btz_wipe(buf, sizeof(buf));
	btz_chan_wipe();
}
