/* SPDX-License-Identifier: Apache-2.0 */
/* conf_sections.c - the list of all sections of bartizan.conf. */
#include "base/conf.h"

const struct btz_conf_section *const btz_conf_sections[] = {
	&btz_conf_box,
	&btz_conf_broker,
	&btz_conf_crypto,
	&btz_conf_ca,
	&btz_conf_access,
	&btz_conf_audit,
	&btz_conf_https,
	&btz_conf_tpm,
	&btz_conf_tpm_direct,
	&btz_conf_tee,
	&btz_conf_up,
	&btz_conf_pkcs11,
	&btz_conf_app,
	&btz_conf_vpn,
	&btz_conf_reach,
	&btz_conf_parsec,
};
const size_t btz_conf_sections_count = BTZ_COUNT(btz_conf_sections);
