/* SPDX-License-Identifier: Apache-2.0 */
/* key_uses.c - names of what a key may do. */
#include <stdio.h>
#include <string.h>

#include "cli/key.h"

static const struct {
	const char *name;
	uint32_t use;
} uses[] = {
	{ "sign", BTZ_USE_SIGN },
	{ "verify", BTZ_USE_VERIFY },
	{ "encrypt", BTZ_USE_ENCRYPT },
	{ "decrypt", BTZ_USE_DECRYPT },
	{ "derive", BTZ_USE_DERIVE },
};

void
btz_key_uses(uint32_t usage, char out[BTZ_KEY_USES_MAX])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < BTZ_COUNT(uses); i++)
		if ((usage & uses[i].use) != 0)
			n += (size_t)snprintf(out + n, BTZ_KEY_USES_MAX - n,
			    "%s%s", n > 0 ? "," : "", uses[i].name);
}

uint32_t
btz_key_use_of(const char *name, size_t len)
{
	for (size_t i = 0; i < BTZ_COUNT(uses); i++)
		if (strlen(uses[i].name) == len &&
		    memcmp(uses[i].name, name, len) == 0)
			return uses[i].use;
	return 0;
}
