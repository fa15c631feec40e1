/* SPDX-License-Identifier: Apache-2.0 */
/* msg_tail.c - wire order of the fields; meaning in msg_tail.h. */
#include "wire/msg_tail.h"

BTZ_MSGDEF(tail, BTZ_FU64(btz_tail, from), BTZ_FU16(btz_tail, max),
    BTZ_FU16(btz_tail, wait_ms));

BTZ_MSGDEF(tail_ok, BTZ_FU64(btz_tail_ok, next),
    BTZ_FBYTES(btz_tail_ok, lines, BTZ_LIST_MAX));
