/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery_key.h - what administrators do with the recovery key, off the box:
 * its private value (to be split), opening a backup, wrapping for a box.
 * docs/protocol/backup.md
 */
#ifndef BTZ_CLI_RECOVERY_KEY_H
#define BTZ_CLI_RECOVERY_KEY_H

#include "base/err.h"
#include "wire/cursor.h"
#include "wire/limits.h"

#define BTZ_RECOVERY_SECRET 32u /* private value of P-256 */
#define BTZ_RECOVERY_SPKI 91u

struct evp_pkey_st; /* EVP_PKEY */

/* Appends the SPKI. BTZ_E_INVAL: not a P-256 key. */
BTZ_MUST_CHECK enum btz_rc btz_recovery_public(
    const struct evp_pkey_st *key, struct btz_wr *wr, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_recovery_secret(const struct evp_pkey_st *key,
    uint8_t out[BTZ_RECOVERY_SECRET], struct btz_err *err);
/* The caller frees *out (EVP_PKEY_free); BTZ_E_INVAL: no private value. */
BTZ_MUST_CHECK enum btz_rc btz_recovery_key(
    const uint8_t secret[BTZ_RECOVERY_SECRET], struct evp_pkey_st **out,
    struct btz_err *err);
void btz_recovery_key_free(struct evp_pkey_st *key); /* NULL is fine */
/* Appends what the backup holds. BTZ_E_SIGNATURE: altered; BTZ_E_KEY_BLOB: of
 * another recovery key; BTZ_E_INVAL: no backup. */
BTZ_MUST_CHECK enum btz_rc btz_recovery_open(struct evp_pkey_st *key,
    struct btz_span backup, struct btz_wr *plain, struct btz_err *err);
/* enum btz_backup_scope of one that btz_recovery_open has opened. */
static inline uint8_t
btz_recovery_scope(struct btz_span backup)
{
	return backup.p[5];
}
/* Parts of the above, also of transport.c: z = x of ECDH, HKDF-SHA256 with
 * info text || point, AES-256-GCM under a nonce of zeros (appends). */
BTZ_MUST_CHECK bool btz_recovery_agree(
    struct evp_pkey_st *key, const uint8_t *point, uint8_t z[32]);
BTZ_MUST_CHECK enum btz_rc btz_recovery_derive(struct btz_span salt,
    const uint8_t z[32], const char *text, const uint8_t *point,
    uint8_t key[BTZ_SHA256_LEN]);
BTZ_MUST_CHECK bool btz_recovery_encrypt(const uint8_t *key,
    struct btz_span head, struct btz_span in, struct btz_wr *out);
/* Appends RSA-OAEP-SHA256(AES-256 key) || AES-KWP(plain) for the RSA key of
 * this SPKI. BTZ_E_X509_SPKI: it is none. */
BTZ_MUST_CHECK enum btz_rc btz_recovery_wrap(struct btz_span spki,
    struct btz_span plain, struct btz_wr *out, struct btz_err *err);

#endif
