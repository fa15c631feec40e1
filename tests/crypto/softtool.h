/* SPDX-License-Identifier: Apache-2.0 */
/* softtool.h - hot keys of known bytes, for tests of src/crypto/backend/soft*.
 * Everything asserts. */
#ifndef BTZ_TESTS_CRYPTO_SOFTTOOL_H
#define BTZ_TESTS_CRYPTO_SOFTTOOL_H

#include "crypto/backend/softkey.h"

#define SOFT_ALL_USES BTZ_USES_OF_KEY
/* How many bytes. */
size_t soft_unhex(const char *hex, uint8_t *out, size_t cap);
void soft_key(struct btz_softkey *key, uint8_t alg, struct btz_span secret);
void soft_key_hex(struct btz_softkey *key, uint8_t alg, const char *hex);
/* rq's answer is what hex says. */
void soft_crypt_is(struct btz_softkey *key, const struct btz_backend_crypt *rq,
    const char *hex);
enum btz_rc soft_crypt_rc(
    struct btz_softkey *key, const struct btz_backend_crypt *rq);

#endif
