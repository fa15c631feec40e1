/* SPDX-License-Identifier: Apache-2.0 */
/* qr.h - a QR code in a terminal, two modules to a character. */
#ifndef BTZ_CLI_QR_H
#define BTZ_CLI_QR_H

#include <stdio.h>

#include "base/err.h"
#include "wire/cursor.h"

/* What the largest code holds (ISO/IEC 18004, version 40-L, bytes). */
#define BTZ_QR_MAX 2953u

/* Dark on light whatever the terminal's colours are. BTZ_E_TOOBIG. */
BTZ_MUST_CHECK enum btz_rc btz_qr_print(
    FILE *to, struct btz_span data, struct btz_err *err);

#endif
