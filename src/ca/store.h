/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - the CA's database: SQLite, WAL, synchronous FULL, so that what a
 * function returned BTZ_OK for survives a power cut. Tables: ca, certificates,
 * crl. Every row names its CA, every certificate its tenant.
 */
#ifndef BTZ_CA_STORE_H
#define BTZ_CA_STORE_H

#include "base/db.h"
#include "wire/limits.h"

#define BTZ_CA_ID "1" /* one issuing CA per box at first */
#define BTZ_CA_CERT_MAX 4096u

struct btz_ca_row {
	bool present; /* CA_INIT began */
	bool ready;   /* the issuing certificate is stored */
	char ca_id[BTZ_NAME_MAX + 1];
	char trust_domain[254];
	char box[BTZ_NAME_MAX + 1];
	char base_url[BTZ_URI_MAX + 1];
	uint8_t root_key[BTZ_ID_LEN], issuing_key[BTZ_ID_LEN]; /* key ids */
	uint8_t constraints[BTZ_CONSTRAINTS_MAX];
	size_t constraints_len;
	uint8_t root[BTZ_CA_CERT_MAX], issuing[BTZ_CA_CERT_MAX]; /* DER */
	size_t root_len, issuing_len;
};

enum btz_cert_state {
	BTZ_CERT_PENDING = 1, /* signed and stored, not yet in force */
	BTZ_CERT_ACTIVE = 2,
	BTZ_CERT_REVOKED = 3,
};
const char *btz_cert_state_name(int64_t state);

struct btz_cert_row {
	uint8_t serial[BTZ_ID_LEN];
	uint8_t spki_hash[BTZ_SHA256_LEN];
	char tenant[BTZ_NAME_MAX + 1];
	char principal[BTZ_URI_MAX + 1]; /* SPIFFE id; server: its first name */
	uint8_t profile;		 /* enum btz_profile */
	uint64_t not_before, not_after;
	uint8_t state;	/* enum btz_cert_state */
	bool confirmed; /* access knows this state */
	uint64_t revoked_at;
	uint8_t reason;
	uint8_t der[BTZ_CA_CERT_MAX];
	size_t der_len;
};

struct btz_crl_row {
	uint64_t number; /* 0: none yet */
	uint64_t this_update, next_update;
	uint8_t *der; /* malloc */
	size_t len;
};

BTZ_MUST_CHECK enum btz_rc btz_store_open(
    const char *path, struct btz_db **out, struct btz_err *err);
/* BTZ_OK with present = false when there is none. */
BTZ_MUST_CHECK enum btz_rc btz_store_ca_load(
    struct btz_db *db, struct btz_ca_row *out, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_store_ca_save(
    struct btz_db *db, const struct btz_ca_row *row, struct btz_err *err);

BTZ_MUST_CHECK enum btz_rc btz_store_cert_add(
    struct btz_db *db, const struct btz_cert_row *row, struct btz_err *err);
/* The newest certificate of a key; BTZ_E_NOENT. */
BTZ_MUST_CHECK enum btz_rc btz_store_by_spki(struct btz_db *db,
    const uint8_t spki_hash[BTZ_SHA256_LEN], struct btz_cert_row *out,
    struct btz_err *err);
/* By a prefix of the hex id; BTZ_E_NOENT, BTZ_E_AMBIGUOUS, BTZ_E_INVAL. */
BTZ_MUST_CHECK enum btz_rc btz_store_by_prefix(struct btz_db *db,
    struct btz_span prefix, struct btz_cert_row *out, struct btz_err *err);
/* All certificates of a key. A revoked one never becomes anything else. */
BTZ_MUST_CHECK enum btz_rc btz_store_activate(struct btz_db *db,
    const uint8_t spki_hash[BTZ_SHA256_LEN], struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_store_revoke(struct btz_db *db,
    const uint8_t spki_hash[BTZ_SHA256_LEN], uint64_t at, uint8_t reason,
    struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_store_confirm(struct btz_db *db,
    const uint8_t spki_hash[BTZ_SHA256_LEN], struct btz_err *err);

/* Entries of the next CRL: revoked, and not expired when the last CRL was made
 * (`since`), so that each stays on one CRL after its expiry (RFC 5280 3.3).
 * The signer does not know when a certificate expires and lets an entry go
 * only when the longest lifetime is over since its revocation: those revoked
 * at since_revoked or later stay too. */
typedef void btz_store_entry_fn(const uint8_t serial[BTZ_ID_LEN],
    uint64_t revoked_at, uint8_t reason, void *arg);
BTZ_MUST_CHECK enum btz_rc btz_store_revoked(struct btz_db *db, uint64_t since,
    uint64_t since_revoked, btz_store_entry_fn *fn, void *arg,
    struct btz_err *err);
/* Loads into memory that btz_crl_row_end frees; number 0 when there is none. */
BTZ_MUST_CHECK enum btz_rc btz_store_crl_load(
    struct btz_db *db, struct btz_crl_row *out, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_store_crl_save(
    struct btz_db *db, const struct btz_crl_row *row, struct btz_err *err);
/* The same for the root's list, which is stored beside; the number never goes
 * back (BTZ_E_CRL_NUMBER). */
BTZ_MUST_CHECK enum btz_rc btz_store_root_crl_load(
    struct btz_db *db, struct btz_crl_row *out, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_store_root_crl_save(
    struct btz_db *db, const struct btz_crl_row *row, struct btz_err *err);
void btz_crl_row_end(struct btz_crl_row *row);
/* The list that the signer was asked to sign: kept before it is asked, gone
 * with btz_store_crl_save. load: BTZ_E_NOENT when there is none. */
BTZ_MUST_CHECK enum btz_rc btz_store_pending_save(
    struct btz_db *db, struct btz_span tbs, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_store_pending_load(
    struct btz_db *db, struct btz_wr *out, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_store_pending_drop(
    struct btz_db *db, struct btz_err *err);

/* What access says, collected for comparison (reconcile.c). */
enum btz_repair {
	BTZ_REPAIR_DISABLE = 1,	 /* access must disable it */
	BTZ_REPAIR_REVOKE = 2,	 /* we must revoke it */
	BTZ_REPAIR_ACTIVATE = 3, /* access has it, our answer was lost */
	BTZ_REPAIR_CONFIRM = 4,	 /* both say revoked */
};
BTZ_MUST_CHECK enum btz_rc btz_store_seen_clear(
    struct btz_db *db, struct btz_err *err);
BTZ_MUST_CHECK enum btz_rc btz_store_seen_add(struct btz_db *db,
    const uint8_t spki_hash[BTZ_SHA256_LEN], uint8_t state,
    struct btz_err *err);
/* The next difference, BTZ_E_NOENT when none is left. */
BTZ_MUST_CHECK enum btz_rc btz_store_seen_next(struct btz_db *db,
    uint8_t spki_hash[BTZ_SHA256_LEN], enum btz_repair *what,
    struct btz_err *err);
/* This difference is dealt with. */
BTZ_MUST_CHECK enum btz_rc btz_store_seen_done(struct btz_db *db,
    const uint8_t spki_hash[BTZ_SHA256_LEN], struct btz_err *err);

#endif
