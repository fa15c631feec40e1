/* SPDX-License-Identifier: Apache-2.0 */
/* op_hash.c - a hash, for those who have no library for it; no key. */
#include "crypto/hash.h"
#include "crypto/lease.h"
#include "wire/msg_crypt.h"

void
btz_op_hash(struct btz_host *h, struct btz_call *c, const void *msg)
{
	const struct btz_hash *rq = msg;
	struct btz_hash_ok out;
	uint8_t buf[BTZ_DIGEST_MAX];
	struct btz_err err;

	(void)h;
	if (btz_enter(c, BTZ_USE_RANDOM) == NULL)
		return;
	if (!btz_hash_run(rq->alg, rq->input, buf)) {
		(void)BTZ_FAIL(
		    &err, BTZ_E_UNSUPPORTED, "hash algorithm %u", rq->alg);
		btz_reply_err(&c->ticket, &err);
		return;
	}
	out.hash = btz_span_of(buf, btz_hash_len(rq->alg));
	btz_reply(&c->ticket, BTZ_OK, &btz_def_hash_ok, &out);
	btz_wipe(buf, sizeof(buf));
}
