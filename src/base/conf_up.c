/* SPDX-License-Identifier: Apache-2.0 */
/* conf_up.c - keys of section [up]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_up, m)

static const struct btz_conf_key keys[] = {
	{ "uid_base", BTZ_CT_INT, AT(uid_base), "61184", 1000, 4294000000,
	    "first of the numeric uids that the programs run as (root only)" },
};

const struct btz_conf_section btz_conf_up = { "up", sizeof(struct btz_conf_up),
	keys, BTZ_COUNT(keys) };
