/* SPDX-License-Identifier: Apache-2.0 */
/* resource.c - the two forms of what a role is granted on; see resource.h. */
#include "wire/resource.h"

#include <string.h>

#include "wire/name.h"

#define STORED "vpn."
#define WRITTEN "vpn:"
#define PREFIX_LEN 4u

static bool
has_prefix(struct btz_span s, const char *prefix)
{
	return s.len >= PREFIX_LEN && memcmp(s.p, prefix, PREFIX_LEN) == 0;
}

bool
btz_is_vpn(struct btz_span stored)
{
	return has_prefix(stored, STORED);
}

bool
btz_vpn_stored(struct btz_span name, char out[BTZ_NAME_MAX + 1])
{
	out[0] = '\0';
	if (!btz_name_ok(name) || name.len > BTZ_NAME_MAX - PREFIX_LEN)
		return false;
	memcpy(out, STORED, PREFIX_LEN);
	memcpy(out + PREFIX_LEN, name.p, name.len);
	out[PREFIX_LEN + name.len] = '\0';
	return true;
}

bool
btz_resource_parse(struct btz_span text, char out[BTZ_NAME_MAX + 1])
{
	out[0] = '\0';
	if (has_prefix(text, WRITTEN))
		return btz_vpn_stored(
		    btz_span_of(text.p + PREFIX_LEN, text.len - PREFIX_LEN),
		    out);
	if (!btz_name_ok(text) || btz_is_vpn(text))
		return false;
	memcpy(out, text.p, text.len);
	out[text.len] = '\0';
	return true;
}
