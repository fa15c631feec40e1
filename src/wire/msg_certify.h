/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_certify.h - the root certifies an issuing key that lives in the TEE
 */
#ifndef BTZ_WIRE_MSG_CERTIFY_H
#define BTZ_WIRE_MSG_CERTIFY_H

#include "wire/field.h"
#include "wire/limits.h"
#include "wire/msg_approval.h"

/* BTZ_OP_CERTIFY_ISSUING; names and limits come from the key's sealed constraints */
struct btz_certify_issuing {
	uint8_t root_id[BTZ_ID_LEN];
	uint8_t issuing_id[BTZ_ID_LEN];
	uint8_t serial[BTZ_ID_LEN]; /* top bit 0 */
	uint64_t not_before;
	uint64_t not_after;
	/* of the challenge and its approvals (msg_approval.h); zero and empty
	 * where none are needed */
	uint8_t nonce[BTZ_SHA256_LEN];
	struct btz_span approvals;
};
extern const struct btz_msgdef btz_def_certify_issuing;

/* one DER certificate or CRL */
struct btz_certificate {
	struct btz_span der;
};
extern const struct btz_msgdef btz_def_certificate;

#endif
