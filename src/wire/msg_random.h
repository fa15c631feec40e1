/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_random.h - random bytes
 */
#ifndef BTZ_WIRE_MSG_RANDOM_H
#define BTZ_WIRE_MSG_RANDOM_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_RANDOM */
struct btz_random {
	uint32_t n; /* at most BTZ_RANDOM_MAX */
};
extern const struct btz_msgdef btz_def_random;

/* exactly n bytes */
struct btz_random_ok {
	struct btz_span bytes;
};
extern const struct btz_msgdef btz_def_random_ok;

#endif
