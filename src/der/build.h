/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.h - certificates built from a plain struct, by profile.
 *
 *            BC (critical)      KU (critical)            further extensions
 *   root     CA:TRUE pathLen 1  keyCertSign cRLSign      SKI
 *   issuing  CA:TRUE pathLen 0  keyCertSign cRLSign      SKI AKI EKU NC(crit.)
 *   user     CA:FALSE           digitalSignature         SKI AKI EKU SAN CRLDP
 *   device   CA:FALSE           digitalSignature         the same
 *   server   CA:FALSE           digitalSignature         the same
 *   ocsp     CA:FALSE           digitalSignature         the same, nocheck; SAN
 *                                                        only with host names
 *
 * SAN is critical exactly when the subject is empty (RFC 5280 4.2.1.6).
 * CRLDP and AIA stand where the spec gives a URI.
 * Name constraints of an issuing certificate: permitted URI host, DNS names
 * and IP ranges of the spec; DNS or IP without any entry is excluded whole.
 */
#ifndef BTZ_DER_BUILD_H
#define BTZ_DER_BUILD_H

#include "der/der.h"

enum btz_profile {
	BTZ_PROFILE_ROOT = 1,
	BTZ_PROFILE_ISSUING = 2,
	BTZ_PROFILE_USER = 3,
	BTZ_PROFILE_DEVICE = 4,
	BTZ_PROFILE_SERVER = 5,
	BTZ_PROFILE_OCSP = 6, /* RFC 6960 4.2.2.2 */
};

struct btz_cert_spec {
	uint8_t profile;	/* enum btz_profile */
	uint16_t sig_alg;	/* enum btz_sig_alg of the signer */
	struct btz_span serial; /* 16 octets, big-endian, 0x01..0x7f first */
	struct btz_span issuer; /* whole Name; root: empty (its subject) */
	struct btz_span subject_cn; /* empty: empty subject (not for a CA) */
	uint64_t not_before, not_after; /* Unix seconds; BTZ_TIME_MAX: never */
	struct btz_span spki;		/* whole */
	struct btz_span
	    ski; /* 20 octets: SHA-1 of the key bits (btz_spki_alg) */
	struct btz_span aki; /* SKI octets of the signer; root: empty */
	uint32_t ekus;	     /* enum btz_eku; issuing: 0 leaves EKU out */
	struct btz_span uri; /* user, device: SPIFFE id; issuing: the host that
	                      * URIs must have (trust domain) */
	const struct btz_span *dns; /* server: names; issuing: name space */
	size_t n_dns;
	const struct btz_span *ips; /* server: 4 or 16 octets; issuing: address
	                             * and mask, 8 or 32 octets */
	size_t n_ips;
	struct btz_span crl_uri; /* empty: no CRLDP */
	struct btz_span ca_uri;	 /* empty: no AIA caIssuers */
};

/* Appends the TBSCertificate. A spec that its profile does not allow is
 * refused with the BTZ_E_X509_* code of the field; BTZ_E_TOOBIG: no room. */
enum btz_rc btz_cert_build(
    const struct btz_cert_spec *spec, struct btz_wr *wr) BTZ_MUST_CHECK;
/* Certificate or CertificateList: SEQUENCE { tbs, algorithm, signature }.
 * An ECDSA signature must be an ECDSA-Sig-Value, else BTZ_E_SIGNATURE. */
enum btz_rc btz_signed_put(struct btz_wr *wr, struct btz_span tbs,
    uint16_t sig_alg, struct btz_span signature) BTZ_MUST_CHECK;

#endif
