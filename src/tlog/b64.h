/* SPDX-License-Identifier: Apache-2.0 */
/*
 * b64.h - base64 and decimal numbers as the tlog formats write them:
 * RFC 4648 4 with padding, one encoding per value; decimals without leading
 * zeroes.
 */
#ifndef BTZ_TLOG_B64_H
#define BTZ_TLOG_B64_H

#include "wire/cursor.h"

#define BTZ_B64_LEN(n) (((n) + 2) / 3 * 4) /* characters for n bytes */

void btz_b64_write(struct btz_wr *wr, struct btz_span bytes);
/* Decodes all of `text`; false if it is not canonical or longer than cap. */
bool btz_b64_read(
    struct btz_span text, void *buf, size_t cap, size_t *len) BTZ_MUST_CHECK;

void btz_decimal_write(struct btz_wr *wr, uint64_t n);
/* All of `text`; false on an empty one, other characters, "007", overflow. */
bool btz_decimal_read(struct btz_span text, uint64_t *out) BTZ_MUST_CHECK;

#endif
