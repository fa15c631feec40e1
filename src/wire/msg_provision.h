/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_provision.h - the box gets its identity: TPM owner, master key, root
 */
#ifndef BTZ_WIRE_MSG_PROVISION_H
#define BTZ_WIRE_MSG_PROVISION_H

#include "wire/field.h"
#include "wire/limits.h"

#define BTZ_EK_CHAIN_BYTES 16384u

/* BTZ_OP_PROVISION; once per box, repeating it goes on or repeats the answer */
struct btz_provision {
	struct btz_span trust_domain;
	struct btz_span box;	/* box name: CN of the root */
	struct btz_span origin; /* origin of the audit log */
	uint64_t now;		/* Unix seconds */
	uint64_t root_not_after;
	/* an encoded admin_set (msg_approval.h); empty: root-approval local */
	struct btz_span admins;
	/* DER certificates in a row that link the TPM's EK certificate to a
	 * root of the trusted application; hints, nothing is trusted */
	struct btz_span ek_chain;
	uint8_t ek_required; /* 0, 1: BTZ_E_EK_CERT without a chain */
};
extern const struct btz_msgdef btz_def_provision;

/* answer, also when it was done before */
struct btz_provision_ok {
	uint8_t instance_id[BTZ_SHA256_LEN]; /* ta_instance_id */
	uint8_t root_id[BTZ_ID_LEN];
	uint8_t checkpoint_id[BTZ_ID_LEN];
	struct btz_span root_cert;
	struct btz_span checkpoint_spki;
};
extern const struct btz_msgdef btz_def_provision_ok;

#endif
