/* SPDX-License-Identifier: Apache-2.0 */
/* conf_app.c - keys of section [app]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_app, m)

static const struct btz_conf_key keys[] = {
	{ "uid", BTZ_CT_INT, AT(uid), NULL, 0, 4294967294,
	    "numeric uid that is this application" },
	{ "backend", BTZ_CT_TEXT, AT(backend), "soft", 1, 63,
	    "backend used when the application names none" },
	{ "rate", BTZ_CT_INT, AT(rate), "0", 0, 1000000,
	    "requests per second to a backend, 0: no limit" },
	{ "max_keys", BTZ_CT_INT, AT(max_keys), "0", 0, 1000000,
	    "keys that it may have, 0: crypto.max_keys_per_app" },
};

const struct btz_conf_section btz_conf_app = { "app",
	sizeof(struct btz_conf_app), keys, BTZ_COUNT(keys) };
