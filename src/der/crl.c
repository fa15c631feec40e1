/* SPDX-License-Identifier: Apache-2.0 */
/* crl.c - revocation lists into spans; contract in crl.h. */
#include "der/crl.h"

#include "der/dertime.h"
#include "der/dn.h"
#include "der/oid.h"

#define EXTS_MAX 8u /* extensions of one list or entry */

struct ext {
	struct btz_span oid, value;
	bool critical;
};

/* Extensions into caller memory; duplicates refused. */
static enum btz_rc
read_exts(struct btz_rd *list, struct ext *e, size_t *n)
{
	struct btz_rd in;

	for (*n = 0; !btz_rd_end(list); ++*n) {
		struct ext *x = &e[*n];

		if (*n == EXTS_MAX || !btz_der_enter(list, BTZ_DER_SEQ, &in) ||
		    !btz_der_oid(&in, &x->oid) ||
		    !btz_der_bool_default(&in, &x->critical) ||
		    !btz_der_get(&in, BTZ_DER_OCTETS, &x->value) ||
		    !btz_rd_end(&in))
			return BTZ_E_DER;
		for (size_t i = 0; i < *n; i++)
			if (btz_span_eq(e[i].oid, x->oid))
				return BTZ_E_X509_EXT_DUP;
	}
	return *n == 0 ? BTZ_E_DER : BTZ_OK;
}

/* RFC 5280 5.3.1: 0 MUST be left out, 7 does not exist */
static bool
reason(struct btz_span value, uint8_t *out)
{
	struct btz_span c;
	struct btz_rd rd;

	btz_rd_span(&rd, value);
	if (!btz_der_get(&rd, BTZ_DER_ENUM, &c) || !btz_rd_end(&rd) ||
	    c.len != 1 || c.p[0] < 1 || c.p[0] > 10 || c.p[0] == 7)
		return false;
	*out = c.p[0];
	return true;
}

static enum btz_rc
entry_exts(struct btz_rd *list, struct btz_crl_entry *out)
{
	struct ext e[EXTS_MAX];
	enum btz_rc rc;
	size_t n;

	if ((rc = read_exts(list, e, &n)) != BTZ_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		if (btz_oid_of(e[i].oid) != BTZ_OID_REASON) {
			out->n_unknown++;
			out->unknown_critical |= e[i].critical;
		} else if (e[i].critical || !reason(e[i].value, &out->reason)) {
			return BTZ_E_CRL_FORM;
		}
	}
	return BTZ_OK;
}

static enum btz_rc
entry(struct btz_rd *list, struct btz_crl_entry *out)
{
	struct btz_rd in, exts;

	*out = (struct btz_crl_entry){ .reason = 0 };
	if (!btz_der_enter(list, BTZ_DER_SEQ, &in))
		return BTZ_E_DER;
	if (!btz_der_positive(&in, &out->serial) || out->serial.len > 20)
		return BTZ_E_X509_SERIAL;
	if (!btz_der_time(&in, &out->date))
		return BTZ_E_X509_TIME;
	if (btz_rd_end(&in))
		return BTZ_OK;
	if (!btz_der_enter(&in, BTZ_DER_SEQ, &exts) || !btz_rd_end(&in))
		return BTZ_E_DER;
	return entry_exts(&exts, out);
}

int
btz_crl_next(struct btz_rd *it, struct btz_crl_entry *out)
{
	if (btz_rd_end(it)) {
		*out = (struct btz_crl_entry){ .reason = 0 };
		return 0;
	}
	return entry(it, out) == BTZ_OK ? 1 : -1;
}

static enum btz_rc
entries(struct btz_crl *out)
{
	struct btz_crl_entry e;
	struct btz_rd it;
	enum btz_rc rc;

	btz_rd_span(&it, out->entries);
	for (; !btz_rd_end(&it); out->n_entries++) {
		if ((rc = entry(&it, &e)) != BTZ_OK)
			return rc;
		out->n_unknown += e.n_unknown;
		out->unknown_critical |= e.unknown_critical;
	}
	return BTZ_OK;
}

static bool
number(struct btz_span value, uint64_t *out)
{
	struct btz_rd rd;

	btz_rd_span(&rd, value);
	return btz_der_u64(&rd, out) && btz_rd_end(&rd);
}

