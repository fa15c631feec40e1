/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adminkey.h - an administrator's key pair, in a file of its own off the box:
 * P-256, or an Ed25519 key made elsewhere. The private key is PKCS#8 PEM,
 * normally under a passphrase.
 */
#ifndef BTZ_CLI_ADMINKEY_H
#define BTZ_CLI_ADMINKEY_H

#include "cli/ceremony_file.h"
#include "cli/cli.h"

#define BTZ_PASSPHRASE_MAX 256

/* The options --passphrase-fd (one line is read) and --no-passphrase, else the
 * terminal is asked; twice for a new one. "" is none. BTZ_E_INVAL. */
BTZ_MUST_CHECK enum btz_rc btz_passphrase(const struct btz_cli *c, bool is_new,
    char out[BTZ_PASSPHRASE_MAX], struct btz_err *err);
/* A new P-256 key: path (0600, never over an existing file; passphrase "":
 * not encrypted) and path.pub. */
BTZ_MUST_CHECK enum btz_rc btz_adminkey_make(
    const char *path, const char *passphrase, struct btz_err *err);
/* The same of a key that there is, and one from such a file (EVP_PKEY_free). */
struct evp_pkey_st;
BTZ_MUST_CHECK enum btz_rc btz_adminkey_write(struct evp_pkey_st *key,
    const char *path, const char *passphrase, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_adminkey_load(const struct btz_cli *c,
    const char *path, struct evp_pkey_st **out, struct btz_err *err);
/* Fills key and signature of a, for the challenge. Asks for the passphrase
 * when the file has one. */
BTZ_MUST_CHECK enum btz_rc btz_adminkey_approve(const struct btz_cli *c,
    const char *path, const struct btz_challenge *challenge,
    struct btz_approval_file *a, struct btz_err *err);
/* BTZ_E_APPROVAL_SIG. */
BTZ_MUST_CHECK enum btz_rc btz_adminkey_verify(
    const struct btz_approval_file *a, const struct btz_challenge *challenge,
    struct btz_err *err);
/* Appends the SPKI of a file "PUBLIC KEY" (PEM). */
BTZ_MUST_CHECK enum btz_rc btz_adminkey_public(
    const char *path, struct btz_wr *wr, struct btz_err *err);
/* An encoded admin_set of --admin, --threshold and --recovery, appended;
 * nothing when there is no --admin. */
BTZ_MUST_CHECK enum btz_rc btz_admin_set_options(
    const struct btz_cli *c, struct btz_wr *wr, struct btz_err *err);

#endif
