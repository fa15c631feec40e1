/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labels.h - the NAME=VALUE lines of a key. NAME as in wire/name.h, VALUE any
 * text without control characters; each line ends with a newline.
 */
#ifndef BTZ_CRYPTO_LABELS_H
#define BTZ_CRYPTO_LABELS_H

#include "base/err.h"
#include "wire/cursor.h"
#include "wire/limits.h"

/* have with one line set ("NAME=VALUE") or taken out ("NAME"); *out lies in
 * room. BTZ_E_NAME, BTZ_E_TOOBIG; BTZ_E_NOENT: nothing to take out. */
BTZ_MUST_CHECK enum btz_rc btz_labels_set(struct btz_span have,
    struct btz_span change, uint8_t room[BTZ_LABELS_MAX], struct btz_span *out,
    struct btz_err *err);

#endif
