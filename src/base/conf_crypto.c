/* SPDX-License-Identifier: Apache-2.0 */
/* conf_crypto.c - keys of section [crypto]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_crypto, m)

static const struct btz_conf_key keys[] = {
	{ "hot_keys", BTZ_CT_INT, AT(hot_keys), "64", 1, 4096,
	    "opened keys kept in memory" },
	{ "max_keys_per_app", BTZ_CT_INT, AT(max_keys_per_app), "10000", 1,
	    1000000, "keys that one application may have" },
	{ "destroy_grace", BTZ_CT_INT, AT(destroy_grace), "604800", 1,
	    315360000,
	    "seconds from 'key doom' to the destruction when none are named" },
	{ "destroy_grace_min", BTZ_CT_INT, AT(destroy_grace_min), "86400", 1,
	    315360000, "seconds that 'key doom' must leave at least" },
	/* 2^32 (SP 800-38D 8.3) less a block (crypto/uses.h) */
	{ "nonce_limit", BTZ_CT_INT, AT(nonce_limit), "4294950912", 16,
	    4294950912, "encryptions by one version of a symmetric key" },
	{ "recovery", BTZ_CT_TEXT, AT(recovery), "", 0, 124,
	    "public key that backups are sealed to ('bartizan recovery')" },
};

const struct btz_conf_section btz_conf_crypto = { "crypto",
	sizeof(struct btz_conf_crypto), keys, BTZ_COUNT(keys) };
