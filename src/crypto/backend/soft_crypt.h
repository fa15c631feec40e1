/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soft_crypt.h - what a hot key does besides signing. btz_softkey_crypt
 * (softkey.h) looks the algorithm up in one table (soft_crypt.c), checks what
 * may be given, and calls one of the functions below. Each appends to out, and
 * refuses lengths with BTZ_E_INVAL and what does not authenticate with
 * BTZ_E_SIGNATURE.
 */
#ifndef BTZ_CRYPTO_SOFT_CRYPT_H
#define BTZ_CRYPTO_SOFT_CRYPT_H

#include <openssl/evp.h>

#include "crypto/backend/softkey.h"

#define BTZ_SOFT_CIPHERS 6u
#define BTZ_SOFT_HASHES 3u

/* Contexts of one hot key, made on first use. */
struct btz_softcrypt {
	EVP_CIPHER_CTX *cipher[BTZ_SOFT_CIPHERS][2]; /* decrypt, encrypt */
	EVP_PKEY_CTX *oaep[BTZ_SOFT_HASHES][2];
	EVP_PKEY_CTX *pkcs1[2];
	EVP_PKEY_CTX *agree;
	struct hmac_ctx_st *hmac[BTZ_SOFT_HASHES];
	struct CMAC_CTX_st *cmac;
};
void btz_softcrypt_free(struct btz_softcrypt *c); /* NULL is fine */

typedef enum btz_rc btz_softcrypt_fn(struct btz_softkey *key,
    const struct btz_backend_crypt *rq, struct btz_wr *out,
    struct btz_err *err);
btz_softcrypt_fn btz_soft_cipher; /* soft_cipher.c */
btz_softcrypt_fn btz_soft_oaep;	  /* soft_oaep.c */
btz_softcrypt_fn btz_soft_pkcs1;  /* soft_pkcs1.c */
btz_softcrypt_fn btz_soft_hmac, btz_soft_cmac, btz_soft_hkdf; /* soft_mac.c */
btz_softcrypt_fn btz_soft_agree;			      /* soft_agree.c */

/* Row of a hash: 0 to BTZ_SOFT_HASHES - 1. */
size_t btz_soft_hash_row(uint16_t crypt_alg);
/* len more bytes of out, or NULL (BTZ_E_TOOBIG is set). */
uint8_t *btz_soft_room(struct btz_wr *out, size_t len, struct btz_err *err);

#endif
