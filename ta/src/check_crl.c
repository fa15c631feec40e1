/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_crl.c - which revocation lists an issuing key signs: numbers go up by
 * one, windows are short, and nobody is taken off a list. Start at
 * ta_check_crl.
 *
 * An entry may go when its certificate has surely expired: it was issued
 * before it was revoked and lives no longer than the key's limit, so that is
 * revocation date + limit. A hold may always be removed (RFC 5280 5.3.1).
 */
#include "der/oid.h"
#include "issuer.h"
#include "wire/alg.h"

#define WINDOW (7u * 86400u)
#define REASON_HOLD 6u
#define REASON_REMOVE 8u /* delta lists only (RFC 5280 5.3.1) */

static enum btz_rc
check_form(const struct ta_issuer *is, const struct btz_crl *c)
{
	if (btz_sigalg_of(c->inner_alg) != BTZ_SIG_ECDSA_SHA256)
		return BTZ_E_X509_SIGALG;
	if (!btz_span_eq(c->issuer, btz_span_of(is->name, is->name_len)))
		return BTZ_E_X509_ISSUER;
	if (c->n_unknown != 0 || !c->has_number)
		return BTZ_E_CRL_FORM;
	if (!btz_span_eq(c->aki, btz_span_of(is->ski, sizeof(is->ski))))
		return BTZ_E_X509_AKI;
	return BTZ_OK;
}

static enum btz_rc
check_window(const struct ta_issuer *is, const struct btz_crl *c)
{
	if (c->this_update + TA_BEFORE < is->now ||
	    c->this_update > is->now + TA_AHEAD ||
	    c->next_update <= c->this_update ||
	    c->next_update - c->this_update > WINDOW)
		return BTZ_E_CRL_WINDOW;
	return BTZ_OK;
}

static enum btz_rc
check_reasons(const struct btz_crl *c)
{
	struct btz_rd rd;
	struct btz_crl_entry e;
	int got;

	btz_rd_span(&rd, c->entries);
	while ((got = btz_crl_next(&rd, &e)) == 1)
		if (e.reason == REASON_REMOVE)
			return BTZ_E_CRL_FORM;
	return got == 0 ? BTZ_OK : BTZ_E_DER;
}

static enum btz_rc
check_number(uint64_t recorded, const struct btz_crl *previous,
    const struct btz_crl *next)
{
	if (previous == NULL)
		return recorded == 0 && next->number == 1 ? BTZ_OK
							  : BTZ_E_CRL_NUMBER;
	if (previous->number < recorded || next->number != previous->number + 1)
		return BTZ_E_CRL_NUMBER;
	return BTZ_OK;
}

/* The reason may change, but not into a hold: that may go the next time. */
static bool
keeps(const struct btz_crl_entry *next, const struct btz_crl_entry *old)
{
	return btz_span_eq(next->serial, old->serial) &&
	       next->date == old->date &&
	       (next->reason != REASON_HOLD || old->reason == REASON_HOLD);
}

/* Looks from where the last search ended, then once from the start: lists in
 * the same order cost one pass. */
static bool
find(const struct btz_crl *in, struct btz_rd *at,
    const struct btz_crl_entry *want)
{
	struct btz_crl_entry e;

	for (int pass = 0; pass < 2; pass++) {
		while (btz_crl_next(at, &e) == 1)
			if (keeps(&e, want))
				return true;
		btz_rd_span(at, in->entries);
	}
	return false;
}

static bool
may_go(const struct ta_issuer *is, const struct btz_crl_entry *e)
{
	return e->reason == REASON_HOLD ||
	       (e->date < is->now && is->now - e->date > is->c.max_lifetime);
}

static enum btz_rc
check_kept(const struct ta_issuer *is, const struct btz_crl *previous,
    const struct btz_crl *next)
{
	struct btz_rd old, at;
	struct btz_crl_entry e;
	int got;

	btz_rd_span(&old, previous->entries);
	btz_rd_span(&at, next->entries);
	while ((got = btz_crl_next(&old, &e)) == 1)
		if (!may_go(is, &e) && !find(next, &at, &e))
			return BTZ_E_CRL_DROPPED;
	return got == 0 ? BTZ_OK : BTZ_E_DER;
}

enum btz_rc
ta_check_crl(const struct ta_issuer *is, uint64_t recorded,
    const struct btz_crl *previous, const struct btz_crl *next)
{
	enum btz_rc rc = check_form(is, next);

	if (rc == BTZ_OK)
		rc = check_reasons(next);
	if (rc == BTZ_OK)
		rc = check_window(is, next);
	if (rc == BTZ_OK)
		rc = check_number(recorded, previous, next);
	if (rc == BTZ_OK && previous != NULL)
		rc = check_kept(is, previous, next);
	return rc;
}
