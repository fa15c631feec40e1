/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_edge.h - the supervisor hands out a new end of an edge
 */
#ifndef BTZ_WIRE_MSG_EDGE_H
#define BTZ_WIRE_MSG_EDGE_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_EDGE with the descriptor; index into the program's list in edges.h */
struct btz_edge_end {
	uint8_t slot;
};
extern const struct btz_msgdef btz_def_edge_end;

#endif
