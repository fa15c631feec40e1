/* SPDX-License-Identifier: Apache-2.0 */
/* flood.c - a bucket of records; contract in flood.h. */
#include "base/flood.h"

bool
btz_flood_admit(struct btz_flood *f, uint64_t now_ms, uint64_t *report)
{
	uint64_t passed = now_ms > f->at_ms ? now_ms - f->at_ms : 0;

	*report = 0;
	if (passed > 1000u * BTZ_FLOOD_BURST / BTZ_FLOOD_PER_SECOND)
		passed = 1000u * BTZ_FLOOD_BURST / BTZ_FLOOD_PER_SECOND;
	f->at_ms = now_ms;
	f->tokens += passed * BTZ_FLOOD_PER_SECOND;
	if (f->tokens > 1000u * BTZ_FLOOD_BURST)
		f->tokens = 1000u * BTZ_FLOOD_BURST;
	if (f->tokens < 1000u) {
		f->withheld++;
		return false;
	}
	f->tokens -= 1000u;
	*report = f->withheld;
	f->withheld = 0;
	return true;
}
