/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csr.h - PKCS#10 certification requests (RFC 2986), read only.
 *
 * Parsing checks form; proof of possession (the signature over `info` by
 * `spki`) is for the caller, who has a crypto library.
 */
#ifndef BTZ_DER_CSR_H
#define BTZ_DER_CSR_H

#include "der/x509.h"

struct btz_csr {
	struct btz_span der;
	struct btz_span info; /* whole CertificationRequestInfo: signed part */
	struct btz_span subject; /* whole Name */
	struct btz_span spki;	 /* whole SubjectPublicKeyInfo */
	struct btz_span sig_alg; /* whole AlgorithmIdentifier */
	struct btz_span signature;
	struct btz_span attrs; /* content of attributes [0], may be empty */
	size_t n_other_attrs;  /* not extensionRequest, challengePassword or
	                         * unstructuredName */
	bool has_ext;	       /* an extensionRequest is there */
	struct btz_exts ext;
};

/* Zeroes *out on failure: BTZ_E_CSR (form), or the code of an extension. */
enum btz_rc btz_csr_parse(
    struct btz_span der, struct btz_csr *out) BTZ_MUST_CHECK;
/* Policy for what a request may ask for and have ignored: CA:FALSE, key usage
 * of end entities, EKU client/serverAuth, SKI. Anything else, SAN among it,
 * is BTZ_E_CSR_EXT; CA:TRUE is BTZ_E_X509_CA. With san_ok the caller judges
 * ext.san itself. */
enum btz_rc btz_csr_policy(
    const struct btz_csr *csr, bool san_ok) BTZ_MUST_CHECK;

#endif
