/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flood.h - what costs its sender nothing (a denial of somebody unknown) must
 * not fill the log: at most a burst and then so many a second are recorded
 * one by one, the others are counted. One bucket for all senders: whoever has
 * many addresses or connections gains nothing.
 */
#ifndef BTZ_BASE_FLOOD_H
#define BTZ_BASE_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#define BTZ_FLOOD_BURST 40u
#define BTZ_FLOOD_PER_SECOND 20u

struct btz_flood {	   /* zeroed: full after two seconds of any clock */
	uint64_t at_ms;	   /* of the last refill */
	uint64_t tokens;   /* thousandths of a record */
	uint64_t withheld; /* not yet reported */
};

/* May one more be recorded? *report: how many were withheld before it. */
bool btz_flood_admit(struct btz_flood *f, uint64_t now_ms, uint64_t *report);

#endif
