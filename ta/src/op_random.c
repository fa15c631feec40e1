/* SPDX-License-Identifier: Apache-2.0 */
/* op_random.c - random bytes of the TEE; works in every state. */
#include "ta.h"
#include "wire/msg_random.h"

enum btz_rc
ta_op_random(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_random req;
	struct btz_random_ok ok;
	uint8_t buf[BTZ_RANDOM_MAX];

	(void)ta, (void)session;
	if (!btz_msg_decode(&btz_def_random, in, &req))
		return BTZ_E_PROTO;
	if (req.n > BTZ_RANDOM_MAX)
		return BTZ_E_TOOBIG;
	TEE_GenerateRandom(buf, req.n);
	ok.bytes = btz_span_of(buf, req.n);
	btz_msg_write(&btz_def_random_ok, &ok, out);
	btz_wipe(buf, sizeof(buf));
	return BTZ_OK;
}
