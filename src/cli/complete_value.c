/* SPDX-License-Identifier: Apache-2.0 */
/* complete_value.c - see complete_value.h. The names are those of wire/alg.h. */
#include "cli/complete_value.h"

#include <stddef.h>
#include <string.h>

#include "cli/complete_backend.h"
#include "wire/alg.h"
#include "wire/cursor.h"
#include "wire/limits.h"

enum set {
	KEY_ALGS = 1 << 0,
	SIGS = 1 << 1,
	ENCRYPTS = 1 << 2,
	MACS = 1 << 3,
	DERIVES = 1 << 4,
	HASHES = 1 << 5,
	BACKENDS = 1 << 6,
	KINDS = 1 << 7,
	USES = 1 << 8,
};

static const struct {
	const char *noun, *verb, *option; /* verb NULL: any */
	unsigned sets;
} rows[] = {
	{ "key", "generate", "alg", KEY_ALGS },
	{ "key", "import", "alg", KEY_ALGS },
	{ "key", "sign", "alg", SIGS },
	{ "key", "verify", "alg", SIGS },
	{ "key", "encrypt", "alg", ENCRYPTS },
	{ "key", "decrypt", "alg", ENCRYPTS },
	{ "key", "mac", "alg", MACS },
	{ "key", "mac-verify", "alg", MACS },
	{ "key", "derive", "alg", DERIVES },
	{ "key", "hash", "alg", HASHES },
	{ "key", NULL, "only", SIGS | ENCRYPTS | MACS | DERIVES },
	{ "key", NULL, "usage", USES },
	{ "key", NULL, "kind", KINDS },
	{ "key", NULL, "backend", BACKENDS },
};

static const struct {
	unsigned set;
	const char *value;
} fixed[] = {
	{ KINDS, "plain" },
	{ KINDS, "tls" },
	{ USES, "sign" },
	{ USES, "verify" },
	{ USES, "sign,verify" },
	{ USES, "encrypt" },
	{ USES, "decrypt" },
	{ USES, "encrypt,decrypt" },
	{ USES, "derive" },
};

/* Which set an algorithm besides signatures belongs to. */
static unsigned
set_of(uint16_t crypt)
{
	static const struct {
		uint8_t verb;
		unsigned set;
	} verbs[] = { { BTZ_VERB_ENCRYPT, ENCRYPTS }, { BTZ_VERB_MAC, MACS },
		{ BTZ_VERB_DERIVE, DERIVES } };

	for (size_t i = 0; i < BTZ_COUNT(verbs); i++)
		for (uint8_t key = 1; key <= BTZ_ALG_MAX; key++)
			if (btz_crypt_fits(key, verbs[i].verb, crypt))
				return verbs[i].set;
	return 0;
}

static void
give(unsigned sets, void (*fn)(const char *value, const char *typed),
    const char *typed)
{
	for (uint8_t i = 1; (sets & KEY_ALGS) != 0 && i <= BTZ_ALG_MAX; i++)
		fn(btz_alg_name(i), typed);
	for (uint16_t i = 1; (sets & SIGS) != 0 && i <= BTZ_SIG_ALG_MAX; i++)
		fn(btz_sig_name(i), typed);
	for (uint16_t i = 1; i <= BTZ_CRYPT_ALG_MAX; i++)
		if ((sets & set_of(i)) != 0)
			fn(btz_crypt_name(i), typed);
	for (uint8_t i = 1; (sets & HASHES) != 0 && btz_hash_len(i) != 0; i++)
		fn(btz_hash_name(i), typed);
	for (size_t i = 0; i < BTZ_COUNT(fixed); i++)
		if ((sets & fixed[i].set) != 0)
			fn(fixed[i].value, typed);
}

void
btz_complete_values(const char *home, const char *noun, const char *verb,
    const char *option, void (*fn)(const char *value, const char *typed),
    const char *typed)
{
	for (size_t i = 0; i < BTZ_COUNT(rows); i++) {
		if (strcmp(rows[i].noun, noun) != 0 ||
		    strcmp(rows[i].option, option) != 0 ||
		    (rows[i].verb != NULL && strcmp(rows[i].verb, verb) != 0))
			continue;
		give(rows[i].sets, fn, typed);
		if ((rows[i].sets & BACKENDS) != 0)
			btz_complete_backends(home, fn, typed);
	}
}
