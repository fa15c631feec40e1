/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c - requests, names and constraints; contract in profile.h. */
#include "ca/profile.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "ca/store.h"
#include "der/oid.h"
#include "der/spki.h"
#include "prim/prim.h"
#include "wire/alg.h"
#include "wire/name.h"

enum btz_rc
btz_profile_csr(struct btz_span der, bool san_ok, struct btz_csr *out,
    uint8_t hash[BTZ_SHA256_LEN])
{
	struct btz_span bits;
	enum btz_rc rc;

	memset(hash, 0, BTZ_SHA256_LEN);
	if ((rc = btz_csr_parse(der, out)) != BTZ_OK ||
	    (rc = btz_csr_policy(out, san_ok)) != BTZ_OK)
		return rc;
	if (btz_spki_alg(out->spki, &bits) != BTZ_ALG_EC_P256)
		return BTZ_E_CSR_KEY;
	if (btz_sigalg_of(out->sig_alg) != BTZ_SIG_ECDSA_SHA256 ||
	    !btz_ecdsa_sig_ok(out->signature))
		return BTZ_E_CSR_POP;
	rc = btz_verify(
	    out->spki, BTZ_SIG_ECDSA_SHA256, out->info, out->signature);
	if (rc != BTZ_OK) /* X509_SPKI: the point is not on the curve */
		return rc == BTZ_E_X509_SPKI ? BTZ_E_CSR_KEY : BTZ_E_CSR_POP;
	btz_sha256(out->spki, hash);
	return BTZ_OK;
}

void
btz_profile_serial(uint8_t out[BTZ_ID_LEN])
{
	btz_random(out, BTZ_ID_LEN);
	out[0] = (uint8_t)((out[0] & 0x7f) | 0x40);
}

/* The next word of a space-separated text; false at its end. */
static bool
word(struct btz_span *text, struct btz_span *out)
{
	while (text->len > 0 && *text->p == ' ') {
		text->p++;
		text->len--;
	}
	*out = btz_span_of(text->p, 0);
	while (text->len > 0 && *text->p != ' ') {
		out->len++;
		text->p++;
		text->len--;
	}
	return out->len > 0;
}

static bool
take_address(struct btz_names *n, struct btz_span w)
{
	char text[INET6_ADDRSTRLEN + 1];
	uint8_t *at = n->addr[n->n_ips];
	size_t len = 0;

	if (w.len >= sizeof(text))
		return false;
	memcpy(text, w.p, w.len);
	text[w.len] = '\0';
	if (inet_pton(AF_INET, text, at) == 1)
		len = 4;
	else if (inet_pton(AF_INET6, text, at) == 1)
		len = 16;
	if (len > 0)
		n->ips[n->n_ips++] = btz_span_of(at, len);
	return len > 0;
}

static bool
take_names(struct btz_names *n, struct btz_span text, bool dns_ok)
{
	struct btz_span w;

	while (word(&text, &w)) {
		if (n->n_ips == BTZ_NAMES_MAX || n->n_dns == BTZ_NAMES_MAX)
			return false;
		if (take_address(n, w))
			continue;
		if (!dns_ok || !btz_domain_ok(w))
			return false;
		n->dns[n->n_dns++] = w;
	}
	return true;
}

bool
btz_names_parse(struct btz_span dns, struct btz_span ips, struct btz_names *out)
{
	memset(out, 0, sizeof(*out));
	return take_names(out, dns, true) && take_names(out, ips, false) &&
	       out->n_dns + out->n_ips > 0;
}

/* Equal, or below: "a.b" is inside "b" (RFC 5280 4.2.1.10). */
static bool
dns_inside(struct btz_span name, struct btz_span base)
{
	size_t off;

	if (name.len < base.len)
		return false;
	off = name.len - base.len;
	return btz_span_eq(btz_span_of(name.p + off, base.len), base) &&
	       (off == 0 || name.p[off - 1] == '.');
}

static bool
ip_inside(struct btz_span ip, struct btz_span range)
{
	if (range.len != 2 * ip.len)
		return false;
	for (size_t i = 0; i < ip.len; i++)
		if (((ip.p[i] ^ range.p[i]) & range.p[ip.len + i]) != 0)
			return false;
	return true;
}

static bool
any(const struct btz_span *list, size_t n, struct btz_span v,
    bool (*fits)(struct btz_span, struct btz_span))
{
	for (size_t i = 0; i < n; i++)
		if (fits(v, list[i]))
			return true;
	return false;
}

bool
btz_names_inside(const struct btz_names *n, const struct btz_constraints *c)
{
	for (size_t i = 0; i < n->n_dns; i++)
		if (!any(c->dns, c->n_dns, n->dns[i], dns_inside))
			return false;
	for (size_t i = 0; i < n->n_ips; i++)
		if (!any(c->ips, c->n_ips, n->ips[i], ip_inside))
			return false;
	return true;
}

