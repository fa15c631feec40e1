/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - tunnel addresses and what is pushed to a client; see admit.h. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vpn/admit.h"
#include "vpn/nft.h"

uint32_t
btz_vpn_mask(uint8_t bits)
{
	return bits == 0 ? 0 : 0xffffffffu << (32 - bits);
}

static bool
no_host_bits(const uint8_t net[16], uint8_t bits)
{
	for (unsigned i = bits; i < 128; i++)
		if ((net[i / 8] & 0x80u >> i % 8) != 0)
			return false;
	return true;
}

bool
btz_vpn_dest_ok(const struct btz_vpn_dest *d)
{
	if (d->v6)
		return d->bits <= 128 && no_host_bits(d->net6, d->bits);
	return d->bits <= 32 && (d->net & ~btz_vpn_mask(d->bits)) == 0;
}

void
btz_vpn_ip_text(uint32_t ip, char out[BTZ_VPN_IP_TEXT])
{
	(void)snprintf(out, BTZ_VPN_IP_TEXT, "%u.%u.%u.%u", ip >> 24,
	    ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

void
btz_vpn_ip6_text(const uint8_t ip[16], char out[BTZ_VPN_IP_TEXT])
{
	if (inet_ntop(AF_INET6, ip, out, BTZ_VPN_IP_TEXT) == NULL)
		out[0] = '\0';
}

void
btz_vpn_dest_text(const struct btz_vpn_dest *d, char out[BTZ_VPN_IP_TEXT])
{
	if (d->v6)
		btz_vpn_ip6_text(d->net6, out);
	else
		btz_vpn_ip_text(d->net, out);
}

void
btz_vpn_addr6(const struct btz_vpn *vpn, uint32_t addr, uint8_t out[16])
{
	uint32_t host = addr - vpn->net;

	memcpy(out, vpn->net6, 16);
	out[14] = (uint8_t)(host >> 8);
	out[15] = (uint8_t)host;
}

bool
btz_vpn_pool_init(struct btz_vpn_pool *pool, const struct btz_vpn *vpn)
{
	const struct btz_vpn_dest d = { .net = vpn->net, .bits = vpn->bits };

	memset(pool, 0, sizeof(*pool));
	if (vpn->bits < 20 || vpn->bits > 29 || vpn->net == 0 ||
	    !btz_vpn_dest_ok(&d))
		return false;
	pool->first = vpn->net + 2;
	pool->count = (1u << (32 - vpn->bits)) - 3;
	pool->range[0].count = pool->count;
	pool->n_ranges = 1;
	return true;
}

bool
btz_vpn_pool_set_aside(struct btz_vpn_pool *pool, uint32_t net, uint8_t bits)
{
	const struct btz_vpn_dest d = { .net = net, .bits = bits };
	struct btz_vpn_range *r = &pool->range[pool->n_ranges];
	uint64_t from = net, to, end = (uint64_t)pool->first + pool->count;

	if (pool->n_ranges == 0 || pool->n_ranges > BTZ_VPN_RANGES_MAX ||
	    bits == 0 || !btz_vpn_dest_ok(&d))
		return false;
	to = from + (UINT64_C(1) << (32 - bits));
	/* the network's, the box's and the broadcast address are in no pool */
	if (from + 2 < pool->first || to > end + 1)
		return false;
	from = from < pool->first ? pool->first : from;
	to = to > end ? end : to;
	if (from >= to || to - from >= pool->count)
		return false;
	*r = (struct btz_vpn_range){ .first = (uint32_t)from - pool->first,
		.count = (uint32_t)(to - from) };
	for (uint32_t i = 1; i < pool->n_ranges; i++)
		if (r->first < pool->range[i].first + pool->range[i].count &&
		    pool->range[i].first < r->first + r->count)
			return false;
	pool->n_ranges++;
	return true;
}

static bool
is_set_aside(const struct btz_vpn_pool *pool, uint32_t at)
{
	for (uint32_t i = 1; i < pool->n_ranges; i++)
		if (at - pool->range[i].first < pool->range[i].count)
			return true;
	return false;
}

uint32_t
btz_vpn_pool_take_of(struct btz_vpn_pool *pool, uint32_t number)
{
	struct btz_vpn_range *r = &pool->range[number];

	if (number >= pool->n_ranges)
		return 0;
	for (uint32_t i = 0; i < r->count; i++) {
		uint32_t at = r->first + (r->next + i) % r->count;
		uint8_t bit = (uint8_t)(1u << at % 8);

		if ((pool->used[at / 8] & bit) != 0 ||
		    (number == 0 && is_set_aside(pool, at)))
			continue;
		pool->used[at / 8] |= bit;
		r->next = (at - r->first + 1) % r->count;
		return pool->first + at;
	}
	return 0;
}

uint32_t
btz_vpn_pool_take(struct btz_vpn_pool *pool)
{
	return btz_vpn_pool_take_of(pool, 0);
}

bool
btz_vpn_pool_give(struct btz_vpn_pool *pool, uint32_t addr)
{
	uint32_t at = addr - pool->first;
	uint8_t bit = (uint8_t)(1u << at % 8);

	if (at >= pool->count || (pool->used[at / 8] & bit) == 0)
		return false;
	pool->used[at / 8] &= (uint8_t)~bit;
	return true;
}

void
btz_vpn_pool_clear(struct btz_vpn_pool *pool)
{
	memset(pool->used, 0, sizeof(pool->used));
}

void
btz_vpn_pool_keep(struct btz_vpn_pool *pool, uint32_t addr)
{
	uint32_t at = addr - pool->first;

	if (at < pool->count)
		pool->used[at / 8] |= (uint8_t)(1u << at % 8);
}

/* One more line; too many or too long: *n is more than there is room for. */
static void add(struct btz_vpn_lines *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct btz_vpn_lines *out, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (out->n >= BTZ_VPN_LINES_MAX) {
		out->n = BTZ_VPN_LINES_MAX + 1;
		return;
	}
	va_start(ap, fmt);
	n = vsnprintf(out->text[out->n], sizeof(out->text[0]), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(out->text[0])) {
		out->n = BTZ_VPN_LINES_MAX + 1;
		return;
	}
	out->line[out->n] = btz_span_str(out->text[out->n]);
	out->n++;
}

static void
add_route(struct btz_vpn_lines *out, const struct btz_vpn_dest *d)
{
	char net[BTZ_VPN_IP_TEXT], mask[BTZ_VPN_IP_TEXT];

	btz_vpn_dest_text(d, net);
	if (d->v6) {
		add(out, "push \"route-ipv6 %s/%u\"", net, d->bits);
		return;
	}
	btz_vpn_ip_text(btz_vpn_mask(d->bits), mask);
	add(out, "push \"route %s %s\"", net, mask);
}

static void
add_address(struct btz_vpn_lines *out, const struct btz_vpn *vpn, uint32_t addr)
{
	char ip[BTZ_VPN_IP_TEXT], mask[BTZ_VPN_IP_TEXT], gw[BTZ_VPN_IP_TEXT];
	uint8_t ip6[16];

	btz_vpn_ip_text(addr, ip);
	btz_vpn_ip_text(btz_vpn_mask(vpn->bits), mask);
	btz_vpn_ip_text(vpn->net + 1, gw);
	add(out, "ifconfig-push %s %s", ip, mask);
	add(out, "push \"topology subnet\"");
	add(out, "push \"route-gateway %s\"", gw);
	if (!vpn->has6)
		return;
	btz_vpn_addr6(vpn, addr, ip6);
	btz_vpn_ip6_text(ip6, ip);
	btz_vpn_addr6(vpn, vpn->net + 1, ip6);
	btz_vpn_ip6_text(ip6, gw);
	add(out, "ifconfig-ipv6-push %s/64 %s", ip, gw);
}

bool
btz_vpn_lines(const struct btz_vpn *vpn, uint32_t addr,
    const struct btz_vpn_push *push, size_t n, struct btz_vpn_lines *out)
{
	char ip[BTZ_VPN_IP_TEXT];

	out->n = 0;
	add_address(out, vpn, addr);
	for (size_t i = 0; i < n && out->n <= BTZ_VPN_LINES_MAX; i++) {
		if (!btz_vpn_dest_ok(&push[i].dest))
			out->n = BTZ_VPN_LINES_MAX + 1;
		else if (push[i].route)
			add_route(out, &push[i].dest);
	}
	for (size_t i = 0; i < n && out->n <= BTZ_VPN_LINES_MAX; i++) {
		btz_vpn_dest_text(&push[i].dest, ip);
		if (push[i].dns)
			add(out, "push \"dhcp-option DNS%s %s\"",
			    push[i].dest.v6 ? "6" : "", ip);
	}
	if (out->n <= BTZ_VPN_LINES_MAX)
		return true;
	out->n = 0;
	return false;
}
