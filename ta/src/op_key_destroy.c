/* SPDX-License-Identifier: Apache-2.0 */
/* op_key_destroy.c - a blob's slot is emptied: no copy of it opens again. */
#include "ta.h"

/* Said only when a crash cannot bring it back. */
static enum btz_rc
gone(struct ta *ta)
{
	bool open = ta->nv_unsure;
	enum btz_rc rc = BTZ_OK;

	for (size_t i = 0; i < TA_PAGES; i++)
		open = open || ta->page_dirty[i];
	if (open)
		rc = ta_store_commit(ta);
	return rc == BTZ_OK ? BTZ_E_KEY_GENERATION : rc;
}

enum btz_rc
ta_op_key_destroy(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_ta_blob req;
	struct btz_keyblob b;
	uint8_t d[TA_SECRET_MAX];
	enum btz_rc rc;

	(void)session, (void)out;
	if (!btz_msg_decode(&btz_def_ta_blob, in, &req))
		return BTZ_E_PROTO;
	rc = ta_blob_open(ta, req.blob, &b, d);
	btz_wipe(d, sizeof(d));
	if (rc == BTZ_E_KEY_GENERATION)
		return gone(ta);
	if (rc != BTZ_OK)
		return rc;
	/* Also when the commit fails: within this boot it is destroyed, and
	 * the next commit stores it. */
	ta_slots_destroy(ta, b.slot);
	ta_keys_close_slot(ta, b.slot);
	ta_constrained_remove(ta, b.slot);
	return ta_store_commit(ta);
}
