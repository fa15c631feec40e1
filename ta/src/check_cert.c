/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_cert.c - what an issuing key signs: the allow-list of secure-world.md
 * (Keys), every refusal with its own code. Form (DER, v3, duplicates) was
 * checked by the parser. Start at ta_check_cert.
 */
#include <string.h>

#include "der/dn.h"
#include "der/oid.h"
#include "der/spki.h"
#include "issuer.h"
#include "wire/alg.h"
#include "wire/name.h"

#define RESPONDER_DAYS (7u * 86400u)
#define RESPONDER_CN "OCSP responder" /* nobody's name: it has a space */

/* A certificate of an OCSP responder (RFC 6960 4.2.2.2), or somebody's? */
static bool
is_responder(const struct btz_x509 *x)
{
	return (x->ext.ekus & BTZ_EKU_OCSP_SIGNING) != 0;
}

static bool
is_http(struct btz_span uri)
{
	return (uri.len > 7 && memcmp(uri.p, "http://", 7) == 0) ||
	       (uri.len > 8 && memcmp(uri.p, "https://", 8) == 0);
}

static enum btz_rc
check_head(const struct ta_issuer *is, const struct btz_x509 *x)
{
	/* The parser has seen to it that it is minimal and positive. */
	if (x->serial.len != 16)
		return BTZ_E_X509_SERIAL;
	if (btz_sigalg_of(x->inner_alg) != BTZ_SIG_ECDSA_SHA256)
		return BTZ_E_X509_SIGALG;
	if (!btz_span_eq(x->issuer, btz_span_of(is->name, is->name_len)))
		return BTZ_E_X509_ISSUER;
	return BTZ_OK;
}

static enum btz_rc
check_time(const struct ta_issuer *is, const struct btz_x509 *x)
{
	if (x->not_before + TA_BEFORE < is->now ||
	    x->not_before > is->now + TA_AHEAD)
		return BTZ_E_X509_NOT_BEFORE;
	if (x->not_after <= x->not_before ||
	    x->not_after - x->not_before > is->c.max_lifetime ||
	    (is->not_after != 0 && x->not_after > is->not_after))
		return BTZ_E_X509_LIFETIME;
	return BTZ_OK;
}

/* Of our own keys only a responder's own is certified, and only as that. */
static enum btz_rc
check_owner(const struct ta_issuer *is, const struct btz_x509 *x)
{
	switch (is->ours(is->ctx, is->id, x->spki)) {
	case TA_OURS_NOT:
		return is_responder(x) ? BTZ_E_X509_EKU : BTZ_OK;
	case TA_OURS_OCSP:
		return is_responder(x) ? BTZ_OK : BTZ_E_X509_SPKI_OURS;
	case TA_OURS_OTHER:
		break;
	}
	return BTZ_E_X509_SPKI_OURS;
}

static enum btz_rc
check_key(const struct ta_issuer *is, const struct btz_x509 *x)
{
	struct btz_span bits;
	uint8_t ski[20];
	enum btz_rc rc;

	if (btz_spki_alg(x->spki, &bits) != BTZ_ALG_EC_P256)
		return BTZ_E_X509_SPKI;
	rc = check_owner(is, x);
	if (rc != BTZ_OK)
		return rc;
	if (!btz_exts_has(&x->ext, BTZ_EXT_SKI))
		return BTZ_OK;
	rc = is->sha1(bits, ski);
	if (rc != BTZ_OK)
		return rc;
	return btz_span_eq(x->ext.ski, btz_span_of(ski, sizeof(ski)))
		   ? BTZ_OK
		   : BTZ_E_X509_SKI;
}

/* Which extensions, and how critical (RFC 5280 4.2). SAN: check_subject. */
static enum btz_rc
check_extensions(const struct btz_exts *e, bool responder)
{
	static const uint8_t needed[] = { BTZ_EXT_KU, BTZ_EXT_EKU, BTZ_EXT_AKI,
		BTZ_EXT_SAN };
	static const uint8_t critical[] = { BTZ_EXT_BC, BTZ_EXT_KU };
	static const uint8_t plain[] = { BTZ_EXT_EKU, BTZ_EXT_SKI, BTZ_EXT_AKI,
		BTZ_EXT_CRLDP, BTZ_EXT_AIA, BTZ_EXT_NOCHECK };

	if (e->n_unknown != 0 || btz_exts_has(e, BTZ_EXT_NC) ||
	    (btz_exts_has(e, BTZ_EXT_NOCHECK) && !responder))
		return BTZ_E_X509_EXT_UNKNOWN;
	for (size_t i = 0; i < BTZ_COUNT(needed); i++)
		if (!btz_exts_has(e, (enum btz_ext)needed[i]) &&
		    !(needed[i] == BTZ_EXT_SAN && responder))
			return BTZ_E_X509_EXT_MISSING;
	for (size_t i = 0; i < BTZ_COUNT(critical); i++)
		if (btz_exts_has(e, (enum btz_ext)critical[i]) &&
		    !btz_exts_critical(e, (enum btz_ext)critical[i]))
			return BTZ_E_X509_EXT_CRIT;
	for (size_t i = 0; i < BTZ_COUNT(plain); i++)
		if (btz_exts_critical(e, (enum btz_ext)plain[i]))
			return BTZ_E_X509_EXT_CRIT;
	return BTZ_OK;
}

