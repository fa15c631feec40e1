/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_ocsp.c - any bytes as ResponseData. What is accepted is built again
 * from what was read and must be the same bytes.
 */
#include "der/ocsp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[1 << 16];
	struct btz_span in = btz_span_of(data, size);
	struct btz_ocsp_single s;
	struct btz_ocsp_build b;
	struct btz_ocsp o;
	struct btz_wr wr;
	struct btz_rd it;

	if (size > sizeof(buf) || btz_ocsp_parse(in, &o) != BTZ_OK)
		return 0;
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_ocsp_begin(&b, o.key_hash, o.produced_at, &wr);
	btz_rd_span(&it, o.responses);
	while (btz_ocsp_next(&it, &s) == 1)
		btz_ocsp_add(&b, &s);
	if (btz_ocsp_end(&b, o.nonce) != BTZ_OK ||
	    !btz_span_eq(btz_wr_span(&wr), in))
		abort();
	return 0;
}
