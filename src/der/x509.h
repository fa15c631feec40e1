/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x509.h - certificates (RFC 5280 4) parsed into a flat struct of spans.
 *
 * Parsing checks form: canonical DER, v3, each extension at most once and
 * well-formed. What a certificate may *say* is for the caller (profile of the
 * CA, allow-list of the trusted application). Spans borrow from the input.
 * Start with btz_x509_parse or btz_x509_parse_tbs.
 */
#ifndef BTZ_DER_X509_H
#define BTZ_DER_X509_H

#include "der/der.h"

enum btz_ext {
	BTZ_EXT_BC,
	BTZ_EXT_KU,
	BTZ_EXT_EKU,
	BTZ_EXT_SKI,
	BTZ_EXT_AKI,
	BTZ_EXT_SAN,
	BTZ_EXT_CRLDP,
	BTZ_EXT_AIA,
	BTZ_EXT_NC,
	BTZ_EXT_NOCHECK,
	BTZ_EXT_COUNT
};

#define BTZ_EXT_MAX 32u /* extensions in one certificate */

enum btz_ku { /* bits of keyUsage, RFC 5280 4.2.1.3 */
	BTZ_KU_DIGITAL_SIGNATURE = 1u << 0,
	BTZ_KU_CONTENT_COMMITMENT = 1u << 1,
	BTZ_KU_KEY_ENCIPHERMENT = 1u << 2,
	BTZ_KU_DATA_ENCIPHERMENT = 1u << 3,
	BTZ_KU_KEY_AGREEMENT = 1u << 4,
	BTZ_KU_KEY_CERT_SIGN = 1u << 5,
	BTZ_KU_CRL_SIGN = 1u << 6,
	BTZ_KU_ENCIPHER_ONLY = 1u << 7,
	BTZ_KU_DECIPHER_ONLY = 1u << 8,
};

/* Extensions of a certificate or of a request. Fields of absent extensions
 * are zero. */
struct btz_exts {
	struct btz_span value[BTZ_EXT_COUNT]; /* content of extnValue */
	struct btz_span unknown_oid;	      /* content octets of the first */
	size_t n_unknown;
	/* decoded */
	uint64_t path_len;	 /* BC */
	size_t n_other_ekus;	 /* purposes that enum btz_eku does not have */
	struct btz_span ski;	 /* key identifier octets */
	struct btz_span aki;	 /* keyIdentifier; empty when left out */
	struct btz_span san;	 /* GeneralNames content, for btz_gn_next */
	struct btz_span crl_uri; /* the only URI of CRLDP, else empty */
	struct btz_span ca_uri;	 /* AIA: the only caIssuers URI, else empty */
	struct btz_span ocsp_uri;
	struct btz_span nc_permitted; /* GeneralSubtrees content, */
	struct btz_span nc_excluded;  /* for btz_subtree_next */
	uint32_t ekus;		      /* enum btz_eku of wire/constraint.h */
	uint16_t ku;		      /* enum btz_ku */
	uint16_t present;	      /* bit (1 << enum btz_ext) */
	uint16_t critical;	      /* bit (1 << enum btz_ext) */
	bool unknown_critical;
	bool ca; /* BC */
	bool has_path_len;
	bool aki_other; /* AKI has issuer and serial too */
	bool aia_other; /* AIA has more than one of each or other methods */
};

struct btz_x509 {
	struct btz_span der;	 /* whole certificate; empty from parse_tbs */
	struct btz_span tbs;	 /* whole TBSCertificate: what is signed */
	struct btz_span sig_alg; /* outer AlgorithmIdentifier, whole; equals */
	struct btz_span signature; /* octets of signatureValue */
	struct btz_span serial;	   /* content octets: positive, at most 20 */
	struct btz_span inner_alg; /* AlgorithmIdentifier of the TBS, whole */
	struct btz_span issuer;	   /* whole Name */
	uint64_t not_before, not_after; /* Unix seconds */
	struct btz_span subject;	/* whole Name */
	struct btz_span spki;		/* whole SubjectPublicKeyInfo */
	struct btz_exts ext;
};

/* On failure *out is zeroed. A duplicate extension is BTZ_E_X509_EXT_DUP, a
 * malformed one BTZ_E_DER (SAN: BTZ_E_X509_SAN, CRLDP and AIA:
 * BTZ_E_X509_URI). Outer and inner algorithm
 * must be equal (RFC 5280 4.1.1.2), else BTZ_E_X509_SIGALG. */
enum btz_rc btz_x509_parse(
    struct btz_span der, struct btz_x509 *out) BTZ_MUST_CHECK;
enum btz_rc btz_x509_parse_tbs(
    struct btz_span tbs, struct btz_x509 *out) BTZ_MUST_CHECK;
/* Content of SEQUENCE OF Extension. */
enum btz_rc btz_exts_parse(
    struct btz_span extensions, struct btz_exts *out) BTZ_MUST_CHECK;
bool btz_exts_has(const struct btz_exts *x, enum btz_ext e);
bool btz_exts_critical(const struct btz_exts *x, enum btz_ext e);

enum btz_gn_type { /* RFC 5280 4.2.1.6 */
	BTZ_GN_OTHER = 0,
	BTZ_GN_EMAIL = 1,
	BTZ_GN_DNS = 2,
	BTZ_GN_X400 = 3,
	BTZ_GN_DIR = 4,
	BTZ_GN_EDI = 5,
	BTZ_GN_URI = 6,
	BTZ_GN_IP = 7,
	BTZ_GN_RID = 8,
};

struct btz_gn {
	uint8_t type;	       /* enum btz_gn_type */
	struct btz_span value; /* content octets; text is printable ASCII */
};

/* Iterators: start with btz_rd_span(&it, x.ext.san). 1: one taken, 0: end,
 * -1: malformed (does not happen with spans of a parsed certificate). */
int btz_gn_next(struct btz_rd *it, struct btz_gn *out);
/* A name constraint: text without check of form, IP as address and mask. */
int btz_subtree_next(struct btz_rd *it, struct btz_gn *out);

#endif
