/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext.c - extensions of certificates and requests. Start at btz_exts_parse;
 * the table below it names the decoder of each known extension.
 */
#include "der/x509.h"

#include "der/oid.h"
#include "wire/constraint.h"

/* RFC 5280 4.2.1.9 */
static bool
take_bc(struct btz_rd *v, struct btz_exts *x)
{
	struct btz_rd in;

	if (!btz_der_enter(v, BTZ_DER_SEQ, &in) ||
	    !btz_der_bool_default(&in, &x->ca))
		return false;
	if (!btz_rd_end(&in)) {
		x->has_path_len = true;
		if (!x->ca || !btz_der_u64(&in, &x->path_len))
			return false;
	}
	return btz_rd_end(&in);
}

/* RFC 5280 4.2.1.3: nine named bits, at least one set */
static bool
take_ku(struct btz_rd *v, struct btz_exts *x)
{
	struct btz_span bits;
	uint8_t unused;

	if (!btz_der_bits(v, &bits, &unused) || bits.len == 0 || bits.len > 2 ||
	    (bits.len == 2 && unused != 7) ||
	    (bits.p[bits.len - 1] >> unused & 1) == 0)
		return false;
	for (unsigned i = 0; i < bits.len * 8; i++)
		if ((bits.p[i / 8] & 0x80u >> (i % 8)) != 0)
			x->ku |= (uint16_t)(1u << i);
	return true;
}

static uint32_t
eku_bit(struct btz_span oid)
{
	switch ((int)btz_oid_of(oid)) {
	case BTZ_OID_CLIENT_AUTH:
		return BTZ_EKU_CLIENT_AUTH;
	case BTZ_OID_SERVER_AUTH:
		return BTZ_EKU_SERVER_AUTH;
	case BTZ_OID_OCSP_SIGNING:
		return BTZ_EKU_OCSP_SIGNING;
	default:
		return 0;
	}
}

/* RFC 5280 4.2.1.12 */
static bool
take_eku(struct btz_rd *v, struct btz_exts *x)
{
	struct btz_span oid;
	struct btz_rd in;

	if (!btz_der_enter(v, BTZ_DER_SEQ, &in) || btz_rd_end(&in))
		return false;
	while (!btz_rd_end(&in)) {
		if (!btz_der_oid(&in, &oid))
			return false;
		if (eku_bit(oid) == 0)
			x->n_other_ekus++;
		x->ekus |= eku_bit(oid);
	}
	return true;
}

/* RFC 5280 4.2.1.2 */
static bool
take_ski(struct btz_rd *v, struct btz_exts *x)
{
	return btz_der_get(v, BTZ_DER_OCTETS, &x->ski) && x->ski.len > 0;
}

/* RFC 5280 4.2.1.1: issuer and serial come both or not at all */
static bool
take_aki(struct btz_rd *v, struct btz_exts *x)
{
	struct btz_span issuer, serial;
	struct btz_rd in;

	if (!btz_der_enter(v, BTZ_DER_SEQ, &in))
		return false;
	if (btz_der_peek(&in, BTZ_DER_CTX(0)) &&
	    (!btz_der_get(&in, BTZ_DER_CTX(0), &x->aki) || x->aki.len == 0))
		return false;
	if (btz_rd_end(&in))
		return true;
	x->aki_other = true;
	return btz_der_get(&in, BTZ_DER_CTXC(1), &issuer) &&
	       btz_der_get(&in, BTZ_DER_CTX(2), &serial) && btz_rd_end(&in);
}

/* RFC 5280 4.2.1.6 */
static bool
take_san(struct btz_rd *v, struct btz_exts *x)
{
	struct btz_gn gn;
	struct btz_rd it;
	int more;

	if (!btz_der_get(v, BTZ_DER_SEQ, &x->san) || x->san.len == 0)
		return false;
	btz_rd_span(&it, x->san);
	while ((more = btz_gn_next(&it, &gn)) == 1)
		;
	return more == 0;
}

