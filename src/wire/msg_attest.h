/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_attest.h - proof that a key is in a device, by TPM2_ActivateCredential:
 * whoever wants it asks for what is public, makes a credential for this Name
 * and this endorsement key (TPM2_MakeCredential, Part 1, 24), and is given its
 * secret back by the device that has both, and by no other.
 */
#ifndef BTZ_WIRE_MSG_ATTEST_H
#define BTZ_WIRE_MSG_ATTEST_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_ATTEST; blob and secret empty: what is public */
struct btz_attest {
	uint8_t id[BTZ_ID_LEN];
	struct btz_span blob;	/* contents of TPM2B_ID_OBJECT */
	struct btz_span secret; /* contents of TPM2B_ENCRYPTED_SECRET */
};
extern const struct btz_msgdef btz_def_attest;

/* The first three, or the last alone. */
struct btz_attested {
	struct btz_span name; /* Name of the key: nameAlg || digest */
	struct btz_span area; /* TPMT_PUBLIC of the key, what is hashed */
	struct btz_span endorsement; /* DER RSAPublicKey (RFC 8017 A.1.1) of
				      * TCG's endorsement key L-1 */
	struct btz_span credential;
};
extern const struct btz_msgdef btz_def_attested;

#endif
