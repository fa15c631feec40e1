/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.h - what a session computes with its key; private to src/tpm2.
 */
#ifndef BTZ_TPM2_SECRET_H
#define BTZ_TPM2_SECRET_H

#include "tpm2/session.h"

/* Which way a message goes: nonceNewer is the sender's (Part 1, 19.6.3). */
enum btz_tpm_way { BTZ_TPM_TO_TPM, BTZ_TPM_FROM_TPM };

/* Length without the trailing zeros, which are no part of an authValue. */
size_t btz_tpm_auth_len(struct btz_span auth);

/*
 * HMAC(sessionKey || authValue, pHash || nonceNewer || nonceOlder || attrs)
 * with call's nonceCaller and auth and the session's nonceTPM.
 */
enum btz_rc btz_tpm_mac(const struct btz_tpm_session *s,
    const struct btz_tpm_call *call, enum btz_tpm_way way,
    const uint8_t p_hash[32], uint8_t attrs, uint8_t mac[32]) BTZ_MUST_CHECK;
/*
 * En- or decrypts the first parameter, a TPM2B at params (Part 1, 21.3). False
 * lengths are BTZ_E_TPM_FORMAT.
 */
enum btz_rc btz_tpm_crypt(const struct btz_tpm_session *s,
    const struct btz_tpm_call *call, enum btz_tpm_way way, uint8_t *params,
    size_t len) BTZ_MUST_CHECK;

#endif
