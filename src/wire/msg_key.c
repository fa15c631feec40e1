/* SPDX-License-Identifier: Apache-2.0 */
/* msg_key.c - wire order of the fields; meaning in msg_key.h. */
#include "wire/msg_key.h"

BTZ_MSGDEF(key_ref, BTZ_FRAW(btz_key_ref, id, BTZ_ID_LEN));

BTZ_MSGDEF(list_keys, BTZ_FRAW(btz_list_keys, after, BTZ_ID_LEN),
    BTZ_FTEXT(btz_list_keys, label, BTZ_LABEL_MAX));

BTZ_MSGDEF(key_rows, BTZ_FBYTES(btz_key_rows, rows, BTZ_LIST_MAX),
    BTZ_FU8(btz_key_rows, more, 1));
