/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prim.h - libcrypto behind a small header, for programs that never touch a
 * private key: hash, HMAC, random, verify, constant-time compare.
 * Fetched algorithms are cached per thread.
 */
#ifndef BTZ_PRIM_PRIM_H
#define BTZ_PRIM_PRIM_H

#include "base/err.h"
#include "wire/cursor.h"
#include "wire/limits.h"

void btz_sha256(struct btz_span in, uint8_t out[BTZ_SHA256_LEN]);
/* Any enum btz_hash_alg; returns the length, 0: not known. */
size_t btz_digest(
    uint8_t hash_alg, struct btz_span in, uint8_t out[BTZ_DIGEST_MAX]);
/* Over several spans, one after the other. */
void btz_sha256_parts(
    const struct btz_span *parts, size_t n, uint8_t out[BTZ_SHA256_LEN]);
void btz_sha384(struct btz_span in, uint8_t out[BTZ_DIGEST_MAX]);
void btz_sha512(struct btz_span in, uint8_t out[BTZ_DIGEST_MAX]);
void btz_sha1(struct btz_span in, uint8_t out[20]); /* key identifiers only */
BTZ_MUST_CHECK enum btz_rc btz_hmac_sha256(
    struct btz_span key, struct btz_span in, uint8_t out[BTZ_SHA256_LEN]);
/* Never fails: aborts the process when the system gives no randomness. */
void btz_random(void *out, size_t len);
bool btz_equal_ct(const void *a, const void *b, size_t len);

/* Verifies a signature over message by a DER SubjectPublicKeyInfo; alg is enum
 * btz_sig_alg. BTZ_E_SIGNATURE: does not verify. BTZ_E_X509_SPKI: the key is
 * not of a type we take (P-256 and P-384 named curve uncompressed,
 * Ed25519, RSA 2048..4096). */
BTZ_MUST_CHECK enum btz_rc btz_verify(struct btz_span spki, uint16_t alg,
    struct btz_span message, struct btz_span signature);
/* The same over a digest of the algorithm's length; Ed25519 has none: never
 * BTZ_OK. */
BTZ_MUST_CHECK enum btz_rc btz_verify_digest(struct btz_span spki, uint16_t alg,
    const uint8_t *digest, struct btz_span signature);

/* Lower-case hex, NUL-terminated: out has 2 * len + 1 bytes. */
void btz_hex(const void *in, size_t len, char *out);
bool btz_unhex(struct btz_span in, void *out, size_t len) BTZ_MUST_CHECK;
/* RFC 4648 5 without padding; returns the length written, NUL added. */
size_t btz_base64url(struct btz_span in, char *out, size_t cap);
bool btz_base64url_decode(
    struct btz_span in, void *out, size_t cap, size_t *len) BTZ_MUST_CHECK;

#endif
