/* SPDX-License-Identifier: Apache-2.0 */
/* msg_list.c - wire order of the fields; meaning in msg_list.h. */
#include "wire/msg_list.h"

BTZ_MSGDEF(list, BTZ_FU8(btz_list, noun, 0),
    BTZ_FTEXT(btz_list, tenant, BTZ_NAME_MAX),
    BTZ_FTEXT(btz_list, filter, BTZ_TEXT_MAX), BTZ_FBYTES(btz_list, after, 64));

BTZ_MSGDEF(table, BTZ_FBYTES(btz_table, columns, 4096),
    BTZ_FBYTES(btz_table, rows, BTZ_LIST_MAX), BTZ_FBYTES(btz_table, next, 64));

BTZ_MSGDEF(progress, BTZ_FU16(btz_progress, step),
    BTZ_FU16(btz_progress, steps), BTZ_FTEXT(btz_progress, what, BTZ_TEXT_MAX));
