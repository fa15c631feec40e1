/* SPDX-License-Identifier: Apache-2.0 */
/*
 * approval.h - k of n administrators approve what the root does
 * (secure-world.md, Keys, Administrators). Formats: wire/msg_approval.h.
 */
#ifndef BTZ_TA_APPROVAL_H
#define BTZ_TA_APPROVAL_H

#include "ta.h"
#include "wire/msg_approval.h"

struct ta_approval {
	uint8_t operation;     /* enum btz_approve */
	const uint8_t *digest; /* SHA-256 of the request as it is meant */
	const uint8_t *nonce;  /* of the challenge */
	struct btz_span approvals;
};

enum btz_rc ta_approval_open(struct ta *ta,
    const struct btz_approval_request *req,
    struct btz_challenge *out) BTZ_MUST_CHECK;
/* out: what it was for. */
enum btz_rc ta_approval_cancel(struct ta *ta, const uint8_t nonce[32],
    struct btz_approval_request *out) BTZ_MUST_CHECK;
void ta_approval_cancel_all(struct ta *ta);
/*
 * The last check of an operation: success uses the challenge up, whatever
 * happens to the operation then. Without administrators everything but
 * TIME_SET and RESTORE is allowed. BTZ_E_APPROVAL: too few; _NONCE: no such challenge for
 * this; _KEY: not pinned, or twice; _SIG: does not verify.
 */
enum btz_rc ta_approval_check(
    struct ta *ta, const struct ta_approval *a) BTZ_MUST_CHECK;
/* The same for what comes as `approved`. */
enum btz_rc ta_approved_check(
    struct ta *ta, const struct btz_approved *ap) BTZ_MUST_CHECK;

/* op_admin_set.c: an encoded admin_set. BTZ_E_PROTO, BTZ_E_TOOBIG,
 * BTZ_E_RANGE (k), BTZ_E_EXIST (a key twice), BTZ_E_X509_SPKI (also of the
 * recovery key). */
enum btz_rc ta_admins_parse(
    struct btz_span encoded, struct ta_admins *out) BTZ_MUST_CHECK;
/* The record's as an admin_set; nothing where nobody is pinned. */
void ta_admins_put(const struct ta *ta, struct btz_wr *wr);
/* SHA-256 of that, as it stands in ta_instance_id. */
enum btz_rc ta_admins_digest(
    const struct ta *ta, uint8_t out[32]) BTZ_MUST_CHECK;

#endif
