/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - tunnel addresses and what is pushed to a client; see admit.h. */
#include <stdio.h>
#include <string.h>

#include "vpn/admit.h"
#include "vpn/nft.h"

uint32_t
btz_vpn_mask(uint8_t bits)
{
	return bits == 0 ? 0 : 0xffffffffu << (32 - bits);
}

bool
btz_vpn_dest_ok(const struct btz_vpn_dest *d)
{
	return d->bits <= 32 && (d->net & ~btz_vpn_mask(d->bits)) == 0;
}

void
btz_vpn_ip_text(uint32_t ip, char out[BTZ_VPN_IP_TEXT])
{
	(void)snprintf(out, BTZ_VPN_IP_TEXT, "%u.%u.%u.%u", ip >> 24,
	    ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

bool
btz_vpn_pool_init(struct btz_vpn_pool *pool, const struct btz_vpn *vpn)
{
	const struct btz_vpn_dest d = { vpn->net, vpn->bits };

	memset(pool, 0, sizeof(*pool));
	if (vpn->bits < 20 || vpn->bits > 29 || vpn->net == 0 ||
	    !btz_vpn_dest_ok(&d))
		return false;
	pool->first = vpn->net + 2;
	pool->count = (1u << (32 - vpn->bits)) - 3;
	return true;
}

uint32_t
btz_vpn_pool_take(struct btz_vpn_pool *pool)
{
	for (uint32_t i = 0; i < pool->count; i++) {
		uint32_t at = (pool->next + i) % pool->count;
		uint8_t bit = (uint8_t)(1u << at % 8);

		if ((pool->used[at / 8] & bit) != 0)
			continue;
		pool->used[at / 8] |= bit;
		pool->next = (at + 1) % pool->count;
		return pool->first + at;
	}
	return 0;
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

static char *
next_line(struct btz_vpn_lines *out)
{
	return out->n < BTZ_VPN_LINES_MAX ? out->text[out->n] : NULL;
}

static void
line_done(struct btz_vpn_lines *out)
{
	out->line[out->n] = btz_span_str(out->text[out->n]);
	out->n++;
}

static bool
put_route(struct btz_vpn_lines *out, const struct btz_vpn_dest *d)
{
	char net[BTZ_VPN_IP_TEXT], mask[BTZ_VPN_IP_TEXT];
	char *s = next_line(out);

	if (s == NULL || !btz_vpn_dest_ok(d))
		return false;
	btz_vpn_ip_text(d->net, net);
	btz_vpn_ip_text(btz_vpn_mask(d->bits), mask);
	(void)snprintf(
	    s, sizeof(out->text[0]), "push \"route %s %s\"", net, mask);
	line_done(out);
	return true;
}

bool
btz_vpn_lines(const struct btz_vpn *vpn, uint32_t addr,
    const struct btz_vpn_dest *routes, size_t n, struct btz_vpn_lines *out)
{
	char ip[BTZ_VPN_IP_TEXT], mask[BTZ_VPN_IP_TEXT], gw[BTZ_VPN_IP_TEXT];

	out->n = 0;
	btz_vpn_ip_text(addr, ip);
	btz_vpn_ip_text(btz_vpn_mask(vpn->bits), mask);
	btz_vpn_ip_text(vpn->net + 1, gw);
	(void)snprintf(next_line(out), sizeof(out->text[0]),
	    "ifconfig-push %s %s", ip, mask);
	line_done(out);
	(void)snprintf(
	    next_line(out), sizeof(out->text[0]), "push \"topology subnet\"");
	line_done(out);
	(void)snprintf(next_line(out), sizeof(out->text[0]),
	    "push \"route-gateway %s\"", gw);
	line_done(out);
	for (size_t i = 0; i < n; i++)
		if (!put_route(out, &routes[i])) {
			out->n = 0;
			return false;
		}
	return true;
}
