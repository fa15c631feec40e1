/* SPDX-License-Identifier: Apache-2.0 */
/* name.c - the one place that says what a name may look like. */
#include "wire/name.h"

#include "wire/limits.h"

#include <string.h>

static bool
is_alnum(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool
btz_name_ok(struct btz_span name)
{
	if (name.len == 0 || name.len > BTZ_NAME_MAX || !is_alnum(name.p[0]))
		return false;
	for (size_t i = 1; i < name.len; i++) {
		uint8_t c = name.p[i];

		if (!is_alnum(c) && c != '.' && c != '_' && c != '-')
			return false;
		if (c == '.' && name.p[i - 1] == '.')
			return false;
	}
	return true;
}

bool
btz_domain_ok(struct btz_span name)
{
	uint8_t prev = '.';

	if (name.len == 0 || name.len > 253)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.p[i];

		if (!is_alnum(c) && c != '-' && c != '.')
			return false;
		if ((c == '.' || c == '-') && prev == '.')
			return false;
		if (c == '.' && prev == '-')
			return false;
		prev = c;
	}
	return is_alnum(prev);
}

static bool
take(struct btz_span *in, const char *word)
{
	size_t n = strlen(word);

	if (in->len < n || memcmp(in->p, word, n) != 0)
		return false;
	in->p += n;
	in->len -= n;
	return true;
}

/* Everything up to the next '/', which is consumed. */
static bool
take_segment(struct btz_span *in, struct btz_span *out)
{
	const uint8_t *slash = in->len == 0 ? NULL : memchr(in->p, '/', in->len);

	*out = btz_span_of(NULL, 0);
	if (slash == NULL)
		return false;
	*out = btz_span_of(in->p, (size_t)(slash - in->p));
	in->len -= out->len + 1;
	in->p = slash + 1;
	return true;
}

bool
btz_spiffe_parse(struct btz_span uri, struct btz_spiffe *out)
{
	*out = (struct btz_spiffe){ .domain = { NULL, 0 } };
	if (!take(&uri, "spiffe://") || !take_segment(&uri, &out->domain) ||
	    !take_segment(&uri, &out->tenant) ||
	    !take_segment(&uri, &out->kind))
		return false;
	out->name = uri;
	return btz_domain_ok(out->domain) && btz_name_ok(out->tenant) &&
	    (btz_span_eq(out->kind, btz_span_str("user")) ||
	    btz_span_eq(out->kind, btz_span_str("device"))) &&
	    btz_name_ok(out->name);
}
