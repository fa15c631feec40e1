/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ec_rows.h - functions of the table in ec.c. Those of ECDSA and ECDH are
 * defined by ec_gp.c and by ec_mbed.c; one of them is linked.
 */
#ifndef BTZ_TA_EC_ROWS_H
#define BTZ_TA_EC_ROWS_H

#include "ec.h"

extern const struct ta_curve ta_p256, ta_p384, ta_p521;

enum btz_rc ta_ecdsa_generate(
    const struct ta_ec *e, uint8_t *d, uint8_t *point) BTZ_MUST_CHECK;
enum btz_rc ta_ecdsa_load(const struct ta_ec *e, const uint8_t *d,
    const uint8_t *point, TEE_ObjectHandle *key) BTZ_MUST_CHECK;
enum btz_rc ta_ecdsa_sign(const struct ta_ec *e, TEE_ObjectHandle key,
    struct btz_span digest, uint8_t *rs) BTZ_MUST_CHECK;
enum btz_rc ta_ecdsa_verify(const struct ta_ec *e, const uint8_t *point,
    struct btz_span digest, const uint8_t *rs) BTZ_MUST_CHECK;
enum btz_rc ta_ecdh_agree(const struct ta_ec *e, TEE_ObjectHandle key,
    const uint8_t *peer, uint8_t *z) BTZ_MUST_CHECK;
enum btz_rc ta_ecdh_ephemeral(const struct ta_ec *e, const uint8_t *peer_x,
    const uint8_t *peer_y, uint8_t *x, uint8_t *y, uint8_t *z) BTZ_MUST_CHECK;
enum btz_rc ta_ecdh(const struct ta_ec *e, const uint8_t *d,
    const uint8_t *point, const uint8_t *peer_x, const uint8_t *peer_y,
    uint8_t *z) BTZ_MUST_CHECK;

enum btz_rc ta_ed25519_generate(
    const struct ta_ec *e, uint8_t *seed, uint8_t *pub) BTZ_MUST_CHECK;
enum btz_rc ta_ed25519_load(const struct ta_ec *e, const uint8_t *seed,
    const uint8_t *pub, TEE_ObjectHandle *key) BTZ_MUST_CHECK;
enum btz_rc ta_ed25519_sign(const struct ta_ec *e, TEE_ObjectHandle key,
    struct btz_span message, uint8_t *sig) BTZ_MUST_CHECK;
enum btz_rc ta_ed25519_verify(const struct ta_ec *e, const uint8_t *pub,
    struct btz_span message, const uint8_t *sig) BTZ_MUST_CHECK;

#endif
