/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile.h - what this CA accepts and what it issues: requests judged, names
 * checked against the name space sealed into the issuing key, constraints of
 * that key.
 */
#ifndef BTZ_CA_PROFILE_H
#define BTZ_CA_PROFILE_H

#include "base/err.h"
#include "der/csr.h"
#include "wire/constraint.h"
#include "wire/limits.h"

#define BTZ_NAMES_MAX 16u

/* DNS names and addresses of a server, from space-separated texts. */
struct btz_names {
	size_t n_dns, n_ips;
	struct btz_span dns[BTZ_NAMES_MAX]; /* borrow from the text */
	struct btz_span ips[BTZ_NAMES_MAX]; /* point into addr */
	uint8_t addr[BTZ_NAMES_MAX][16];
};

/* A request that may be certified: canonical, asks for nothing that is not
 * given, P-256, signed by its own key (proof of possession). hash: SHA-256 of
 * its SPKI. BTZ_E_CSR*, BTZ_E_X509_*. */
BTZ_MUST_CHECK enum btz_rc btz_profile_csr(struct btz_span der, bool san_ok,
    struct btz_csr *out, uint8_t hash[BTZ_SHA256_LEN]);
/* 16 octets, positive, 126 random bits (RFC 5280 4.1.2.2). */
void btz_profile_serial(uint8_t out[BTZ_ID_LEN]);
/* False: malformed, none, or too many. Words that are addresses count as
 * such wherever they stand. */
bool btz_names_parse(struct btz_span dns, struct btz_span ips,
    struct btz_names *out) BTZ_MUST_CHECK;
/* Every name is inside the name space of the constraints. */
bool btz_names_inside(
    const struct btz_names *n, const struct btz_constraints *c) BTZ_MUST_CHECK;
/* Every SAN that the request asks for is among the names. */
bool btz_names_cover(
    const struct btz_names *n, const struct btz_csr *csr) BTZ_MUST_CHECK;

/* Constraints of the issuing key of a new CA. */
struct btz_ca_plan {
	struct btz_span trust_domain, box;
	struct btz_span base_url;
	struct btz_span names; /* configured names of the HTTPS service */
	uint64_t max_lifetime; /* seconds */
};
/* Encodes them; BTZ_E_INVAL when a name or the URL is malformed. */
BTZ_MUST_CHECK enum btz_rc btz_profile_constraints(
    const struct btz_ca_plan *p, struct btz_wr *wr, struct btz_err *err);
/* Host of an http(s) URL, without port and brackets; empty: malformed. */
struct btz_span btz_url_host(struct btz_span url);

#endif
