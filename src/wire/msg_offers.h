/* SPDX-License-Identifier: Apache-2.0 */
/* msg_offers.h - what the backend behind a lease can do with plain keys */
#ifndef BTZ_WIRE_MSG_OFFERS_H
#define BTZ_WIRE_MSG_OFFERS_H

#include "wire/field.h"

enum btz_transfer {
	BTZ_TRANSFER_IMPORT = 1,
	BTZ_TRANSFER_EXPORT = 2,
	BTZ_TRANSFER_ATTEST = 4, /* that keys are in it */
};

/* Answer of BTZ_OP_OFFERS. Sets of 1 << number. */
struct btz_offers {
	uint32_t algs;	 /* enum btz_key_alg */
	uint32_t sigs;	 /* enum btz_sig_alg; 0: those of its keys */
	uint32_t crypts; /* enum btz_crypt_alg */
	uint8_t transfers;
};
extern const struct btz_msgdef btz_def_offers;

#endif
