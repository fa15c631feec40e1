/* SPDX-License-Identifier: Apache-2.0 */
/* conf_box.c - keys of section [box]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_box, m)

static const struct btz_conf_key keys[] = {
	{ "name", BTZ_CT_TEXT, AT(name), "", 0, 63,
	    "name of the box; empty: the host name" },
	{ "trust_domain", BTZ_CT_TEXT, AT(trust_domain), "", 0, 253,
	    "SPIFFE trust domain, frozen at init; empty: "
	    "<name>.bartizan.internal" },
};

const struct btz_conf_section btz_conf_box = { "box",
	sizeof(struct btz_conf_box), keys, BTZ_COUNT(keys) };
