/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h - libcrypto's hashes by enum btz_hash_alg. */
#ifndef BTZ_CRYPTO_HASH_H
#define BTZ_CRYPTO_HASH_H

#include <openssl/evp.h>

#include "wire/cursor.h"
#include "wire/limits.h"

const EVP_MD *btz_hash_md(uint8_t alg); /* NULL: unknown */
/* btz_hash_len(alg) bytes. False: unknown, or libcrypto failed. */
BTZ_MUST_CHECK bool btz_hash_run(
    uint8_t alg, struct btz_span in, uint8_t out[BTZ_DIGEST_MAX]);

#endif
