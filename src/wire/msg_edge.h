/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_edge.h - the supervisor hands out a new end of an edge; a child tells it that
 * another one hangs
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

/* BTZ_OP_CHILD_HUNG: enum btz_prog. The supervisor heeds it only from who is
 * at the other end of that program (bartizan-vpn about an OpenVPN). */
struct btz_child_hung {
	uint8_t prog;
};
extern const struct btz_msgdef btz_def_child_hung;

#endif
