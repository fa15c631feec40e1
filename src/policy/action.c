/* SPDX-License-Identifier: Apache-2.0 */
/* action.c - names of the permission bits in action.h. */
#include "policy/action.h"

#include <string.h>

#include "wire/resource.h"

static const struct {
	uint32_t bit;
	const char *name;
} actions[] = {
	{ BTZ_ACT_LIST, "list" },
	{ BTZ_ACT_READ, "read" },
	{ BTZ_ACT_WRITE, "write" },
	{ BTZ_ACT_DELETE, "delete" },
	{ BTZ_ACT_MANAGE, "manage" },
	{ BTZ_ACT_CONNECT, "connect" },
	{ BTZ_ACT_SIGN, "sign" },
};

uint32_t
btz_actions_on(struct btz_span share)
{
	return btz_is_vpn(share) ? BTZ_ACT_CONNECT
				 : BTZ_ACT_ALL & ~(uint32_t)BTZ_ACT_CONNECT;
}

uint32_t
btz_action_bit(struct btz_span name)
{
	for (size_t i = 0; i < BTZ_COUNT(actions); i++)
		if (btz_span_eq(name, btz_span_str(actions[i].name)))
			return actions[i].bit;
	return 0;
}

static bool
is_separator(uint8_t c)
{
	return c == ',' || c == ' ';
}

bool
btz_actions_parse(struct btz_span names, uint32_t *out)
{
	uint32_t bits = 0;
	size_t i = 0;

	*out = 0;
	while (i < names.len) {
		size_t from = i;
		uint32_t bit;

		while (i < names.len && !is_separator(names.p[i]))
			i++;
		if (i > from) {
			bit = btz_action_bit(
			    btz_span_of(names.p + from, i - from));
			if (bit == 0)
				return false;
			bits |= bit;
		}
		i++;
	}
	*out = bits;
	return bits != 0;
}

static size_t
append(char *out, size_t at, size_t cap, const char *s)
{
	while (*s != '\0' && at + 1 < cap)
		out[at++] = *s++;
	return at;
}

void
btz_actions_text(uint32_t bits, char *out, size_t cap)
{
	size_t at = 0;

	if (cap == 0)
		return;
	for (size_t i = 0; i < BTZ_COUNT(actions); i++) {
		if ((bits & actions[i].bit) == 0)
			continue;
		if (at > 0)
			at = append(out, at, cap, ",");
		at = append(out, at, cap, actions[i].name);
	}
	if (at == 0)
		at = append(out, at, cap, "none");
	out[at] = '\0';
}