static bool
is_http(struct btz_span uri)
{
	static const struct btz_span schemes[] = {
		{ (const uint8_t *)"http://", 7 },
		{ (const uint8_t *)"https://", 8 },
	};

	for (size_t i = 0; i < BTZ_COUNT(schemes); i++)
		if (uri.len > schemes[i].len &&
		    btz_span_eq(btz_span_of(uri.p, schemes[i].len), schemes[i]))
			return true;
	return false;
}

/* RFC 5280 4.2.1.13: one point with one full name that is an http(s) URI */
static bool
take_crldp(struct btz_rd *v, struct btz_exts *x)
{
	struct btz_rd points, point, name, full;
	struct btz_gn gn;

	if (!btz_der_enter(v, BTZ_DER_SEQ, &points) ||
	    !btz_der_enter(&points, BTZ_DER_SEQ, &point) ||
	    !btz_der_enter(&point, BTZ_DER_CTXC(0), &name) ||
	    !btz_der_enter(&name, BTZ_DER_CTXC(0), &full) ||
	    btz_gn_next(&full, &gn) != 1 || !btz_rd_end(&full) ||
	    !btz_rd_end(&name) || !btz_rd_end(&point) || !btz_rd_end(&points))
		return false;
	x->crl_uri = gn.value;
	return gn.type == BTZ_GN_URI && is_http(gn.value);
}

/* RFC 5280 4.2.2.1 */
static bool
take_aia(struct btz_rd *v, struct btz_exts *x)
{
	struct btz_rd list, access;
	struct btz_span oid;
	struct btz_gn gn;

	if (!btz_der_enter(v, BTZ_DER_SEQ, &list) || btz_rd_end(&list))
		return false;
	while (!btz_rd_end(&list)) {
		enum btz_oid method;
		bool uri;

		if (!btz_der_enter(&list, BTZ_DER_SEQ, &access) ||
		    !btz_der_oid(&access, &oid) ||
		    btz_gn_next(&access, &gn) != 1 || !btz_rd_end(&access))
			return false;
		method = btz_oid_of(oid);
		uri = gn.type == BTZ_GN_URI && is_http(gn.value);
		if (uri && method == BTZ_OID_CA_ISSUERS && x->ca_uri.len == 0)
			x->ca_uri = gn.value;
		else if (uri && method == BTZ_OID_OCSP && x->ocsp_uri.len == 0)
			x->ocsp_uri = gn.value;
		else
			x->aia_other = true;
	}
	return true;
}

static bool
subtrees(struct btz_rd *in, uint8_t tag, struct btz_span *out)
{
	struct btz_gn gn;
	struct btz_rd it;
	int more;

	if (!btz_der_peek(in, tag))
		return true;
	if (!btz_der_get(in, tag, out) || out->len == 0)
		return false;
	btz_rd_span(&it, *out);
	while ((more = btz_subtree_next(&it, &gn)) == 1)
		;
	return more == 0;
}

/* RFC 5280 4.2.1.10 */
static bool
take_nc(struct btz_rd *v, struct btz_exts *x)
{
	struct btz_rd in;

	return btz_der_enter(v, BTZ_DER_SEQ, &in) && !btz_rd_end(&in) &&
	       subtrees(&in, BTZ_DER_CTXC(0), &x->nc_permitted) &&
	       subtrees(&in, BTZ_DER_CTXC(1), &x->nc_excluded) &&
	       btz_rd_end(&in);
}

/* RFC 6960 4.2.2.2.1 */
static bool
take_nocheck(struct btz_rd *v, struct btz_exts *x)
{
	struct btz_span none;

	(void)x;
	return btz_der_get(v, BTZ_DER_NULL, &none) && none.len == 0;
}

