/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealed.h - the file that `key encrypt` writes and `key decrypt` reads, so
 * that decrypting needs no more than the key:
 *
 *	head:  "BTZE" | u8 1 | u8 0 | u16 algorithm | id[16], random
 *	piece: u32 version of the key | u8 n | nonce[16], n of them used |
 *	       u32 length | that many bytes
 *	... more pieces, to the end of the file
 *
 * AEAD: the associated data of a piece are head || u64 number of the piece,
 * from 0 || u8 1 for the last one, else 0 || the user's: pieces that are
 * exchanged, left out or put in, also from another file, do not open. Other
 * algorithms have one piece, and what the user gave is OAEP's label.
 */
#ifndef BTZ_CLI_SEALED_H
#define BTZ_CLI_SEALED_H

#include "wire/cursor.h"
#include "wire/limits.h"

#define BTZ_SEALED_HEAD 24u
#define BTZ_SEALED_PIECE 25u	/* what is before the bytes of a piece */
#define BTZ_SEALED_PLAIN 49152u /* bytes that encrypt puts into a piece */
#define BTZ_SEALED_BYTES (BTZ_INPUT_MAX + 64u) /* at most, in a piece */
#define BTZ_SEALED_AAD (BTZ_SEALED_HEAD + 9u)  /* and the user's */

struct btz_sealed_head {
	uint16_t alg; /* enum btz_crypt_alg */
	uint8_t id[BTZ_ID_LEN];
};

struct btz_sealed_piece {
	uint32_t version;
	struct btz_span nonce; /* borrowed; at most BTZ_NONCE_MAX */
	uint32_t len;
};

void btz_sealed_head_put(const struct btz_sealed_head *h, struct btz_wr *wr);
void btz_sealed_piece_put(const struct btz_sealed_piece *p, struct btz_wr *wr);
/* in: exactly so many bytes. False: it is none. */
bool btz_sealed_head_get(
    struct btz_span in, struct btz_sealed_head *h) BTZ_MUST_CHECK;
bool btz_sealed_piece_get(
    struct btz_span in, struct btz_sealed_piece *p) BTZ_MUST_CHECK;
/* The associated data of piece `number` of an AEAD. */
void btz_sealed_aad(const struct btz_sealed_head *h, uint64_t number, bool last,
    struct btz_span users, struct btz_wr *wr);

#endif
