/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ek_form.c - what one certificate of an endorsement key's chain says; see
 * ek_form.h. Not by x509.c, which is stricter than makers of TPMs are. Of the
 * extensions only those that decide something are decoded, one at a time.
 */
#include "der/ek_form.h"

#include "der/dn.h"
#include "der/ek_cert.h"
#include "der/oid.h"
#include "der/spki.h"
#include "der/x509.h"
#include "wire/alg.h"

#define TCG 0x67, 0x81, 0x05 /* 2.23.133 */

/* TCG EK Credential Profile 3.1.2: attributes of the TPM in the SAN */
static const uint8_t attributes[][5] = {
	{ TCG, 0x02, 0x01 }, /* tpmManufacturer */
	{ TCG, 0x02, 0x02 }, /* tpmModel */
	{ TCG, 0x02, 0x03 }, /* tpmVersion */
};
static const uint8_t policies[] = { 0x55, 0x1d, 0x20 }; /* RFC 5280 4.2.1.4 */
static const uint8_t kp_ek[] = { TCG, 0x08, 0x01 }; /* tcg-kp-EKCertificate */

/* Whole AlgorithmIdentifiers; row = enum btz_ek_sig. */
static const struct {
	uint8_t len, b[15];
} sigs[] = {
	[BTZ_EK_SIG_ECDSA_SHA256] = { 12,
	    { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03,
		0x02 } },
	[BTZ_EK_SIG_ECDSA_SHA384] = { 12,
	    { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03,
		0x03 } },
	[BTZ_EK_SIG_RSA_SHA256] = { 15,
	    { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
		0x01, 0x0b, 0x05, 0x00 } },
	[BTZ_EK_SIG_RSA_SHA384] = { 15,
	    { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
		0x01, 0x0c, 0x05, 0x00 } },
};

enum btz_ek_sig
btz_ek_sig_of(struct btz_span alg)
{
	for (size_t i = 1; i < BTZ_COUNT(sigs); i++)
		if (btz_span_eq(alg, btz_span_of(sigs[i].b, sigs[i].len)))
			return (enum btz_ek_sig)i;
	return BTZ_EK_SIG_NONE;
}

/* RFC 5280 4.2.1.12; the form was checked by btz_exts_parse. */
static bool
has_ek_purpose(struct btz_span eku)
{
	struct btz_span oid;
	struct btz_rd rd, in;

	btz_rd_span(&rd, eku);
	if (!btz_der_enter(&rd, BTZ_DER_SEQ, &in))
		return false;
	while (!btz_rd_end(&in) && btz_der_oid(&in, &oid))
		if (btz_span_eq(oid, btz_span_of(kp_ek, sizeof(kp_ek))))
			return true;
	return false;
}

/* Notes one attribute in the set *seen; false: there already, or no text. */
static bool
take_attribute(struct btz_rd *set, unsigned *seen)
{
	struct btz_span oid, value;
	struct btz_rd atv;
	uint8_t tag;

	if (!btz_der_enter(set, BTZ_DER_SEQ, &atv) ||
	    !btz_der_oid(&atv, &oid) ||
	    !btz_der_any(&atv, &tag, &value, NULL) || !btz_rd_end(&atv))
		return false;
	for (unsigned i = 0; i < BTZ_COUNT(attributes); i++) {
		if (!btz_span_eq(oid, btz_span_of(attributes[i], 5)))
			continue;
		if ((*seen >> i & 1) != 0 || value.len == 0 ||
		    (tag != BTZ_DER_UTF8 && tag != BTZ_DER_PRINTABLE))
			return false;
		*seen |= 1u << i;
	}
	return true;
}

