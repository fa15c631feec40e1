/* SPDX-License-Identifier: Apache-2.0 */
/* conf_pkcs11.c - keys of section [pkcs11 NAME]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_pkcs11, m)

static const struct btz_conf_key keys[] = {
	{ "module", BTZ_CT_TEXT, AT(module), NULL, 2, 200,
	    "/PATH of the PKCS#11 module (.so); the program of this token "
	    "loads it, no other" },
	{ "token", BTZ_CT_TEXT, AT(token), "", 0, 32,
	    "label of the token; empty: the one in slot" },
	{ "slot", BTZ_CT_INT, AT(slot), "-1", -1, 9223372036854775807,
	    "number of the slot as the module calls it, -1: found by token" },
	{ "pin_file", BTZ_CT_TEXT, AT(pin_file), "", 0, 200,
	    "/PATH of a file of mode 0600 with the user's PIN, of the uid of "
	    "crypto-pkcs11-1 (the second section: -2, ...); empty: the token "
	    "has a PIN pad, or none" },
	{ "paths", BTZ_CT_TEXT, AT(paths), "", 0, 250,
	    "directories, files and Unix sockets that the module reads and "
	    "writes, at most 4, with spaces between; everything else is shut" },
	{ "conf", BTZ_CT_TEXT, AT(conf), "", 0, 200,
	    "/PATH of the configuration of SoftHSM2 ($SOFTHSM2_CONF of that "
	    "program alone); empty: its default" },
};

const struct btz_conf_section btz_conf_pkcs11 = { "pkcs11",
	sizeof(struct btz_conf_pkcs11), keys, BTZ_COUNT(keys) };
