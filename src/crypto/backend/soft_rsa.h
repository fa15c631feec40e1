/* SPDX-License-Identifier: Apache-2.0 */
/* soft_rsa.h - whether the numbers of an RSA key that came in fit together. */
#ifndef BTZ_CRYPTO_SOFT_RSA_H
#define BTZ_CRYPTO_SOFT_RSA_H

#include <openssl/evp.h>
#include <stdbool.h>

/* Two primes of half the bits, an exponent of FIPS 186-5, and every number of
 * RFC 8017 3.2 what it must be. That p and q are primes is tried by a Fermat
 * test each, not proven: whoever imports a false key harms only himself. */
bool btz_soft_rsa_sound(EVP_PKEY *pkey, unsigned bits);

#endif
