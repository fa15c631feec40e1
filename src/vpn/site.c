/* SPDX-License-Identifier: Apache-2.0 */
/* site.c - configuration of VPNs, checked; see site.h. */
#include "vpn/site.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/limits.h"
#include "wire/name.h"

static bool
bits_of(const char *text, uint8_t max, uint8_t *out)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || n > max)
		return false;
	*out = (uint8_t)n;
	return true;
}

bool
btz_dest_parse(const char *text, struct btz_vpn_dest *out)
{
	char host[64];
	const char *slash = strchr(text, '/');
	size_t n = slash == NULL ? strlen(text) : (size_t)(slash - text);
	struct in_addr v4;

	memset(out, 0, sizeof(*out));
	if (n == 0 || n >= sizeof(host))
		return false;
	(void)snprintf(host, sizeof(host), "%.*s", (int)n, text);
	if (inet_pton(AF_INET, host, &v4) == 1) {
		out->net = ntohl(v4.s_addr);
		out->bits = 32;
	} else if (inet_pton(AF_INET6, host, out->net6) == 1) {
		out->v6 = true;
		out->bits = 128;
	} else {
		return false;
	}
	if (slash != NULL && !bits_of(slash + 1, out->bits, &out->bits))
		return false;
	return btz_vpn_dest_ok(out);
}

/* "192.0.2.1:1194", "box.test:1194", "[::]:1194": it becomes directives of
 * OpenVPN's configuration. */
static bool
listen_ok(const char *text)
{
	static const char host[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	const char *at = text;
	char *end;
	long port;

	if (*at == '[') {
		size_t n = strspn(at + 1, "0123456789abcdefABCDEF:.");

		at += n + 1;
		if (n == 0 || *at++ != ']')
			return false;
	} else {
		at += strspn(at, host);
		if (at == text)
			return false;
	}
	if (at[0] != ':' || at[1] < '0' || at[1] > '9')
		return false;
	port = strtol(at + 1, &end, 10);
	return *end == '\0' && port >= 1 && port <= 65535;
}

static enum btz_rc
check_vpn(struct btz_site_conf *c, struct btz_err *err)
{
	const struct btz_conf_vpn *v = &c->conf;
	struct btz_vpn_pool pool;
	struct btz_vpn vpn;

	if (!btz_name_ok(btz_span_str(v->tenant)))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[vpn %s] tenant '%.63s' is not a name", c->name,
		    v->tenant);
	if (strcmp(v->proto, "udp") != 0 && strcmp(v->proto, "tcp") != 0)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[vpn %s] proto '%.8s' is neither udp nor tcp", c->name,
		    v->proto);
	if (!listen_ok(v->listen))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[vpn %s] listen '%.80s' is not ADDRESS:PORT", c->name,
		    v->listen);
	if (!btz_dest_parse(v->network, &c->net) || c->net.v6)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[vpn %s] network '%.20s' is not an IPv4 network", c->name,
		    v->network);
	vpn = btz_site_vpn(c);
	if (!btz_vpn_pool_init(&pool, &vpn))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[vpn %s] network '%.20s' is not of /20 to /29", c->name,
		    v->network);
	if (v->network6[0] != '\0' && (!btz_dest_parse(v->network6, &c->net6) ||
					  !c->net6.v6 || c->net6.bits != 64))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[vpn %s] network6 '%.45s' is not an IPv6 network of /64",
		    c->name, v->network6);
	return BTZ_OK;
}

static bool
overlap(const struct btz_site_conf *a, const struct btz_site_conf *b)
{
	uint32_t mask = btz_vpn_mask(
	    a->net.bits < b->net.bits ? a->net.bits : b->net.bits);

	return (a->net.net & mask) == (b->net.net & mask) ||
	       (a->net6.v6 && b->net6.v6 &&
		   memcmp(a->net6.net6, b->net6.net6, 8) == 0);
}

enum btz_rc
btz_sites_on_vpn(
    const char *label, const void *conf, void *arg, struct btz_err *err)
{
	struct btz_sites *all = arg;
	struct btz_site_conf *c = &all->site[all->n];
	enum btz_rc rc;

	if (all->n == BTZ_VPNS_MAX)
		return BTZ_FAIL(
		    err, BTZ_E_CONFIG, "more than %d [vpn ...]", BTZ_VPNS_MAX);
	/* bartizan_NAME is an nftables table, vpn.NAME a resource */
	if (!btz_name_ok(btz_span_str(label)) || strlen(label) > 32)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[vpn %.70s]: not a name of at most 32 characters", label);
	*c = (struct btz_site_conf){ .conf = *(
					 const struct btz_conf_vpn *)conf };
	(void)snprintf(c->name, sizeof(c->name), "%s", label);
	(void)snprintf(
	    c->device, sizeof(c->device), BTZ_SITE_DEVICE, (unsigned)all->n);
	if ((rc = check_vpn(c, err)) != BTZ_OK)
		return rc;
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->site[i].name, label) == 0 ||
		    overlap(&all->site[i], c))
			return BTZ_FAIL(err, BTZ_E_CONFIG,
			    "[vpn %s] has name or network of [vpn %s]", label,
			    all->site[i].name);
	all->n++;
	return BTZ_OK;
}

