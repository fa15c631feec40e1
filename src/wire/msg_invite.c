/* SPDX-License-Identifier: Apache-2.0 */
/* msg_invite.c - wire order of the fields; meaning in msg_invite.h. */
#include "wire/msg_invite.h"

BTZ_MSGDEF(invite_reserve,
    BTZ_FRAW(btz_invite_reserve, token_hash, BTZ_SHA256_LEN),
    BTZ_FRAW(btz_invite_reserve, spki_hash, BTZ_SHA256_LEN));

BTZ_MSGDEF(invite_reserve_ok,
    BTZ_FTEXT(btz_invite_reserve_ok, tenant, BTZ_NAME_MAX),
    BTZ_FTEXT(btz_invite_reserve_ok, kind, BTZ_NAME_MAX),
    BTZ_FTEXT(btz_invite_reserve_ok, name, BTZ_NAME_MAX),
    BTZ_FRAW(btz_invite_reserve_ok, tenant_id, BTZ_ID_LEN));
