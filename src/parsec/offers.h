/* SPDX-License-Identifier: Apache-2.0 */
/* offers.h - what a backend offers (wire/msg_offers.h), in Parsec's words. */
#ifndef BTZ_PARSEC_OFFERS_H
#define BTZ_PARSEC_OFFERS_H

#include "parsec/attributes.h"
#include "wire/msg_offers.h"

#define BTZ_POPCODES_MAX 32u

/* The opcodes that ListOpcodes shows, rising; how many. */
size_t btz_poffers_opcodes(
    const struct btz_offers *o, uint32_t out[BTZ_POPCODES_MAX]);
/* Can a key of these attributes be made, and do what its policy says? */
bool btz_poffers_key(const struct btz_offers *o, const struct btz_pattr *attr);

#endif
