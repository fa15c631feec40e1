/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.c - which operation, who may send it. */
#include "broker/broker.h"
#include "wire/msg_lease.h"
#include "wire/msg_list.h"
#include "wire/msg_open.h"

#define CA BTZ_ROLE_OF(BTZ_PROG_CA)
#define AUDIT BTZ_ROLE_OF(BTZ_PROG_AUDIT)
#define VPN BTZ_ROLE_OF(BTZ_PROG_VPN)
#define PARSEC BTZ_ROLE_OF(BTZ_PROG_PARSEC)

const struct btz_op_row btz_broker_ops[] = {
	{ BTZ_OP_OPEN,
	    BTZ_ROLE_APP | BTZ_ROLE_ADMIN | CA | AUDIT | VPN | PARSEC,
	    &btz_def_open, btz_op_open },
	{ BTZ_OP_OPEN_HERE, BTZ_ROLE_APP | BTZ_ROLE_ADMIN, &btz_def_open,
	    btz_op_open_here },
	{ BTZ_OP_LEASE_REVOKE, BTZ_ROLE_ADMIN, &btz_def_lease_ref,
	    btz_op_lease_revoke },
	{ BTZ_OP_NARROW, BTZ_ROLE_ADMIN, &btz_def_lease, btz_op_narrow },
	{ BTZ_OP_LIST, BTZ_ROLE_APP | BTZ_ROLE_ADMIN, &btz_def_list,
	    btz_op_list },
	{ BTZ_OP_STATUS, BTZ_ROLE_ADMIN, NULL, btz_op_status },
};
const size_t btz_broker_ops_count = BTZ_COUNT(btz_broker_ops);
