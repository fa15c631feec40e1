/* SPDX-License-Identifier: Apache-2.0 */
/* conf_https.c - keys of section [https]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_https, m)

static const struct btz_conf_key keys[] = {
	{ "listen", BTZ_CT_TEXT, AT(listen), "127.0.0.1:8443", 3, 80,
	    "address and port of the HTTPS service" },
	{ "names", BTZ_CT_TEXT, AT(names), "localhost 127.0.0.1", 0, 255,
	    "DNS names and addresses in its certificate, space-separated" },
	{ "max_body", BTZ_CT_INT, AT(max_body), "17179869184", 1024,
	    1125899906842624, "largest upload, bytes" },
};

const struct btz_conf_section btz_conf_https = { "https",
	sizeof(struct btz_conf_https), keys, BTZ_COUNT(keys) };
