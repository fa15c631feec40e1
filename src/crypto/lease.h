/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease.h - leases as the service enforces them: operations, kinds, scope,
 * rate, expiry, uid. The broker gives, narrows and withdraws them over the
 * control edge, which is read before any request; when that edge closes all
 * leases end at once and their sockets with them.
 */
#ifndef BTZ_CRYPTO_LEASE_H
#define BTZ_CRYPTO_LEASE_H

#include "crypto/core.h"
#include "wire/msg_generate.h"
#include "wire/msg_lease.h"

struct btz_bucket {	   /* holds one second's worth of requests */
	uint64_t left, at; /* millirequests; boot ms */
};

struct btz_leased {
	struct btz_leased *next;
	struct btz_core *core;
	struct btz_ticket grant; /* its final answer tells the broker the end */
	uint64_t id, conn;
	char application[BTZ_NAME_MAX + 1];
	char tenant[BTZ_NAME_MAX + 1];
	char role[BTZ_NAME_MAX + 1];
	uint32_t uid, ops, kinds, rate;
	uint32_t max_keys;   /* 0: crypto.max_keys_per_app */
	uint32_t asked;	     /* use of the request at hand (btz_enter) */
	uint64_t expiry;     /* CLOCK_BOOTTIME, ms; 0: none */
	enum btz_rc refused; /* not BTZ_OK: every request is answered this */
	uint8_t scope;
	size_t n_keys;
	uint8_t keys[BTZ_LEASE_KEYS_MAX][BTZ_ID_LEN];
	struct btz_credit *credit; /* NULL: no rate; shared, not owned */
	bool slowed;		   /* narrowed: a rate of its own, too */
	struct btz_bucket own;
};

/* What is left of its application's rate: of all its leases together, and also
 * when there is none for a while. Made for each application once. */
struct btz_credit {
	struct btz_credit *next;
	uint32_t rate; /* as of its last lease */
	struct btz_bucket all;
	char application[BTZ_NAME_MAX + 1];
};
void btz_credits_free(struct btz_core *core); /* when there are no leases */

/* Copies m; nothing of it is borrowed. BTZ_E_INVAL, BTZ_E_EXIST. */
BTZ_MUST_CHECK enum btz_rc btz_leased_new(struct btz_core *core,
    const struct btz_lease *m, struct btz_leased **out, struct btz_err *err);
/* The lease that was not given: the client, who has its socket already, is told
 * why when it asks for something. Its id is 0. NULL: no memory. */
struct btz_leased *btz_leased_refuse(
    struct btz_core *core, uint32_t uid, enum btz_rc why);
/* Less of what it has; what m has more is not given. */
void btz_leased_narrow(struct btz_leased *l, const struct btz_lease *m);
/* Closes its socket, tells the broker, forgets it. */
void btz_leased_end(struct btz_leased *l);
void btz_leased_end_all(struct btz_core *core);
struct btz_leased *btz_leased_find(struct btz_core *core, uint64_t id);

/* Valid now, and for all of `ops`? BTZ_E_LEASE, BTZ_E_DENIED, or why it was
 * refused. */
BTZ_MUST_CHECK enum btz_rc btz_leased_check(
    const struct btz_leased *l, uint32_t ops, uint64_t now_ms);
/* Takes one request out of the rate of its application: BTZ_E_QUOTA. */
BTZ_MUST_CHECK enum btz_rc btz_leased_spend(
    struct btz_leased *l, uint64_t now_ms);
/* Gives that one back: the request comes again. */
void btz_leased_refund(struct btz_leased *l);
/* May it name this key, for what is asked? The key is its own, or shared with
 * it for that (share.h; reading: for anything). An administrator may read about
 * every key. No database. */
bool btz_leased_reaches(const struct btz_leased *l,
    const uint8_t id[BTZ_ID_LEN], const char *owner, bool read_only);
/* The same of a use, with what to say: BTZ_E_NOENT, or BTZ_E_DENIED where the
 * key is in its lists anyway. */
BTZ_MUST_CHECK enum btz_rc btz_leased_may_use(const struct btz_leased *l,
    const uint8_t id[BTZ_ID_LEN], const char *owner, struct btz_err *err);
/* May it change what may be done with the key? Its owner and administrators
 * may; nobody with whom it is shared. */
bool btz_leased_manages(const struct btz_leased *l,
    const uint8_t id[BTZ_ID_LEN], const char *owner);
/* What only its owner and administrators are told: app_data; true: to one of
 * them. */
bool btz_key_veil(const struct btz_leased *l, struct btz_key_info *k);

/* Does it list keys of others than its application? */
bool btz_leased_lists_all(const struct btz_leased *l);

#endif
