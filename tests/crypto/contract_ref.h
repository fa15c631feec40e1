/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contract_ref.h - what libcrypto says to the same question, by its plainest
 * calls and nothing of src/crypto. Everything asserts; lengths are returned.
 */
#ifndef BTZ_TESTS_CRYPTO_CONTRACT_REF_H
#define BTZ_TESTS_CRYPTO_CONTRACT_REF_H

#include <openssl/evp.h>

#include "wire/alg.h"
#include "wire/cursor.h"
#include "wire/limits.h"

struct ref_key {
	EVP_PKEY *pkey; /* NULL: symmetric */
	uint8_t raw[BTZ_SECRET_MAX], pkcs8[BTZ_SECRET_MAX], spki[BTZ_SPKI_MAX];
	size_t raw_len, pkcs8_len, spki_len;
};
void ref_draw(struct ref_key *k, uint8_t alg);
/* A key on a curve that no algorithm has (secp256k1). */
void ref_draw_foreign(struct ref_key *k);
void ref_end(struct ref_key *k);

bool ref_spki_is(struct btz_span spki, uint8_t alg);
/* in: the digest, or the message of Ed25519 */
bool ref_verify(struct btz_span spki, uint16_t sig_alg, struct btz_span in,
    struct btz_span sig);

struct ref_in {
	uint16_t alg; /* enum btz_crypt_alg */
	struct btz_span key, nonce, aad, input, salt, info;
	size_t len; /* HKDF */
};
size_t ref_seal(const struct ref_in *in, uint8_t *out, size_t cap);
size_t ref_mac(const struct ref_in *in, uint8_t *out, size_t cap);
size_t ref_hkdf(const struct ref_in *in, uint8_t *out, size_t cap);
size_t ref_rsa(
    struct btz_span spki, const struct ref_in *in, uint8_t *out, size_t cap);
size_t ref_agree(
    const struct ref_key *k, struct btz_span spki, uint8_t *out, size_t cap);
/* The form that a peer has in DERIVE: 04 || X || Y, or 32 bytes. */
struct btz_span ref_peer(const struct ref_key *k, uint8_t alg);

#endif
