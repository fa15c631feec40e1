/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soft_part.h - the private part of a key: its canonical bytes (the form of its
 * family, enum btz_family) and, of asymmetric keys, libcrypto's object.
 * As all of soft*: only API that OpenSSL 3 and LibreSSL 3.8 share
 * (tools/libcrypto.txt).
 */
#ifndef BTZ_CRYPTO_SOFT_PART_H
#define BTZ_CRYPTO_SOFT_PART_H

#include <openssl/evp.h>

#include "base/err.h"
#include "wire/keyblob.h"

struct btz_softpart {
	EVP_PKEY *pkey; /* NULL: a symmetric key */
	size_t len;
	uint8_t bytes[BTZ_KEYBLOB_SECRET_MAX];
};

/* All three: of a zeroed part; it is to be ended after a failure, too.
 * bits: of BTZ_ALG_SECRET (0: 256), else 0. */
BTZ_MUST_CHECK enum btz_rc btz_softpart_draw(
    struct btz_softpart *p, uint8_t alg, uint16_t bits, struct btz_err *err);
/* From the canonical bytes. BTZ_E_INVAL: they are none. */
BTZ_MUST_CHECK enum btz_rc btz_softpart_load(struct btz_softpart *p,
    uint8_t alg, struct btz_span bytes, struct btz_err *err);
/* From outside: the bytes, or PrivateKeyInfo (RFC 5208 5) of an asymmetric key;
 * everything that is cheap to check is. BTZ_E_INVAL. */
BTZ_MUST_CHECK enum btz_rc btz_softpart_import(struct btz_softpart *p,
    uint8_t alg, uint16_t bits, struct btz_span in, struct btz_err *err);
void btz_softpart_end(struct btz_softpart *p); /* wipes */

/* DER SubjectPublicKeyInfo; *len 0 of a symmetric key. */
bool btz_softpart_spki(const struct btz_softpart *p, uint8_t out[BTZ_SPKI_MAX],
    size_t *len) BTZ_MUST_CHECK;
/* The canonical bytes of pkey, appended. */
bool btz_softpart_write(
    EVP_PKEY *pkey, uint8_t alg, struct btz_wr *out) BTZ_MUST_CHECK;

/* BTZ_E_INTERNAL with libcrypto's number; its queue is empty afterwards. */
enum btz_rc btz_soft_failed(struct btz_err *err, const char *what);

#endif
