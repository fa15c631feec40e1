/* SPDX-License-Identifier: Apache-2.0 */
/* msgs.c - the list of all message tables. */
#include "wire/msgs.h"

#include "wire/msg_approval.h"
#include "wire/msg_attest.h"
#include "wire/msg_audit.h"
#include "wire/msg_backup.h"
#include "wire/msg_ca.h"
#include "wire/msg_certify.h"
#include "wire/msg_change.h"
#include "wire/msg_checkpoint.h"
#include "wire/msg_credential.h"
#include "wire/msg_crypt.h"
#include "wire/msg_edge.h"
#include "wire/msg_explain.h"
#include "wire/msg_generate.h"
#include "wire/msg_http.h"
#include "wire/msg_invite.h"
#include "wire/msg_key.h"
#include "wire/msg_lease.h"
#include "wire/msg_lifecycle.h"
#include "wire/msg_list.h"
#include "wire/msg_offers.h"
#include "wire/msg_open.h"
#include "wire/msg_provision.h"
#include "wire/msg_random.h"
#include "wire/msg_share.h"
#include "wire/msg_sign.h"
#include "wire/msg_ta.h"
#include "wire/msg_tail.h"
#include "wire/msg_verify.h"
#include "wire/msg_vpn.h"

const struct btz_msgdef *const btz_all_msgs[] = {
	&btz_def_list,
	&btz_def_table,
	&btz_def_progress,
	&btz_def_open,
	&btz_def_open_ok,
	&btz_def_lease,
	&btz_def_lease_ref,
	&btz_def_generate,
	&btz_def_key_info,
	&btz_def_key_ref,
	&btz_def_list_keys,
	&btz_def_key_rows,
	&btz_def_sign,
	&btz_def_signature,
	&btz_def_attest,
	&btz_def_attested,
	&btz_def_verify,
	&btz_def_crypt,
	&btz_def_crypt_ok,
	&btz_def_mac,
	&btz_def_mac_ok,
	&btz_def_derive,
	&btz_def_secret_ok,
	&btz_def_hash,
	&btz_def_hash_ok,
	&btz_def_rewrap,
	&btz_def_rewrap_ok,
	&btz_def_import,
	&btz_def_key_set,
	&btz_def_backup_ok,
	&btz_def_restore,
	&btz_def_backup,
	&btz_def_backup_version,
	&btz_def_restore_what,
	&btz_def_offers,
	&btz_def_random,
	&btz_def_random_ok,
	&btz_def_provision,
	&btz_def_provision_ok,
	&btz_def_certify_issuing,
	&btz_def_certificate,
	&btz_def_checkpoint,
	&btz_def_checkpoint_ok,
	&btz_def_ca_init,
	&btz_def_revoke,
	&btz_def_revoke_ok,
	&btz_def_issue_server,
	&btz_def_issue_vpn,
	&btz_def_chain,
	&btz_def_ca_ref,
	&btz_def_invite_reserve,
	&btz_def_invite_reserve_ok,
	&btz_def_credential_add,
	&btz_def_credential_ref,
	&btz_def_credential_ok,
	&btz_def_credential_row,
	&btz_def_credential_rows,
	&btz_def_change,
	&btz_def_change_ok,
	&btz_def_access_init,
	&btz_def_explain,
	&btz_def_explain_ok,
	&btz_def_audit,
	&btz_def_audit_ok,
	&btz_def_audit_init,
	&btz_def_tail,
	&btz_def_tail_ok,
	&btz_def_http,
	&btz_def_http_ok,
	&btz_def_vpn_ref,
	&btz_def_edge_end,
	&btz_def_share_dir,
	&btz_def_approval_request,
	&btz_def_challenge,
	&btz_def_approval_ref,
	&btz_def_approval,
	&btz_def_approved,
	&btz_def_approve_issuing,
	&btz_def_root_crl,
	&btz_def_admin_set,
	&btz_def_time_set,
	&btz_def_recover,
	&btz_def_approve_restore,
	&btz_def_ta_info,
	&btz_def_ta_step,
	&btz_def_ta_offers,
	&btz_def_ta_key_create,
	&btz_def_ta_key,
	&btz_def_ta_key_import,
	&btz_def_ta_restore,
	&btz_def_ta_blob,
	&btz_def_ta_handle,
	&btz_def_ta_sign,
	&btz_def_ta_key_crypt,
	&btz_def_ta_output,
	&btz_def_ta_sign_issuing,
	&btz_def_child_hung,
};
const size_t btz_all_msgs_count = BTZ_COUNT(btz_all_msgs);
