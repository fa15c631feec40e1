/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyblob.h - layout of a wrapped key. Only the layout: the caller encrypts.
 *
 * "BTZK" | u8 version | u8 algorithm | u8 kind | u8 flags | u32 operations |
 * key_id[16] | u32 slot | u32 generation | tenant_id[16] | u64 not_after |
 * u16 n, constraints | u16 n, SPKI | nonce[12] | ciphertext | tag[16]
 *
 * AES-256-GCM; the AAD is everything before the nonce, so what a key is and
 * may do is read from the blob and never from the request. The ciphertext is
 * the private part in the form of its family (enum btz_family); a symmetric
 * key has no SPKI.
 */
#ifndef BTZ_WIRE_KEYBLOB_H
#define BTZ_WIRE_KEYBLOB_H

#include "wire/alg.h"
#include "wire/cursor.h"
#include "wire/limits.h"

#define BTZ_KEYBLOB_VERSION 1u
#define BTZ_KEYBLOB_NONCE_LEN 12u
#define BTZ_KEYBLOB_TAG_LEN 16u
#define BTZ_KEYBLOB_SECRET_MAX 4096u

enum btz_keyblob_flags {
	BTZ_KEYBLOB_EXPORTABLE = 1u << 0,
	BTZ_KEYBLOB_BACKUPABLE = 1u << 1,
};

struct btz_keyblob {
	uint8_t alg;	     /* enum btz_key_alg */
	uint8_t kind;	     /* enum btz_kind */
	uint8_t flags;	     /* enum btz_keyblob_flags */
	uint32_t operations; /* enum btz_use bits */
	uint8_t key_id[BTZ_ID_LEN];
	uint32_t slot;	     /* 0 where there is no slot table */
	uint32_t generation; /* of the slot */
	uint8_t tenant_id[BTZ_ID_LEN];
	uint64_t not_after;	     /* Unix seconds, 0: none */
	struct btz_span constraints; /* constraint.h; syntax checked */
	struct btz_span spki;
	/* Set by decoding only; all spans borrow from the input. */
	struct btz_span aad, nonce, ciphertext, tag;
};

/* Checks magic, version, ranges, constraint syntax and every length. */
bool btz_keyblob_decode(
    struct btz_span in, struct btz_keyblob *out) BTZ_MUST_CHECK;

/*
 * Writes the header; btz_wr_span(wr) is then the AAD (start with an empty
 * wr). The caller appends the rest with btz_keyblob_seal after encrypting.
 */
void btz_keyblob_header(const struct btz_keyblob *b, struct btz_wr *wr);
void btz_keyblob_seal(struct btz_wr *wr,
    const uint8_t nonce[BTZ_KEYBLOB_NONCE_LEN], struct btz_span ciphertext,
    const uint8_t tag[BTZ_KEYBLOB_TAG_LEN]);

#endif
