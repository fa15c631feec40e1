/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_rewrap.c - what was encrypted under older versions, under the newest: each
 * item is decrypted and encrypted here, and the plain text stays here. All or
 * nothing: one that fails, and nothing is answered but that.
 */
#include "base/chan.h"
#include "crypto/crypting.h"
#include "crypto/keyuse.h"
#include "crypto/slow.h"

#define ITEMS_MAX 1024
#define SLOW_ITEMS_MAX 16 /* RSA: nobody else is answered meanwhile */

static uint8_t plain[BTZ_INPUT_MAX + 64], sealed[BTZ_INPUT_MAX + 64],
    answer[BTZ_LIST_MAX];

static enum btz_rc
decrypt(struct btz_core *core, const struct btz_leased *l, uint64_t request,
    const struct btz_crypt *rq, struct btz_span *out, struct btz_err *err)
{
	struct btz_hotkey *k = NULL;
	struct btz_wr wr;
	enum btz_rc rc;

	btz_wr_init(&wr, plain, sizeof(plain));
	rc = btz_keyuse_find(core, l, rq->id, rq->version, &k, err);
	if (rc == BTZ_OK)
		rc = btz_crypting_decrypt(core, &k, rq, &wr, err);
	if (rc != BTZ_E_AGAIN)
		btz_keyuse_record(core, l, k, request, BTZ_USED_DECRYPT, rc);
	*out = btz_wr_span(&wr);
	return rc;
}

static enum btz_rc
encrypt(struct btz_core *core, const struct btz_leased *l, uint64_t request,
    const struct btz_crypt *item, struct btz_span in, struct btz_wr *to,
    struct btz_err *err)
{
	struct btz_crypt rq = *item;
	struct btz_hotkey *k = NULL;
	struct btz_crypt_ok ok;
	struct btz_wr wr;
	enum btz_rc rc;

	rq.version = 0;
	rq.nonce = btz_span_of(NULL, 0);
	rq.input = in;
	btz_wr_init(&wr, sealed, sizeof(sealed));
	rc = btz_keyuse_find(core, l, rq.id, 0, &k, err);
	if (rc == BTZ_OK)
		rc = btz_crypting_encrypt(core, k, &rq, &wr, &ok, err);
	if (rc != BTZ_E_AGAIN)
		btz_keyuse_record(core, l, k, request, BTZ_USED_ENCRYPT, rc);
	if (rc != BTZ_OK)
		return rc;
	btz_msg_write(&btz_def_crypt_ok, &ok, to);
	return btz_wr_ok(to) ? BTZ_OK
			     : BTZ_FAIL(err, BTZ_E_TOOBIG, "rewrapped items");
}

/* Each costs the lease one request, the first one did. */
static enum btz_rc
admit(struct btz_leased *l, const struct btz_crypt *item, int n,
    struct btz_err *err)
{
	const bool slow = btz_crypt_nonce_len(item->alg) == 0;

	if (n > ITEMS_MAX || (slow && n > SLOW_ITEMS_MAX))
		return BTZ_FAIL(err, BTZ_E_RANGE, "item %d, at most %d", n,
		    slow ? SLOW_ITEMS_MAX : ITEMS_MAX);
	if (n > 1 && btz_leased_spend(l, btz_boot_ms()) != BTZ_OK)
		return BTZ_FAIL(err, BTZ_E_QUOTA, "item %d", n);
	return BTZ_OK;
}

static enum btz_rc
rewrap(struct btz_core *core, struct btz_leased *l, uint64_t request,
    const struct btz_rewrap *rq, struct btz_wr *to, struct btz_err *err)
{
	struct btz_crypt item;
	struct btz_span text;
	struct btz_rd rd;
	enum btz_rc rc = BTZ_OK;

	btz_rd_span(&rd, rq->items);
	for (int n = 1; rc == BTZ_OK && !btz_rd_end(&rd); n++) {
		if (!btz_msg_read(&btz_def_crypt, &rd, &item))
			return BTZ_FAIL(err, BTZ_E_INVAL, "item %d", n);
		rc = admit(l, &item, n, err);
		if (rc == BTZ_OK)
			rc = decrypt(core, l, request, &item, &text, err);
		if (rc == BTZ_OK)
			rc = encrypt(core, l, request, &item, text, to, err);
	}
	return rc;
}

void
btz_op_rewrap(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	struct btz_leased *l = btz_enter(
	    c, (uint32_t)BTZ_USE_DECRYPT | (uint32_t)BTZ_USE_ENCRYPT);
	struct btz_rewrap out;
	struct btz_err err;
	struct btz_wr wr;
	enum btz_rc rc;

	if (l == NULL)
		return;
	btz_wr_init(&wr, answer, sizeof(answer));
	rc = rewrap(core, l, c->ticket.id, msg, &wr, &err);
	btz_wipe(plain, sizeof(plain));
	if (rc == BTZ_E_AGAIN &&
	    btz_slow_park(core->slow, c, &btz_def_rewrap, msg, btz_op_rewrap))
		return;
	if (rc == BTZ_OK)
		rc = btz_keyuse_still(l, BTZ_USE_DECRYPT, &err);
	out.items = btz_wr_span(&wr);
	if (rc == BTZ_OK)
		btz_reply(&c->ticket, BTZ_OK, &btz_def_rewrap_ok, &out);
	else
		btz_reply_err(&c->ticket, &err);
	btz_chan_wipe();
}
