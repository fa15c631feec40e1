/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.c - TBSCertificate by profile, and the signed whole. Start at
 * btz_cert_build; the table of profiles is in build.h and in `profiles` here.
 */
#include "der/build.h"

#include "der/dertime.h"
#include "der/dn.h"
#include "der/oid.h"
#include "der/spki.h"
#include "der/x509.h"
#include "wire/alg.h"
#include "wire/constraint.h"

static const struct profile {
	bool ca;
	uint8_t path_len;
	uint16_t ku;
	bool self, eku, uri_san, names_san, nc, ocsp;
} profiles[] = {
	[BTZ_PROFILE_ROOT] = { .ca = true,
	    .path_len = 1,
	    .ku = BTZ_KU_KEY_CERT_SIGN | BTZ_KU_CRL_SIGN,
	    .self = true },
	[BTZ_PROFILE_ISSUING] = { .ca = true,
	    .path_len = 0,
	    .ku = BTZ_KU_KEY_CERT_SIGN | BTZ_KU_CRL_SIGN,
	    .nc = true },
	[BTZ_PROFILE_USER] = { .ku = BTZ_KU_DIGITAL_SIGNATURE,
	    .eku = true,
	    .uri_san = true },
	[BTZ_PROFILE_DEVICE] = { .ku = BTZ_KU_DIGITAL_SIGNATURE,
	    .eku = true,
	    .uri_san = true },
	[BTZ_PROFILE_SERVER] = { .ku = BTZ_KU_DIGITAL_SIGNATURE,
	    .eku = true,
	    .names_san = true },
	[BTZ_PROFILE_OCSP] = { .ku = BTZ_KU_DIGITAL_SIGNATURE,
	    .eku = true,
	    .ocsp = true },
};

/* What the profile asks of the spec; lengths of DER parts are trusted. */
static enum btz_rc
check(const struct btz_cert_spec *s, const struct profile *p)
{
	struct btz_span bits;

	if (s->serial.len != 16 || s->serial.p[0] == 0 || s->serial.p[0] > 0x7f)
		return BTZ_E_X509_SERIAL;
	if (btz_sigalg_der(s->sig_alg).len == 0)
		return BTZ_E_X509_SIGALG;
	if (p->self ? s->issuer.len != 0
		    : !btz_dn_check(s->issuer) || btz_dn_empty(s->issuer))
		return BTZ_E_X509_ISSUER;
	if (s->subject_cn.len > BTZ_CN_MAX || (p->ca && s->subject_cn.len == 0))
		return BTZ_E_X509_SUBJECT;
	if (s->not_after > BTZ_TIME_MAX || s->not_before >= s->not_after)
		return BTZ_E_X509_TIME;
	if (btz_spki_alg(s->spki, &bits) == 0)
		return BTZ_E_X509_SPKI;
	if (s->ski.len != 20)
		return BTZ_E_X509_SKI;
	if (p->self ? s->aki.len != 0 : s->aki.len != 20)
		return BTZ_E_X509_AKI;
	if ((p->eku && s->ekus == 0) ||
	    (p->ocsp && s->ekus != BTZ_EKU_OCSP_SIGNING))
		return BTZ_E_X509_EKU;
	if ((p->uri_san && (s->uri.len == 0 || s->n_dns + s->n_ips > 0)) ||
	    (p->names_san && (s->uri.len != 0 || s->n_dns + s->n_ips == 0)) ||
	    (p->ocsp && (s->uri.len != 0 || (s->n_dns + s->n_ips == 0) !=
						(s->subject_cn.len != 0))))
		return BTZ_E_X509_SAN;
	return BTZ_OK;
}

struct marks {
	size_t ext, value;
};

static struct marks
ext_begin(struct btz_wr *wr, enum btz_oid oid, bool critical)
{
	struct marks m;

	m.ext = btz_der_begin(wr, BTZ_DER_SEQ);
	btz_der_put_oid(wr, oid);
	if (critical)
		btz_der_put_bool(wr, true);
	m.value = btz_der_begin(wr, BTZ_DER_OCTETS);
	return m;
}

static void
ext_end(struct btz_wr *wr, struct marks m)
{
	btz_der_end(wr, m.value);
	btz_der_end(wr, m.ext);
}

static void
put_bc(struct btz_wr *wr, const struct profile *p)
{
	struct marks m = ext_begin(wr, BTZ_OID_BC, true);
	size_t seq = btz_der_begin(wr, BTZ_DER_SEQ);

	if (p->ca) {
		btz_der_put_bool(wr, true);
		btz_der_put_u64(wr, p->path_len);
	}
	btz_der_end(wr, seq);
	ext_end(wr, m);
}

static void
put_ku(struct btz_wr *wr, const struct profile *p)
{
	struct marks m = ext_begin(wr, BTZ_OID_KU, true);

	btz_der_put_named_bits(wr, p->ku);
	ext_end(wr, m);
}

