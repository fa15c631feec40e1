/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ek.h - the endorsement keys of the TCG EK Credential Profile for TPM Family
 * 2.0 that we know: template, and where the maker left the certificate.
 */
#ifndef BTZ_TPM2_EK_H
#define BTZ_TPM2_EK_H

#include "tpm2/tpm.h"

#define BTZ_TPM_EK_CERT_MAX 4096u

enum btz_tpm_ek_id {   /* in the order in which they are tried */
	BTZ_TPM_EK_H3, /* P-384, high range */
	BTZ_TPM_EK_L2, /* P-256, low range: the common one */
	BTZ_TPM_EK_H2, /* P-256, high range */
	BTZ_TPM_EK_COUNT
};

struct btz_tpm_ek {
	const char *name;
	void (*tmpl)(struct btz_tpm_public *p);
	uint16_t name_alg; /* the template's */
	uint32_t cert;	   /* NV index */
};
extern const struct btz_tpm_ek btz_tpm_eks[BTZ_TPM_EK_COUNT];

/*
 * What stands in the index of ek's certificate, as it is. Plain: the answer
 * is worth what the certificate's own signatures are. BTZ_E_TOOBIG: longer
 * than cap; else what btz_tpm_nv_read_public says.
 */
enum btz_rc btz_tpm_ek_cert(struct btz_tpm *t, const struct btz_tpm_ek *ek,
    uint8_t *buf, size_t cap, size_t *len) BTZ_MUST_CHECK;
/*
 * Creates the key, with the endorsement hierarchy's empty authorization, and
 * checks all but its point, which is plain too. *key: handle and Name; the
 * caller flushes it.
 */
enum btz_rc btz_tpm_ek_create(struct btz_tpm *t, const struct btz_tpm_ek *ek,
    struct btz_tpm_entity *key, struct btz_tpm_public *pub) BTZ_MUST_CHECK;

#endif
