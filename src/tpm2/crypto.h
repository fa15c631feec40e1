/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto.h - the primitives that the TPM layer asks its caller for.
 *
 * This folder has no crypto library of its own: the trusted application fills
 * the table with TEE functions, the host with libcrypto. `arg` is handed to
 * every function. A function returns BTZ_OK or the code to be passed on;
 * outputs of a failed call are not used.
 */
#ifndef BTZ_TPM2_CRYPTO_H
#define BTZ_TPM2_CRYPTO_H

#include "wire/cursor.h"
#include "wire/rc.h"

#define BTZ_TPM_HASH_MAX 48u  /* SHA-384 */
#define BTZ_TPM_COORD_MAX 48u /* P-384 */
#define BTZ_TPM_PARTS_MAX 8u  /* most parts this folder hands to hash/hmac */

struct btz_tpm_crypto {
	void *arg;
	/*
	 * alg: BTZ_TPM_ALG_SHA256 or _SHA384 (spec.h); out has 32 or 48 bytes.
	 * The parts are hashed one after the other; a part may be empty.
	 */
	enum btz_rc (*hash)(void *arg, uint16_t alg,
	    const struct btz_span *parts, size_t n, uint8_t *out);
	/* key may be empty, and longer than a block. */
	enum btz_rc (*hmac)(void *arg, uint16_t alg, struct btz_span key,
	    const struct btz_span *parts, size_t n, uint8_t *out);
	/* One block, in may be out. CFB is made from it here. */
	enum btz_rc (*aes128_ecb)(void *arg, const uint8_t key[16],
	    const uint8_t in[16], uint8_t out[16]);
	enum btz_rc (*random)(void *arg, void *out, size_t len);
	/*
	 * Makes an ephemeral key on `curve` (BTZ_TPM_ECC_P256 or _P384), gives
	 * its public point and z = x of (ephemeral * peer). All coordinates
	 * have the curve's length (32 or 48), big-endian, padded with zeros.
	 * MUST fail when peer is not a point of the curve.
	 */
	enum btz_rc (*ecdh)(void *arg, uint16_t curve, const uint8_t *peer_x,
	    const uint8_t *peer_y, uint8_t *x, uint8_t *y, uint8_t *z);
};

#endif
