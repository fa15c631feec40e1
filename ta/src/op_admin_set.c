/* SPDX-License-Identifier: Apache-2.0 */
/* op_admin_set.c - who administers this box: k of n public keys, pinned in
 * the record by PROVISION or, approved by those before, by ADMIN_SET. */
#include <string.h>

#include "approval.h"
#include "der/spki.h"
#include "ec.h"
#include "recovery.h"

/* A key that can never sign would be a lock without a key. */
static enum btz_rc
key_ok(struct btz_span spki)
{
	struct btz_span bits;

	if (btz_spki_ed25519(spki, &bits))
		return BTZ_OK;
	return btz_spki_alg(spki, &bits) == BTZ_ALG_EC_P256 &&
		       ta_ec_on_curve(32, bits.p + 1, bits.p + 33)
		   ? BTZ_OK
		   : BTZ_E_X509_SPKI;
}

static enum btz_rc
take_key(struct ta_admins *as, struct btz_span spki)
{
	struct ta_admin *a = &as->key[as->n];
	enum btz_rc rc = key_ok(spki);

	if (rc != BTZ_OK || spki.len > sizeof(a->spki))
		return BTZ_E_X509_SPKI;
	for (size_t i = 0; i < as->n; i++)
		if (btz_span_eq(
			spki, btz_span_of(as->key[i].spki, as->key[i].len)))
			return BTZ_E_EXIST;
	a->len = (uint8_t)spki.len;
	memcpy(a->spki, spki.p, spki.len);
	as->n++;
	return BTZ_OK;
}

enum btz_rc
ta_admins_parse(struct btz_span encoded, struct ta_admins *out)
{
	struct btz_admin_set m;
	struct btz_rd rd;
	struct btz_span spki;

	memset(out, 0, sizeof(*out));
	if (!btz_msg_decode(&btz_def_admin_set, encoded, &m))
		return BTZ_E_PROTO;
	btz_rd_span(&rd, m.admins);
	while (!btz_rd_end(&rd)) {
		enum btz_rc rc;

		if (out->n == TA_ADMINS_MAX ||
		    !btz_rd_bytes16(&rd, &spki, TA_ADMIN_SPKI_MAX))
			return BTZ_E_TOOBIG;
		rc = take_key(out, spki);
		if (rc != BTZ_OK)
			return rc;
	}
	if (m.k == 0 || m.k > out->n)
		return BTZ_E_RANGE;
	out->k = m.k;
	if (!ta_recovery_key_ok(m.recovery))
		return BTZ_E_X509_SPKI;
	return ta_area_set(&out->recovery, m.recovery) ? BTZ_OK : BTZ_E_TOOBIG;
}

void
ta_admins_put(const struct ta *ta, struct btz_wr *wr)
{
	const struct ta_admins *as = &ta->rec.admins;
	uint8_t buf[BTZ_ADMINS_BYTES];
	struct btz_admin_set m = { .k = as->k };
	struct btz_wr wa;

	if (as->k == 0)
		return;
	btz_wr_init(&wa, buf, sizeof(buf));
	for (size_t i = 0; i < as->n; i++)
		btz_wr_bytes16(
		    &wa, btz_span_of(as->key[i].spki, as->key[i].len));
	m.admins = btz_wr_span(&wa);
	m.recovery = ta_area_span(&as->recovery);
	btz_msg_write(&btz_def_admin_set, &m, wr);
}

enum btz_rc
ta_admins_digest(const struct ta *ta, uint8_t out[32])
{
	uint8_t buf[2 * BTZ_ADMINS_BYTES];
	struct btz_span set;
	struct btz_wr wr;

	btz_wr_init(&wr, buf, sizeof(buf));
	ta_admins_put(ta, &wr);
	set = btz_wr_span(&wr);
	return btz_wr_ok(&wr) ? ta_sha256(&set, 1, out) : BTZ_E_INTERNAL;
}

/* None of the TA's own keys: their signatures can be had by Linux. */
static enum btz_rc
not_ours(const struct ta *ta, const struct ta_admins *as)
{
	for (size_t i = 0; i < as->n; i++)
		if (ta_constrained_spki(
			ta, btz_span_of(as->key[i].spki, as->key[i].len)))
			return BTZ_E_X509_SPKI_OURS;
	return BTZ_OK;
}

static enum btz_rc
replace(struct ta *ta, const struct ta_admins *next)
{
	struct ta_admins before = ta->rec.admins;
	enum btz_rc rc;

	ta->rec.admins = *next;
	rc = ta_store_commit(ta);
	if (rc != BTZ_OK)
		ta->rec.admins = before;
	/* What was asked of those before is over. */
	else
		ta_approval_cancel_all(ta);
	return rc;
}

enum btz_rc
ta_op_admin_set(
    struct ta *ta, const void *session, struct btz_span in, struct btz_wr *out)
{
	struct btz_approved ap;
	struct ta_admins next;
	enum btz_rc rc;

	(void)session, (void)out;
	if (!btz_msg_decode(&btz_def_approved, in, &ap) ||
	    ap.operation != BTZ_APPROVE_ADMIN_SET)
		return BTZ_E_PROTO;
	rc = ta_admins_parse(ap.request, &next);
	if (rc == BTZ_OK)
		rc = not_ours(ta, &next);
	if (rc == BTZ_OK)
		rc = ta_approved_check(ta, &ap);
	return rc == BTZ_OK ? replace(ta, &next) : rc;
}
