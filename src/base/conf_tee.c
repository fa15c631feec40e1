/* SPDX-License-Identifier: Apache-2.0 */
/* conf_tee.c - keys of section [tee]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_tee, m)

static const struct btz_conf_key keys[] = {
	{ "device", BTZ_CT_TEXT, AT(device), "emulated", 5, 8,
	    "emulated (started by up) | optee (/dev/tee0; the TPM is that of "
	    "the plugin of tee-supplicant: tcti of [tpm] is not used)" },
};

const struct btz_conf_section btz_conf_tee = { "tee",
	sizeof(struct btz_conf_tee), keys, BTZ_COUNT(keys) };
