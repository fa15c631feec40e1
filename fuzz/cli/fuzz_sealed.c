/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_sealed.c - heads and pieces of encrypted files: what is taken is written
 * back as the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "cli/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct btz_sealed_head h;
	struct btz_sealed_piece p;
	uint8_t out[64];
	struct btz_wr wr;

	btz_wr_init(&wr, out, sizeof(out));
	if (btz_sealed_head_get(btz_span_of(data, size), &h)) {
		btz_sealed_head_put(&h, &wr);
		if (!btz_span_eq(btz_wr_span(&wr), btz_span_of(data, size)))
			abort();
	}
	btz_wr_init(&wr, out, sizeof(out));
	if (btz_sealed_piece_get(btz_span_of(data, size), &p)) {
		btz_sealed_piece_put(&p, &wr);
		if (p.len > BTZ_SEALED_BYTES ||
		    !btz_span_eq(btz_wr_span(&wr), btz_span_of(data, size)))
			abort();
	}
	return 0;
}
