/* SPDX-License-Identifier: Apache-2.0 */
/* ek_verify.h - signatures in the chain of a TPM's endorsement certificate. */
#ifndef BTZ_TA_EK_VERIFY_H
#define BTZ_TA_EK_VERIFY_H

#include "der/ek_cert.h"

/*
 * A btz_ek_verify (arg is not used). EC keys take the hash of their size only:
 * P-256 SHA-256, P-384 SHA-384; RSA keys of 2048, 3072 or 4096 bits either
 * hash. Everything else is BTZ_E_UNSUPPORTED.
 */
btz_ek_verify ta_ek_verify;

#endif
