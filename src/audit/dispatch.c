/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.c - who may ask the audit program what. */
#include "audit/service.h"
#include "wire/msg_tail.h"

/* Whoever sees what has to be recorded; the administrator only reads. */
#define WRITERS                                                                \
	(BTZ_ROLE_OF(BTZ_PROG_BROKER) | BTZ_ROLE_OF(BTZ_PROG_CRYPTO_SOFT) |    \
	    BTZ_ROLE_OF(BTZ_PROG_CRYPTO_TEE) | BTZ_ROLE_OF(BTZ_PROG_CA) |      \
	    BTZ_ROLE_OF(BTZ_PROG_ACCESS) | BTZ_ROLE_OF(BTZ_PROG_VPN) |         \
	    BTZ_ROLE_OF(BTZ_PROG_CRYPTO_TPM) |                                 \
	    BTZ_ROLE_OF(BTZ_PROG_CRYPTO_P11_1) |                               \
	    BTZ_ROLE_OF(BTZ_PROG_CRYPTO_P11_2) |                               \
	    BTZ_ROLE_OF(BTZ_PROG_CRYPTO_P11_3) |                               \
	    BTZ_ROLE_OF(BTZ_PROG_CRYPTO_P11_4) | BTZ_ROLE_HTTP)

const struct btz_op_row btz_audit_ops[] = {
	{ BTZ_OP_APPEND, WRITERS, &btz_def_audit, btz_op_append },
	{ BTZ_OP_TAIL, BTZ_ROLE_ADMIN, &btz_def_tail, btz_op_tail },
	{ BTZ_OP_STATUS, BTZ_ROLE_ADMIN, NULL, btz_op_status },
	{ BTZ_OP_AUDIT_INIT, BTZ_ROLE_ADMIN, &btz_def_audit_init,
	    btz_op_audit_init },
	{ BTZ_OP_CHECKPOINT_NOW, BTZ_ROLE_ADMIN, NULL, btz_op_checkpoint_now },
};
const size_t btz_audit_ops_count = BTZ_COUNT(btz_audit_ops);
