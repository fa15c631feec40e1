/* SPDX-License-Identifier: Apache-2.0 */
/* msg_explain.c - wire order of the fields; meaning in msg_explain.h. */
#include "wire/msg_explain.h"

#include "wire/msg_audit.h"

BTZ_MSGDEF(explain, BTZ_FTEXT(btz_explain, tenant, BTZ_NAME_MAX),
    BTZ_FTEXT(btz_explain, principal, BTZ_URI_MAX),
    BTZ_FTEXT(btz_explain, action, BTZ_NAME_MAX),
    BTZ_FTEXT(btz_explain, object, BTZ_PATH_MAX),
    BTZ_FU8(btz_explain, via, BTZ_VIA_CLI), BTZ_FU64(btz_explain, at));

BTZ_MSGDEF(explain_ok, BTZ_FU8(btz_explain_ok, allow, 1),
    BTZ_FTEXT(btz_explain_ok, why, BTZ_TEXT_MAX),
    BTZ_FU64(btz_explain_ok, generation));
