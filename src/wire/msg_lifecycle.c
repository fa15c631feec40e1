/* SPDX-License-Identifier: Apache-2.0 */
/* msg_lifecycle.c - wire order of the fields; meaning in msg_lifecycle.h. */
#include "wire/msg_lifecycle.h"

#include "wire/msg_approval.h"

BTZ_MSGDEF(import, BTZ_FBYTES(btz_import, key, BTZ_BLOB_MAX),
    BTZ_FBYTES(btz_import, secret, BTZ_BLOB_MAX),
    BTZ_FRAW(btz_import, wrapped_by, BTZ_ID_LEN));

BTZ_MSGDEF(key_set, BTZ_FRAW(btz_key_set, id, BTZ_ID_LEN),
    BTZ_FU8(btz_key_set, what, 0), BTZ_FU64(btz_key_set, value),
    BTZ_FTEXT(btz_key_set, text, BTZ_TEXT_MAX));

BTZ_MSGDEF(backup_ok, BTZ_FBYTES(btz_backup_ok, blob, BTZ_LIST_MAX));

BTZ_MSGDEF(restore, BTZ_FBYTES(btz_restore, blob, BTZ_LIST_MAX),
    BTZ_FBYTES(btz_restore, approvals, BTZ_APPROVED_MAX));
