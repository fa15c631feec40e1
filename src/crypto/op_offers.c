/* SPDX-License-Identifier: Apache-2.0 */
/* op_offers.c - what this backend can do, for whoever has a lease: the same
 * sets that the judge asks. Names of them for administrators: op_status.c. */
#include "crypto/core.h"
#include "wire/msg_offers.h"

void
btz_op_offers(struct btz_host *h, struct btz_call *c, const void *msg)
{
	const struct btz_backend_ops *ops = btz_core_of(h)->ops;
	struct btz_offers out;

	(void)msg;
	if (btz_enter(c, 0) == NULL)
		return;
	out = (struct btz_offers){ .algs = ops->algs,
		.sigs = ops->sigs,
		.crypts = ops->crypt != NULL ? ops->crypts : 0 };
	if ((ops->caps & BTZ_CAP_IMPORT) != 0)
		out.transfers |= BTZ_TRANSFER_IMPORT;
	if ((ops->caps & BTZ_CAP_EXPORT) != 0)
		out.transfers |= BTZ_TRANSFER_EXPORT;
	if ((ops->caps & BTZ_CAP_ATTEST) != 0)
		out.transfers |= BTZ_TRANSFER_ATTEST;
	btz_reply(&c->ticket, BTZ_OK, &btz_def_offers, &out);
}