static enum btz_rc
check_usage(const struct ta_issuer *is, const struct btz_exts *e)
{
	if (e->ca || e->has_path_len)
		return BTZ_E_X509_CA;
	if (e->ku != BTZ_KU_DIGITAL_SIGNATURE)
		return BTZ_E_X509_KU;
	if (e->n_other_ekus != 0)
		return BTZ_E_X509_EKU;
	/* Whose key it is: check_owner. */
	if (e->ekus == BTZ_EKU_OCSP_SIGNING)
		return BTZ_OK;
	if (e->ekus == 0 || (e->ekus & ~is->c.ekus) != 0 ||
	    (e->ekus & BTZ_EKU_OCSP_SIGNING) != 0)
		return BTZ_E_X509_EKU;
	return BTZ_OK;
}

static enum btz_rc
check_pointers(const struct ta_issuer *is, const struct btz_exts *e)
{
	if (e->aki_other ||
	    !btz_span_eq(e->aki, btz_span_of(is->ski, sizeof(is->ski))))
		return BTZ_E_X509_AKI;
	if (btz_exts_has(e, BTZ_EXT_CRLDP) &&
	    (!is_http(e->crl_uri) || !btz_span_eq(e->crl_uri, is->c.crl_uri)))
		return BTZ_E_X509_URI;
	if (btz_exts_has(e, BTZ_EXT_AIA) &&
	    (e->aia_other || (e->ca_uri.len == 0 && e->ocsp_uri.len == 0) ||
		(e->ca_uri.len > 0 && !is_http(e->ca_uri)) ||
		(e->ocsp_uri.len > 0 && !is_http(e->ocsp_uri))))
		return BTZ_E_X509_URI;
	return BTZ_OK;
}

static bool
tenant_ok(const struct btz_constraints *c, struct btz_span tenant)
{
	for (size_t i = 0; i < c->n_tenants; i++)
		if (btz_span_eq(c->tenants[i], tenant))
			return true;
	return c->n_tenants == 0;
}

/* Equal, or below on a label boundary; both sides lower case. */
static bool
dns_ok(const struct btz_constraints *c, struct btz_span name)
{
	if (!btz_domain_ok(name))
		return false;
	for (size_t i = 0; i < c->n_dns; i++) {
		struct btz_span s = c->dns[i];
		size_t more = name.len - s.len;

		if (name.len < s.len || memcmp(name.p + more, s.p, s.len) != 0)
			continue;
		if (more == 0 || name.p[more - 1] == '.')
			return true;
	}
	return false;
}

static bool
ip_in(struct btz_span range, struct btz_span ip)
{
	if (range.len != 2 * ip.len)
		return false;
	for (size_t i = 0; i < ip.len; i++) {
		uint8_t mask = range.p[ip.len + i];

		if ((ip.p[i] & mask) != (range.p[i] & mask))
			return false;
	}
	return true;
}

static bool
ip_ok(const struct btz_constraints *c, struct btz_span ip)
{
	for (size_t i = 0; i < c->n_ips; i++)
		if (ip_in(c->ips[i], ip))
			return true;
	return false;
}

struct names {
	struct btz_spiffe spiffe;
	size_t uris, hosts;
};

static bool
name_ok(const struct ta_issuer *is, const struct btz_gn *gn, struct names *n)
{
	switch (gn->type) {
	case BTZ_GN_URI:
		n->uris++;
		return btz_spiffe_parse(gn->value, &n->spiffe) &&
		       n->spiffe.name.len <= 64 &&
		       btz_span_eq(n->spiffe.domain, is->c.trust_domain) &&
		       tenant_ok(&is->c, n->spiffe.tenant);
	case BTZ_GN_DNS:
		n->hosts++;
		return dns_ok(&is->c, gn->value);
	case BTZ_GN_IP:
		n->hosts++;
		return ip_ok(&is->c, gn->value);
	default:
		return false;
	}
}

