/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypt.h - the cryptography of the TA as plain functions over TEE_*, and the
 * tables that src/tpm2 and src/tlog ask for. Failure of a TEE function that
 * cannot fail is BTZ_E_INTERNAL.
 */
#ifndef BTZ_TA_CRYPT_H
#define BTZ_TA_CRYPT_H

#include <tee_internal_api.h>

#include "tlog/merkle.h"
#include "tpm2/crypto.h"
#include "wire/cursor.h"
#include "wire/rc.h"

extern const struct btz_tpm_crypto ta_tpm_crypto;
extern const struct btz_tlog_hash ta_tlog_hash;

enum btz_rc ta_sha256(
    const struct btz_span *parts, size_t n, uint8_t out[32]) BTZ_MUST_CHECK;
enum btz_rc ta_sha384(
    const struct btz_span *parts, size_t n, uint8_t out[48]) BTZ_MUST_CHECK;
enum btz_rc ta_sha1(struct btz_span in, uint8_t out[20]) BTZ_MUST_CHECK;
enum btz_rc ta_hmac(struct btz_span key, const struct btz_span *parts, size_t n,
    uint8_t out[32]) BTZ_MUST_CHECK;
enum btz_rc ta_hmac384(struct btz_span key, const struct btz_span *parts,
    size_t n, uint8_t out[48]) BTZ_MUST_CHECK;
/* HMAC with SHA-256, -384 or -512 (enum btz_hash_alg); out: as long as those;
 * it may be one of the parts. */
enum btz_rc ta_hmac_by(uint8_t hash_alg, struct btz_span key,
    const struct btz_span *parts, size_t n, uint8_t *out) BTZ_MUST_CHECK;
/* HKDF-SHA256 (RFC 5869), one block of output. */
enum btz_rc ta_hkdf_extract(
    struct btz_span salt, struct btz_span ikm, uint8_t out[32]) BTZ_MUST_CHECK;
enum btz_rc ta_hkdf_expand(const uint8_t prk[32], const struct btz_span *info,
    size_t n, uint8_t out[32]) BTZ_MUST_CHECK;

/* An operation whose key is this secret (TEE_TYPE_*); TEE_FreeOperation. */
enum btz_rc ta_keyed(uint32_t alg, uint32_t mode, uint32_t type,
    struct btz_span key, TEE_OperationHandle *op) BTZ_MUST_CHECK;

/* AES-256-GCM, 12-byte nonce, 16-byte tag; in and out do not overlap.
 * Opening: BTZ_E_VERIFY when the tag is wrong. */
enum btz_rc ta_gcm_seal(const uint8_t key[32], const uint8_t nonce[12],
    struct btz_span aad, struct btz_span in, uint8_t *out,
    uint8_t tag[16]) BTZ_MUST_CHECK;
enum btz_rc ta_gcm_open(const uint8_t key[32], struct btz_span nonce,
    struct btz_span aad, struct btz_span in, struct btz_span tag,
    uint8_t *out) BTZ_MUST_CHECK;

#endif
