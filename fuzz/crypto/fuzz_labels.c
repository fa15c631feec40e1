/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_labels.c - one label after the other, set or taken out: what comes of it
 * is well-formed again. */
#include <stdlib.h>
#include <string.h>

#include "crypto/labels.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct btz_span labels)
{
	if (labels.len > BTZ_LABELS_MAX ||
	    (labels.len > 0 && labels.p[labels.len - 1] != '\n'))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t had[BTZ_LABELS_MAX], room[BTZ_LABELS_MAX];
	struct btz_span have = btz_span_of(NULL, 0), out;
	struct btz_err err;
	size_t n = 0, at = 0, len;

	for (; at < size && n < 64; at += len + 1, n++) {
		const uint8_t *end = memchr(data + at, '\n', size - at);

		len = end != NULL ? (size_t)(end - data) - at : size - at;
		if (btz_labels_set(have, btz_span_of(data + at, len), room,
			&out, &err) != BTZ_OK)
			continue;
		check(out);
		memcpy(had, out.p, out.len);
		have = btz_span_of(had, out.len);
	}
	return 0;
}
