/* SPDX-License-Identifier: Apache-2.0 */
/* conf_reach.c - keys of section [reach NAME]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_reach, m)

static const struct btz_conf_key keys[] = {
	{ "vpn", BTZ_CT_TEXT, AT(vpn), NULL, 1, 63, "name of the VPN" },
	{ "role", BTZ_CT_TEXT, AT(role), NULL, 1, 63,
	    "who has this role on the VPN may reach it" },
	{ "to", BTZ_CT_TEXT, AT(to), NULL, 3, 43,
	    "address or network, IPv4 or IPv6; box: the box's own addresses in "
	    "the tunnel" },
	{ "service", BTZ_CT_TEXT, AT(service), "any", 3, 9,
	    "any | icmp | tcp/PORT | udp/PORT" },
	{ "addresses", BTZ_CT_TEXT, AT(addresses), "", 0, 18,
	    "part of the VPN's network, once for a role: its clients get their "
	    "addresses from there; empty: from the rest" },
	{ "route", BTZ_CT_BOOL, AT(route), "yes", 0, 0,
	    "tell clients to send it through the tunnel" },
	{ "dns", BTZ_CT_BOOL, AT(dns), "no", 0, 0,
	    "it is a name server (one address): clients are told to use it" },
};

const struct btz_conf_section btz_conf_reach = { "reach",
	sizeof(struct btz_conf_reach), keys, BTZ_COUNT(keys) };
