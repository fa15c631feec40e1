/* SPDX-License-Identifier: Apache-2.0 */
/*
 * family.h - what a key is made of, one row per family of algorithms
 * (enum btz_family): drawing the parts of a new one, and making an open key of
 * parts. The secret part has the form that stands beside the family in
 * wire/alg.h: in a blob, in an import, in a backup.
 */
#ifndef BTZ_TA_FAMILY_H
#define BTZ_TA_FAMILY_H

#include "wire/alg.h"
#include "wire/cursor.h"
#include "wire/keyblob.h"
#include "wire/rc.h"

#define TA_SECRET_MAX BTZ_KEYBLOB_SECRET_MAX

struct ta_key;

struct ta_parts { /* wiped by its owner */
	size_t secret_len, spki_len;
	uint8_t secret[TA_SECRET_MAX];
	uint8_t spki[BTZ_SPKI_MAX]; /* symmetric: none */
};

struct ta_family {
	uint8_t family; /* enum btz_family */
	/* bits: of a SECRET (wire/msg_generate.h), else 0. BTZ_E_INVAL */
	enum btz_rc (*draw)(uint8_t alg, uint16_t bits, struct ta_parts *out);
	/* k->alg is set. BTZ_E_KEY_BLOB: a part is not one of this algorithm,
	 * or they do not belong together. */
	enum btz_rc (*load)(
	    struct ta_key *k, struct btz_span secret, struct btz_span spki);
	/* Of a plain key: enum btz_sig_alg, bits; in is as long as the
	 * algorithm says. NULL: none */
	uint32_t sigs;
	enum btz_rc (*sign)(const struct ta_key *k, uint16_t alg,
	    struct btz_span in, struct btz_wr *out);
};

/* NULL: the TA has no key of this algorithm. */
const struct ta_family *ta_family_of(uint8_t alg);

#endif
