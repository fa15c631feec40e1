/* SPDX-License-Identifier: Apache-2.0 */
/*
 * softkey.h - keys as libcrypto objects, and their BTZK blobs under a file
 * key. Used by soft.c (and by fake.c, which allows every kind of key).
 *
 * softkey.c (generate, import, open, export), soft_backup.c, soft_part.c
 * (private parts), soft_sign.c and soft_det.c (signatures), soft_crypt.c (table
 * of the rest), soft_cipher.c, soft_mac.c, soft_agree.c, soft_oaep.c,
 * soft_pkcs1.c. A hot key keeps the contexts of what it has done: making one
 * costs as much as a P-256 signature on OpenSSL 3.
 */
#ifndef BTZ_CRYPTO_SOFTKEY_H
#define BTZ_CRYPTO_SOFTKEY_H

#include <openssl/evp.h>

#include "crypto/backend/backend.h"
#include "wire/keyblob.h"

#define BTZ_KEK_LEN 32u

struct btz_softkey { /* a hot key */
	uint8_t alg;
	uint8_t flags;	 /* of the blob */
	uint32_t usage;	 /* of the blob */
	EVP_PKEY *pkey;	 /* NULL: symmetric, then */
	uint8_t *secret; /* the key itself */
	size_t secret_len;
	/* Made on first use: by enum btz_sig_alg - 1, ... */
	EVP_PKEY_CTX *sign[BTZ_SIG_ALG_MAX];
	EVP_MD_CTX *sign_message;    /* Ed25519 */
	struct btz_softcrypt *crypt; /* soft_crypt.h */
	struct ec_key_st *ec;	     /* ECDH and deterministic ECDSA */
};

/* Draws a key and an id and seals it; *out is written on success only. */
BTZ_MUST_CHECK enum btz_rc btz_softkey_generate(const uint8_t kek[BTZ_KEK_LEN],
    const struct btz_generate *g, struct btz_backend_key *out,
    struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_softkey_import(const uint8_t kek[BTZ_KEK_LEN],
    const struct btz_generate *g, struct btz_span secret,
    struct btz_backend_key *out, struct btz_err *err);
/* Opens a blob: GCM tag, id, and the public key recomputed from the private
 * one. BTZ_E_KEY_BLOB says nothing more to the client. */
BTZ_MUST_CHECK enum btz_rc btz_softkey_open(const uint8_t kek[BTZ_KEK_LEN],
    const uint8_t id[BTZ_ID_LEN], struct btz_span blob, struct btz_softkey *key,
    struct btz_err *err);
void btz_softkey_close(struct btz_softkey *key);
/* in: btz_backend_signed. */
BTZ_MUST_CHECK enum btz_rc btz_softkey_sign(struct btz_softkey *key,
    uint16_t alg, struct btz_span in, struct btz_backend_sig *out,
    struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_softkey_crypt(struct btz_softkey *key,
    const struct btz_backend_crypt *rq, struct btz_wr *out,
    struct btz_err *err);
/* soft_backup.c: as `backup` of backend.h. */
BTZ_MUST_CHECK enum btz_rc btz_softkey_backup(const uint8_t kek[BTZ_KEK_LEN],
    const char *recovery, struct btz_span whole, struct btz_wr *out,
    struct btz_err *err);
/* mark: enum btz_keyblob_flags, one that the blob must have. */
BTZ_MUST_CHECK enum btz_rc btz_softkey_export(struct btz_softkey *key,
    uint8_t mark, struct btz_wr *out, struct btz_err *err);

#endif
