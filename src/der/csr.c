/* SPDX-License-Identifier: Apache-2.0 */
/* csr.c - PKCS#10 requests into spans, and what they may ask for; csr.h. */
#include "der/csr.h"

#include "der/dn.h"
#include "der/oid.h"
#include "wire/constraint.h"

/* RFC 2985 5.4.2: exactly one Extensions, once */
static enum btz_rc
ext_request(struct btz_rd *values, struct btz_csr *out)
{
	struct btz_span list;

	if (out->has_ext || !btz_der_get(values, BTZ_DER_SEQ, &list) ||
	    !btz_rd_end(values))
		return BTZ_E_CSR;
	out->has_ext = true;
	return btz_exts_parse(list, &out->ext);
}

static enum btz_rc
attribute(struct btz_rd *list, struct btz_csr *out)
{
	struct btz_rd attr, values;
	struct btz_span oid;

	if (!btz_der_enter(list, BTZ_DER_SEQ, &attr) ||
	    !btz_der_oid(&attr, &oid) ||
	    !btz_der_enter(&attr, BTZ_DER_SET, &values) || !btz_rd_end(&attr) ||
	    btz_rd_end(&values))
		return BTZ_E_CSR;
	switch ((int)btz_oid_of(oid)) {
	case BTZ_OID_EXT_REQUEST:
		return ext_request(&values, out);
	case BTZ_OID_CHALLENGE_PASSWORD:
	case BTZ_OID_UNSTRUCTURED_NAME:
		return BTZ_OK;
	default:
		out->n_other_attrs++;
		return BTZ_OK;
	}
}

static enum btz_rc
attributes(struct btz_csr *out)
{
	struct btz_rd list;
	enum btz_rc rc = BTZ_OK;

	btz_rd_span(&list, out->attrs);
	while (rc == BTZ_OK && !btz_rd_end(&list))
		rc = attribute(&list, out);
	return rc;
}

static bool
info(struct btz_span whole, struct btz_csr *out)
{
	struct btz_rd rd, in, key;
	struct btz_span alg, bits;
	uint64_t version;

	btz_rd_span(&rd, whole);
	if (!btz_der_enter(&rd, BTZ_DER_SEQ, &in) ||
	    !btz_der_u64(&in, &version) || version != 0 ||
	    !btz_der_whole(&in, BTZ_DER_SEQ, &out->subject) ||
	    !btz_dn_check(out->subject) ||
	    !btz_der_whole(&in, BTZ_DER_SEQ, &out->spki))
		return false;
	/* RFC 2986 4.1: the [0] is there even when empty. */
	if (!btz_der_get(&in, BTZ_DER_CTXC(0), &out->attrs) || !btz_rd_end(&in))
		return false;
	btz_rd_span(&rd, out->spki);
	return btz_der_enter(&rd, BTZ_DER_SEQ, &key) &&
	       btz_der_whole(&key, BTZ_DER_SEQ, &alg) &&
	       btz_der_bit_octets(&key, &bits) && btz_rd_end(&key);
}

static enum btz_rc
parse(struct btz_span der, struct btz_csr *out)
{
	if (!btz_der_signed(der, &out->info, &out->sig_alg, &out->signature) ||
	    !info(out->info, out))
		return BTZ_E_CSR;
	return attributes(out);
}

enum btz_rc
btz_csr_parse(struct btz_span der, struct btz_csr *out)
{
	enum btz_rc rc;

	*out = (struct btz_csr){ .der = der };
	if ((rc = parse(der, out)) != BTZ_OK)
		*out = (struct btz_csr){ .n_other_attrs = 0 };
	return rc;
}

#define KU_IGNORED                                                             \
	(BTZ_KU_DIGITAL_SIGNATURE | BTZ_KU_CONTENT_COMMITMENT |                \
	    BTZ_KU_KEY_ENCIPHERMENT | BTZ_KU_DATA_ENCIPHERMENT |               \
	    BTZ_KU_KEY_AGREEMENT)
#define EKU_IGNORED ((uint32_t)(BTZ_EKU_CLIENT_AUTH | BTZ_EKU_SERVER_AUTH))
#define EXT_IGNORED                                                            \
	(1u << BTZ_EXT_BC | 1u << BTZ_EXT_KU | 1u << BTZ_EXT_EKU |             \
	    1u << BTZ_EXT_SKI)

enum btz_rc
btz_csr_policy(const struct btz_csr *csr, bool san_ok)
{
	const struct btz_exts *x = &csr->ext;
	unsigned allowed = EXT_IGNORED | (san_ok ? 1u << BTZ_EXT_SAN : 0);

	if (x->ca)
		return BTZ_E_X509_CA;
	if (csr->n_other_attrs > 0 || x->n_unknown > 0 ||
	    (x->present & ~allowed) != 0 || (x->ku & ~KU_IGNORED) != 0 ||
	    (x->ekus & ~EKU_IGNORED) != 0 || x->n_other_ekus > 0)
		return BTZ_E_CSR_EXT;
	return BTZ_OK;
}
