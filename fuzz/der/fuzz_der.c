/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_der.c - any bytes as one DER element. What the check accepts is written
 * again, element by element, and must be the same bytes: there is only one
 * encoding.
 */
#include "der/der.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
again(struct btz_span in, struct btz_wr *wr)
{
	const uint8_t *ends[BTZ_DER_DEPTH_MAX + 1];
	size_t marks[BTZ_DER_DEPTH_MAX + 1], depth = 0;
	struct btz_span c;
	struct btz_rd rd;
	uint8_t tag;

	btz_rd_span(&rd, in);
	while (rd.p < in.p + in.len || depth > 0) {
		if (depth > 0 && rd.p == ends[depth - 1]) {
			btz_der_end(wr, marks[--depth]);
			continue;
		}
		if (!btz_der_any(&rd, &tag, &c, NULL))
			abort();
		if ((tag & 0x20) == 0) {
			btz_der_put(wr, tag, c);
			continue;
		}
		marks[depth] = btz_der_begin(wr, tag);
		ends[depth++] = c.p + c.len;
		rd.p = c.p;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[1 << 20];
	struct btz_span in = btz_span_of(data, size);
	struct btz_wr wr;

	if (!btz_der_check(in))
		return 0;
	btz_wr_init(&wr, buf, sizeof(buf));
	again(in, &wr);
	if (btz_wr_ok(&wr) && !btz_span_eq(btz_wr_span(&wr), in))
		abort();
	return 0;
}
