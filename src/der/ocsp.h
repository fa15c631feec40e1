/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocsp.h - ResponseData of an OCSP response (RFC 6960 4.2.1), read and built.
 *
 * Accepted form: v1, responder by key hash, 1 to BTZ_OCSP_MAX responses with
 * certIDs of SHA-1 or SHA-256, nextUpdate in each, no extensions but one
 * nonce (RFC 6960 4.4.1) of at most 128 bytes. Start with btz_ocsp_parse.
 */
#ifndef BTZ_DER_OCSP_H
#define BTZ_DER_OCSP_H

#include "der/der.h"

#define BTZ_OCSP_MAX 32u
#define BTZ_OCSP_NONCE_MAX 128u

enum btz_ocsp_status {
	BTZ_OCSP_GOOD = 0,
	BTZ_OCSP_REVOKED = 1,
	BTZ_OCSP_UNKNOWN = 2,
};

struct btz_ocsp {
	struct btz_span tbs;	   /* whole ResponseData: what is signed */
	struct btz_span key_hash;  /* byKey: 20 octets */
	uint64_t produced_at;	   /* Unix seconds */
	struct btz_span responses; /* content, for btz_ocsp_next */
	size_t n_responses;
	struct btz_span nonce; /* octets; empty: none */
};

struct btz_ocsp_single {
	struct btz_span cert_id;   /* whole; copied from the request */
	struct btz_span name_hash; /* issuerNameHash: 20 octets SHA-1, */
	struct btz_span key_hash;  /* issuerKeyHash;  32 octets SHA-256 */
	struct btz_span serial;	   /* content octets, positive, at most 20 */
	uint8_t status;		   /* enum btz_ocsp_status */
	uint64_t revoked_at;	   /* revoked only */
	uint8_t reason;		   /* RFC 5280 5.3.1; 0: none given */
	uint64_t this_update, next_update;
};

/* Every response is checked. On failure *out is zeroed: BTZ_E_DER,
 * BTZ_E_OCSP_*. */
enum btz_rc btz_ocsp_parse(
    struct btz_span tbs, struct btz_ocsp *out) BTZ_MUST_CHECK;
/* Start with btz_rd_span(&it, o.responses); 1 one taken, 0 end, -1 malformed */
int btz_ocsp_next(struct btz_rd *it, struct btz_ocsp_single *out);

/* CertID of a serial (unsigned big-endian) from two hashes, both of 20 octets
 * (SHA-1) or 32 (SHA-256). */
void btz_ocsp_put_cert_id(struct btz_wr *wr, struct btz_span name_hash,
    struct btz_span key_hash, struct btz_span serial);

/* Builds a ResponseData: begin, one add per response, end. Memory is wr's.
 * Failure (full buffer, no response) is remembered. */
struct btz_ocsp_build {
	struct btz_wr *wr;
	size_t outer, list; /* marks */
	size_t n;
};

void btz_ocsp_begin(struct btz_ocsp_build *b, struct btz_span key_hash,
    uint64_t produced_at, struct btz_wr *wr);
/* Of *s: cert_id, status, revoked_at, reason and the times. */
void btz_ocsp_add(struct btz_ocsp_build *b, const struct btz_ocsp_single *s);
enum btz_rc btz_ocsp_end(
    struct btz_ocsp_build *b, struct btz_span nonce) BTZ_MUST_CHECK;

#endif
