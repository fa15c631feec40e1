/* SPDX-License-Identifier: Apache-2.0 */
/* conf_parsec.c - keys of section [parsec]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_parsec, m)

static const struct btz_conf_key keys[] = {
	{ "enabled", BTZ_CT_BOOL, AT(enabled), "no", 0, 0,
	    "serve clients of Parsec (wire protocol 1.0)" },
	{ "socket", BTZ_CT_TEXT, AT(socket), "run/parsec/parsec.sock", 1, 100,
	    "its socket; /PATH, or below the home; clients look at "
	    "/run/parsec/parsec.sock or at PARSEC_SERVICE_ENDPOINT" },
	{ "providers", BTZ_CT_TEXT, AT(providers), "soft pkcs11 tpm-direct tee",
	    3, 100,
	    "backends that clients may use, the first is their default; those "
	    "that do not run are left out" },
	{ "admins", BTZ_CT_TEXT, AT(admins), "", 0, 255,
	    "uids, space-separated, that may list and delete clients" },
	{ "body_limit", BTZ_CT_INT, AT(body_limit), "1048576", 4096, 1048576,
	    "largest request and largest answer, bytes" },
	{ "timeout", BTZ_CT_INT, AT(timeout), "200", 10, 60000,
	    "how long a client may keep a request or an answer waiting, ms" },
};

const struct btz_conf_section btz_conf_parsec = { "parsec",
	sizeof(struct btz_conf_parsec), keys, BTZ_COUNT(keys) };
