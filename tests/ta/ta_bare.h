/* SPDX-License-Identifier: Apache-2.0 */
/* ta_bare.h - an instance of the TA that holds a key of its boot and nothing
 * else: for keys of known bytes, which no command makes. */
#ifndef BTZ_TESTS_TA_BARE_H
#define BTZ_TESTS_TA_BARE_H

#include "ta.h"

void bare_begin(struct ta *ta);
void bare_end(struct ta *ta);

struct bare_key {
	uint8_t alg;	     /* enum btz_key_alg */
	uint8_t kind;	     /* 0: plain */
	uint32_t operations; /* 0: all of a key */
	uint64_t not_after;
	struct btz_span secret, spki;
};
/* Sealed, and opened by this session. */
enum btz_rc bare_open(struct ta *ta, const void *session,
    const struct bare_key *k, uint32_t *handle) BTZ_MUST_CHECK;
/* Encoded and carried out. */
enum btz_rc bare_crypt(struct ta *ta, const void *session,
    const struct btz_ta_key_crypt *rq, struct btz_wr *out) BTZ_MUST_CHECK;

#endif
