/* SPDX-License-Identifier: Apache-2.0 */
/* msg_open.c - wire order of the fields; meaning in msg_open.h. */
#include "wire/msg_open.h"

BTZ_MSGDEF(open, BTZ_FTEXT(btz_open, backend, BTZ_NAME_MAX),
    BTZ_FU32(btz_open, ops), BTZ_FU8(btz_open, whose, 0),
    BTZ_FU32(btz_open, for_uid));

BTZ_MSGDEF(open_ok, BTZ_FU64(btz_open_ok, lease), BTZ_FU32(btz_open_ok, ops),
    BTZ_FU64(btz_open_ok, expiry),
    BTZ_FTEXT(btz_open_ok, backend, BTZ_NAME_MAX));
