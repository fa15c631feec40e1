/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_recover.c - the way out of storage-rolled-back: the administrators of the
 * record that is there say that it is to be the truth again. What came after
 * it is lost, keys that were destroyed after it may open again; every
 * checkpoint says from then on that this happened (btz-recovery).
 */
#include <string.h>

#include "approval.h"

/* What was approved is what is there now, not what was there then. */
static enum btz_rc
check(struct ta *ta, const struct btz_recover *req)
{
	uint8_t record[32], index[32];
	enum btz_rc rc = ta_store_digests(ta, record, index);

	if (rc == BTZ_OK && ta->rec.phase != TA_PHASE_READY)
		rc = BTZ_E_STATE;
	if (rc == BTZ_OK &&
	    (memcmp(record, req->record_digest, sizeof(record)) != 0 ||
		memcmp(index, req->index_digest, sizeof(index)) != 0))
		rc = BTZ_E_ROLLBACK;
	if (rc != BTZ_OK)
		return rc;
	memcpy(ta->nv_digest, index, sizeof(index));
	ta->nv_unsure = false;
	return BTZ_OK;
}

enum btz_rc
ta_op_recover(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_approved ap;
	struct btz_recover req;
	enum btz_rc rc;

	(void)session, (void)out;
	if (!btz_msg_decode(&btz_def_approved, in, &ap) ||
	    ap.operation != BTZ_APPROVE_RECOVER ||
	    !btz_msg_decode(&btz_def_recover, ap.request, &req))
		return BTZ_E_PROTO;
	rc = check(ta, &req);
	if (rc == BTZ_OK)
		rc = ta_approved_check(ta, &ap);
	if (rc != BTZ_OK)
		return rc;
	ta->rec.recoveries++;
	ta->rec.clean = 0;
	rc = ta_boot_ready(ta);
	if (rc == BTZ_OK)
		ta_state_ready(ta);
	else
		ta_boot(ta); /* stored or not: read what is there */
	return rc;
}
