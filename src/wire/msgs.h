/* SPDX-License-Identifier: Apache-2.0 */
/* msgs.h - every message there is, for tests and the fuzz target. */
#ifndef BTZ_WIRE_MSGS_H
#define BTZ_WIRE_MSGS_H

#include "wire/field.h"

extern const struct btz_msgdef *const btz_all_msgs[];
extern const size_t btz_all_msgs_count;

#endif
