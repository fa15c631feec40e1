/* SPDX-License-Identifier: Apache-2.0 */
/* conf_vpn.c - keys of section [vpn NAME]. */
#include "base/conf.h"

#define AT(m) offsetof(struct btz_conf_vpn, m)

static const struct btz_conf_key keys[] = {
	{ "tenant", BTZ_CT_TEXT, AT(tenant), NULL, 1, 63,
	    "whose users and devices come in here" },
	{ "listen", BTZ_CT_TEXT, AT(listen), "0.0.0.0:1194", 3, 80,
	    "address and port; [::]:1194 takes IPv4 and IPv6" },
	{ "proto", BTZ_CT_TEXT, AT(proto), "udp", 3, 3, "transport: udp | tcp" },
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
