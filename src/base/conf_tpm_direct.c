/* SPDX-License-Identifier: Apache-2.0 */
/* conf_tpm_direct.c - keys of section [tpm-direct]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_tpm_direct, m)

static const struct btz_conf_key keys[] = {
	{ "tcti", BTZ_CT_TEXT, AT(tcti), "", 0, 200,
	    "device:PATH | unix:PATH of a TPM 2.0 (device:/dev/tpmrm0) whose "
	    "keys are the backend tpm-direct; empty: no such backend. Not the "
	    "TPM of [tpm], unless a resource manager is between "
	    "(/dev/tpmrm0)" },
	{ "srk", BTZ_CT_TEXT, AT(srk), "0x81000001", 10, 10,
	    "persistent handle of the P-256 storage root key (TCG's template, "
	    "no authorization value); made when it is missing and the TPM's "
	    "owner has no authorization value" },
	{ "exclusive", BTZ_CT_TEXT, AT(exclusive), "auto", 2, 4,
	    "yes | no | auto: no resource manager, so flush leftover objects "
	    "at start; auto: yes unless the device is called tpmrm..." },
};

const struct btz_conf_section btz_conf_tpm_direct = { "tpm-direct",
	sizeof(struct btz_conf_tpm_direct), keys, BTZ_COUNT(keys) };
