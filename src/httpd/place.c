/* SPDX-License-Identifier: Apache-2.0 */
/* place.c - paths to shares; start with btz_place_parse. */
#include "httpd/place.h"

#include <string.h>
#include <strings.h>

#include "wire/name.h"
#include "wire/resource.h"

#define SEGMENT_MAX 255u /* NAME_MAX of the usual file systems */

static bool
starts_with(struct btz_span s, const char *word)
{
	size_t n = strlen(word);

	return s.len >= n && strncasecmp((const char *)s.p, word, n) == 0;
}

/* Files of mod_dav_fs among the user's: properties and unfinished uploads. */
static bool
is_servers(struct btz_span segment)
{
	return (segment.len == 4 && starts_with(segment, ".DAV")) ||
	       starts_with(segment, ".davfs.");
}

static bool
is_dots(struct btz_span s)
{
	return (s.len == 1 && s.p[0] == '.') ||
	       (s.len == 2 && s.p[0] == '.' && s.p[1] == '.');
}

static bool
bytes_ok(struct btz_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f || s.p[i] == '\\')
			return false;
	return true;
}

/* The segment that begins at *at; *at moves behind its slash. */
static struct btz_span
segment_at(struct btz_span path, size_t *at)
{
	size_t from = *at;

	while (*at < path.len && path.p[*at] != '/')
		(*at)++;
	if (*at < path.len)
		(*at)++;
	return btz_span_of(path.p + from,
	    *at - from - (*at > from && path.p[*at - 1] == '/' ? 1 : 0));
}

/* BTZ_PLACE_BAD, BTZ_PLACE_NOWHERE, or BTZ_PLACE_INSIDE: nothing wrong. */
static enum btz_place_kind
segments_kind(struct btz_span path)
{
	enum btz_place_kind kind = BTZ_PLACE_INSIDE;
	size_t at = 1;

	while (at < path.len) {
		struct btz_span s = segment_at(path, &at);

		if (s.len == 0 || s.len > SEGMENT_MAX || is_dots(s))
			return BTZ_PLACE_BAD;
		if (is_servers(s))
			kind = BTZ_PLACE_NOWHERE;
	}
	return kind;
}

static bool
reserved(struct btz_place *out, struct btz_span first, struct btz_span rest)
{
	if (btz_span_eq(first, btz_span_str(".bartizan")))
		out->kind = BTZ_PLACE_OURS;
	else if (btz_span_eq(first, btz_span_str(".well-known")))
		out->kind = BTZ_PLACE_WELL_KNOWN;
	else
		return false;
	out->rest = rest;
	return true;
}

static struct btz_span
tail(struct btz_span path, size_t at)
{
	return btz_span_of(path.p + at, path.len - at);
}

static void
split(struct btz_span path, struct btz_place *out)
{
	size_t at = 1;
	struct btz_span first = segment_at(path, &at), second;

	if (reserved(out, first, tail(path, at)))
		return;
	out->kind = BTZ_PLACE_NOWHERE;
	if (!btz_name_ok(first))
		return;
	out->tenant = first;
	if (at >= path.len) {
		out->kind = BTZ_PLACE_TENANT;
		return;
	}
	second = segment_at(path, &at);
	if (!btz_name_ok(second) || btz_is_vpn(second)) /* no files there */
		return;
	out->share = second;
	out->rest = tail(path, at);
	out->kind = out->rest.len == 0 ? BTZ_PLACE_SHARE : BTZ_PLACE_INSIDE;
}

void
btz_place_parse(struct btz_span path, struct btz_place *out)
{
	enum btz_place_kind kind;

	*out = (struct btz_place){ .kind = BTZ_PLACE_BAD };
	if (path.len == 1 && path.p[0] == '*') {
		out->kind = BTZ_PLACE_STAR;
		return;
	}
	if (path.len == 0 || path.len > BTZ_PATH_MAX || path.p[0] != '/' ||
	    !bytes_ok(path))
		return;
	if (path.len == 1) {
		out->kind = BTZ_PLACE_TOP;
		return;
	}
	kind = segments_kind(path);
	if (kind == BTZ_PLACE_BAD)
		return;
	split(path, out);
	if (kind == BTZ_PLACE_NOWHERE)
		out->kind = BTZ_PLACE_NOWHERE;
}
