/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease.h - the broker's table of leases. A lease lives from GRANT until the
 * crypto service answers that ask (withdrawn, expired, refused, the client
 * hung up) or its edge goes down. The client has its end of the socket at once.
 * Expiry and LEASE_REVOKE ask for WITHDRAW; GRANT's answer then frees it.
 */
#ifndef BTZ_BROKER_LEASE_H
#define BTZ_BROKER_LEASE_H

#include "broker/broker.h"
#include "wire/msg_lease.h"

struct btz_lease_entry {
	struct btz_lease_entry *next;
	struct btz_broker *broker;
	uint64_t request; /* id of the OPEN, for records */
	uint64_t id, expiry;
	uint32_t uid, ops, kinds, rate, max_keys;
	bool withdrawing;
	struct btz_route *route;
	char application[BTZ_NAME_MAX + 1];
	const char *role;
};

/* Answers the opener and tells the service (not when this fails). The leased
 * socket is one of a new pair; here: the opener's connection itself, which the
 * broker has no more after that. */
BTZ_MUST_CHECK enum btz_rc btz_lease_grant(struct btz_broker *b,
    const struct btz_ticket *opener, const struct btz_allowance *a,
    struct btz_route *route, bool here, struct btz_err *err);
struct btz_lease_entry *btz_lease_find(struct btz_broker *b, uint64_t id);
size_t btz_lease_count(const struct btz_broker *b, uint32_t uid);
void btz_lease_on_expiry(void *broker); /* timer */

#endif