/* keyIdentifier alone (RFC 5280 5.2.1 asks for the key identifier method) */
static bool
aki(struct btz_span value, struct btz_span *out)
{
	struct btz_rd rd, in;

	btz_rd_span(&rd, value);
	return btz_der_enter(&rd, BTZ_DER_SEQ, &in) && btz_rd_end(&rd) &&
	       btz_der_get(&in, BTZ_DER_CTX(0), out) && out->len > 0 &&
	       btz_rd_end(&in);
}

static bool
list_ext(const struct ext *e, struct btz_crl *out)
{
	switch ((int)btz_oid_of(e->oid)) {
	case BTZ_OID_CRL_NUMBER:
		out->has_number = number(e->value, &out->number);
		return !e->critical && out->has_number;
	case BTZ_OID_AKI:
		return !e->critical && aki(e->value, &out->aki);
	default:
		out->n_unknown++;
		out->unknown_critical |= e->critical;
		return true;
	}
}

static enum btz_rc
list_exts(struct btz_rd *tbs, struct btz_crl *out)
{
	struct ext e[EXTS_MAX];
	struct btz_rd outer, list;
	enum btz_rc rc;
	size_t n;

	if (btz_rd_end(tbs))
		return BTZ_OK;
	if (!btz_der_enter(tbs, BTZ_DER_CTXC(0), &outer) || !btz_rd_end(tbs) ||
	    !btz_der_enter(&outer, BTZ_DER_SEQ, &list) || !btz_rd_end(&outer))
		return BTZ_E_DER;
	if ((rc = read_exts(&list, e, &n)) != BTZ_OK)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (!list_ext(&e[i], out))
			return BTZ_E_CRL_FORM;
	return BTZ_OK;
}

static enum btz_rc
fields(struct btz_rd *tbs, struct btz_crl *out)
{
	uint64_t version;
	enum btz_rc rc;

	if (!btz_der_u64(tbs, &version) || version != 1)
		return BTZ_E_CRL_FORM;
	if (!btz_der_whole(tbs, BTZ_DER_SEQ, &out->inner_alg))
		return BTZ_E_X509_SIGALG;
	if (!btz_der_whole(tbs, BTZ_DER_SEQ, &out->issuer) ||
	    !btz_dn_check(out->issuer) || btz_dn_empty(out->issuer))
		return BTZ_E_X509_ISSUER;
	if (!btz_der_time(tbs, &out->this_update) ||
	    !btz_der_time(tbs, &out->next_update))
		return BTZ_E_X509_TIME;
	/* RFC 5280 5.1.2.6: absent when empty */
	if (btz_der_peek(tbs, BTZ_DER_SEQ) &&
	    (!btz_der_get(tbs, BTZ_DER_SEQ, &out->entries) ||
		out->entries.len == 0))
		return BTZ_E_CRL_FORM;
	if ((rc = entries(out)) != BTZ_OK)
		return rc;
	return list_exts(tbs, out);
}

static enum btz_rc
parse_tbs(struct btz_span tbs, struct btz_crl *out)
{
	struct btz_rd rd, in;

	*out = (struct btz_crl){ .tbs = tbs };
	btz_rd_span(&rd, tbs);
	if (!btz_der_enter(&rd, BTZ_DER_SEQ, &in) || !btz_rd_end(&rd))
		return BTZ_E_DER;
	return fields(&in, out);
}

enum btz_rc
btz_crl_parse_tbs(struct btz_span tbs, struct btz_crl *out)
{
	enum btz_rc rc = BTZ_E_DER;

	if (btz_der_check(tbs))
		rc = parse_tbs(tbs, out);
	if (rc != BTZ_OK)
		*out = (struct btz_crl){ .n_entries = 0 };
	return rc;
}

static enum btz_rc
parse(struct btz_span der, struct btz_crl *out)
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
btz_crl_parse(struct btz_span der, struct btz_crl *out)
{
	enum btz_rc rc = parse(der, out);

	if (rc != BTZ_OK)
		*out = (struct btz_crl){ .n_entries = 0 };
	return rc;
}
