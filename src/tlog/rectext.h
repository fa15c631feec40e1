/* SPDX-License-Identifier: Apache-2.0 */
/* rectext.h - inner pieces of record.c: characters and times. */
#ifndef BTZ_TLOG_RECTEXT_H
#define BTZ_TLOG_RECTEXT_H

#include "wire/cursor.h"

/* Value of a hex digit whose ten is 'a' or 'A'; -1: none. */
int btz_rectext_hex(uint8_t c, char ten);
/* How many bytes from p are encoded text; what is not ends it. */
size_t btz_rectext_len(const uint8_t *p, size_t len, bool path);
/* BTZ_RECORD_TIME_LEN bytes; years 1970 to 9999. */
bool btz_rectext_time(const uint8_t *p, uint64_t *ms) BTZ_MUST_CHECK;

#endif
