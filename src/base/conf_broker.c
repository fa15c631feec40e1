/* SPDX-License-Identifier: Apache-2.0 */
/* conf_broker.c - keys of section [broker]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_broker, m)

static const struct btz_conf_key keys[] = {
	{ "lease_s", BTZ_CT_INT, AT(lease_s), "86400", 10, 31536000,
	    "how long a lease lasts, seconds" },
	{ "max_leases_per_uid", BTZ_CT_INT, AT(max_leases_per_uid), "64", 1,
	    4096, "leases that one uid may hold at a time" },
};

const struct btz_conf_section btz_conf_broker = { "broker",
	sizeof(struct btz_conf_broker), keys, BTZ_COUNT(keys) };
