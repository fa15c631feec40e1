/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renewals.h - the table `issuing`: every certificate of the issuing key but
 * the one in force, which stands in the row of the CA (store.h).
 *
 *   ASKED     the root is asked; whether it signed is not known   -> MADE, gone
 *   MADE      stored, its record not yet durable, not in force    -> in force
 *   REPLACED  was in force before a renewal                       -> gone
 *
 * Rows go when their certificate has expired: until then whoever has one could
 * use it, so that a list of the root has to name it.
 */
#ifndef BTZ_CA_RENEWALS_H
#define BTZ_CA_RENEWALS_H

#include "ca/store.h"
#include "der/x509.h"

#define BTZ_RENEWALS_MAX 64u /* rows; more: BTZ_E_QUOTA */

enum btz_issuing_state {
	BTZ_ISSUING_ASKED = 1,
	BTZ_ISSUING_MADE = 2,
	BTZ_ISSUING_REPLACED = 3,
};

struct btz_issuing_row {
	uint8_t serial[BTZ_ID_LEN];
	uint8_t state; /* enum btz_issuing_state */
	uint64_t not_before, not_after;
	uint8_t der[BTZ_CA_CERT_MAX]; /* ASKED: none */
	size_t der_len;
};

/* BTZ_E_NOENT. */
BTZ_MUST_CHECK enum btz_rc btz_renewals_find(struct btz_db *db,
    const uint8_t serial[BTZ_ID_LEN], struct btz_issuing_row *out,
    struct btz_err *err);
/* The one that waits for its record; BTZ_E_NOENT. */
BTZ_MUST_CHECK enum btz_rc btz_renewals_made(
    struct btz_db *db, struct btz_issuing_row *out, struct btz_err *err);
/* The last one of which it is not known; BTZ_E_NOENT. */
BTZ_MUST_CHECK enum btz_rc btz_renewals_asked(
    struct btz_db *db, struct btz_issuing_row *out, struct btz_err *err);
/* Before the root is asked; the same again is fine. Drops what expired before
 * now. BTZ_E_QUOTA: too many. */
BTZ_MUST_CHECK enum btz_rc btz_renewals_ask(struct btz_db *db,
    const uint8_t serial[BTZ_ID_LEN], uint64_t not_after, uint64_t now,
    struct btz_err *err);
/* The root has surely not signed: only of an ASKED row. */
BTZ_MUST_CHECK enum btz_rc btz_renewals_forget(
    struct btz_db *db, const uint8_t serial[BTZ_ID_LEN], struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_renewals_store(
    struct btz_db *db, const struct btz_x509 *made, struct btz_err *err);
/* In force instead of old, in one transaction: row is the CA's with the new
 * certificate. */
BTZ_MUST_CHECK enum btz_rc btz_renewals_swap(struct btz_db *db,
    const struct btz_ca_row *row, const struct btz_x509 *made,
    const struct btz_x509 *old, struct btz_err *err);

/* The first one is in force: row is the CA's with it. */
BTZ_MUST_CHECK enum btz_rc btz_renewals_first(struct btz_db *db,
    const struct btz_ca_row *row, const struct btz_x509 *made,
    struct btz_err *err);

/* Calls fn for each row that has not expired at now, oldest first. */
typedef void btz_renewals_fn(const struct btz_issuing_row *row, void *arg);
BTZ_MUST_CHECK enum btz_rc btz_renewals_each(struct btz_db *db, uint64_t now,
    btz_renewals_fn *fn, void *arg, struct btz_err *err);
const char *btz_issuing_state_name(uint8_t state);

#endif
