/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_crypt.h - what a plain key does besides signing, a function per group of
 * algorithms (op_key_crypt.c has the table). They append to out and leave it as
 * it was, and nothing of the text behind it, when they fail. Verb and algorithm
 * fit the key; the lengths of the nonce are checked, those of the input are not.
 */
#ifndef BTZ_TA_KEY_CRYPT_H
#define BTZ_TA_KEY_CRYPT_H

#include "ta.h"

typedef enum btz_rc ta_crypt_fn(const struct ta_key *k,
    const struct btz_ta_key_crypt *rq, struct btz_wr *out);

ta_crypt_fn ta_crypt_aes;   /* aes.c; tag or padding: BTZ_E_SIGNATURE */
ta_crypt_fn ta_crypt_cmac;  /* aes.c */
ta_crypt_fn ta_crypt_hmac;  /* mac.c */
ta_crypt_fn ta_crypt_hkdf;  /* mac.c */
ta_crypt_fn ta_crypt_agree; /* agree.c */
ta_crypt_fn ta_crypt_oaep;  /* rsa.c; padding: BTZ_E_SIGNATURE */

/* Of enum btz_crypt_alg, bits; op_key_crypt.c. */
uint32_t ta_crypt_algs(void);
/* Where len bytes are to be written; NULL: no room. */
uint8_t *ta_crypt_room(struct btz_wr *out, size_t len);

#endif
