/* SPDX-License-Identifier: Apache-2.0 */
/* conf_vpn.c - keys of sections [vpn NAME] and [reach NAME]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_vpn, m)

static const struct btz_conf_key keys[] = {
	{ "tenant", BTZ_CT_TEXT, AT(tenant), NULL, 1, 63,
	    "whose users and devices come in here" },
	{ "listen", BTZ_CT_TEXT, AT(listen), "0.0.0.0:1194", 3, 80,
	    "address and port; [::]:1194 takes IPv4 and IPv6" },
	{ "proto", BTZ_CT_TEXT, AT(proto), "udp", 3, 3, "udp | tcp" },
	{ "network", BTZ_CT_TEXT, AT(network), "10.88.0.0/24", 9, 18,
	    "IPv4 network of the tunnel, /20 to /29; its first address is the "
	    "box's" },
	{ "network6", BTZ_CT_TEXT, AT(network6), "", 0, 43,
	    "IPv6 network of the tunnel, /64; empty: none" },
	{ "remote", BTZ_CT_TEXT, AT(remote), "", 0, 255,
	    "HOST:PORT as clients reach it, for profiles; empty: the first of "
	    "[https] names and the port of listen" },
	{ "max_clients", BTZ_CT_INT, AT(max_clients), "250", 1, 4000,
	    "connections at a time" },
};

const struct btz_conf_section btz_conf_vpn = { "vpn",
	sizeof(struct btz_conf_vpn), keys, BTZ_COUNT(keys) };

#undef AT
#define AT(m) offsetof(struct btz_conf_reach, m)

static const struct btz_conf_key reach_keys[] = {
	{ "vpn", BTZ_CT_TEXT, AT(vpn), NULL, 1, 63, "name of the VPN" },
	{ "role", BTZ_CT_TEXT, AT(role), NULL, 1, 63,
	    "who has this role on the VPN may reach it" },
	{ "to", BTZ_CT_TEXT, AT(to), NULL, 3, 43,
	    "address or network, IPv4 or IPv6; box: the box's own addresses in "
	    "the tunnel" },
	{ "service", BTZ_CT_TEXT, AT(service), "any", 3, 9,
	    "any | icmp | tcp/PORT | udp/PORT" },
	{ "route", BTZ_CT_BOOL, AT(route), "yes", 0, 0,
	    "tell clients to send it through the tunnel" },
	{ "dns", BTZ_CT_BOOL, AT(dns), "no", 0, 0,
	    "it is a name server (one address): clients are told to use it" },
};

const struct btz_conf_section btz_conf_reach = { "reach",
	sizeof(struct btz_conf_reach), reach_keys, BTZ_COUNT(reach_keys) };
