/* SPDX-License-Identifier: Apache-2.0 */
/* msg_edge.c - wire order of the fields; meaning in msg_edge.h. */
#include "wire/msg_edge.h"

BTZ_MSGDEF(edge_end, BTZ_FU8(btz_edge_end, slot, 0));
BTZ_MSGDEF(child_hung, BTZ_FU8(btz_child_hung, prog, 0));
