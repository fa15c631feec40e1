/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ek_cert.h - certificates of TPM endorsement keys (TCG EK Credential Profile
 * for TPM Family 2.0) and the walk of their chain (RFC 5280 6).
 *
 * Validity dates are NOT judged, revocation neither: the trusted application
 * has no clock it can trust at that moment, and a chip outlives its
 * certificate. What the walk proves is who made the chip.
 *
 * Strict where it decides: names equal byte for byte, each extension once, no
 * critical extension that is not understood, signatures only with SHA-256 and
 * SHA-384 by ECDSA or RSASSA-PKCS1-v1_5. Extensions that decide nothing (CRL
 * and AIA pointers, policies, key identifiers) are not decoded; policies may be
 * critical, any will do. Lenient where makers are: order of sets in names,
 * zero bits at the end of keyUsage, form of times. An anchor is a
 * key without a certificate: no path length limits what is below it.
 */
#ifndef BTZ_DER_EK_CERT_H
#define BTZ_DER_EK_CERT_H

#include "der/der.h"

#define BTZ_EK_CHAIN_MAX 4u /* intermediates */

/* What a certificate of such a chain may be signed with. */
enum btz_ek_sig {
	BTZ_EK_SIG_NONE,	 /* another algorithm, or other parameters */
	BTZ_EK_SIG_ECDSA_SHA256, /* RFC 5758 3.2: parameters absent */
	BTZ_EK_SIG_ECDSA_SHA384,
	BTZ_EK_SIG_RSA_SHA256, /* RFC 4055 5: parameters NULL */
	BTZ_EK_SIG_RSA_SHA384,
};
/* Of a whole AlgorithmIdentifier. */
enum btz_ek_sig btz_ek_sig_of(struct btz_span alg);

/* Is `signature` one of `message` by the key in `spki`, algorithm identifier
 * `alg` (whole, one of enum btz_ek_sig)? BTZ_OK, BTZ_E_SIGNATURE: no,
 * BTZ_E_UNSUPPORTED: not with this key; any other code ends the walk. */
typedef enum btz_rc btz_ek_verify(void *arg, struct btz_span spki,
    struct btz_span alg, struct btz_span message, struct btz_span signature);

/*
 * leaf: DER of the EK certificate; as NV indices are longer than what is in
 * them, 0x00 and 0xff may follow it. chain: intermediates, DER one after
 * another in any order, at most BTZ_EK_CHAIN_MAX; unused ones are allowed, but
 * each must be a certificate. anchors: n SubjectPublicKeyInfos.
 *
 * *spki: the leaf's SubjectPublicKeyInfo, EC P-256 or P-384 (borrows from
 * leaf). *anchor: the one that ended the (shortest) chain. On failure *spki is
 * empty and *anchor is n.
 *
 * BTZ_E_EK_CERT: anything wrong with form or chain. Other codes are those of
 * `verify`, which is called at most (BTZ_EK_CHAIN_MAX + 1) *
 * (n + BTZ_EK_CHAIN_MAX) times.
 */
enum btz_rc btz_ek_check(struct btz_span leaf, struct btz_span chain,
    const struct btz_span *anchors, size_t n, btz_ek_verify *verify, void *arg,
    struct btz_span *spki, size_t *anchor) BTZ_MUST_CHECK;

#endif
