/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_kwp.c - wrapped bytes of any length: what opens is not longer than it
 * can be, and what does not leaves nothing behind. */
#include <stdlib.h>
#include <string.h>

#include "crypto/kwp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t kek[BTZ_KWP_KEK_LEN] = { 1 };
	static uint8_t out[4096];
	struct btz_err err;
	size_t len;

	if (size > sizeof(out))
		return 0;
	memset(out, 0, sizeof(out));
	if (btz_kwp_unwrap(kek, btz_span_of(data, size), out, &len, &err) ==
	    BTZ_OK) {
		if (len + 8 > size || len + 15 < size - 8)
			abort();
		return 0;
	}
	for (size_t i = 0; i < sizeof(out); i++)
		if (out[i] != 0)
			abort();
	return 0;
}
