/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h - what an enforcer (Apache module, VPN) sees of the access rules:
 * a reader that follows the published generation, and the decision.
 *
 * Per request:
 *	if (btz_policy_get(reader, &p, &err) != BTZ_OK)
 *		deny with 503, log err when err.rc is set;
 *	btz_policy_decide(p, now, &ask, &answer);
 *	... spans of the answer borrow from p ...
 *	btz_policy_put(p);
 * A decision allocates nothing and takes no lock; its work grows with the
 * logarithm of the number of entries. The file is described in format.h and
 * docs/protocol/policy.md.
 */
#ifndef BTZ_POLICY_POLICY_H
#define BTZ_POLICY_POLICY_H

#include "base/err.h"
#include "policy/action.h"
#include "wire/cursor.h"
#include "wire/limits.h"

struct btz_policy;	  /* one generation, immutable, counted */
struct btz_policy_reader; /* follows policy/current; safe between threads */

/* dir: the folder `policy` (absolute; kept open). It is no failure that
 * nothing was published yet: then btz_policy_get fails until it is. In Apache:
 * one per child, made in child_init. */
BTZ_MUST_CHECK enum btz_rc btz_policy_reader_new(
    const char *dir, struct btz_policy_reader **out, struct btz_err *err);
void btz_policy_reader_free(struct btz_policy_reader *r); /* NULL is fine */

/* The generation in force, with one reference for the caller (btz_policy_put).
 * Any failure means deny: no policy published (BTZ_E_UNPROVISIONED), file
 * damaged (BTZ_E_CORRUPT) or missing (BTZ_E_NOENT), generation went back
 * (BTZ_E_ROLLBACK). *err is cleared first and filled only when this failure is
 * news: log it when err->rc != BTZ_OK. A failed generation is tried again
 * after a second. */
BTZ_MUST_CHECK enum btz_rc btz_policy_get(
    struct btz_policy_reader *r, struct btz_policy **out, struct btz_err *err);
void btz_policy_put(struct btz_policy *p); /* NULL is fine */

/* Checks every offset of a file image and copies it. For tests and tools;
 * freed by btz_policy_put. BTZ_E_CORRUPT says where and what. */
BTZ_MUST_CHECK enum btz_rc btz_policy_from_bytes(
    struct btz_span image, struct btz_policy **out, struct btz_err *err);
uint64_t btz_policy_generation(const struct btz_policy *p);
struct btz_span btz_policy_trust_domain(const struct btz_policy *p);

struct btz_policy_ask {
	const uint8_t *spki_hash; /* SHA-256 of the DER SPKI, 32 bytes */
	struct btz_span uri;	  /* URI SAN of the certificate; a certificate
				   * without one (empty) is denied */
	struct btz_span tenant;	  /* first path segment, decoded */
	struct btz_span share;	  /* second path segment, decoded */
	uint32_t actions;	  /* enum btz_action bits, all are needed */
	uint8_t via;		  /* enum btz_audit_via */
};

enum btz_verdict {
	BTZ_DENY_CREDENTIAL =
	    0,		     /* who asks is not known or not any more: 403 */
	BTZ_DENY_ABSENT = 1, /* no grant: looks as if it did not exist, 404 */
	BTZ_DENY = 2,	     /* some grant, but not for this: 403 */
	BTZ_ALLOW = 3,
};

struct btz_policy_answer {
	enum btz_verdict verdict;
	struct btz_span who;	/* principal's URI, empty when not known */
	struct btz_span tenant; /* of the principal, empty when not known */
	const char *reason;	/* static text for the record, no secrets */
	uint32_t granted;	/* action bits in force on this share */
	uint64_t generation;
};

/* now: Unix seconds. Never fails; p NULL denies. */
void btz_policy_decide(const struct btz_policy *p, uint64_t now,
    const struct btz_policy_ask *ask, struct btz_policy_answer *out);

/* The same question about a principal (no credential looked at), and which
 * bindings and roles decided, as a sentence in why[cap] (cut when it does not
 * fit, always NUL-terminated). ask->spki_hash is ignored. */
void btz_policy_explain(const struct btz_policy *p, uint64_t now,
    const struct btz_policy_ask *ask, struct btz_policy_answer *out, char *why,
    size_t cap);

#endif
