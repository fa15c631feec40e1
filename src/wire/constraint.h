/* SPDX-License-Identifier: Apache-2.0 */
/*
 * constraint.h - what a key may sign, sealed into its blob.
 *
 * TLV: u8 tag | u16 length | value, tags ascending, single-valued tags once.
 * The trusted application enforces them; the CA writes them at creation. A key
 * of kind ocsp is created with trust_domain and issuer_id; the application
 * seals subject_cn (of its issuer) and issuer_key beside them.
 */
#ifndef BTZ_WIRE_CONSTRAINT_H
#define BTZ_WIRE_CONSTRAINT_H

#include "wire/cursor.h"

#define BTZ_CONSTRAINT_LIST_MAX 16u

enum btz_eku { /* bits */
	BTZ_EKU_CLIENT_AUTH = 1,
	BTZ_EKU_SERVER_AUTH = 2,
	BTZ_EKU_OCSP_SIGNING = 4,
};

struct btz_constraints {
	struct btz_span trust_domain; /* 1: text */
	struct btz_span subject_cn;   /* 2: text, CN of the issuing CA */
	uint32_t ekus;		      /* 3: u32, enum btz_eku bits */
	uint64_t max_lifetime;	      /* 4: u64, seconds, of what it issues */
	uint8_t issuer_id[16];	      /* 5: key id it belongs to; zero: absent */
	struct btz_span crl_uri;      /* 6: text; CRLDP must equal it */
	struct btz_span origin;	      /* 7: text, origin of a checkpoint key */
	size_t n_tenants;	      /* 8: text, repeated; none: any tenant */
	struct btz_span tenants[BTZ_CONSTRAINT_LIST_MAX];
	size_t n_dns; /* 9: text, repeated: names equal or below */
	struct btz_span dns[BTZ_CONSTRAINT_LIST_MAX];
	size_t n_ips; /* 10: 8 or 32 bytes, address and mask, repeated */
	struct btz_span ips[BTZ_CONSTRAINT_LIST_MAX];
	/* 11: public key octets of issuer_id, what issuerKeyHash is made of;
	 * written by the trusted application, never by a caller. */
	struct btz_span issuer_key;
};

/* Spans borrow from in. Empty input is valid: no constraints. */
bool btz_constraints_decode(struct btz_span in,
    struct btz_constraints *out) BTZ_MUST_CHECK;
void btz_constraints_encode(const struct btz_constraints *c, struct btz_wr *wr);

#endif
