/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - strict UTF-8 (RFC 3629 3), one code point at a time. */
#ifndef BTZ_TLOG_UTF8_H
#define BTZ_TLOG_UTF8_H

#include "wire/cursor.h"

/* False: not UTF-8 here (overlong, surrogate, above U+10FFFF, cut off). */
bool btz_utf8_next(struct btz_rd *rd, uint32_t *out) BTZ_MUST_CHECK;
/* White_Space of Unicode. */
bool btz_utf8_space(uint32_t c);

#endif