static void
put_eku(struct btz_wr *wr, uint32_t ekus)
{
	struct marks m = ext_begin(wr, BTZ_OID_EKU, false);
	size_t seq = btz_der_begin(wr, BTZ_DER_SEQ);

	if ((ekus & BTZ_EKU_SERVER_AUTH) != 0)
		btz_der_put_oid(wr, BTZ_OID_SERVER_AUTH);
	if ((ekus & BTZ_EKU_CLIENT_AUTH) != 0)
		btz_der_put_oid(wr, BTZ_OID_CLIENT_AUTH);
	if ((ekus & BTZ_EKU_OCSP_SIGNING) != 0)
		btz_der_put_oid(wr, BTZ_OID_OCSP_SIGNING);
	btz_der_end(wr, seq);
	ext_end(wr, m);
}

static void
put_ski(struct btz_wr *wr, struct btz_span ski)
{
	struct marks m = ext_begin(wr, BTZ_OID_SKI, false);

	btz_der_put(wr, BTZ_DER_OCTETS, ski);
	ext_end(wr, m);
}

static void
put_aki(struct btz_wr *wr, struct btz_span aki)
{
	struct marks m = ext_begin(wr, BTZ_OID_AKI, false);
	size_t seq = btz_der_begin(wr, BTZ_DER_SEQ);

	btz_der_put(wr, BTZ_DER_CTX(0), aki);
	btz_der_end(wr, seq);
	ext_end(wr, m);
}

static void
put_san(struct btz_wr *wr, const struct btz_cert_spec *s)
{
	struct marks m = ext_begin(wr, BTZ_OID_SAN, s->subject_cn.len == 0);
	size_t seq = btz_der_begin(wr, BTZ_DER_SEQ);

	if (s->uri.len > 0)
		btz_der_put(wr, BTZ_DER_CTX(BTZ_GN_URI), s->uri);
	for (size_t i = 0; i < s->n_dns; i++)
		btz_der_put(wr, BTZ_DER_CTX(BTZ_GN_DNS), s->dns[i]);
	for (size_t i = 0; i < s->n_ips; i++)
		btz_der_put(wr, BTZ_DER_CTX(BTZ_GN_IP), s->ips[i]);
	btz_der_end(wr, seq);
	ext_end(wr, m);
}

static void
put_crldp(struct btz_wr *wr, struct btz_span uri)
{
	struct marks m = ext_begin(wr, BTZ_OID_CRLDP, false);
	size_t points = btz_der_begin(wr, BTZ_DER_SEQ);
	size_t point = btz_der_begin(wr, BTZ_DER_SEQ);
	size_t name = btz_der_begin(wr, BTZ_DER_CTXC(0));
	size_t full = btz_der_begin(wr, BTZ_DER_CTXC(0));

	btz_der_put(wr, BTZ_DER_CTX(BTZ_GN_URI), uri);
	btz_der_end(wr, full);
	btz_der_end(wr, name);
	btz_der_end(wr, point);
	btz_der_end(wr, points);
	ext_end(wr, m);
}

static void
put_aia(struct btz_wr *wr, struct btz_span uri)
{
	struct marks m = ext_begin(wr, BTZ_OID_AIA, false);
	size_t list = btz_der_begin(wr, BTZ_DER_SEQ);
	size_t access = btz_der_begin(wr, BTZ_DER_SEQ);

	btz_der_put_oid(wr, BTZ_OID_CA_ISSUERS);
	btz_der_put(wr, BTZ_DER_CTX(BTZ_GN_URI), uri);
	btz_der_end(wr, access);
	btz_der_end(wr, list);
	ext_end(wr, m);
}

static void
put_subtree(struct btz_wr *wr, uint8_t type, struct btz_span base)
{
	size_t seq = btz_der_begin(wr, BTZ_DER_SEQ);

	btz_der_put(wr, BTZ_DER_CTX(type), base);
	btz_der_end(wr, seq);
}

static void
put_permitted(struct btz_wr *wr, const struct btz_cert_spec *s)
{
	size_t list = btz_der_begin(wr, BTZ_DER_CTXC(0));

	put_subtree(wr, BTZ_GN_URI, s->uri);
	for (size_t i = 0; i < s->n_dns; i++)
		put_subtree(wr, BTZ_GN_DNS, s->dns[i]);
	for (size_t i = 0; i < s->n_ips; i++)
		put_subtree(wr, BTZ_GN_IP, s->ips[i]);
	btz_der_end(wr, list);
}

static bool
has_ips(const struct btz_cert_spec *s, size_t len)
{
	for (size_t i = 0; i < s->n_ips; i++)
		if (s->ips[i].len == len)
			return true;
	return false;
}

/* Kinds of name without a permitted one are excluded as a whole: an empty
 * DNS base and a zero mask match everything. */
