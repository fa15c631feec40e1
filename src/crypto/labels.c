/* SPDX-License-Identifier: Apache-2.0 */
/* labels.c - one label of a key set or taken out; contract in labels.h. */
#include "crypto/labels.h"

#include <string.h>

#include "wire/name.h"

static size_t
find(struct btz_span s, uint8_t c)
{
	const uint8_t *at = s.len > 0 ? memchr(s.p, c, s.len) : NULL;

	return at != NULL ? (size_t)(at - s.p) : s.len;
}

static bool
put(uint8_t *room, size_t *n, struct btz_span line)
{
	if (line.len + 1 > BTZ_LABELS_MAX - *n)
		return false;
	memcpy(room + *n, line.p, line.len);
	room[*n + line.len] = '\n';
	*n += line.len + 1;
	return true;
}

enum btz_rc
btz_labels_set(struct btz_span have, struct btz_span change,
    uint8_t room[BTZ_LABELS_MAX], struct btz_span *out, struct btz_err *err)
{
	const size_t name = find(change, '=');
	const bool adds = name < change.len;
	bool found = false;
	size_t n = 0, at = 0;

	*out = btz_span_of(NULL, 0);
	if (!btz_name_ok(btz_span_of(change.p, name)))
		return BTZ_FAIL(err, BTZ_E_NAME, "name of a label");
	while (at < have.len) {
		struct btz_span rest = btz_span_of(have.p + at, have.len - at);
		struct btz_span line = btz_span_of(rest.p, find(rest, '\n'));

		at += line.len + 1;
		if (find(line, '=') == name &&
		    memcmp(line.p, change.p, name) == 0)
			found = true;
		else if (!put(room, &n, line))
			return BTZ_FAIL(err, BTZ_E_TOOBIG, "labels of a key");
	}
	if (adds && !put(room, &n, change))
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "labels of a key, %u bytes",
		    BTZ_LABELS_MAX);
	if (!adds && !found)
		return BTZ_FAIL(err, BTZ_E_NOENT, "label of a key");
	*out = btz_span_of(room, n);
	return BTZ_OK;
}
