/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.c - who may ask bartizan-access what. */
#include "access/access.h"
#include "wire/msg_change.h"
#include "wire/msg_credential.h"
#include "wire/msg_explain.h"
#include "wire/msg_invite.h"
#include "wire/msg_list.h"

#define ADMIN BTZ_ROLE_ADMIN
#define CA BTZ_ROLE_OF(BTZ_PROG_CA)

const struct btz_op_row btz_access_ops[] = {
	{ BTZ_OP_STATUS, ADMIN, NULL, btz_op_status },
	{ BTZ_OP_LIST, ADMIN, &btz_def_list, btz_op_list },
	{ BTZ_OP_CHANGE, ADMIN, &btz_def_change, btz_op_change },
	{ BTZ_OP_EXPLAIN, ADMIN, &btz_def_explain, btz_op_explain },
	{ BTZ_OP_ACCESS_INIT, ADMIN, &btz_def_access_init, btz_op_access_init },
	{ BTZ_OP_INVITE_RESERVE, CA, &btz_def_invite_reserve,
	    btz_op_invite_reserve },
	{ BTZ_OP_CREDENTIAL_ADD, CA, &btz_def_credential_add,
	    btz_op_credential_add },
	{ BTZ_OP_CREDENTIAL_DISABLE, CA, &btz_def_credential_ref,
	    btz_op_credential_disable },
	{ BTZ_OP_CREDENTIAL_STATES, CA, &btz_def_list,
	    btz_op_credential_states },
};
const size_t btz_access_ops_count = BTZ_COUNT(btz_access_ops);
