/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ek_tpm.h - a rig's TPM as its maker left it: with certificates of its
 * endorsement keys, good or bad, by two makers, one known for tests only.
 */
#ifndef BTZ_TESTS_EK_TPM_H
#define BTZ_TESTS_EK_TPM_H

#include "der/ek_make.h"
#include "ta_rig.h"
#include "tpm2/ek.h"

#define MAKER EK_ROOT_P256	 /* a root of the table */
#define TEST_MAKER EK_ROOT_P384	 /* one too, for tests */
#define STRANGER EK_ROOT_RSA2048 /* none */

/* ek_keys_make, and the table of roots, instead of the build's. */
int ek_tpm_group(void **state);

/* The key of the template; its public half is EK_P256 or EK_P384 from now on.
 * The TA is not running. */
void ek_tpm_key(struct btz_swtpm *tpm, enum btz_tpm_ek_id id);
enum ek_key ek_tpm_slot(enum btz_tpm_ek_id id);
/* Name of that key. */
void ek_tpm_name(
    struct btz_swtpm *tpm, enum btz_tpm_ek_id id, struct btz_tpm_name *name);
/* Name of what stands at a persistent handle. */
void ek_tpm_name_at(
    struct btz_swtpm *tpm, uint32_t handle, struct btz_tpm_name *name);
/* These bytes as the certificate. */
void ek_tpm_cert(
    struct btz_swtpm *tpm, enum btz_tpm_ek_id id, struct btz_span cert);
/* All at once: the TPM's own key, signed by `signer`; CN of the issuer, NULL:
 * a root's. */
void ek_tpm_certify(struct btz_swtpm *tpm, enum btz_tpm_ek_id id,
    enum ek_key signer, const char *issuer);

#endif
