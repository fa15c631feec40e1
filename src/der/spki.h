/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spki.h - SubjectPublicKeyInfo (RFC 5280 4.1.2.7) and signature values.
 * Keys are recognised by comparing prefixes; no key object is made.
 */
#ifndef BTZ_DER_SPKI_H
#define BTZ_DER_SPKI_H

#include "der/der.h"

#define BTZ_SPKI_P256_LEN 91u  /* RFC 5480: named curve, uncompressed point */
#define BTZ_P256_POINT_LEN 65u /* 04 || X || Y */
#define BTZ_SPKI_P384_LEN 120u
#define BTZ_SPKI_EC_MAX 158u
#define BTZ_P384_POINT_LEN 97u

/* BTZ_ALG_EC_P256, BTZ_ALG_RSA_2048 or 0; bits: the octets of the BIT STRING
 * subjectPublicKey (what a key identifier is computed over). RSA: modulus of
 * exactly 2048 bits, odd, exponent odd and at least 3 (RFC 8017 3.1). That an
 * EC point is on its curve is for the crypto library to say. */
uint8_t btz_spki_alg(struct btz_span spki, struct btz_span *bits);
/* The 32 octets of an Ed25519 key (RFC 8410 4). Apart from btz_spki_alg: no
 * certificate has such a subject yet. */
bool btz_spki_ed25519(
    struct btz_span spki, struct btz_span *bits) BTZ_MUST_CHECK;
/* The same with BTZ_ALG_EC_P384 and BTZ_ALG_ED25519 (RFC 5480, RFC 8410): keys
 * that sign for applications and for makers of TPMs. */
uint8_t btz_spki_key_alg(struct btz_span spki, struct btz_span *bits);
/* RSAPublicKey (RFC 8017 A.1.1) of any size: content octets of the modulus and
 * the exponent, both positive; which sizes are good is for the caller. */
bool btz_spki_rsa(struct btz_span spki, struct btz_span *n,
    struct btz_span *e) BTZ_MUST_CHECK;
/* Is it a key of this algorithm: a NIST curve (point 04 || X || Y), Ed25519,
 * X25519? */
bool btz_spki_bits(
    uint8_t alg, struct btz_span spki, struct btz_span *bits) BTZ_MUST_CHECK;
/* Of such bits; other algorithms fail wr. */
void btz_spki_put(struct btz_wr *wr, uint8_t alg, const uint8_t *bits);
/* RSA (RFC 3279 2.3.1): modulus and exponent, big-endian. */
void btz_spki_put_rsa(struct btz_wr *wr, struct btz_span n, struct btz_span e);
void btz_spki_put_p256(
    struct btz_wr *wr, const uint8_t point[BTZ_P256_POINT_LEN]);
/* ECDSA-Sig-Value (RFC 3279 2.2.3) for a P-256 key: two positive minimal
 * integers of at most 256 bits, nothing else. */
bool btz_ecdsa_sig_ok(struct btz_span sig) BTZ_MUST_CHECK;
/* r || s (each 32 bytes, or n) to ECDSA-Sig-Value. */
void btz_ecdsa_sig_write(struct btz_wr *wr, const uint8_t *rs, size_t n);
void btz_ecdsa_sig_put(struct btz_wr *wr, const uint8_t rs[64]);

#endif
