/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admit.h - who may come in by VPN, with which address and roles. Decides from
 * OpenVPN's ENV block and the policy in force; no sockets, no allocation.
 * Library only: the daemon comes next (docs/protocol/vpn.md, Admission).
 */
#ifndef BTZ_VPN_ADMIT_H
#define BTZ_VPN_ADMIT_H

#include "policy/policy.h"
#include "vpn/mgmt.h"

#define BTZ_VPN_ROLES_MAX 16u
#define BTZ_VPN_SHOWN "not permitted" /* to the client, whatever the reason */

struct btz_vpn_dest { /* IPv4, host byte order */
	uint32_t net;
	uint8_t bits; /* of the mask, 0 to 32 */
};

struct btz_vpn { /* one VPN; borrowed */
	struct btz_span name, tenant;
	const uint8_t (*issuers)[BTZ_SHA256_LEN]; /* SHA-256 of the tenant's
						   * issuing certificates */
	size_t n_issuers;
	uint32_t net; /* of the tunnel; net + 1 is the server */
	uint8_t bits; /* 20 to 29 */
};

struct btz_vpn_decision {
	bool allow;
	const char *why;     /* static text for the record, never shown */
	struct btz_span who; /* borrowed from the policy; empty: not known */
	bool has_cred;
	uint8_t cred[BTZ_SHA256_LEN]; /* SHA-256 of the SPKI */
	uint64_t generation;
	struct btz_span roles[BTZ_VPN_ROLES_MAX]; /* that give connect */
	size_t n_roles;
};

/* Never fails: whatever is missing denies. p NULL denies. now: Unix seconds.
 * The same for CONNECT, REAUTH and whenever the policy changed. */
void btz_vpn_admit(const struct btz_vpn *vpn, const struct btz_policy *p,
    uint64_t now, const struct btz_mgmt_env *env, struct btz_vpn_decision *out);

/* Addresses of the tunnel. The one that was given back last is given out
 * last, so that packets of a client that left do not meet another. */
#define BTZ_VPN_POOL_MAX 4096u
struct btz_vpn_pool {
	uint32_t first, count, next;
	uint8_t used[BTZ_VPN_POOL_MAX / 8];
};
/* Without the network's own, the server's and the broadcast address. False:
 * net has host bits, or bits is out of range. */
bool btz_vpn_pool_init(
    struct btz_vpn_pool *pool, const struct btz_vpn *vpn) BTZ_MUST_CHECK;
/* 0: none is free. */
uint32_t btz_vpn_pool_take(struct btz_vpn_pool *pool) BTZ_MUST_CHECK;
/* False: it was not taken from here. */
bool btz_vpn_pool_give(struct btz_vpn_pool *pool, uint32_t addr);

/* The block for btz_mgmt_put_auth: address, gateway and routes. */
#define BTZ_VPN_LINES_MAX 32u
struct btz_vpn_lines {
	struct btz_span line[BTZ_VPN_LINES_MAX];
	size_t n;
	char text[BTZ_VPN_LINES_MAX][64];
};
/* False: too many routes, or a route with host bits. */
bool btz_vpn_lines(const struct btz_vpn *vpn, uint32_t addr,
    const struct btz_vpn_dest *routes, size_t n,
    struct btz_vpn_lines *out) BTZ_MUST_CHECK;

#endif
