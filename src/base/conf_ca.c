/* SPDX-License-Identifier: Apache-2.0 */
/* conf_ca.c - keys of section [ca]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_ca, m)

static const struct btz_conf_key keys[] = {
	{ "user_days", BTZ_CT_INT, AT(user_days), "30", 1, 825,
	    "lifetime of user and device certificates, days" },
	{ "issuing_days", BTZ_CT_INT, AT(issuing_days), "365", 2, 3650,
	    "lifetime of the issuing certificate, days" },
	{ "root_days", BTZ_CT_INT, AT(root_days), "7300", 30, 10950,
	    "lifetime of the root certificate, days" },
	{ "server_days", BTZ_CT_INT, AT(server_days), "7", 1, 90,
	    "lifetime of the box's own HTTPS certificate, days" },
	{ "crl_days", BTZ_CT_INT, AT(crl_days), "7", 1, 7,
	    "nextUpdate of a CRL, days" },
};

const struct btz_conf_section btz_conf_ca = { "ca", sizeof(struct btz_conf_ca),
	keys, BTZ_COUNT(keys) };
