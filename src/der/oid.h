/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oid.h - the object identifiers we know, and the algorithm identifiers that
 * certificates and requests are signed with.
 */
#ifndef BTZ_DER_OID_H
#define BTZ_DER_OID_H

#include "der/der.h"

enum btz_oid {
	BTZ_OID_NONE = 0, /* not one of ours */
	/* extensions, in the order of enum btz_ext (x509.h) */
	BTZ_OID_BC,	    /* basicConstraints 2.5.29.19 */
	BTZ_OID_KU,	    /* keyUsage 2.5.29.15 */
	BTZ_OID_EKU,	    /* extKeyUsage 2.5.29.37 */
	BTZ_OID_SKI,	    /* subjectKeyIdentifier 2.5.29.14 */
	BTZ_OID_AKI,	    /* authorityKeyIdentifier 2.5.29.35 */
	BTZ_OID_SAN,	    /* subjectAltName 2.5.29.17 */
	BTZ_OID_CRLDP,	    /* cRLDistributionPoints 2.5.29.31 */
	BTZ_OID_AIA,	    /* authorityInfoAccess 1.3.6.1.5.5.7.1.1 */
	BTZ_OID_NC,	    /* nameConstraints 2.5.29.30 */
	BTZ_OID_NOCHECK,    /* id-pkix-ocsp-nocheck, RFC 6960 4.2.2.2.1 */
	BTZ_OID_CRL_NUMBER, /* 2.5.29.20 */
	BTZ_OID_REASON,	    /* reasonCode 2.5.29.21 */
	/* key purposes */
	BTZ_OID_SERVER_AUTH,
	BTZ_OID_CLIENT_AUTH,
	BTZ_OID_OCSP_SIGNING,
	/* access methods */
	BTZ_OID_CA_ISSUERS,
	BTZ_OID_OCSP,
	BTZ_OID_OCSP_NONCE, /* RFC 6960 4.4.1 */
	/* names, request attributes */
	BTZ_OID_CN,
	BTZ_OID_EXT_REQUEST,	    /* 1.2.840.113549.1.9.14 */
	BTZ_OID_CHALLENGE_PASSWORD, /* 1.2.840.113549.1.9.7 */
	BTZ_OID_UNSTRUCTURED_NAME,  /* 1.2.840.113549.1.9.2 */
	BTZ_OID_COUNT
};

/* Content octets of an OBJECT IDENTIFIER to our number, and back. */
enum btz_oid btz_oid_of(struct btz_span content);
struct btz_span btz_oid_bytes(enum btz_oid oid);
void btz_der_put_oid(struct btz_wr *wr, enum btz_oid oid);

/* The whole AlgorithmIdentifier of a signature: ecdsa-with-SHA256 without
 * parameters (RFC 5758 3.2), sha256WithRSAEncryption with NULL (RFC 4055 5).
 * Empty, or 0, for others (enum btz_sig_alg of wire/alg.h). */
struct btz_span btz_sigalg_der(uint16_t sig_alg);
uint16_t btz_sigalg_of(struct btz_span algorithm_identifier);

#endif
