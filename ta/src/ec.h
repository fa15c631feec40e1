/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ec.h - the key algorithms of the TA, one row each: generating, loading,
 * signing and checking. Lengths are bytes and stand in the row.
 */
#ifndef BTZ_TA_EC_H
#define BTZ_TA_EC_H

#include <tee_internal_api.h>

#include "wire/alg.h"
#include "wire/cursor.h"
#include "wire/rc.h"

#define TA_EC_SECRET_MAX 66u
#define TA_EC_PUB_MAX 133u
#define TA_EC_SIG_MAX 132u
#define TA_EC_DIGEST_MAX 64u

struct ta_curve;

struct ta_ec {
	uint8_t alg;	/* enum btz_key_alg */
	uint16_t sig;	/* enum btz_sig_alg */
	size_t secret;	/* in the blob: the private value, Ed25519: the seed */
	size_t pub;	/* 04 || X || Y; Ed25519: RFC 8032 5.1.5 */
	size_t sig_len; /* r || s; Ed25519: R || S */
	size_t digest;	/* that is signed; 0: the message itself is */
	const struct ta_curve *curve; /* NULL: Ed25519 */
	enum btz_rc (*generate)(
	    const struct ta_ec *e, uint8_t *secret, uint8_t *pub);
	/* Checks that pub belongs to secret: BTZ_E_KEY_BLOB. */
	enum btz_rc (*load)(const struct ta_ec *e, const uint8_t *secret,
	    const uint8_t *pub, TEE_ObjectHandle *key);
	enum btz_rc (*sign)(const struct ta_ec *e, TEE_ObjectHandle key,
	    struct btz_span in, uint8_t *sig);
	/* BTZ_E_SIGNATURE. ECDSA: pub is on its curve. */
	enum btz_rc (*verify)(const struct ta_ec *e, const uint8_t *pub,
	    struct btz_span in, const uint8_t *sig);
	/* x of the key times the peer's point, which is on the curve; as long
	 * as a coordinate. NULL: Ed25519 */
	enum btz_rc (*agree)(const struct ta_ec *e, TEE_ObjectHandle key,
	    const uint8_t *peer, uint8_t *z);
};

const struct ta_ec *ta_ec_of(uint8_t alg); /* NULL: none */

/* Is (x, y) a point of the curve with coordinates of 32, 48 or 66 bytes? */
bool ta_ec_on_curve(size_t coord, const uint8_t *x, const uint8_t *y);
/* A key that lives for this call: its point (x, y), and z, the x of it times
 * the peer's, which the caller has found to be on the curve. */
enum btz_rc ta_ec_ephemeral(uint8_t alg, const uint8_t *peer_x,
    const uint8_t *peer_y, uint8_t *x, uint8_t *y, uint8_t *z) BTZ_MUST_CHECK;
/* The same z with a pair that there is (d, point). */
enum btz_rc ta_ec_agree(uint8_t alg, const uint8_t *d, const uint8_t *point,
    const uint8_t *peer_x, const uint8_t *peer_y, uint8_t *z) BTZ_MUST_CHECK;

#endif
