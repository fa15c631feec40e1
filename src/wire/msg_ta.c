/* SPDX-License-Identifier: Apache-2.0 */
/* msg_ta.c - wire order of the fields; meaning in msg_ta.h. */
#include "wire/msg_ta.h"

#include "wire/alg.h"
#include "wire/msg_approval.h"

BTZ_MSGDEF(ta_info, BTZ_FU32(btz_ta_info, abi),
    BTZ_FU32(btz_ta_info, ta_version), BTZ_FU8(btz_ta_info, state, 10),
    BTZ_FU32(btz_ta_info, last_rc),
    BTZ_FTEXT(btz_ta_info, weaknesses, BTZ_TEXT_MAX),
    BTZ_FRAW(btz_ta_info, instance_id, BTZ_SHA256_LEN),
    BTZ_FU64(btz_ta_info, epoch), BTZ_FU8(btz_ta_info, previous_clean, 1),
    BTZ_FTEXT(btz_ta_info, trust_domain, 253),
    BTZ_FTEXT(btz_ta_info, box, BTZ_NAME_MAX),
    BTZ_FTEXT(btz_ta_info, origin, 253),
    BTZ_FRAW(btz_ta_info, root_id, BTZ_ID_LEN),
    BTZ_FBYTES(btz_ta_info, root_cert, BTZ_CERT_MAX),
    BTZ_FRAW(btz_ta_info, checkpoint_id, BTZ_ID_LEN),
    BTZ_FBYTES(btz_ta_info, checkpoint_spki, BTZ_SPKI_MAX),
    BTZ_FU64(btz_ta_info, checkpoint_size),
    BTZ_FRAW(btz_ta_info, checkpoint_root, BTZ_SHA256_LEN),
    BTZ_FU32(btz_ta_info, slots_used), BTZ_FU32(btz_ta_info, constrained_keys),
    BTZ_FU32(btz_ta_info, uncommitted), BTZ_FU32(btz_ta_info, tpm_failures),
    BTZ_FBYTES(btz_ta_info, admins, 2u * BTZ_ADMINS_BYTES),
    BTZ_FU32(btz_ta_info, recoveries),
    BTZ_FRAW(btz_ta_info, record_digest, BTZ_SHA256_LEN),
    BTZ_FRAW(btz_ta_info, index_digest, BTZ_SHA256_LEN),
    BTZ_FU64(btz_ta_info, t0), BTZ_FU64(btz_ta_info, last_time),
    BTZ_FTEXT(btz_ta_info, implementation, BTZ_TEXT_MAX));

BTZ_MSGDEF(ta_step, BTZ_FU32(btz_ta_step, step), BTZ_FU32(btz_ta_step, steps),
    BTZ_FTEXT(btz_ta_step, text, BTZ_TEXT_MAX), BTZ_FU8(btz_ta_step, done, 1),
    BTZ_FBYTES(btz_ta_step, ok, 2 * BTZ_CERT_MAX));

BTZ_MSGDEF(ta_key_create, BTZ_FU8(btz_ta_key_create, alg, 0),
    BTZ_FU8(btz_ta_key_create, kind, 0), BTZ_FU8(btz_ta_key_create, flags, 3),
    BTZ_FU32(btz_ta_key_create, operations),
    BTZ_FRAW(btz_ta_key_create, tenant_id, BTZ_ID_LEN),
    BTZ_FU64(btz_ta_key_create, not_after),
    BTZ_FBYTES(btz_ta_key_create, constraints, BTZ_CONSTRAINTS_MAX),
    BTZ_FU16(btz_ta_key_create, bits));

BTZ_MSGDEF(ta_offers, BTZ_FU32(btz_ta_offers, algs),
    BTZ_FU32(btz_ta_offers, sigs), BTZ_FU32(btz_ta_offers, crypts));

BTZ_MSGDEF(ta_key, BTZ_FRAW(btz_ta_key, key_id, BTZ_ID_LEN),
    BTZ_FBYTES(btz_ta_key, spki, BTZ_SPKI_MAX),
    BTZ_FBYTES(btz_ta_key, blob, BTZ_BLOB_MAX));

BTZ_MSGDEF(ta_key_import, BTZ_FU8(btz_ta_key_import, alg, 0),
    BTZ_FU8(btz_ta_key_import, flags, 3),
    BTZ_FU32(btz_ta_key_import, operations),
    BTZ_FRAW(btz_ta_key_import, tenant_id, BTZ_ID_LEN),
    BTZ_FU64(btz_ta_key_import, not_after),
    BTZ_FBYTES(btz_ta_key_import, spki, BTZ_SPKI_MAX),
    BTZ_FBYTES(btz_ta_key_import, secret, BTZ_SECRET_MAX));

BTZ_MSGDEF(ta_restore, BTZ_FBYTES(btz_ta_restore, file, BTZ_LIST_MAX),
    BTZ_FBYTES(btz_ta_restore, request, BTZ_TEXT_MAX),
    BTZ_FRAW(btz_ta_restore, nonce, BTZ_SHA256_LEN),
    BTZ_FBYTES(btz_ta_restore, approvals, BTZ_APPROVALS_MAX));

BTZ_MSGDEF(ta_blob, BTZ_FBYTES(btz_ta_blob, blob, BTZ_BLOB_MAX));

BTZ_MSGDEF(ta_handle, BTZ_FU32(btz_ta_handle, handle));

BTZ_MSGDEF(ta_sign, BTZ_FU32(btz_ta_sign, handle), BTZ_FU16(btz_ta_sign, alg),
    BTZ_FU64(btz_ta_sign, now), BTZ_FBYTES(btz_ta_sign, input, BTZ_INPUT_MAX),
    BTZ_FBYTES(btz_ta_sign, previous, BTZ_INPUT_MAX + BTZ_SIG_MAX));

/* Input: BTZ_INPUT_MAX and a tag; the rest as in msg_crypt.c. */
BTZ_MSGDEF(ta_key_crypt, BTZ_FU32(btz_ta_key_crypt, handle),
    BTZ_FU8(btz_ta_key_crypt, verb, BTZ_VERB_DERIVE),
    BTZ_FU16(btz_ta_key_crypt, alg), BTZ_FU64(btz_ta_key_crypt, now),
    BTZ_FBYTES(btz_ta_key_crypt, nonce, BTZ_NONCE_MAX),
    BTZ_FBYTES(btz_ta_key_crypt, aad, BTZ_INPUT_MAX),
    BTZ_FBYTES(btz_ta_key_crypt, input, BTZ_INPUT_MAX + 32u),
    BTZ_FBYTES(btz_ta_key_crypt, salt, BTZ_INPUT_MAX),
    BTZ_FBYTES(btz_ta_key_crypt, info, BTZ_INPUT_MAX),
    BTZ_FU16(btz_ta_key_crypt, len));

BTZ_MSGDEF(ta_output, BTZ_FBYTES(btz_ta_output, output, BTZ_INPUT_MAX + 64u));

BTZ_MSGDEF(ta_sign_issuing, BTZ_FBYTES(btz_ta_sign_issuing, blob, BTZ_BLOB_MAX),
    BTZ_FRAW(btz_ta_sign_issuing, serial, BTZ_ID_LEN),
    BTZ_FU64(btz_ta_sign_issuing, not_before),
    BTZ_FU64(btz_ta_sign_issuing, not_after),
    BTZ_FU64(btz_ta_sign_issuing, now),
    BTZ_FRAW(btz_ta_sign_issuing, nonce, BTZ_SHA256_LEN),
    BTZ_FBYTES(btz_ta_sign_issuing, approvals, BTZ_APPROVALS_MAX));
