/* SPDX-License-Identifier: Apache-2.0 */
/* credential.h - TPM2_MakeCredential without a TPM, for tests. */
#ifndef BTZ_TESTS_CREDENTIAL_H
#define BTZ_TESTS_CREDENTIAL_H

#include "wire/cursor.h"

struct btz_credential {
	uint8_t blob[128];   /* contents of TPM2B_ID_OBJECT */
	uint8_t secret[256]; /* contents of TPM2B_ENCRYPTED_SECRET */
	size_t blob_len, secret_len;
};

/* For the object of that Name and the RSA endorsement key (DER RSAPublicKey,
 * AES-128, SHA-256); value: at most 32 bytes. */
bool btz_credential_make(struct btz_span ek, struct btz_span name,
    struct btz_span value, struct btz_credential *out) BTZ_MUST_CHECK;

#endif
