/* SPDX-License-Identifier: Apache-2.0 */
/* msg_approval.c - wire order of the fields; meaning in msg_approval.h. */
#include "wire/msg_approval.h"

#include "wire/msg_backup.h"

#define OPERATION(s) BTZ_FU8(s, operation, BTZ_APPROVE_RESTORE)

BTZ_MSGDEF(approval_request, OPERATION(btz_approval_request),
    BTZ_FRAW(btz_approval_request, digest, BTZ_SHA256_LEN));

BTZ_MSGDEF(challenge, BTZ_FRAW(btz_challenge, instance_id, BTZ_SHA256_LEN),
    BTZ_FRAW(btz_challenge, nonce, BTZ_SHA256_LEN), OPERATION(btz_challenge),
    BTZ_FRAW(btz_challenge, digest, BTZ_SHA256_LEN),
    BTZ_FU8(btz_challenge, k, BTZ_ADMINS_MAX),
    BTZ_FU8(btz_challenge, n, BTZ_ADMINS_MAX),
    BTZ_FU32(btz_challenge, expires));

BTZ_MSGDEF(approval_ref, BTZ_FRAW(btz_approval_ref, nonce, BTZ_SHA256_LEN));

BTZ_MSGDEF(approval, BTZ_FRAW(btz_approval, key_id, BTZ_SHA256_LEN),
    BTZ_FBYTES(btz_approval, signature, 256));

BTZ_MSGDEF(approved, OPERATION(btz_approved),
    BTZ_FBYTES(btz_approved, request, BTZ_CRL_MAX), BTZ_FU64(btz_approved, now),
    BTZ_FRAW(btz_approved, nonce, BTZ_SHA256_LEN),
    BTZ_FBYTES(btz_approved, approvals, BTZ_APPROVALS_MAX));

BTZ_MSGDEF(approve_issuing,
    BTZ_FRAW(btz_approve_issuing, issuing_id, BTZ_ID_LEN),
    BTZ_FRAW(btz_approve_issuing, spki_digest, BTZ_SHA256_LEN),
    BTZ_FRAW(btz_approve_issuing, serial, BTZ_ID_LEN),
    BTZ_FU64(btz_approve_issuing, not_after));

BTZ_MSGDEF(root_crl, BTZ_FU8(btz_root_crl, emergency, 1),
    BTZ_FU64(btz_root_crl, next_update),
    BTZ_FBYTES(btz_root_crl, serials, 1024u * BTZ_ID_LEN),
    BTZ_FBYTES(btz_root_crl, previous, 32768));

BTZ_MSGDEF(admin_set, BTZ_FU8(btz_admin_set, k, BTZ_ADMINS_MAX),
    BTZ_FBYTES(btz_admin_set, admins, BTZ_ADMINS_BYTES),
    BTZ_FBYTES(btz_admin_set, recovery, BTZ_RECOVERY_SPKI_MAX));

BTZ_MSGDEF(time_set, BTZ_FU64(btz_time_set, time));

BTZ_MSGDEF(recover, BTZ_FRAW(btz_recover, record_digest, BTZ_SHA256_LEN),
    BTZ_FRAW(btz_recover, index_digest, BTZ_SHA256_LEN));

BTZ_MSGDEF(approve_restore,
    BTZ_FRAW(btz_approve_restore, digest, BTZ_SHA256_LEN),
    BTZ_FBYTES(btz_approve_restore, what, BTZ_TRANSPORT_WHAT_MAX));

const char *
btz_approve_name(uint8_t operation)
{
	static const char *const names[] = {
		[BTZ_APPROVE_ISSUING] = "issuing",
		[BTZ_APPROVE_ROOT_CRL] = "root-crl",
		[BTZ_APPROVE_ADMIN_SET] = "admin-set",
		[BTZ_APPROVE_TIME_SET] = "time-set",
		[BTZ_APPROVE_RECOVER] = "recover",
		[BTZ_APPROVE_RESTORE] = "restore",
	};

	return operation < BTZ_COUNT(names) ? names[operation] : NULL;
}

void
btz_approval_text(const struct btz_challenge *c, struct btz_wr *wr)
{
	static const uint8_t label[15] = "btz-approval/1"; /* with its NUL */

	btz_wr_raw(wr, label, sizeof(label));
	btz_wr_raw(wr, c->instance_id, sizeof(c->instance_id));
	btz_wr_raw(wr, c->nonce, sizeof(c->nonce));
	btz_wr_u8(wr, c->operation);
	btz_wr_raw(wr, c->digest, sizeof(c->digest));
}
