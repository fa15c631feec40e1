/* SPDX-License-Identifier: Apache-2.0 */
/* conf_tpm.c - keys of section [tpm]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_tpm, m)

static const struct btz_conf_key keys[] = {
	{ "tcti", BTZ_CT_TEXT, AT(tcti), "swtpm", 5, 200,
	    "swtpm (emulated, started by up) | device:PATH | unix:PATH" },
	{ "ek_ca", BTZ_CT_TEXT, AT(ek_ca), "", 0, 200,
	    "emulated TPMs only: directory of a swtpm_localca (signkey.pem, "
	    "issuercert.pem, readable for the TPM's uid) that certifies the "
	    "endorsement key of a new TPM; empty: none" },
	{ "exclusive", BTZ_CT_BOOL, AT(exclusive), "yes", 0, 0,
	    "no resource manager: flush leftover objects at start" },
	{ "ek_required", BTZ_CT_TEXT, AT(ek_required), "auto", 2, 4,
	    "yes | no | auto: 'bartizan init' refuses a TPM whose endorsement "
	    "certificate does not lead to a known maker; auto: yes for a "
	    "device and for [tee] optee" },
	{ "ek_chain", BTZ_CT_TEXT, AT(ek_chain), "", 0, 200,
	    "file of the maker's intermediate certificates for it (PEM, at "
	    "most 4)" },
};

const struct btz_conf_section btz_conf_tpm = { "tpm",
	sizeof(struct btz_conf_tpm), keys, BTZ_COUNT(keys) };
