/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_record.c - audit records: what parses is written back the same. */
#include <stdlib.h>

#include "tlog/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[BTZ_RECORD_MAX];
	struct btz_span in = btz_span_of(data, size);
	struct btz_record r;
	struct btz_wr wr;
	size_t where;

	if (btz_record_parse(in, &r, &where) != BTZ_OK) {
		if (where > size)
			abort();
		return 0;
	}
	btz_wr_init(&wr, buf, sizeof(buf));
	btz_record_write(&wr, &r);
	if (!btz_span_eq(btz_wr_span(&wr), in))
		abort();
	return 0;
}
