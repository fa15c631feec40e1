/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.c - who may ask the CA for what. */
#include "ca/ca.h"
#include "wire/msg_certify.h"
#include "wire/msg_list.h"

#define ADMIN BTZ_ROLE_ADMIN
#define HTTP BTZ_ROLE_HTTP
#define VPN BTZ_ROLE_OF(BTZ_PROG_VPN)

const struct btz_op_row btz_ca_ops[] = {
	{ BTZ_OP_STATUS, ADMIN, NULL, btz_ca_op_status },
	{ BTZ_OP_LIST, ADMIN, &btz_def_list, btz_ca_op_list },
	{ BTZ_OP_CA_INIT, ADMIN, &btz_def_ca_init, btz_ca_op_init },
	{ BTZ_OP_REVOKE, ADMIN, &btz_def_revoke, btz_ca_op_revoke },
	{ BTZ_OP_ISSUE_SERVER, ADMIN, &btz_def_issue_server, btz_ca_op_server },
	{ BTZ_OP_ISSUE_VPN, VPN, &btz_def_issue_vpn, btz_ca_op_vpn },
	{ BTZ_OP_CHAIN, ADMIN | VPN, NULL, btz_ca_op_chain },
	{ BTZ_OP_CRL, ADMIN, &btz_def_ca_ref, btz_ca_op_crl },
	{ BTZ_OP_ROOT_CRL, ADMIN, &btz_def_certificate, btz_ca_op_root_crl },
	{ BTZ_OP_CA_RENEW, ADMIN, &btz_def_ca_renew, btz_ca_op_renew },
	{ BTZ_OP_CA_RENEW_PLAN, ADMIN, &btz_def_ca_renew_plan,
	    btz_ca_op_renew_plan },
	{ BTZ_OP_HTTP, HTTP, &btz_def_http, btz_ca_op_http },
};
const size_t btz_ca_ops_count = BTZ_COUNT(btz_ca_ops);