/* Row = enum btz_ext; its OID is BTZ_OID_BC plus the row. */
static const struct {
	bool (*take)(struct btz_rd *v, struct btz_exts *x);
	enum btz_rc bad;
} known[BTZ_EXT_COUNT] = {
	[BTZ_EXT_BC] = { take_bc, BTZ_E_DER },
	[BTZ_EXT_KU] = { take_ku, BTZ_E_DER },
	[BTZ_EXT_EKU] = { take_eku, BTZ_E_DER },
	[BTZ_EXT_SKI] = { take_ski, BTZ_E_DER },
	[BTZ_EXT_AKI] = { take_aki, BTZ_E_DER },
	[BTZ_EXT_SAN] = { take_san, BTZ_E_X509_SAN },
	[BTZ_EXT_CRLDP] = { take_crldp, BTZ_E_X509_URI },
	[BTZ_EXT_AIA] = { take_aia, BTZ_E_X509_URI },
	[BTZ_EXT_NC] = { take_nc, BTZ_E_DER },
	[BTZ_EXT_NOCHECK] = { take_nocheck, BTZ_E_DER },
};

static enum btz_rc
take_known(struct btz_exts *x, unsigned e, bool critical, struct btz_span value)
{
	struct btz_rd rd;

	btz_rd_span(&rd, value);
	if (!btz_der_check(value))
		return BTZ_E_DER;
	if (!known[e].take(&rd, x) || !btz_rd_end(&rd))
		return known[e].bad;
	x->present |= (uint16_t)(1u << e);
	if (critical)
		x->critical |= (uint16_t)(1u << e);
	x->value[e] = value;
	return BTZ_OK;
}

static enum btz_rc
take_one(struct btz_exts *x, struct btz_span oid, bool critical,
    struct btz_span value)
{
	enum btz_oid o = btz_oid_of(oid);

	if (o >= BTZ_OID_BC && o <= BTZ_OID_NOCHECK)
		return take_known(
		    x, (unsigned)(o - BTZ_OID_BC), critical, value);
	if (x->n_unknown++ == 0)
		x->unknown_oid = oid;
	x->unknown_critical = x->unknown_critical || critical;
	return BTZ_OK;
}

static bool
seen(const struct btz_span *oids, size_t n, struct btz_span oid)
{
	for (size_t i = 0; i < n; i++)
		if (btz_span_eq(oids[i], oid))
			return true;
	return false;
}

static enum btz_rc
parse_all(struct btz_rd *list, struct btz_exts *out)
{
	struct btz_span oids[BTZ_EXT_MAX], value;
	size_t n = 0;

	while (!btz_rd_end(list)) {
		struct btz_rd ext;
		enum btz_rc rc;
		bool critical;

		if (n == BTZ_EXT_MAX ||
		    !btz_der_enter(list, BTZ_DER_SEQ, &ext) ||
		    !btz_der_oid(&ext, &oids[n]) ||
		    !btz_der_bool_default(&ext, &critical) ||
		    !btz_der_get(&ext, BTZ_DER_OCTETS, &value) ||
		    !btz_rd_end(&ext))
			return BTZ_E_DER;
		if (seen(oids, n, oids[n]))
			return BTZ_E_X509_EXT_DUP;
		if ((rc = take_one(out, oids[n], critical, value)) != BTZ_OK)
			return rc;
		n++;
	}
	return n == 0 ? BTZ_E_DER : BTZ_OK; /* SIZE (1..MAX) */
}

enum btz_rc
btz_exts_parse(struct btz_span extensions, struct btz_exts *out)
{
	struct btz_rd list;
	enum btz_rc rc;

	*out = (struct btz_exts){ .present = 0 };
	btz_rd_span(&list, extensions);
	if ((rc = parse_all(&list, out)) != BTZ_OK)
		*out = (struct btz_exts){ .present = 0 };
	return rc;
}

bool
btz_exts_has(const struct btz_exts *x, enum btz_ext e)
{
	return (x->present >> e & 1) != 0;
}

bool
btz_exts_critical(const struct btz_exts *x, enum btz_ext e)
{
	return (x->critical >> e & 1) != 0;
}
