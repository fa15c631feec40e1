/* SPDX-License-Identifier: Apache-2.0 */
/* msg_audit.c - wire order of the fields; meaning in msg_audit.h. */
#include "wire/msg_audit.h"

BTZ_MSGDEF(audit, BTZ_FU8(btz_audit, phase, 3), BTZ_FU8(btz_audit, wait, 1),
    BTZ_FTEXT(btz_audit, tenant, BTZ_NAME_MAX),
    BTZ_FTEXT(btz_audit, who, BTZ_URI_MAX), BTZ_FTEXT(btz_audit, cred, 64),
    BTZ_FU8(btz_audit, via, 4), BTZ_FTEXT(btz_audit, from, 64),
    BTZ_FTEXT(btz_audit, act, BTZ_NAME_MAX),
    BTZ_FBYTES(btz_audit, obj, BTZ_PATH_MAX),
    BTZ_FBYTES(btz_audit, dst, BTZ_PATH_MAX), BTZ_FU8(btz_audit, decision, 2),
    BTZ_FTEXT(btz_audit, why, BTZ_TEXT_MAX), BTZ_FU64(btz_audit, pol),
    BTZ_FTEXT(btz_audit, out, BTZ_TEXT_MAX), BTZ_FU8(btz_audit, has_n, 1),
    BTZ_FU64(btz_audit, n));

BTZ_MSGDEF(audit_ok, BTZ_FU64(btz_audit_ok, seq));

BTZ_MSGDEF(audit_init, BTZ_FTEXT(btz_audit_init, origin, 253),
    BTZ_FBYTES(btz_audit_init, checkpoint_spki, BTZ_SPKI_MAX),
    BTZ_FRAW(btz_audit_init, checkpoint_id, BTZ_ID_LEN));