static struct btz_site_conf *
find(struct btz_sites *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->site[i].name, name) == 0)
			return &all->site[i];
	return NULL;
}

/* The site's own copy of a role's name; NULL: too many. */
static const char *
role_of(struct btz_site_conf *c, const char *role)
{
	for (size_t i = 0; i < c->n_roles; i++)
		if (strcmp(c->roles[i], role) == 0)
			return c->roles[i];
	if (c->n_roles == BTZ_SITE_ROLES_MAX || strlen(role) > BTZ_NAME_MAX)
		return NULL;
	memcpy(c->roles[c->n_roles], role, strlen(role) + 1);
	return c->roles[c->n_roles++];
}

static bool
service_of(const char *text, struct btz_vpn_reach *r)
{
	static const struct {
		const char *name;
		uint8_t proto;
		bool port;
	} table[] = { { "any", BTZ_VPN_ANY, false },
		{ "icmp", BTZ_VPN_ICMP, false }, { "tcp/", BTZ_VPN_TCP, true },
		{ "udp/", BTZ_VPN_UDP, true } };

	for (size_t i = 0; i < BTZ_COUNT(table); i++) {
		size_t n = strlen(table[i].name);
		char *end;
		long port;

		if (strncmp(text, table[i].name, n) != 0)
			continue;
		r->proto = table[i].proto;
		if (!table[i].port)
			return text[n] == '\0';
		port = strtol(text + n, &end, 10);
		r->port = (uint16_t)port;
		return text[n] >= '0' && text[n] <= '9' && *end == '\0' &&
		       port >= 1 && port <= 65535;
	}
	return false;
}

static enum btz_rc
put(struct btz_site_conf *c, const struct btz_conf_reach *k,
    const struct btz_vpn_dest *dest, const char *label, struct btz_err *err)
{
	struct btz_vpn_reach *r = &c->reach[c->n_reach];
	const char *role = role_of(c, k->role);

	if (c->n_reach == BTZ_SITE_REACH_MAX || role == NULL)
		return BTZ_FAIL(
		    err, BTZ_E_CONFIG, "[vpn %s]: too many rules", c->name);
	*r = (struct btz_vpn_reach){ .role = btz_span_str(role),
		.dest = *dest };
	if (!btz_name_ok(r->role))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[reach %.63s] role '%.63s' is not a name", label, k->role);
	if (!service_of(k->service, r))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[reach %.63s] service '%.10s' is none of any, icmp, "
		    "tcp/PORT, udp/PORT",
		    label, k->service);
	if (k->dns && dest->bits != (dest->v6 ? 128 : 32))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[reach %.63s]: a name server is one address", label);
	c->push[c->n_reach++] = (struct btz_vpn_push){ .dest = *dest,
		.route = k->route && strcmp(k->to, "box") != 0,
		.dns = k->dns };
	return BTZ_OK;
}

/* The box itself has an address of each family. */
static enum btz_rc
put_box(struct btz_site_conf *c, const struct btz_conf_reach *k,
    const char *label, struct btz_err *err)
{
	struct btz_vpn_dest d = { .net = c->net.net + 1, .bits = 32 };
	enum btz_rc rc = put(c, k, &d, label, err);

	if (rc != BTZ_OK || !c->net6.v6)
		return rc;
	d = c->net6;
	d.bits = 128;
	d.net6[15] = 1;
	return put(c, k, &d, label, err);
}

bool
btz_site_pool(const struct btz_site_conf *c, struct btz_vpn_pool *pool)
{
	const struct btz_vpn vpn = btz_site_vpn(c);

	if (!btz_vpn_pool_init(pool, &vpn))
		return false;
	for (size_t i = 0; i < c->n_roles; i++)
		if (c->addresses[i].bits != 0 &&
		    !btz_vpn_pool_set_aside(
			pool, c->addresses[i].net, c->addresses[i].bits))
			return false;
	return true;
}

uint32_t
btz_site_part(const struct btz_site_conf *c, uint64_t roles)
{
	uint32_t number = 0;

	for (size_t i = 0; i < c->n_roles; i++) {
		if (c->addresses[i].bits == 0)
			continue;
		number++;
		if ((roles & UINT64_C(1) << i) != 0)
			return number;
	}
	return 0;
}

