/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_recovery_share.c - files with a share: what is taken is the same again
 * after it was written. */
#include <stdlib.h>
#include <string.h>

#include "cli/recovery_share.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct btz_recovery_share s, back;
	uint8_t text[BTZ_SHARE_FILE_MAX];
	struct btz_err err;
	struct btz_wr wr;

	if (btz_recovery_share_parse(btz_span_of(data, size), &s, &err) !=
	    BTZ_OK)
		return 0;
	btz_wr_init(&wr, text, sizeof(text));
	if (btz_recovery_share_put(&s, &wr, &err) != BTZ_OK ||
	    btz_recovery_share_parse(btz_wr_span(&wr), &back, &err) != BTZ_OK ||
	    memcmp(&s, &back, sizeof(s)) != 0)
		abort();
	return 0;
}
