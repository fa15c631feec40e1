/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crl.h - certificate revocation lists (RFC 5280 5), read and built.
 *
 * Accepted form: v2, nextUpdate present, extensions cRLNumber and
 * authorityKeyIdentifier (once each, not critical); entries with at most a
 * reasonCode. Other extensions are counted in n_unknown; critical ones too.
 */
#ifndef BTZ_DER_CRL_H
#define BTZ_DER_CRL_H

#include "der/der.h"

struct btz_crl {
	struct btz_span der;	   /* whole list; empty from parse_tbs */
	struct btz_span tbs;	   /* whole TBSCertList: what is signed */
	struct btz_span sig_alg;   /* outer AlgorithmIdentifier, whole */
	struct btz_span signature; /* octets of signatureValue */
	struct btz_span inner_alg;
	struct btz_span issuer; /* whole Name */
	uint64_t this_update, next_update;
	struct btz_span entries; /* content; empty: none. For btz_crl_next */
	size_t n_entries;
	bool has_number;
	uint64_t number; /* cRLNumber; more than 64 bits is refused */
	struct btz_span aki;
	size_t
	    n_unknown; /* extensions of list and entries that we don't know */
	bool unknown_critical;
};

struct btz_crl_entry {
	struct btz_span serial; /* content octets, positive, at most 20 */
	uint64_t date;
	uint8_t reason; /* RFC 5280 5.3.1; 0: none given */
	size_t n_unknown;
	bool unknown_critical;
};

/* Every entry is checked. On failure *out is zeroed: BTZ_E_DER,
 * BTZ_E_X509_TIME, BTZ_E_X509_EXT_DUP, BTZ_E_CRL_FORM, ... */
enum btz_rc btz_crl_parse(
    struct btz_span der, struct btz_crl *out) BTZ_MUST_CHECK;
enum btz_rc btz_crl_parse_tbs(
    struct btz_span tbs, struct btz_crl *out) BTZ_MUST_CHECK;
/* Start with btz_rd_span(&it, crl.entries); 1 one taken, 0 end, -1 malformed */
int btz_crl_next(struct btz_rd *it, struct btz_crl_entry *out);

struct btz_crl_spec {
	uint16_t sig_alg;	/* enum btz_sig_alg */
	struct btz_span issuer; /* whole Name: the CA's subject bytes */
	uint64_t this_update, next_update;
	uint64_t number;
	struct btz_span aki; /* SKI of the CA */
};

/* Builds a TBSCertList: begin, one add per entry, end. Memory is wr's; the
 * spec must live until end. Failure (full buffer) is remembered. */
struct btz_crl_build {
	const struct btz_crl_spec *spec;
	struct btz_wr *wr;
	size_t outer, list; /* marks */
	bool any;
};

void btz_crl_begin(struct btz_crl_build *b, const struct btz_crl_spec *spec,
    struct btz_wr *wr);
/* serial: unsigned big-endian; reason 0 (unspecified) is left out. */
void btz_crl_add(struct btz_crl_build *b, struct btz_span serial, uint64_t date,
    uint8_t reason);
enum btz_rc btz_crl_end(struct btz_crl_build *b) BTZ_MUST_CHECK;

#endif
