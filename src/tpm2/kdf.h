/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kdf.h - the key derivations and the stream cipher of TPM sessions.
 */
#ifndef BTZ_TPM2_KDF_H
#define BTZ_TPM2_KDF_H

#include "tpm2/crypto.h"

/* Digest length of BTZ_TPM_ALG_SHA256/384, 0 for all others. */
size_t btz_tpm_hash_len(uint16_t alg);
/* Coordinate length of BTZ_TPM_ECC_P256/P384, 0 for all others. */
size_t btz_tpm_curve_len(uint16_t curve);

/*
 * KDFa (Part 1, 11.4.10.2): SP 800-108 counter mode with HMAC. `label` is a C
 * string, hashed with its NUL. At most 64 octets of output.
 */
enum btz_rc btz_tpm_kdfa(const struct btz_tpm_crypto *c, uint16_t alg,
    struct btz_span key, const char *label, const struct btz_span ctx[2],
    uint8_t *out, size_t len) BTZ_MUST_CHECK;
/*
 * KDFe (Part 1, 11.4.10.3): SP 800-56A one step. ctx: PartyUInfo, PartyVInfo
 * (x coordinates). At most 64 octets of output.
 */
enum btz_rc btz_tpm_kdfe(const struct btz_tpm_crypto *c, uint16_t alg,
    struct btz_span z, const char *label, const struct btz_span ctx[2],
    uint8_t *out, size_t len) BTZ_MUST_CHECK;
/* AES-128-CFB (feedback of whole blocks) in place. */
enum btz_rc btz_tpm_cfb(const struct btz_tpm_crypto *c, const uint8_t key[16],
    const uint8_t iv[16], bool encrypt, uint8_t *data,
    size_t len) BTZ_MUST_CHECK;
/* Constant time in the contents; lengths are public. */
bool btz_tpm_ct_eq(const uint8_t *a, const uint8_t *b, size_t len);

#endif
