/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_pem.c - any bytes as PEM. What decodes, with LF and a last line end,
 * encodes to the same bytes.
 */
#include "der/pem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t der[1 << 20], text[1 << 21];
	struct btz_span in = btz_span_of(data, size);
	struct btz_wr wr, out;

	btz_wr_init(&wr, der, sizeof(der));
	if (btz_pem_decode(in, BTZ_PEM_CSR, &wr) != BTZ_OK)
		return 0;
	if (memchr(data, '\r', size) != NULL || data[size - 1] != '\n')
		return 0;
	btz_wr_init(&out, text, sizeof(text));
	btz_pem_encode(&out, BTZ_PEM_CSR, btz_wr_span(&wr));
	if (!btz_span_eq(btz_wr_span(&out), in))
		abort();
	return 0;
}
