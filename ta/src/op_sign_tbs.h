/* SPDX-License-Identifier: Apache-2.0 */
/* op_sign_tbs.h - what SIGN_TBS_CERT, SIGN_TBS_CRL and SIGN_OCSP share. */
#ifndef BTZ_TA_OP_SIGN_TBS_H
#define BTZ_TA_OP_SIGN_TBS_H

#include "issuer.h"
#include "ta.h"

struct ta_issuing {
	struct ta_issuer is;
	const struct ta_key *key;
	struct ta_constrained *books;
};

/* Key, time and limits of a request; fills *out. */
enum btz_rc ta_issuer_begin(struct ta *ta, const void *session,
    const struct btz_ta_sign *req, uint8_t input,
    struct ta_issuing *out) BTZ_MUST_CHECK;
/* Signs what was checked: hash, sign, verify, count, answer. */
enum btz_rc ta_issuer_sign(struct ta *ta, struct ta_issuing *s,
    struct btz_span tbs, struct btz_wr *out) BTZ_MUST_CHECK;

#endif
