/* SPDX-License-Identifier: Apache-2.0 */
/* op_stop.c - clean end of an epoch: commit, so that nothing is unaccounted
 * for. A signature after it makes the epoch unclean again. */
#include "ta.h"

enum btz_rc
ta_op_stop(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	enum btz_rc rc;

	(void)session, (void)out;
	if (in.len != 0)
		return BTZ_E_PROTO;
	if (ta->state != BTZ_TA_READY && ta->state != BTZ_TA_TIME_UNSURE)
		return BTZ_OK;
	ta_tpm_wait(ta);
	ta->rec.clean = 1;
	rc = ta_store_commit(ta);
	/* In memory the epoch goes on: only the stored record says clean, and
	 * whatever changes something commits first (ta_store_touch). */
	ta->rec.clean = 0;
	return rc;
}
