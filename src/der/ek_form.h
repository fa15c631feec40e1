/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ek_form.h - one certificate of an endorsement key's chain, and what the TCG
 * EK Credential Profile and RFC 5280 say about it. For ek_cert.c.
 */
#ifndef BTZ_DER_EK_FORM_H
#define BTZ_DER_EK_FORM_H

#include "der/der.h"

/* Spans borrow from the certificate. */
struct btz_ek_form {
	struct btz_span tbs, alg, signature; /* alg: whole, inner and outer */
	struct btz_span issuer, subject;     /* whole Names */
	struct btz_span spki;
	uint64_t path_len;
	uint16_t ku; /* enum btz_ku; 0: absent */
	bool ca, has_path_len;
	bool ek_purpose;   /* EKU has tcg-kp-EKCertificate */
	bool tpm_name;	   /* SAN names manufacturer, model and version */
	bool san_critical; /* SAN is marked critical */
	bool strange;	   /* a critical extension that is not understood */
};

bool btz_ek_form_parse(
    struct btz_span der, struct btz_ek_form *out) BTZ_MUST_CHECK;
/* May it be the certificate of an endorsement key; an intermediate's? */
bool btz_ek_form_leaf(const struct btz_ek_form *c) BTZ_MUST_CHECK;
bool btz_ek_form_ca(const struct btz_ek_form *c) BTZ_MUST_CHECK;

#endif
