/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_tail.h - records as they were written
 */
#ifndef BTZ_WIRE_MSG_TAIL_H
#define BTZ_WIRE_MSG_TAIL_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_TAIL */
struct btz_tail {
	uint64_t from; /* first sequence number; UINT64_MAX: the last `max` */
	uint16_t max;  /* at most 1000 */
	uint16_t wait_ms; /* answer empty after this long if there is none */
};
extern const struct btz_msgdef btz_def_tail;

/* JSON lines */
struct btz_tail_ok {
	uint64_t next; /* sequence number to ask for next */
	struct btz_span lines;
};
extern const struct btz_msgdef btz_def_tail_ok;

#endif
