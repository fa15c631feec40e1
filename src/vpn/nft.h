/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nft.h - texts for `nft -f -`: what a tunnel may reach. Each text is one
 * transaction on one table, inet bartizan_NAME; nothing else of the host is
 * touched. See docs/protocol/vpn.md.
 *
 * Sets hold the tunnel addresses of a role; the rules name both directions and
 * do not track connections, so an address that leaves its sets is cut off from
 * established flows too.
 */
#ifndef BTZ_VPN_NFT_H
#define BTZ_VPN_NFT_H

#include "vpn/admit.h"

#define BTZ_VPN_IP_TEXT 46u /* INET6_ADDRSTRLEN */

enum btz_vpn_proto {
	BTZ_VPN_ANY = 0, /* port must be 0 */
	BTZ_VPN_ICMP = 1,
	BTZ_VPN_TCP = 6,
	BTZ_VPN_UDP = 17,
};

struct btz_vpn_reach { /* one role may reach one destination */
	struct btz_span role;
	struct btz_vpn_dest dest;
	uint8_t proto; /* enum btz_vpn_proto */
	uint16_t port; /* TCP, UDP: not 0 */
};

/* Makes the table anew, with empty sets: at start, before anybody is admitted,
 * and when rules change (then put the members into the same text). device: the
 * tunnel's interface. BTZ_E_INVAL: a name, destination or port that is none;
 * BTZ_E_TOOBIG: wr is full. On failure wr is failed. */
BTZ_MUST_CHECK enum btz_rc btz_nft_table(struct btz_wr *wr,
    const struct btz_vpn *vpn, struct btz_span device,
    const struct btz_vpn_reach *reach, size_t n);
/* An address (with has6 both of its addresses) into the sets of roles, or out
 * of them. Roles that no rule names have no set: the caller leaves them out.
 * Deleting what is not in a set is fine. */
BTZ_MUST_CHECK enum btz_rc btz_nft_members(struct btz_wr *wr,
    const struct btz_vpn *vpn, const struct btz_span *roles, size_t n,
    uint32_t addr, bool add);
/* Fails where there is no such table (any more). */
BTZ_MUST_CHECK enum btz_rc btz_nft_check(
    struct btz_wr *wr, const struct btz_vpn *vpn);
/* The table and all in it go. */
BTZ_MUST_CHECK enum btz_rc btz_nft_remove(
    struct btz_wr *wr, const struct btz_vpn *vpn);

uint32_t btz_vpn_mask(uint8_t bits);
bool btz_vpn_dest_ok(const struct btz_vpn_dest *d) BTZ_MUST_CHECK;
void btz_vpn_ip_text(uint32_t ip, char out[BTZ_VPN_IP_TEXT]);
void btz_vpn_ip6_text(const uint8_t ip[16], char out[BTZ_VPN_IP_TEXT]);
/* Of either family. */
void btz_vpn_dest_text(const struct btz_vpn_dest *d, char out[BTZ_VPN_IP_TEXT]);

#endif