/* From where the role's clients get their addresses. */
static enum btz_rc
put_addresses(struct btz_site_conf *c, const struct btz_conf_reach *k,
    const char *label, struct btz_err *err)
{
	struct btz_vpn_pool pool;
	size_t i = 0;

	while (i < c->n_roles && strcmp(c->roles[i], k->role) != 0)
		i++;
	if (i == c->n_roles || c->addresses[i].bits != 0)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[reach %.63s]: addresses of role '%.63s' are given twice",
		    label, k->role);
	if (!btz_dest_parse(k->addresses, &c->addresses[i]) ||
	    c->addresses[i].v6 || !btz_site_pool(c, &pool))
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[reach %.63s] addresses '%.18s' are no part of [vpn %s] "
		    "network, or another role's",
		    label, k->addresses, c->name);
	return BTZ_OK;
}

enum btz_rc
btz_sites_on_reach(
    const char *label, const void *conf, void *arg, struct btz_err *err)
{
	const struct btz_conf_reach *k = conf;
	struct btz_site_conf *c = find(arg, k->vpn);
	struct btz_vpn_dest dest;
	enum btz_rc rc;

	if (c == NULL)
		return BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[reach %.63s] vpn '%.63s': there is no such [vpn ...] "
		    "before it",
		    label, k->vpn);
	if (strcmp(k->to, "box") == 0)
		rc = put_box(c, k, label, err);
	else if (btz_dest_parse(k->to, &dest))
		rc = put(c, k, &dest, label, err);
	else
		rc = BTZ_FAIL(err, BTZ_E_CONFIG,
		    "[reach %.63s] to '%.45s' is not an address or network",
		    label, k->to);
	if (rc == BTZ_OK && k->addresses[0] != '\0')
		rc = put_addresses(c, k, label, err);
	return rc;
}

uint64_t
btz_site_role(const struct btz_site_conf *c, struct btz_span role)
{
	for (size_t i = 0; i < c->n_roles; i++)
		if (btz_span_eq(role, btz_span_str(c->roles[i])))
			return UINT64_C(1) << i;
	return 0;
}

static bool
same_dest(const struct btz_vpn_dest *a, const struct btz_vpn_dest *b)
{
	return a->v6 == b->v6 && a->net == b->net && a->bits == b->bits &&
	       memcmp(a->net6, b->net6, sizeof(a->net6)) == 0;
}

size_t
btz_site_push(const struct btz_site_conf *c, uint64_t roles,
    struct btz_vpn_push out[BTZ_SITE_REACH_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_reach; i++) {
		const struct btz_vpn_push *one = &c->push[i];
		size_t k = 0;

		if ((btz_site_role(c, c->reach[i].role) & roles) == 0 ||
		    (!one->route && !one->dns))
			continue;
		while (k < n && !same_dest(&out[k].dest, &one->dest))
			k++;
		if (k == n)
			out[n++] = (struct btz_vpn_push){ .dest = one->dest };
		out[k].route |= one->route;
		out[k].dns |= one->dns;
	}
	return n;
}

bool
btz_site_same_push(const struct btz_site_conf *c, uint64_t a, uint64_t b)
{
	struct btz_vpn_push x[BTZ_SITE_REACH_MAX], y[BTZ_SITE_REACH_MAX];
	size_t n = btz_site_push(c, a, x);

	if (btz_site_push(c, b, y) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < n &&
		       (!same_dest(&x[i].dest, &y[k].dest) ||
			   x[i].route != y[k].route || x[i].dns != y[k].dns))
			k++;
		if (k == n)
			return false;
	}
	return true;
}

enum btz_rc
btz_sites_check(const struct btz_sites *all, struct btz_err *err)
{
	static struct btz_vpn_lines lines;
	struct btz_vpn_push push[BTZ_SITE_REACH_MAX];

	for (size_t i = 0; i < all->n; i++) {
		const struct btz_site_conf *c = &all->site[i];
		const struct btz_vpn vpn = btz_site_vpn(c);
		size_t n = btz_site_push(c, UINT64_MAX, push);

		if (!btz_vpn_lines(&vpn, vpn.net + 2, push, n, &lines))
			return BTZ_FAIL(err, BTZ_E_CONFIG,
			    "[vpn %s]: its [reach ...] tell a client more "
			    "routes and name servers than fit (%u lines): "
			    "wider networks, or route = no",
			    c->name, BTZ_VPN_LINES_MAX);
	}
	return BTZ_OK;
}

struct btz_vpn
btz_site_vpn(const struct btz_site_conf *c)
{
	struct btz_vpn v = { .name = btz_span_str(c->name),
		.tenant = btz_span_str(c->conf.tenant),
		.net = c->net.net,
		.bits = c->net.bits,
		.has6 = c->net6.v6 };

	memcpy(v.net6, c->net6.net6, sizeof(v.net6));
	return v;
}
