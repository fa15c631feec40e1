/* SPDX-License-Identifier: Apache-2.0 */
/* msg_backup.c - wire order of the fields; meaning in msg_backup.h. */
#include "wire/msg_backup.h"

BTZ_MSGDEF(backup, BTZ_FRAW(btz_backup, id, BTZ_ID_LEN),
    BTZ_FTEXT(btz_backup, owner, BTZ_NAME_MAX),
    BTZ_FBYTES(btz_backup, key, BTZ_BLOB_MAX), BTZ_FU8(btz_backup, state, 0),
    BTZ_FU32(btz_backup, min_version),
    BTZ_FBYTES(btz_backup, versions, BTZ_LIST_MAX));

BTZ_MSGDEF(backup_version, BTZ_FU32(btz_backup_version, version),
    BTZ_FU8(btz_backup_version, state, 0),
    BTZ_FU64(btz_backup_version, created), BTZ_FU64(btz_backup_version, uses),
    BTZ_FBYTES(btz_backup_version, secret, BTZ_SECRET_MAX));