static void
put_excluded(struct btz_wr *wr, const struct btz_cert_spec *s)
{
	static const uint8_t zero[32];
	bool v4 = has_ips(s, 8), v6 = has_ips(s, 32);
	size_t list;

	if (s->n_dns > 0 && v4 && v6)
		return;
	list = btz_der_begin(wr, BTZ_DER_CTXC(1));
	if (s->n_dns == 0)
		put_subtree(wr, BTZ_GN_DNS, btz_span_of(NULL, 0));
	if (!v4)
		put_subtree(wr, BTZ_GN_IP, btz_span_of(zero, 8));
	if (!v6)
		put_subtree(wr, BTZ_GN_IP, btz_span_of(zero, 32));
	btz_der_end(wr, list);
}

static void
put_nc(struct btz_wr *wr, const struct btz_cert_spec *s)
{
	struct marks m = ext_begin(wr, BTZ_OID_NC, true);
	size_t seq = btz_der_begin(wr, BTZ_DER_SEQ);

	put_permitted(wr, s);
	put_excluded(wr, s);
	btz_der_end(wr, seq);
	ext_end(wr, m);
}

static void
put_nocheck(struct btz_wr *wr)
{
	struct marks m = ext_begin(wr, BTZ_OID_NOCHECK, false);

	btz_der_put(wr, BTZ_DER_NULL, btz_span_of(NULL, 0));
	ext_end(wr, m);
}

static void
put_exts(
    struct btz_wr *wr, const struct btz_cert_spec *s, const struct profile *p)
{
	size_t outer = btz_der_begin(wr, BTZ_DER_CTXC(3));
	size_t seq = btz_der_begin(wr, BTZ_DER_SEQ);

	put_bc(wr, p);
	put_ku(wr, p);
	if (s->ekus != 0)
		put_eku(wr, s->ekus);
	put_ski(wr, s->ski);
	if (s->aki.len > 0)
		put_aki(wr, s->aki);
	if (p->uri_san || p->names_san || (p->ocsp && s->subject_cn.len == 0))
		put_san(wr, s);
	if (p->ocsp)
		put_nocheck(wr);
	if (p->nc)
		put_nc(wr, s);
	if (s->crl_uri.len > 0)
		put_crldp(wr, s->crl_uri);
	if (s->ca_uri.len > 0)
		put_aia(wr, s->ca_uri);
	btz_der_end(wr, seq);
	btz_der_end(wr, outer);
}

static void
put_tbs(
    struct btz_wr *wr, const struct btz_cert_spec *s, const struct profile *p)
{
	struct btz_span alg = btz_sigalg_der(s->sig_alg);
	size_t tbs = btz_der_begin(wr, BTZ_DER_SEQ), in;

	in = btz_der_begin(wr, BTZ_DER_CTXC(0));
	btz_der_put_u64(wr, 2);
	btz_der_end(wr, in);
	btz_der_put_uint(wr, s->serial);
	btz_wr_raw(wr, alg.p, alg.len);
	if (p->self)
		btz_dn_put(wr, s->subject_cn);
	else
		btz_wr_raw(wr, s->issuer.p, s->issuer.len);
	in = btz_der_begin(wr, BTZ_DER_SEQ);
	btz_der_put_time(wr, s->not_before);
	btz_der_put_time(wr, s->not_after);
	btz_der_end(wr, in);
	btz_dn_put(wr, s->subject_cn);
	btz_wr_raw(wr, s->spki.p, s->spki.len);
	put_exts(wr, s, p);
	btz_der_end(wr, tbs);
}

enum btz_rc
btz_cert_build(const struct btz_cert_spec *spec, struct btz_wr *wr)
{
	enum btz_rc rc;

	if (spec->profile < BTZ_PROFILE_ROOT ||
	    spec->profile >= BTZ_COUNT(profiles))
		return BTZ_E_INVAL;
	if ((rc = check(spec, &profiles[spec->profile])) != BTZ_OK)
		return rc;
	put_tbs(wr, spec, &profiles[spec->profile]);
	return btz_wr_ok(wr) ? BTZ_OK : BTZ_E_TOOBIG;
}

enum btz_rc
btz_signed_put(struct btz_wr *wr, struct btz_span tbs, uint16_t sig_alg,
    struct btz_span signature)
{
	struct btz_span alg = btz_sigalg_der(sig_alg);
	size_t seq;

	if (alg.len == 0)
		return BTZ_E_X509_SIGALG;
	if (sig_alg == BTZ_SIG_ECDSA_SHA256 && !btz_ecdsa_sig_ok(signature))
		return BTZ_E_SIGNATURE;
	seq = btz_der_begin(wr, BTZ_DER_SEQ);
	btz_wr_raw(wr, tbs.p, tbs.len);
	btz_wr_raw(wr, alg.p, alg.len);
	btz_der_put_bits(wr, signature);
	btz_der_end(wr, seq);
	return btz_wr_ok(wr) ? BTZ_OK : BTZ_E_TOOBIG;
}
