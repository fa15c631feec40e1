/* SPDX-License-Identifier: Apache-2.0 */
/* op_key_open.c - a blob becomes a handle of this session. */
#include "ta.h"

enum btz_rc
ta_op_key_open(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_ta_blob req;
	struct btz_ta_handle answer;
	enum btz_rc rc;

	if (!btz_msg_decode(&btz_def_ta_blob, in, &req))
		return BTZ_E_PROTO;
	rc = ta_keys_open(ta, req.blob, session, &answer.handle);
	if (rc == BTZ_OK)
		btz_msg_write(&btz_def_ta_handle, &answer, out);
	return rc;
}
