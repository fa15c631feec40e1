/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_lease.h - the broker gives, narrows and withdraws leases at a crypto service
 */
#ifndef BTZ_WIRE_MSG_LEASE_H
#define BTZ_WIRE_MSG_LEASE_H

#include "wire/field.h"
#include "wire/limits.h"

/* Role that may list keys of every application "parsec:...", nothing else. */
#define BTZ_ROLE_PARSEC_LIST "parsec-list"

/* BTZ_OP_GRANT (with the service end of the socket) and BTZ_OP_NARROW */
struct btz_lease {
	uint64_t lease;
	struct btz_span application;
	uint32_t uid; /* every message on the socket must come from it */
	struct btz_span tenant;
	struct btz_span role;
	uint32_t ops; /* enum btz_use bits */
	uint32_t
	    kinds; /* bit (1 << enum btz_kind): kinds of key it may generate */
	uint8_t scope; /* 0: keys of this application, 1: only those listed */
	struct btz_span
	    keys; /* scope 1: 16-byte key ids, at most BTZ_LEASE_KEYS_MAX */
	uint32_t rate;	 /* requests per second, 0: no limit */
	uint64_t expiry; /* CLOCK_BOOTTIME, ms; 0: none */
	uint32_t max_keys; /* that it may have; 0: as the service says */
};
extern const struct btz_msgdef btz_def_lease;

/* BTZ_OP_WITHDRAW, BTZ_OP_LEASE_REVOKE */
struct btz_lease_ref {
	uint64_t lease;
};
extern const struct btz_msgdef btz_def_lease_ref;

#endif
