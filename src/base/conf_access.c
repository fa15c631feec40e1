/* SPDX-License-Identifier: Apache-2.0 */
/* conf_access.c - keys of section [access]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_access, m)

static const struct btz_conf_key keys[] = {
	{ "invite_hours", BTZ_CT_INT, AT(invite_hours), "24", 1, 720,
	    "how long an invite is good, hours" },
};

const struct btz_conf_section btz_conf_access = { "access",
	sizeof(struct btz_conf_access), keys, BTZ_COUNT(keys) };
