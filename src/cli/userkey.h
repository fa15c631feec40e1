/* SPDX-License-Identifier: Apache-2.0 */
/*
 * userkey.h - P-256 key pairs that live in files: a user's own key (made by
 * `bartizan enrol` on the user's side) and, until the PKCS#11 module exists,
 * the key of Apache (bartizan-https-cert). With adminkey.h the only place
 * outside src/crypto and ta/ that holds a private key; docs/decisions/0004.
 */
#ifndef BTZ_CLI_USERKEY_H
#define BTZ_CLI_USERKEY_H

#include <stdbool.h>

#include "base/err.h"
#include "wire/cursor.h"

struct btz_userkey;

/* The key in the file, or a new one written there (mode 0600, never over an
 * existing file). *made (may be NULL): it is new. */
BTZ_MUST_CHECK enum btz_rc btz_userkey_open(const char *path,
    struct btz_userkey **out, bool *made, struct btz_err *err);
void btz_userkey_free(struct btz_userkey *k); /* NULL is fine; wiped */
/* Appends a certification request (RFC 2986, DER, empty subject). */
BTZ_MUST_CHECK enum btz_rc btz_userkey_csr(
    const struct btz_userkey *k, struct btz_wr *wr, struct btz_err *err);
/* Appends the DER SubjectPublicKeyInfo. */
BTZ_MUST_CHECK enum btz_rc btz_userkey_spki(
    const struct btz_userkey *k, struct btz_wr *wr, struct btz_err *err);
/* PKCS#12 of the key, its certificate and the rest of the chain (PEM text),
 * written to path (0600). */
BTZ_MUST_CHECK enum btz_rc btz_userkey_p12(const struct btz_userkey *k,
    struct btz_span chain_pem, const char *name, const char *password,
    const char *path, struct btz_err *err);

#endif
