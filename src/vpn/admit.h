/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admit.h - who may come in by VPN, with which address and roles. Decides from
 * OpenVPN's ENV block and the policy in force; no sockets, no allocation.
 * See docs/protocol/vpn.md, Admission.
 */
#ifndef BTZ_VPN_ADMIT_H
#define BTZ_VPN_ADMIT_H

#include "policy/policy.h"
#include "vpn/mgmt.h"

#define BTZ_VPN_ROLES_MAX 16u
#define BTZ_VPN_SHOWN "not permitted" /* to the client, whatever the reason */

struct btz_vpn_dest {
	uint32_t net; /* IPv4, host byte order */
	uint8_t bits; /* of the mask, 0 to 32 or 128 */
	bool v6;      /* then the network is net6 */
	uint8_t net6[16];
};

struct btz_vpn { /* one VPN; borrowed */
	struct btz_span name, tenant;
	const uint8_t (*issuers)[BTZ_SHA256_LEN]; /* SHA-256 of the tenant's
						   * issuing certificates */
	size_t n_issuers;
	uint32_t net; /* of the tunnel; net + 1 is the server */
	uint8_t bits; /* 20 to 29 */
	bool has6;
	uint8_t net6[16]; /* /64; a client has the host part of its IPv4 one */
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

/* The `why` of a certificate that an issuing key signed which is not known. */
extern const char btz_vpn_foreign[];

/* Never fails: whatever is missing denies. p NULL denies. now: Unix seconds.
 * For CONNECT and REAUTH. */
void btz_vpn_admit(const struct btz_vpn *vpn, const struct btz_policy *p,
    uint64_t now, const struct btz_mgmt_env *env, struct btz_vpn_decision *out);

/* The same about somebody who was admitted: credential and name are known. */
void btz_vpn_review(const struct btz_vpn *vpn, const struct btz_policy *p,
    uint64_t now, const uint8_t cred[BTZ_SHA256_LEN], struct btz_span who,
    struct btz_vpn_decision *out);

/* Addresses of the tunnel. The one that was given back last is given out
 * last, so that packets of a client that left do not meet another. */
#define BTZ_VPN_POOL_MAX 4096u
#define BTZ_VPN_RANGES_MAX 32u
struct btz_vpn_range {
	uint32_t first, count, next; /* numbers within the pool */
};
struct btz_vpn_pool {
	uint32_t first, count;
	uint32_t n_ranges; /* the first is all that no other has */
	struct btz_vpn_range range[1 + BTZ_VPN_RANGES_MAX];
	uint8_t used[BTZ_VPN_POOL_MAX / 8];
};
/* Without the network's own, the server's and the broadcast address. False:
 * net has host bits, or bits is out of range. */
bool btz_vpn_pool_init(
    struct btz_vpn_pool *pool, const struct btz_vpn *vpn) BTZ_MUST_CHECK;
/* Sets a part of the network aside; its number is that of the calls before plus
 * one. False: not a part of it, no address in it, or some are set aside. */
bool btz_vpn_pool_set_aside(
    struct btz_vpn_pool *pool, uint32_t net, uint8_t bits) BTZ_MUST_CHECK;
/* Of what is not set aside. 0: none is free. */
uint32_t btz_vpn_pool_take(struct btz_vpn_pool *pool) BTZ_MUST_CHECK;
/* Of a part that is; number 0: as btz_vpn_pool_take. */
uint32_t btz_vpn_pool_take_of(
    struct btz_vpn_pool *pool, uint32_t number) BTZ_MUST_CHECK;
/* All are free, but for those that btz_vpn_pool_keep names then. */
void btz_vpn_pool_clear(struct btz_vpn_pool *pool);
void btz_vpn_pool_keep(struct btz_vpn_pool *pool, uint32_t addr);
/* False: it was not taken from here. */
bool btz_vpn_pool_give(struct btz_vpn_pool *pool, uint32_t addr);

/* The block for btz_mgmt_put_auth: address, gateway, routes, name servers. */
#define BTZ_VPN_LINES_MAX 48u
struct btz_vpn_lines {
	struct btz_span line[BTZ_VPN_LINES_MAX];
	size_t n;
	char text[BTZ_VPN_LINES_MAX][112];
};
struct btz_vpn_push {
	struct btz_vpn_dest dest;
	bool route, dns; /* dns: of a single address */
};
/* False: too many, or a network with host bits. */
bool btz_vpn_lines(const struct btz_vpn *vpn, uint32_t addr,
    const struct btz_vpn_push *push, size_t n,
    struct btz_vpn_lines *out) BTZ_MUST_CHECK;
/* The IPv6 address that belongs to an IPv4 one; vpn->has6. */
void btz_vpn_addr6(const struct btz_vpn *vpn, uint32_t addr, uint8_t out[16]);

#endif
