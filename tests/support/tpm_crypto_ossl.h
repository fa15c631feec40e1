/* SPDX-License-Identifier: Apache-2.0 */
/* tpm_crypto_ossl.h - libcrypto behind the table of tpm2/crypto.h, for tests. */
#ifndef BTZ_TESTS_TPM_CRYPTO_OSSL_H
#define BTZ_TESTS_TPM_CRYPTO_OSSL_H

#include "tpm2/crypto.h"

extern const struct btz_tpm_crypto btz_tpm_crypto_ossl;

#endif
