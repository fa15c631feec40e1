/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ek.h - the TPM's endorsement key: who made the TPM that a box begins with,
 * and that provisioning goes on with the same one.
 */
#ifndef BTZ_TA_EK_H
#define BTZ_TA_EK_H

#include "ta.h"

struct ta_ek_pin {
	uint8_t state; /* enum ta_ek */
	struct ta_name name;
};

/*
 * The first key of btz_tpm_eks whose certificate in the TPM leads to a root of
 * ek_roots.h; chain: intermediates, as in btz_ek_check. None: BTZ_E_EK_CERT if
 * it is required, else the P-256 key, unchecked. That the TPM holds the key
 * shows only in a session that is salted to it: pin it and go on there.
 */
enum btz_rc ta_ek_choose(struct ta *ta, struct btz_span chain, bool required,
    struct ta_ek_pin *out) BTZ_MUST_CHECK;
/*
 * Opens the session of provisioning, salted to the key in the record; without
 * one to the P-256 key of whatever TPM there is. BTZ_E_TPM_SWAPPED: the TPM
 * has no such key.
 */
enum btz_rc ta_ek_open(struct ta *ta) BTZ_MUST_CHECK;

#endif
