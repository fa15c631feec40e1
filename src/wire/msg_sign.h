/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_sign.h - a signature by a key
 */
#ifndef BTZ_WIRE_MSG_SIGN_H
#define BTZ_WIRE_MSG_SIGN_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_SIGN */
struct btz_sign {
	uint8_t id[BTZ_ID_LEN];
	uint16_t alg; /* enum btz_sig_alg */
	uint8_t
	    input_kind; /* enum btz_input; the signer hashes all but digests */
	struct btz_span input;
	struct btz_span
	    previous; /* TBS_CRL: the previous signed CRL; else empty */
};
extern const struct btz_msgdef btz_def_sign;

/* ECDSA as DER ECDSA-Sig-Value, RSA as I2OSP */
struct btz_signature {
	struct btz_span signature;
};
extern const struct btz_msgdef btz_def_signature;

#endif
