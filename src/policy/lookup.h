/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup.h - questions of an enforcer that does not see the certificate itself
 * (the VPN: OpenVPN tells serial and names, not the key). Used by src/vpn.
 */
#ifndef BTZ_POLICY_LOOKUP_H
#define BTZ_POLICY_LOOKUP_H

#include "policy/policy.h"

/* The credential that a serial of this tenant's issuing key means: its SPKI
 * hash, for btz_policy_decide. False: none, or more than one. Looks at every
 * credential: once per connection, not per packet. */
bool btz_policy_by_serial(const struct btz_policy *p, struct btz_span tenant,
    const uint8_t serial[BTZ_ID_LEN],
    uint8_t spki_hash[BTZ_SHA256_LEN]) BTZ_MUST_CHECK;

/* Names of the roles in force for `who` (URI) on ask's share that permit
 * ask->actions; borrowed from p. Returns how many there are: at most cap are
 * written. The credential is not looked at. */
size_t btz_policy_roles(const struct btz_policy *p, uint64_t now,
    struct btz_span who, const struct btz_policy_ask *ask, struct btz_span *out,
    size_t cap);

#endif
