/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_verify.h - a signature is checked against a stored key
 */
#ifndef BTZ_WIRE_MSG_VERIFY_H
#define BTZ_WIRE_MSG_VERIFY_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_VERIFY; answer E_SIGNATURE when it does not fit */
struct btz_verify {
	uint8_t id[BTZ_ID_LEN];
	uint16_t alg;
	uint8_t input_kind;
	struct btz_span input;
	struct btz_span signature;
};
extern const struct btz_msgdef btz_def_verify;

#endif
