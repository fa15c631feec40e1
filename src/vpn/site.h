/* SPDX-License-Identifier: Apache-2.0 */
/*
 * site.h - [vpn NAME] and [reach NAME] of the configuration, checked and turned
 * into addresses. Fixed for the life of the process: the keeper has a copy.
 */
#ifndef BTZ_VPN_SITE_H
#define BTZ_VPN_SITE_H

#include "base/conf.h"
#include "base/edges.h"
#include "vpn/nft.h"

#define BTZ_SITE_REACH_MAX 64u
#define BTZ_SITE_ROLES_MAX 32u
#define BTZ_SITE_DEVICE "btz%u" /* tunnel of the VPN of that index */

struct btz_site_conf {
	char name[64];
	struct btz_conf_vpn conf;
	struct btz_vpn_dest net, net6;
	char device[16];
	size_t n_roles, n_reach;
	char roles[BTZ_SITE_ROLES_MAX][64];
	struct btz_vpn_dest addresses[BTZ_SITE_ROLES_MAX]; /* bits 0: none */
	struct btz_vpn_reach reach[BTZ_SITE_REACH_MAX];	   /* roles borrowed */
	struct btz_vpn_push push[BTZ_SITE_REACH_MAX];	   /* as reach */
};

struct btz_sites {
	size_t n;
	struct btz_site_conf site[BTZ_VPNS_MAX];
};

/* For btz_conf_target: arg is a struct btz_sites. */
enum btz_rc btz_sites_on_vpn(
    const char *label, const void *conf, void *arg, struct btz_err *err);
/* After all [vpn]: the configuration has them first. */
enum btz_rc btz_sites_on_reach(
    const char *label, const void *conf, void *arg, struct btz_err *err);

/* After all sections: what a client with all roles of a VPN is told must fit. */
BTZ_MUST_CHECK enum btz_rc btz_sites_check(
    const struct btz_sites *all, struct btz_err *err);
/* What a client with these roles (bit i: c->roles[i]) is told; each destination
 * once: two services on one host are one route. Returns how many. */
size_t btz_site_push(const struct btz_site_conf *c, uint64_t roles,
    struct btz_vpn_push out[BTZ_SITE_REACH_MAX]);
/* Would they be told the same? In which order is all one. */
bool btz_site_same_push(
    const struct btz_site_conf *c, uint64_t a, uint64_t b) BTZ_MUST_CHECK;
/* Tunnel addresses of this VPN, with the parts of roles set aside. */
bool btz_site_pool(
    const struct btz_site_conf *c, struct btz_vpn_pool *pool) BTZ_MUST_CHECK;
/* Which part a client with these roles gets its address from: the one of the
 * role that the configuration names first; 0: none has one. */
uint32_t btz_site_part(const struct btz_site_conf *c, uint64_t roles);
/* Bit of a role's name; 0: no [reach] of this VPN names it. */
uint64_t btz_site_role(const struct btz_site_conf *c, struct btz_span role);

/* "10.0.0.0/8", "10.0.0.1", "fd00::/8". False: neither, or host bits. */
bool btz_dest_parse(const char *text, struct btz_vpn_dest *out) BTZ_MUST_CHECK;
/* What admit.h wants; borrows from c, without issuers. */
struct btz_vpn btz_site_vpn(const struct btz_site_conf *c);

#endif
