/* SPDX-License-Identifier: Apache-2.0 */
/* msg_share.c - wire order of the fields; meaning in msg_share.h. */
#include "wire/msg_share.h"

BTZ_MSGDEF(share_dir, BTZ_FTEXT(btz_share_dir, tenant, BTZ_NAME_MAX),
    BTZ_FTEXT(btz_share_dir, share, BTZ_NAME_MAX));