/* Each of the three attributes once, in one or several RDNs. */
static bool
names_tpm(struct btz_span name)
{
	struct btz_rd rd, seq, set;
	unsigned seen = 0;

	btz_rd_span(&rd, name);
	if (!btz_der_enter(&rd, BTZ_DER_SEQ, &seq) || !btz_rd_end(&rd))
		return false;
	while (!btz_rd_end(&seq)) {
		if (!btz_der_enter(&seq, BTZ_DER_SET, &set))
			return false;
		while (!btz_rd_end(&set))
			if (!take_attribute(&set, &seen))
				return false;
	}
	return seen == (1u << BTZ_COUNT(attributes)) - 1;
}

static bool
san_names_tpm(struct btz_span san)
{
	struct btz_gn gn;
	struct btz_rd it;

	btz_rd_span(&it, san);
	while (btz_gn_next(&it, &gn) == 1)
		if (gn.type == BTZ_GN_DIR && names_tpm(gn.value))
			return true;
	return false;
}

/* whole: of one Extension that this chain depends on */
static bool
take_known(struct btz_span whole, struct btz_ek_form *out)
{
	struct btz_exts x;

	if (btz_exts_parse(whole, &x) != BTZ_OK)
		return false;
	if (btz_exts_has(&x, BTZ_EXT_BC)) {
		out->ca = x.ca;
		out->has_path_len = x.has_path_len;
		out->path_len = x.path_len;
	}
	if (btz_exts_has(&x, BTZ_EXT_EKU))
		out->ek_purpose = has_ek_purpose(x.value[BTZ_EXT_EKU]);
	if (btz_exts_has(&x, BTZ_EXT_SAN)) {
		out->san_critical = btz_exts_critical(&x, BTZ_EXT_SAN);
		out->tpm_name = san_names_tpm(x.san);
	}
	return true;
}

/* RFC 5280 4.2.1.3, but zero bits at the end are let pass: a large maker's
 * certificates have them. */
static bool
take_ku(struct btz_span value, struct btz_ek_form *out)
{
	struct btz_span bits;
	struct btz_rd rd;
	uint8_t unused;

	btz_rd_span(&rd, value);
	if (!btz_der_bits(&rd, &bits, &unused) || !btz_rd_end(&rd) ||
	    bits.len == 0 || bits.len > 2)
		return false;
	for (unsigned i = 0; i < bits.len * 8; i++)
		if ((bits.p[i / 8] & 0x80u >> (i % 8)) != 0)
			out->ku |= (uint16_t)(1u << i);
	return true;
}

static bool
extension(struct btz_span whole, struct btz_span *oid, bool *critical,
    struct btz_span *value)
{
	struct btz_rd rd, in;

	btz_rd_span(&rd, whole);
	return btz_der_enter(&rd, BTZ_DER_SEQ, &in) && btz_der_oid(&in, oid) &&
	       btz_der_bool_default(&in, critical) &&
	       btz_der_get(&in, BTZ_DER_OCTETS, value) && btz_rd_end(&in);
}

static bool
take_one(struct btz_span whole, struct btz_span *oid, struct btz_ek_form *out)
{
	struct btz_span value;
	bool critical;

	if (!extension(whole, oid, &critical, &value))
		return false;
	switch ((int)btz_oid_of(*oid)) {
	case BTZ_OID_KU:
		return take_ku(value, out);
	case BTZ_OID_BC:
	case BTZ_OID_EKU:
	case BTZ_OID_SAN:
		return take_known(whole, out);
	case BTZ_OID_NC: /* must be critical (RFC 5280 4.2.1.10) */
		out->strange = true;
		return true;
	default:
		/* Any policy will do (6.1.1 (c)), none is asked for, and what
		 * could ask for one, policyConstraints, is refused. */
		if (!btz_span_eq(*oid, btz_span_of(policies, 3)))
			out->strange = out->strange || critical;
		return true;
	}
}

static bool
seen(const struct btz_span *oids, size_t n, struct btz_span oid)
{
	for (size_t i = 0; i < n; i++)
		if (btz_span_eq(oids[i], oid))
			return true;
	return false;
}

