/* SPDX-License-Identifier: Apache-2.0 */
/* verify.h - signatures of keys that are not ours, by SubjectPublicKeyInfo. */
#ifndef BTZ_TA_VERIFY_H
#define BTZ_TA_VERIFY_H

#include "wire/cursor.h"
#include "wire/rc.h"

/*
 * Is `signature` one of `message` by the key in `spki`? The key's algorithm
 * decides about the hash: EC P-256 takes SHA-256, EC P-384 SHA-384, both
 * ECDSA-Sig-Value in DER (RFC 5758 3.2); Ed25519 the message itself, 64 bytes (RFC 8032 5.1.7).
 * BTZ_E_SIGNATURE: no, or the point is not on its curve;
 * BTZ_E_UNSUPPORTED: another kind of key.
 */
enum btz_rc ta_spki_verify(struct btz_span spki, struct btz_span message,
    struct btz_span signature) BTZ_MUST_CHECK;

enum ta_rsa_hash { TA_RSA_SHA256, TA_RSA_SHA384 };

/*
 * RSASSA-PKCS1-v1_5 (RFC 8017 8.2.2) over a digest of the hash's length;
 * n and e as big-endian numbers, a leading zero of n is dropped. n has 2048,
 * 3072 or 4096 bits, else BTZ_E_UNSUPPORTED. BTZ_E_SIGNATURE: no.
 */
enum btz_rc ta_rsa_verify(struct btz_span n, struct btz_span e,
    enum ta_rsa_hash hash, struct btz_span digest,
    struct btz_span signature) BTZ_MUST_CHECK;

#endif
