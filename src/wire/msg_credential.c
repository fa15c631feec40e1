/* SPDX-License-Identifier: Apache-2.0 */
/* msg_credential.c - wire order of the fields; meaning in msg_credential.h. */
#include "wire/msg_credential.h"

BTZ_MSGDEF(credential_add,
    BTZ_FRAW(btz_credential_add, token_hash, BTZ_SHA256_LEN),
    BTZ_FRAW(btz_credential_add, spki_hash, BTZ_SHA256_LEN),
    BTZ_FTEXT(btz_credential_add, principal, BTZ_URI_MAX),
    BTZ_FRAW(btz_credential_add, serial, BTZ_ID_LEN),
    BTZ_FU64(btz_credential_add, not_before),
    BTZ_FU64(btz_credential_add, not_after));

BTZ_MSGDEF(credential_ref,
    BTZ_FRAW(btz_credential_ref, spki_hash, BTZ_SHA256_LEN),
    BTZ_FU8(btz_credential_ref, reason, 10));

BTZ_MSGDEF(credential_ok, BTZ_FU64(btz_credential_ok, generation));

BTZ_MSGDEF(credential_row,
    BTZ_FRAW(btz_credential_row, spki_hash, BTZ_SHA256_LEN),
    BTZ_FRAW(btz_credential_row, serial, BTZ_ID_LEN),
    BTZ_FU64(btz_credential_row, not_after),
    BTZ_FU8(btz_credential_row, state, 2));

BTZ_MSGDEF(credential_rows, BTZ_FBYTES(btz_credential_rows, rows, BTZ_LIST_MAX),
    BTZ_FBYTES(btz_credential_rows, next, 64));
