/* SPDX-License-Identifier: Apache-2.0 */
/* op_export_public.c - what is public about one key. */
#include <string.h>

#include "crypto/keystore.h"
#include "crypto/lease.h"
#include "crypto/share.h"
#include "wire/msg_key.h"

void
btz_op_export_public(struct btz_host *h, struct btz_call *c, const void *msg)
{
	struct btz_core *core = btz_core_of(h);
	const struct btz_key_ref *rq = msg;
	struct btz_leased *l = btz_enter(c, BTZ_USE_EXPORT_PUBLIC);
	static uint8_t shares[BTZ_SHARES_TEXT_MAX];
	char owner[BTZ_NAME_MAX + 1] = "";
	struct btz_key_row row;
	struct btz_err err;
	enum btz_rc rc;

	if (l == NULL)
		return;
	rc = btz_keystore_get(core->store, rq->id, &row, &err);
	if (rc == BTZ_OK) {
		memcpy(owner, row.info.owner.p, row.info.owner.len);
		if (!btz_leased_reaches(l, rq->id, owner, true))
			rc = BTZ_FAIL(&err, BTZ_E_NOENT,
			    "key of '%s' asked by '%s'", owner, l->application);
	}
	if (rc == BTZ_OK && btz_key_veil(l, &row.info))
		row.info.shares = btz_shares_of(core->shares, rq->id, shares);
	if (rc == BTZ_OK)
		btz_reply(&c->ticket, BTZ_OK, &btz_def_key_info, &row.info);
	else
		btz_reply_err(&c->ticket, &err);
}
