/* SPDX-License-Identifier: Apache-2.0 */
/* op_offers.c - which algorithms plain keys have here; works in every state. */
#include "key_crypt.h"

enum btz_rc
ta_op_offers(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_ta_offers m = { .sigs = ta_keys_sigs(),
		.crypts = ta_crypt_algs() };

	(void)ta, (void)session;
	if (in.len != 0)
		return BTZ_E_PROTO;
	for (uint8_t alg = 1; alg <= BTZ_ALG_MAX; alg++)
		if (ta_family_of(alg) != NULL)
			m.algs |= 1u << alg;
	btz_msg_write(&btz_def_ta_offers, &m, out);
	return BTZ_OK;
}
