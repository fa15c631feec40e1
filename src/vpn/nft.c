/* SPDX-License-Identifier: Apache-2.0 */
/* nft.c - nftables transactions as text; contract in nft.h. */
#include "vpn/nft.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire/name.h"

#define DEVICE_MAX 15u /* IFNAMSIZ without the NUL */

static void put(struct btz_wr *wr, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
put(struct btz_wr *wr, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line))
		wr->failed = true;
	else
		btz_wr_raw(wr, line, (size_t)n);
}

#define TEXT(s) (int)(s).len, (const char *)(s).p

static enum btz_rc
finish(struct btz_wr *wr, bool valid)
{
	if (!valid)
		wr->failed = true;
	if (!btz_wr_ok(wr))
		return valid ? BTZ_E_TOOBIG : BTZ_E_INVAL;
	return BTZ_OK;
}

static bool
device_ok(struct btz_span d)
{
	return btz_name_ok(d) && d.len <= DEVICE_MAX;
}

static bool
reach_ok(const struct btz_vpn_reach *r)
{
	if (!btz_name_ok(r->role) || !btz_vpn_dest_ok(&r->dest))
		return false;
	if (r->proto == BTZ_VPN_TCP || r->proto == BTZ_VPN_UDP)
		return r->port != 0;
	return r->port == 0 &&
	       (r->proto == BTZ_VPN_ANY || r->proto == BTZ_VPN_ICMP);
}

/* Roles occur in several rules: the set is made at the first. */
static bool
is_first(const struct btz_vpn_reach *reach, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (btz_span_eq(reach[k].role, reach[i].role))
			return false;
	return true;
}

/* The protocol's part of a rule; port is "dport" or "sport". */
static void
put_proto(struct btz_wr *wr, const struct btz_vpn_reach *r, const char *port)
{
	if (r->proto == BTZ_VPN_ICMP)
		put(wr, " meta l4proto %s", r->dest.v6 ? "icmpv6" : "icmp");
	else if (r->proto != BTZ_VPN_ANY)
		put(wr, " %s %s %u", r->proto == BTZ_VPN_TCP ? "tcp" : "udp",
		    port, r->port);
	put(wr, " accept\n");
}

/* From the role's addresses to the destination, or back: `own` and `other`
 * are the sides of the packet, "saddr" and "daddr" or the reverse. */
static void
put_rule(struct btz_wr *wr, const struct btz_vpn_reach *r, bool inward)
{
	const char *own = inward ? "saddr" : "daddr";
	const char *other = inward ? "daddr" : "saddr";
	const char *ip = r->dest.v6 ? "ip6" : "ip";
	char net[BTZ_VPN_IP_TEXT];

	btz_vpn_dest_text(&r->dest, net);
	put(wr, "  %s %s @r%s_%.*s %s %s %s/%u", ip, own, r->dest.v6 ? "6" : "",
	    TEXT(r->role), ip, other, net, r->dest.bits);
	put_proto(wr, r, inward ? "dport" : "sport");
}

/* Hooks see all traffic of the host: all but the tunnel's passes on. */
static void
put_hooks(struct btz_wr *wr, struct btz_span device)
{
	static const struct {
		const char *hook;
		bool in, out;
	} hooks[] = { { "input", true, false }, { "forward", true, true },
		{ "output", false, true } };

	for (size_t i = 0; i < BTZ_COUNT(hooks); i++) {
		put(wr,
		    " chain %s {\n  type filter hook %s priority -5; "
		    "policy accept;\n",
		    hooks[i].hook, hooks[i].hook);
		if (hooks[i].in)
			put(wr, "  iifname \"%.*s\" jump inward\n",
			    TEXT(device));
		if (hooks[i].out)
			put(wr, "  oifname \"%.*s\" jump outward\n",
			    TEXT(device));
		put(wr, " }\n");
	}
}

enum btz_rc
btz_nft_table(struct btz_wr *wr, const struct btz_vpn *vpn,
    struct btz_span device, const struct btz_vpn_reach *reach, size_t n)
{
	bool valid = btz_name_ok(vpn->name) && device_ok(device);

	for (size_t i = 0; i < n; i++)
		valid = valid && reach_ok(&reach[i]);
	if (!valid)
		return finish(wr, false);
	/* add first: the removal of what is not there would fail */
	put(wr, "add table inet bartizan_%.*s\n", TEXT(vpn->name));
	put(wr, "delete table inet bartizan_%.*s\n", TEXT(vpn->name));
	put(wr, "table inet bartizan_%.*s {\n", TEXT(vpn->name));
	for (size_t i = 0; i < n; i++)
		if (is_first(reach, i))
			put(wr,
			    " set r_%.*s { type ipv4_addr; }\n"
			    " set r6_%.*s { type ipv6_addr; }\n",
			    TEXT(reach[i].role), TEXT(reach[i].role));
	put(wr, " chain inward {\n");
	for (size_t i = 0; i < n; i++)
		put_rule(wr, &reach[i], true);
	put(wr, "  drop\n }\n chain outward {\n");
	for (size_t i = 0; i < n; i++)
		put_rule(wr, &reach[i], false);
	put(wr, "  drop\n }\n");
	put_hooks(wr, device);
	put(wr, "}\n");
	return finish(wr, true);
}

/* What is taken out is put in first: removing what is not there would fail, and
 * with it the whole transaction. */
static void
put_member(struct btz_wr *wr, const struct btz_vpn *vpn, const char *set,
    struct btz_span role, const char *ip, bool add)
{
	put(wr, "add element inet bartizan_%.*s %s_%.*s { %s }\n",
	    TEXT(vpn->name), set, TEXT(role), ip);
	if (!add)
		put(wr, "delete element inet bartizan_%.*s %s_%.*s { %s }\n",
		    TEXT(vpn->name), set, TEXT(role), ip);
}

enum btz_rc
btz_nft_members(struct btz_wr *wr, const struct btz_vpn *vpn,
    const struct btz_span *roles, size_t n, uint32_t addr, bool add)
{
	char ip[BTZ_VPN_IP_TEXT];
	uint8_t ip6[16];
	bool valid = btz_name_ok(vpn->name) && addr != 0;

	for (size_t i = 0; i < n; i++)
		valid = valid && btz_name_ok(roles[i]);
	if (!valid)
		return finish(wr, false);
	btz_vpn_ip_text(addr, ip);
	for (size_t i = 0; i < n; i++)
		put_member(wr, vpn, "r", roles[i], ip, add);
	if (vpn->has6) {
		btz_vpn_addr6(vpn, addr, ip6);
		btz_vpn_ip6_text(ip6, ip);
	}
	for (size_t i = 0; vpn->has6 && i < n; i++)
		put_member(wr, vpn, "r6", roles[i], ip, add);
	return finish(wr, true);
}

enum btz_rc
btz_nft_remove(struct btz_wr *wr, const struct btz_vpn *vpn)
{
	if (!btz_name_ok(vpn->name))
		return finish(wr, false);
	put(wr, "add table inet bartizan_%.*s\n", TEXT(vpn->name));
	put(wr, "delete table inet bartizan_%.*s\n", TEXT(vpn->name));
	return finish(wr, true);
}

enum btz_rc
btz_nft_check(struct btz_wr *wr, const struct btz_vpn *vpn)
{
	if (!btz_name_ok(vpn->name))
		return finish(wr, false);
	put(wr, "list chain inet bartizan_%.*s input\n", TEXT(vpn->name));
	return finish(wr, true);
}
