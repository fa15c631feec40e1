/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.c - which operation, who may send it; and how a handler begins. */
#include "base/log.h"
#include "crypto/core.h"
#include "crypto/lease.h"
#include "wire/msg_approval.h"
#include "wire/msg_attest.h"
#include "wire/msg_certify.h"
#include "wire/msg_crypt.h"
#include "wire/msg_key.h"
#include "wire/msg_lifecycle.h"
#include "wire/msg_list.h"
#include "wire/msg_random.h"
#include "wire/msg_sign.h"
#include "wire/msg_verify.h"

#define LOOK_MS 2000u
#define BROKER BTZ_ROLE_OF(BTZ_PROG_BROKER)
#define LEASE BTZ_ROLE_LEASE

const struct btz_op_row btz_crypto_ops[] = {
	{ BTZ_OP_GRANT, BROKER, &btz_def_lease, btz_op_grant },
	{ BTZ_OP_NARROW, BROKER, &btz_def_lease, btz_op_narrow },
	{ BTZ_OP_WITHDRAW, BROKER, &btz_def_lease_ref, btz_op_withdraw },
	{ BTZ_OP_STATUS, BROKER, NULL, btz_op_status },
	{ BTZ_OP_LIST, BROKER, &btz_def_list, btz_op_list },
	{ BTZ_OP_GENERATE, LEASE, &btz_def_generate, btz_op_generate },
	{ BTZ_OP_EXPORT_PUBLIC, LEASE, &btz_def_key_ref, btz_op_export_public },
	{ BTZ_OP_SIGN, LEASE, &btz_def_sign, btz_op_sign },
	{ BTZ_OP_VERIFY, LEASE, &btz_def_verify, btz_op_verify },
	{ BTZ_OP_DESTROY, LEASE, &btz_def_key_ref, btz_op_destroy },
	{ BTZ_OP_LIST_KEYS, LEASE, &btz_def_list_keys, btz_op_list_keys },
	{ BTZ_OP_RANDOM, LEASE, &btz_def_random, btz_op_random },
	{ BTZ_OP_CERTIFY_ISSUING, LEASE, &btz_def_certify_issuing,
	    btz_op_certify_issuing },
	{ BTZ_OP_ROOT_CERT, LEASE, NULL, btz_op_root_cert },
	{ BTZ_OP_PROVISION, LEASE, &btz_def_provision, btz_op_provision },
	{ BTZ_OP_SIGN_CHECKPOINT, LEASE, &btz_def_checkpoint,
	    btz_op_sign_checkpoint },
	{ BTZ_OP_APPROVAL_NONCE, LEASE, &btz_def_approval_request,
	    btz_op_approval_nonce },
	{ BTZ_OP_APPROVAL_CANCEL, LEASE, &btz_def_approval_ref,
	    btz_op_approval_cancel },
	{ BTZ_OP_APPROVED, LEASE, &btz_def_approved, btz_op_approved },
	{ BTZ_OP_IMPORT, LEASE, &btz_def_import, btz_op_import },
	{ BTZ_OP_EXPORT_PRIVATE, LEASE, &btz_def_key_ref,
	    btz_op_export_private },
	{ BTZ_OP_BACKUP, LEASE, &btz_def_key_ref, btz_op_backup },
	{ BTZ_OP_RESTORE, LEASE, &btz_def_restore, btz_op_restore },
	{ BTZ_OP_TRANSPORT, LEASE, NULL, btz_op_transport },
	{ BTZ_OP_ROTATE, LEASE, &btz_def_key_ref, btz_op_rotate },
	{ BTZ_OP_KEY_CHANGE, LEASE, &btz_def_key_set, btz_op_key_change },
	{ BTZ_OP_ENCRYPT, LEASE, &btz_def_crypt, btz_op_encrypt },
	{ BTZ_OP_DECRYPT, LEASE, &btz_def_crypt, btz_op_decrypt },
	{ BTZ_OP_MAC, LEASE, &btz_def_mac, btz_op_mac },
	{ BTZ_OP_MAC_VERIFY, LEASE, &btz_def_mac, btz_op_mac_verify },
	{ BTZ_OP_DERIVE, LEASE, &btz_def_derive, btz_op_derive },
	{ BTZ_OP_HASH, LEASE, &btz_def_hash, btz_op_hash },
	{ BTZ_OP_REWRAP, LEASE, &btz_def_rewrap, btz_op_rewrap },
	{ BTZ_OP_ATTEST, LEASE, &btz_def_attest, btz_op_attest },
	{ BTZ_OP_OFFERS, LEASE, NULL, btz_op_offers },
};
const size_t btz_crypto_ops_count = BTZ_COUNT(btz_crypto_ops);

struct btz_core *
btz_core_of(struct btz_host *h)
{
	return btz_host_data(h);
}

void
btz_core_look(struct btz_core *core)
{
	const uint64_t now = core->look_after != NULL ? btz_boot_ms() : 0;

	if (core->look_after == NULL || now - core->looked < LOOK_MS)
		return;
	core->looked = now;
	core->look_after(core);
}

bool
btz_core_admit(struct btz_host *h, const struct btz_call *c)
{
	struct btz_leased *l = c->conn_data;

	btz_core_look(btz_core_of(h));
	if (c->role != BTZ_ROLE_LEASE || c->peer.uid == l->uid)
		return true;
	btz_log(BTZ_LOG_WARN, c->ticket.id,
	    "lease %016llx of uid %u used by uid %u: closed",
	    (unsigned long long)l->id, l->uid, c->peer.uid);
	btz_leased_end(l);
	return false;
}

struct btz_leased *
btz_enter(struct btz_call *c, uint32_t use)
{
	struct btz_leased *l = c->conn_data;
	uint64_t now = btz_boot_ms();
	enum btz_rc rc;

	l->asked = use;
	rc = btz_leased_check(l, use, now);
	if (rc == BTZ_OK)
		rc = btz_leased_spend(l, now);
	if (rc == BTZ_OK && l->core->be == NULL)
		rc = BTZ_E_TEE_DOWN;
	if (rc == BTZ_OK)
		return l;
	btz_reply(&c->ticket, rc, NULL, NULL);
	if (rc == BTZ_E_LEASE)
		btz_leased_end(l);
	return NULL;
}
