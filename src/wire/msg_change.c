/* SPDX-License-Identifier: Apache-2.0 */
/* msg_change.c - wire order of the fields; meaning in msg_change.h. */
#include "wire/msg_change.h"

BTZ_MSGDEF(change, BTZ_FU8(btz_change, noun, 0), BTZ_FU8(btz_change, verb, 0),
    BTZ_FTEXT(btz_change, tenant, BTZ_NAME_MAX),
    BTZ_FTEXT(btz_change, name, 253), BTZ_FTEXT(btz_change, a, BTZ_TEXT_MAX),
    BTZ_FTEXT(btz_change, b, BTZ_TEXT_MAX),
    BTZ_FTEXT(btz_change, c, BTZ_TEXT_MAX), BTZ_FU64(btz_change, n));

BTZ_MSGDEF(change_ok, BTZ_FTEXT(btz_change_ok, id, 253),
    BTZ_FTEXT(btz_change_ok, detail, BTZ_TEXT_MAX),
    BTZ_FU64(btz_change_ok, generation));

BTZ_MSGDEF(access_init, BTZ_FTEXT(btz_access_init, trust_domain, 253),
    BTZ_FTEXT(btz_access_init, box, BTZ_NAME_MAX));
