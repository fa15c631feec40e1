/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_audit.h - one audit record from whoever saw it
 */
#ifndef BTZ_WIRE_MSG_AUDIT_H
#define BTZ_WIRE_MSG_AUDIT_H

#include "wire/field.h"
#include "wire/limits.h"

enum btz_audit_phase {
	BTZ_PH_DECISION = 1,
	BTZ_PH_OUTCOME = 2,
	BTZ_PH_EVENT = 3,
};

enum btz_audit_via { /* 0: absent */
	BTZ_VIA_HTTPS = 1,
	BTZ_VIA_VPN = 2,
	BTZ_VIA_CLI = 3,
	BTZ_VIA_INTERNAL = 4,
};

enum btz_audit_decision { /* 0: absent */
	BTZ_DEC_ALLOW = 1,
	BTZ_DEC_DENY = 2,
};

/* BTZ_OP_APPEND; request id is the frame's; absent fields are empty */
struct btz_audit {
	uint8_t phase; /* enum btz_audit_phase */
	uint8_t
	    wait; /* 1: answer after it is durable; 0: an event, no answer */
	struct btz_span tenant;
	struct btz_span
	    who; /* SPIFFE URI, or "uid:0 login:root" of an administrator */
	struct btz_span cred; /* hex SHA-256 of the SPKI */
	uint8_t via;	      /* enum btz_audit_via */
	struct btz_span from; /* address:port of the peer */
	struct btz_span act;
	struct btz_span obj; /* raw bytes; audit encodes them */
	struct btz_span dst;
	uint8_t decision; /* enum btz_audit_decision, 0: absent */
	struct btz_span why;
	uint64_t pol; /* policy generation, 0: absent */
	struct btz_span
	    out; /* outcome: "ok", an HTTP status, or a result name */
	uint8_t has_n;
	uint64_t n; /* bytes */
};
extern const struct btz_msgdef btz_def_audit;

/* sequence number of the durable record */
struct btz_audit_ok {
	uint64_t seq;
};
extern const struct btz_msgdef btz_def_audit_ok;

/* BTZ_OP_AUDIT_INIT; all from provision_ok. Repeating the same is fine. */
struct btz_audit_init {
	struct btz_span origin;
	struct btz_span checkpoint_spki;
	uint8_t checkpoint_id[BTZ_ID_LEN];
};
extern const struct btz_msgdef btz_def_audit_init;

#endif