static bool
extensions(struct btz_span list, struct btz_ek_form *out)
{
	struct btz_span oids[BTZ_EXT_MAX], whole;
	struct btz_rd rd;

	btz_rd_span(&rd, list);
	if (list.len == 0)
		return false;
	for (size_t n = 0; !btz_rd_end(&rd); n++)
		if (n == BTZ_EXT_MAX ||
		    !btz_der_whole(&rd, BTZ_DER_SEQ, &whole) ||
		    !take_one(whole, &oids[n], out) || seen(oids, n, oids[n]))
			return false;
	return true;
}

/* [0] EXPLICIT INTEGER 2: v3 */
static bool
is_v3(struct btz_rd *tbs)
{
	struct btz_rd v;
	uint64_t n;

	return btz_der_enter(tbs, BTZ_DER_CTXC(0), &v) && btz_der_u64(&v, &n) &&
	       n == 2 && btz_rd_end(&v);
}

/* Two times of any form: dates are not judged. */
static bool
validity(struct btz_rd *tbs)
{
	struct btz_span t;
	struct btz_rd v;

	if (!btz_der_enter(tbs, BTZ_DER_SEQ, &v))
		return false;
	for (int i = 0; i < 2; i++)
		if (!btz_der_get(&v, BTZ_DER_UTCTIME, &t) &&
		    !btz_der_get(&v, BTZ_DER_GENTIME, &t))
			return false;
	return btz_rd_end(&v);
}

/* Names are compared, not read: makers' sets are not in the order of DER. */
static bool
fields(struct btz_rd *tbs, struct btz_ek_form *out, struct btz_span *inner_alg)
{
	struct btz_span serial;

	return is_v3(tbs) && btz_der_positive(tbs, &serial) &&
	       btz_der_whole(tbs, BTZ_DER_SEQ, inner_alg) &&
	       btz_der_whole(tbs, BTZ_DER_SEQ, &out->issuer) &&
	       !btz_dn_empty(out->issuer) && validity(tbs) &&
	       btz_der_whole(tbs, BTZ_DER_SEQ, &out->subject) &&
	       btz_der_whole(tbs, BTZ_DER_SEQ, &out->spki);
}

bool
btz_ek_form_parse(struct btz_span der, struct btz_ek_form *out)
{
	struct btz_rd rd, tbs, outer;
	struct btz_span list, inner;

	*out = (struct btz_ek_form){ .ca = false };
	if (!btz_der_signed(der, &out->tbs, &out->alg, &out->signature))
		return false;
	btz_rd_span(&rd, out->tbs);
	return btz_der_enter(&rd, BTZ_DER_SEQ, &tbs) && btz_rd_end(&rd) &&
	       fields(&tbs, out, &inner) && btz_span_eq(inner, out->alg) &&
	       btz_der_enter(&tbs, BTZ_DER_CTXC(3), &outer) &&
	       btz_rd_end(&tbs) && btz_der_get(&outer, BTZ_DER_SEQ, &list) &&
	       btz_rd_end(&outer) && extensions(list, out);
}

bool
btz_ek_form_leaf(const struct btz_ek_form *c)
{
	struct btz_span bits;
	const uint8_t alg = btz_spki_key_alg(c->spki, &bits);

	/* RFC 5280 4.2.1.9: no keyCertSign without CA; 4.1.2.6: who has no
	 * subject has a critical SAN */
	return !c->strange && !c->ca && c->ek_purpose && c->tpm_name &&
	       (c->ku & BTZ_KU_KEY_AGREEMENT) != 0 &&
	       (c->ku & BTZ_KU_KEY_CERT_SIGN) == 0 &&
	       (c->san_critical || !btz_dn_empty(c->subject)) &&
	       (alg == BTZ_ALG_EC_P256 || alg == BTZ_ALG_EC_P384);
}

bool
btz_ek_form_ca(const struct btz_ek_form *c)
{
	return !c->strange && c->ca && (c->ku & BTZ_KU_KEY_CERT_SIGN) != 0;
}