bool
btz_names_cover(const struct btz_names *n, const struct btz_csr *csr)
{
	struct btz_gn gn;
	struct btz_rd it;
	int more;

	btz_rd_span(&it, csr->ext.san);
	while ((more = btz_gn_next(&it, &gn)) == 1) {
		if (gn.type == BTZ_GN_DNS
			? !any(n->dns, n->n_dns, gn.value, btz_span_eq)
			: gn.type != BTZ_GN_IP ||
			      !any(n->ips, n->n_ips, gn.value, btz_span_eq))
			return false;
	}
	return more == 0;
}

/* RFC 3986 2: no spaces, no control characters. */
static bool
url_text_ok(struct btz_span url)
{
	for (size_t i = 0; i < url.len; i++)
		if (url.p[i] <= 0x20 || url.p[i] >= 0x7f)
			return false;
	return true;
}

struct btz_span
btz_url_host(struct btz_span url)
{
	static const char *const schemes[] = { "https://", "http://" };
	struct btz_span host = { NULL, 0 };
	size_t at = 0;
	uint8_t stop = ':';

	for (size_t i = 0; i < BTZ_COUNT(schemes) && at == 0; i++)
		if (url.len > strlen(schemes[i]) &&
		    memcmp(url.p, schemes[i], strlen(schemes[i])) == 0)
			at = strlen(schemes[i]);
	if (at == 0 || !url_text_ok(url))
		return host;
	if (url.p[at] == '[') {
		stop = ']';
		at++;
	}
	host.p = url.p + at;
	while (at < url.len && url.p[at] != stop && url.p[at] != '/') {
		host.len++;
		at++;
	}
	return host;
}

/* One host each: an address with a full mask. */
static void
add_ip(struct btz_constraints *c, uint8_t mem[][32], struct btz_span ip)
{
	uint8_t *at = mem[c->n_ips];

	for (size_t i = 0; i < c->n_ips; i++)
		if (ip_inside(ip, c->ips[i]))
			return;
	if (c->n_ips == BTZ_CONSTRAINT_LIST_MAX)
		return;
	memcpy(at, ip.p, ip.len);
	memset(at + ip.len, 0xff, ip.len);
	c->ips[c->n_ips++] = btz_span_of(at, 2 * ip.len);
}

static void
add_dns(struct btz_constraints *c, struct btz_span name)
{
	if (any(c->dns, c->n_dns, name, dns_inside) ||
	    c->n_dns == BTZ_CONSTRAINT_LIST_MAX)
		return;
	c->dns[c->n_dns++] = name;
}

/* The configured names, the box's own name, and the host of the URL. */
static bool
name_space(
    const struct btz_ca_plan *p, struct btz_constraints *c, uint8_t mem[][32])
{
	static const uint8_t loopback[] = { 127, 0, 0, 1 };
	struct btz_names n;

	if (!btz_names_parse(p->names, btz_span_of(NULL, 0), &n))
		memset(&n, 0, sizeof(n));
	add_dns(c, p->box);
	add_dns(c, p->trust_domain);
	add_dns(c, btz_span_str("localhost"));
	for (size_t i = 0; i < n.n_dns; i++)
		add_dns(c, n.dns[i]);
	add_ip(c, mem, btz_span_of(loopback, sizeof(loopback)));
	for (size_t i = 0; i < n.n_ips; i++)
		add_ip(c, mem, n.ips[i]);
	if (!btz_names_parse(
		btz_url_host(p->base_url), btz_span_of(NULL, 0), &n))
		return false;
	if (n.n_dns > 0)
		add_dns(c, n.dns[0]);
	if (n.n_ips > 0)
		add_ip(c, mem, n.ips[0]);
	return true;
}

enum btz_rc
btz_profile_constraints(
    const struct btz_ca_plan *p, struct btz_wr *wr, struct btz_err *err)
{
	uint8_t mem[BTZ_CONSTRAINT_LIST_MAX][32];
	struct btz_constraints c = { .trust_domain = p->trust_domain,
		.ekus = BTZ_EKU_CLIENT_AUTH | BTZ_EKU_SERVER_AUTH,
		.max_lifetime = p->max_lifetime };
	char cn[BTZ_NAME_MAX + 32], uri[BTZ_URI_MAX + 64];

	if (!btz_domain_ok(p->trust_domain) || !btz_name_ok(p->box) ||
	    !btz_domain_ok(p->box) || p->base_url.len > BTZ_URI_MAX ||
	    !name_space(p, &c, mem))
		return BTZ_FAIL(err, BTZ_E_INVAL,
		    "trust domain, box name or URL is malformed");
	(void)snprintf(cn, sizeof(cn), "%.*s issuing CA %s", (int)p->box.len,
	    (const char *)p->box.p, BTZ_CA_ID);
	(void)snprintf(uri, sizeof(uri), "%.*s/.bartizan/crl/%s.crl",
	    (int)p->base_url.len, (const char *)p->base_url.p, BTZ_CA_ID);
	c.subject_cn = btz_span_str(cn);
	c.crl_uri = btz_span_str(uri);
	if (c.subject_cn.len > 64)
		return BTZ_FAIL(err, BTZ_E_TOOBIG, "name of the box");
	btz_constraints_encode(&c, wr);
	return btz_wr_ok(wr) ? BTZ_OK
			     : BTZ_FAIL(err, BTZ_E_TOOBIG, "constraints");
}