static bool
names_ok(const struct ta_issuer *is, const struct btz_exts *e, struct names *n)
{
	struct btz_rd it;
	struct btz_gn gn;
	int got;

	memset(n, 0, sizeof(*n));
	btz_rd_span(&it, e->san);
	while ((got = btz_gn_next(&it, &gn)) == 1)
		if (!name_ok(is, &gn, n))
			return false;
	return got == 0;
}

/* A client is exactly one principal; only servers have host names. */
static enum btz_rc
check_names(
    const struct ta_issuer *is, const struct btz_exts *e, struct names *n)
{
	if (!names_ok(is, e, n) || n->uris > 1 || n->uris + n->hosts == 0)
		return BTZ_E_X509_SAN;
	if ((e->ekus & BTZ_EKU_CLIENT_AUTH) != 0 && n->uris != 1)
		return BTZ_E_X509_SAN;
	if (n->hosts > 0 && (e->ekus & BTZ_EKU_SERVER_AUTH) == 0)
		return BTZ_E_X509_SAN;
	return BTZ_OK;
}

/* The names have been checked before. */
static bool
is_dns_name(const struct btz_exts *e, struct btz_span name)
{
	struct btz_rd it;
	struct btz_gn gn;

	btz_rd_span(&it, e->san);
	while (btz_gn_next(&it, &gn) == 1)
		if (gn.type == BTZ_GN_DNS && btz_span_eq(gn.value, name))
			return true;
	return false;
}

/* A CN says nothing that the SAN does not: the principal's name, or where
 * there is none a host name (OpenVPN takes no server without a subject). */
static enum btz_rc
check_subject(const struct btz_x509 *x, const struct names *n)
{
	struct btz_span cn;
	const bool empty = btz_dn_empty(x->subject);

	if (!empty && !btz_dn_cn(x->subject, &cn))
		return BTZ_E_X509_SUBJECT;
	if (!empty && (n->uris == 1 ? !btz_span_eq(cn, n->spiffe.name)
				    : !is_dns_name(&x->ext, cn)))
		return BTZ_E_X509_SUBJECT;
	/* RFC 5280 4.2.1.6: critical when the subject is empty */
	if (btz_exts_critical(&x->ext, BTZ_EXT_SAN) != empty)
		return BTZ_E_X509_EXT_CRIT;
	return BTZ_OK;
}

/* Nobody: the fixed name, or host names of the box without a subject. */
static enum btz_rc
check_responder(const struct ta_issuer *is, const struct btz_x509 *x)
{
	const bool empty = btz_dn_empty(x->subject);
	struct names n;
	struct btz_span cn;

	if (x->not_after - x->not_before > RESPONDER_DAYS)
		return BTZ_E_X509_LIFETIME;
	if (!names_ok(is, &x->ext, &n) || n.uris != 0 ||
	    (n.hosts == 0) != !btz_exts_has(&x->ext, BTZ_EXT_SAN))
		return BTZ_E_X509_SAN;
	if (empty ? n.hosts == 0
		  : !btz_dn_cn(x->subject, &cn) ||
			!btz_span_eq(cn, btz_span_str(RESPONDER_CN)))
		return BTZ_E_X509_SUBJECT;
	return btz_exts_critical(&x->ext, BTZ_EXT_SAN) == empty
		   ? BTZ_OK
		   : BTZ_E_X509_EXT_CRIT;
}

enum btz_rc
ta_check_cert(const struct ta_issuer *is, const struct btz_x509 *x)
{
	struct names names;
	enum btz_rc rc = check_head(is, x);

	if (rc == BTZ_OK)
		rc = check_time(is, x);
	if (rc == BTZ_OK)
		rc = check_extensions(&x->ext, is_responder(x));
	if (rc == BTZ_OK)
		rc = check_key(is, x);
	if (rc == BTZ_OK)
		rc = check_usage(is, &x->ext);
	if (rc == BTZ_OK)
		rc = check_pointers(is, &x->ext);
	if (rc == BTZ_OK && is_responder(x))
		return check_responder(is, x);
	if (rc == BTZ_OK)
		rc = check_names(is, &x->ext, &names);
	if (rc == BTZ_OK)
		rc = check_subject(x, &names);
	return rc;
}
