/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_crypt.h - encryption, MACs, agreement and derivation by a key; hashes
 *
 * version: of the key, from 1. 0 on ENCRYPT and MAC is the newest; on DECRYPT
 * and MAC_VERIFY every version that is not disabled is tried, newest first,
 * where the algorithm tells right from wrong, else it must be given when the
 * key has more than one.
 */
#ifndef BTZ_WIRE_MSG_CRYPT_H
#define BTZ_WIRE_MSG_CRYPT_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_ENCRYPT, BTZ_OP_DECRYPT */
struct btz_crypt {
	uint8_t id[BTZ_ID_LEN];
	uint32_t version;
	uint16_t alg; /* enum btz_crypt_alg */
	/* ENCRYPT: empty, the service draws one that never comes again; given
	 * only where the key's flags allow it. */
	struct btz_span nonce;
	struct btz_span aad; /* AEAD; OAEP: the label; else empty */
	struct btz_span input;
};
extern const struct btz_msgdef btz_def_crypt;

struct btz_crypt_ok {
	uint32_t version;
	struct btz_span nonce; /* ENCRYPT: to be kept with the output */
	struct btz_span output;
};
extern const struct btz_msgdef btz_def_crypt_ok;

/* BTZ_OP_MAC (mac empty), BTZ_OP_MAC_VERIFY (answer empty, E_SIGNATURE) */
struct btz_mac {
	uint8_t id[BTZ_ID_LEN];
	uint32_t version;
	uint16_t alg;
	struct btz_span input;
	struct btz_span mac;
};
extern const struct btz_msgdef btz_def_mac;

struct btz_mac_ok {
	uint32_t version;
	struct btz_span mac;
};
extern const struct btz_msgdef btz_def_mac_ok;

/* BTZ_OP_DERIVE */
struct btz_derive {
	uint8_t id[BTZ_ID_LEN];
	uint32_t version;
	uint16_t alg;
	struct btz_span peer; /* ECDH: 04 || X || Y, or 32 bytes of X25519 */
	struct btz_span salt, info; /* HKDF */
	uint16_t len;		    /* HKDF: bytes wanted; ECDH: 0 */
};
extern const struct btz_msgdef btz_def_derive;

/* BTZ_OP_DERIVE, BTZ_OP_EXPORT_PRIVATE: wiped by whoever holds it */
struct btz_secret_ok {
	struct btz_span secret;
};
extern const struct btz_msgdef btz_def_secret_ok;

/* BTZ_OP_HASH */
struct btz_hash {
	uint8_t alg; /* enum btz_hash_alg */
	struct btz_span input;
};
extern const struct btz_msgdef btz_def_hash;

struct btz_hash_ok {
	struct btz_span hash;
};
extern const struct btz_msgdef btz_def_hash_ok;

/* BTZ_OP_REWRAP: crypt messages one after the other, each as for DECRYPT; the
 * answer has a crypt_ok for each, under the newest version. All or nothing. */
struct btz_rewrap {
	struct btz_span items;
};
extern const struct btz_msgdef btz_def_rewrap;
extern const struct btz_msgdef btz_def_rewrap_ok; /* same shape */

#endif
