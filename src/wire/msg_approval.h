/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_approval.h - k of n administrators approve an operation of the root.
 *
 *   box, trusted application   APPROVAL_NONCE -> challenge (one use)
 *   administrator's laptop     signature over btz_approval_text()
 *   box, trusted application   the operation, with the approvals
 *
 * What is approved is a request in the form of its own message below: the
 * challenge names its SHA-256, so that all three see the same bytes.
 */
#ifndef BTZ_WIRE_MSG_APPROVAL_H
#define BTZ_WIRE_MSG_APPROVAL_H

#include "wire/field.h"
#include "wire/limits.h"

#define BTZ_ADMINS_MAX 8u
#define BTZ_ADMIN_SPKI_MAX 128u
#define BTZ_ADMINS_BYTES (BTZ_ADMINS_MAX * (BTZ_ADMIN_SPKI_MAX + 2u))
#define BTZ_RECOVERY_SPKI_MAX 512u
#define BTZ_APPROVALS_MAX 4096u
#define BTZ_APPROVED_MAX 8192u

enum btz_approve {		   /* operation; the request's message: */
	BTZ_APPROVE_ISSUING = 1,   /* approve_issuing */
	BTZ_APPROVE_ROOT_CRL = 2,  /* root_crl */
	BTZ_APPROVE_ADMIN_SET = 3, /* admin_set */
	BTZ_APPROVE_TIME_SET = 4,  /* time_set */
	BTZ_APPROVE_RECOVER = 5,   /* recover */
	BTZ_APPROVE_RESTORE = 6,   /* approve_restore */
};

/* "root-crl"; NULL: no such operation. */
const char *btz_approve_name(uint8_t operation);

/* APPROVAL_NONCE */
struct btz_approval_request {
	uint8_t operation;		/* enum btz_approve */
	uint8_t digest[BTZ_SHA256_LEN]; /* SHA-256 of the encoded request */
};
extern const struct btz_msgdef btz_def_approval_request;

/* answer; valid until used, cancelled, `expires` seconds are over, or the
 * trusted application starts again */
struct btz_challenge {
	uint8_t instance_id[BTZ_SHA256_LEN];
	uint8_t nonce[BTZ_SHA256_LEN];
	uint8_t operation;
	uint8_t digest[BTZ_SHA256_LEN];
	uint8_t k, n; /* both 0: root-approval local, no signature needed */
	uint32_t expires;
};
extern const struct btz_msgdef btz_def_challenge;

/* APPROVAL_CANCEL; the trusted application answers what was cancelled
 * (approval_request), the crypto service nothing */
struct btz_approval_ref {
	uint8_t nonce[BTZ_SHA256_LEN];
};
extern const struct btz_msgdef btz_def_approval_ref;

/* one administrator's; a list of them is their encodings in a row */
struct btz_approval {
	uint8_t key_id[BTZ_SHA256_LEN]; /* SHA-256 of the SPKI */
	struct btz_span signature;	/* over btz_approval_text() */
};
extern const struct btz_msgdef btz_def_approval;

/* an operation with its approvals; `now` is Linux's time, not approved */
struct btz_approved {
	uint8_t operation; /* enum btz_approve, not ISSUING (nor RESTORE:
			    * BTZ_OP_RESTORE carries it with the key) */
	struct btz_span request;
	uint64_t now;
	uint8_t nonce[BTZ_SHA256_LEN];
	struct btz_span approvals;
};
extern const struct btz_msgdef btz_def_approved;

/* ISSUING: what ca_renew and certify_issuing ask for, and the key it means */
struct btz_approve_issuing {
	uint8_t issuing_id[BTZ_ID_LEN];
	uint8_t spki_digest[BTZ_SHA256_LEN];
	uint8_t serial[BTZ_ID_LEN];
	uint64_t not_after;
};
extern const struct btz_msgdef btz_def_approve_issuing;

#define BTZ_CRL_EMERGENCY 0x7fffffffffffffffull /* its cRLNumber */
/*
 * ROOT_CRL: a list of the root that revokes issuing certificates. emergency:
 * made in advance to be kept off the box; valid as long as the root, with a
 * number above all others, and not in the books.
 */
struct btz_root_crl {
	uint8_t emergency;
	/* Unix seconds; emergency: 0; 0 without serials: as the list before,
	 * the first one a year */
	uint64_t next_update;
	struct btz_span serials;  /* 16 bytes each */
	struct btz_span previous; /* the root's list before, DER; or empty */
};
extern const struct btz_msgdef btz_def_root_crl;

/* ADMIN_SET: replaces what was set before */
struct btz_admin_set {
	uint8_t k;		/* of the keys, at least 1 */
	struct btz_span admins; /* repeat { u16 length, SPKI } */
	struct btz_span
	    recovery; /* SPKI that backups are wrapped to, or empty */
};
extern const struct btz_msgdef btz_def_admin_set;

struct btz_time_set {  /* TIME_SET */
	uint64_t time; /* Unix seconds */
};
extern const struct btz_msgdef btz_def_time_set;

/* RECOVER: the record that is there is taken for the truth although the
 * TPM's index says that a newer one was written */
struct btz_recover {
	uint8_t record_digest[BTZ_SHA256_LEN];
	uint8_t index_digest[BTZ_SHA256_LEN];
};
extern const struct btz_msgdef btz_def_recover;

/* RESTORE: the key that is sealed in this file becomes one of this box */
struct btz_approve_restore {
	uint8_t digest[BTZ_SHA256_LEN]; /* of the file */
	struct btz_span what;		/* restore_what, as it is in the file */
};
extern const struct btz_msgdef btz_def_approve_restore;

/* What an administrator signs: "btz-approval/1" NUL | instance_id[32] |
 * nonce[32] | u8 operation | digest[32]. */
#define BTZ_APPROVAL_TEXT_LEN (15u + 32u + 32u + 1u + 32u)
void btz_approval_text(const struct btz_challenge *c, struct btz_wr *wr);

#endif
