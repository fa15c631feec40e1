/* SPDX-License-Identifier: Apache-2.0 */
/* x509.c - Certificate and TBSCertificate into spans; contract in x509.h. */
#include "der/x509.h"

#include "der/dertime.h"
#include "der/dn.h"

/* [0] EXPLICIT INTEGER 2; v1 is the default and left out (X.690 11.5) */
static bool
is_v3(struct btz_rd *tbs)
{
	struct btz_rd v;
	uint64_t n;

	return btz_der_enter(tbs, BTZ_DER_CTXC(0), &v) && btz_der_u64(&v, &n) &&
	       n == 2 && btz_rd_end(&v);
}

static bool
name(struct btz_rd *rd, struct btz_span *out)
{
	return btz_der_whole(rd, BTZ_DER_SEQ, out) && btz_dn_check(*out);
}

static enum btz_rc
validity(struct btz_rd *tbs, struct btz_x509 *out)
{
	struct btz_rd v;

	if (!btz_der_enter(tbs, BTZ_DER_SEQ, &v))
		return BTZ_E_DER;
	if (!btz_der_time(&v, &out->not_before) ||
	    !btz_der_time(&v, &out->not_after) || !btz_rd_end(&v))
		return BTZ_E_X509_TIME;
	return BTZ_OK;
}

/* SEQ { AlgorithmIdentifier, BIT STRING }; any algorithm */
static bool
spki(struct btz_rd *tbs, struct btz_span *out)
{
	struct btz_rd rd, in;
	struct btz_span alg, bits;

	if (!btz_der_whole(tbs, BTZ_DER_SEQ, out))
		return false;
	btz_rd_span(&rd, *out);
	return btz_der_enter(&rd, BTZ_DER_SEQ, &in) &&
	       btz_der_whole(&in, BTZ_DER_SEQ, &alg) &&
	       btz_der_bit_octets(&in, &bits) && btz_rd_end(&in);
}

/* Unique identifiers MUST NOT be there (4.1.2.8), so only [3] may follow. */
static enum btz_rc
extensions(struct btz_rd *tbs, struct btz_exts *out)
{
	struct btz_rd outer;
	struct btz_span list;

	if (btz_rd_end(tbs))
		return BTZ_OK;
	if (!btz_der_enter(tbs, BTZ_DER_CTXC(3), &outer) || !btz_rd_end(tbs) ||
	    !btz_der_get(&outer, BTZ_DER_SEQ, &list) || !btz_rd_end(&outer))
		return BTZ_E_DER;
	return btz_exts_parse(list, out);
}

static enum btz_rc
fields(struct btz_rd *tbs, struct btz_x509 *out)
{
	enum btz_rc rc;

	if (!is_v3(tbs))
		return BTZ_E_X509_VERSION;
	if (!btz_der_positive(tbs, &out->serial) || out->serial.len > 20)
		return BTZ_E_X509_SERIAL;
	if (!btz_der_whole(tbs, BTZ_DER_SEQ, &out->inner_alg))
		return BTZ_E_X509_SIGALG;
	if (!name(tbs, &out->issuer) || btz_dn_empty(out->issuer))
		return BTZ_E_X509_ISSUER;
	if ((rc = validity(tbs, out)) != BTZ_OK)
		return rc;
	if (!name(tbs, &out->subject))
		return BTZ_E_X509_SUBJECT;
	if (!spki(tbs, &out->spki))
		return BTZ_E_X509_SPKI;
	return extensions(tbs, &out->ext);
}

static enum btz_rc
parse_tbs(struct btz_span tbs, struct btz_x509 *out)
{
	struct btz_rd rd, in;
	enum btz_rc rc = BTZ_E_DER;

	*out = (struct btz_x509){ .tbs = tbs };
	btz_rd_span(&rd, tbs);
	if (btz_der_enter(&rd, BTZ_DER_SEQ, &in) && btz_rd_end(&rd))
		rc = fields(&in, out);
	return rc;
}

enum btz_rc
btz_x509_parse_tbs(struct btz_span tbs, struct btz_x509 *out)
{
	enum btz_rc rc = BTZ_E_DER;

	if (btz_der_check(tbs))
		rc = parse_tbs(tbs, out);
	if (rc != BTZ_OK)
		*out = (struct btz_x509){ .not_before = 0 };
	return rc;
}

static enum btz_rc
parse(struct btz_span der, struct btz_x509 *out)
{
	struct btz_span tbs, alg, sig;
	enum btz_rc rc;

	if (!btz_der_signed(der, &tbs, &alg, &sig))
		return BTZ_E_DER;
	if ((rc = parse_tbs(tbs, out)) != BTZ_OK)
		return rc;
	out->der = der;
	out->sig_alg = alg;
	out->signature = sig;
	return btz_span_eq(alg, out->inner_alg) ? BTZ_OK : BTZ_E_X509_SIGALG;
}

enum btz_rc
btz_x509_parse(struct btz_span der, struct btz_x509 *out)
{
	enum btz_rc rc = parse(der, out);

	if (rc != BTZ_OK)
		*out = (struct btz_x509){ .not_before = 0 };
	return rc;
}
