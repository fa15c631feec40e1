/* SPDX-License-Identifier: Apache-2.0 */
/* msg_generate.c - wire order of the fields; meaning in msg_generate.h. */
#include "wire/msg_generate.h"

BTZ_MSGDEF(generate, BTZ_FU8(btz_generate, alg, 0),
    BTZ_FU8(btz_generate, kind, 0), BTZ_FU32(btz_generate, usage),
    BTZ_FTEXT(btz_generate, label, BTZ_LABEL_MAX),
    BTZ_FRAW(btz_generate, tenant_id, BTZ_ID_LEN),
    BTZ_FU64(btz_generate, not_after),
    BTZ_FBYTES(btz_generate, constraints, BTZ_CONSTRAINTS_MAX),
    BTZ_FU8(btz_generate, flags, 0), BTZ_FU16(btz_generate, bits),
    BTZ_FU16(btz_generate, only_sig), BTZ_FU16(btz_generate, only_crypt),
    BTZ_FU64(btz_generate, uses_max),
    BTZ_FBYTES(btz_generate, labels, BTZ_LABELS_MAX),
    BTZ_FBYTES(btz_generate, app_data, BTZ_APP_DATA_MAX));

BTZ_MSGDEF(key_info, BTZ_FRAW(btz_key_info, id, BTZ_ID_LEN),
    BTZ_FTEXT(btz_key_info, owner, BTZ_NAME_MAX),
    BTZ_FTEXT(btz_key_info, label, BTZ_LABEL_MAX),
    BTZ_FU8(btz_key_info, alg, 0), BTZ_FU8(btz_key_info, kind, 0),
    BTZ_FU8(btz_key_info, protection, 0), BTZ_FU8(btz_key_info, state, 0),
    BTZ_FU32(btz_key_info, usage), BTZ_FU64(btz_key_info, created),
    BTZ_FU64(btz_key_info, not_after),
    BTZ_FBYTES(btz_key_info, constraints, BTZ_CONSTRAINTS_MAX),
    BTZ_FBYTES(btz_key_info, spki, BTZ_SPKI_MAX),
    BTZ_FU8(btz_key_info, flags, 0), BTZ_FU16(btz_key_info, bits),
    BTZ_FU16(btz_key_info, only_sig), BTZ_FU16(btz_key_info, only_crypt),
    BTZ_FU64(btz_key_info, uses), BTZ_FU64(btz_key_info, uses_max),
    BTZ_FU32(btz_key_info, version), BTZ_FU32(btz_key_info, min_version),
    BTZ_FU64(btz_key_info, destroy_at),
    BTZ_FBYTES(btz_key_info, labels, BTZ_LABELS_MAX),
    BTZ_FBYTES(btz_key_info, app_data, BTZ_APP_DATA_MAX),
    BTZ_FBYTES(btz_key_info, shares, BTZ_SHARES_TEXT_MAX));
