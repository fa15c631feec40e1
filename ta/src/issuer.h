/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issuer.h - what the checks of an issuing key need to know, and the checks:
 * pure functions over a parsed certificate or list. Start at ta_check_cert.
 */
#ifndef BTZ_TA_ISSUER_H
#define BTZ_TA_ISSUER_H

#include "der/crl.h"
#include "der/ocsp.h"
#include "der/x509.h"
#include "wire/constraint.h"

#define TA_MAX_NAME 128u

#define TA_BEFORE 3600u /* what is signed begins in [now - 1 h, */
#define TA_AHEAD 300u	/* now + 5 min] */

enum ta_ours { /* whose a public key is */
	TA_OURS_NOT,
	TA_OURS_OTHER,
	TA_OURS_OCSP, /* of kind ocsp, sealed to this issuing key */
};

/* An issuing key; for check_ocsp a key of kind ocsp, where name and
 * c.issuer_key are its issuer's, ski its own. */
struct ta_issuer {
	struct btz_constraints c;
	uint8_t name[TA_MAX_NAME]; /* DER Name of the issuing CA */
	size_t name_len;
	uint8_t ski[20];
	uint64_t now;	    /* believed */
	uint64_t not_after; /* of key or certificate; 0: no limit */
	uint8_t id[16];	    /* of the key */
	enum ta_ours (*ours)(
	    const void *ctx, const uint8_t issuer[16], struct btz_span spki);
	const void *ctx;
	enum btz_rc (*sha1)(struct btz_span in, uint8_t out[20]);
	enum btz_rc (*sha256)(struct btz_span in, uint8_t out[32]);
};

/* The allow-list of secure-world.md; BTZ_OK or the code of the first thing
 * that is not on it. */
enum btz_rc ta_check_cert(
    const struct ta_issuer *is, const struct btz_x509 *x) BTZ_MUST_CHECK;

/*
 * A new list against the previous one (NULL: the first). recorded: number of
 * the last list that this TA remembers; a previous list that is newer (its
 * signature was checked) counts instead, so that a crash does not block.
 */
enum btz_rc ta_check_crl(const struct ta_issuer *is, uint64_t recorded,
    const struct btz_crl *previous, const struct btz_crl *next) BTZ_MUST_CHECK;

/* Response data about certificates of the issuer that the key is sealed to. */
enum btz_rc ta_check_ocsp(
    const struct ta_issuer *is, const struct btz_ocsp *o) BTZ_MUST_CHECK;

#endif
