/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_ca.h - the certificate authority's administration
 */
#ifndef BTZ_WIRE_MSG_CA_H
#define BTZ_WIRE_MSG_CA_H

#include "wire/field.h"
#include "wire/limits.h"
#include "wire/msg_approval.h"

/* BTZ_OP_CA_INIT; repeating it repeats the answer */
struct btz_ca_init {
	struct btz_span root_cert;
	struct btz_span trust_domain;
	struct btz_span box;
	struct btz_span base_url; /* https://host:port of the CRL URI */
};
extern const struct btz_msgdef btz_def_ca_init;

/* BTZ_OP_REVOKE */
struct btz_revoke {
	struct btz_span id; /* hex SHA-256 of the SPKI, or a unique prefix */
	uint8_t reason;	    /* RFC 5280 5.3.1 */
};
extern const struct btz_msgdef btz_def_revoke;

/* the whole id, and the policy generation in force */
struct btz_revoke_ok {
	struct btz_span id;
	uint64_t generation;
};
extern const struct btz_msgdef btz_def_revoke_ok;

/* BTZ_OP_ISSUE_SERVER: certificate of this box's own HTTPS service */
struct btz_issue_server {
	struct btz_span csr;
	struct btz_span dns; /* names, space-separated */
	struct btz_span ips; /* addresses, space-separated */
};
extern const struct btz_msgdef btz_def_issue_server;

/* BTZ_OP_ISSUE_VPN: certificate of a VPN's server. Its key (kind tls) signs
 * handshakes only, so there is no CSR. */
struct btz_issue_vpn {
	struct btz_span spki;
	struct btz_span dns; /* as in issue_server */
	struct btz_span ips;
};
extern const struct btz_msgdef btz_def_issue_vpn;

/* DER certificates, each with u32 length: leaf first */
struct btz_chain {
	struct btz_span certs;
};
extern const struct btz_msgdef btz_def_chain;

/*
 * BTZ_OP_CA_RENEW_PLAN: what a renewal would be. Answered with the
 * approve_issuing (msg_approval.h) that administrators approve, with a serial
 * drawn for it; nothing is kept.
 */
struct btz_ca_renew_plan {
	struct btz_span ca_id; /* empty: the only one */
	uint32_t days;	       /* from now; 0: as [ca] issuing_days says */
};
extern const struct btz_msgdef btz_def_ca_renew_plan;

/* BTZ_OP_CA_RENEW: the same issuing key, a new certificate */
struct btz_ca_renew {
	struct btz_span ca_id;
	uint8_t serial[BTZ_ID_LEN]; /* of the plan */
	uint64_t not_after;	    /* of the plan */
	/* of the challenge and its approvals; zero and empty where nobody is
	 * pinned */
	uint8_t nonce[BTZ_SHA256_LEN];
	struct btz_span approvals;
};
extern const struct btz_msgdef btz_def_ca_renew;

/* which CA; empty: the only issuing one; "root": the root's list */
struct btz_ca_ref {
	struct btz_span ca_id;
};
extern const struct btz_msgdef btz_def_ca_ref;

#endif
