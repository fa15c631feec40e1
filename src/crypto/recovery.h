/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery.h - sealing to the recovery key: whoever holds it opens backups;
 * this process has only its public half ([crypto] recovery).
 * docs/protocol/backup.md
 */
#ifndef BTZ_CRYPTO_RECOVERY_H
#define BTZ_CRYPTO_RECOVERY_H

#include "base/err.h"
#include "wire/cursor.h"

/* spki64: base64 of the DER SubjectPublicKeyInfo of a P-256 key. Appends head,
 * ciphertext and tag. BTZ_E_RECOVERY_KEY: there is none; BTZ_E_CONFIG: it
 * is none. */
BTZ_MUST_CHECK enum btz_rc btz_recovery_seal(const char *spki64,
    struct btz_span plain, struct btz_wr *out, struct btz_err *err);

#endif
