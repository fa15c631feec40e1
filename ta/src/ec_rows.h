/* SPDX-License-Identifier: Apache-2.0 */
/* ec_rows.h - functions of the table in ec.c that stand in files of their own. */
#ifndef BTZ_TA_EC_ROWS_H
#define BTZ_TA_EC_ROWS_H

#include "ec.h"

enum btz_rc ta_ed25519_generate(
    const struct ta_ec *e, uint8_t *seed, uint8_t *pub) BTZ_MUST_CHECK;
enum btz_rc ta_ed25519_load(const struct ta_ec *e, const uint8_t *seed,
    const uint8_t *pub, TEE_ObjectHandle *key) BTZ_MUST_CHECK;
enum btz_rc ta_ed25519_sign(const struct ta_ec *e, TEE_ObjectHandle key,
    struct btz_span message, uint8_t *sig) BTZ_MUST_CHECK;
enum btz_rc ta_ed25519_verify(const struct ta_ec *e, const uint8_t *pub,
    struct btz_span message, const uint8_t *sig) BTZ_MUST_CHECK;

#endif
