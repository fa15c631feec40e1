/* SPDX-License-Identifier: Apache-2.0 */
/* msg_verify.c - wire order of the fields; meaning in msg_verify.h. */
#include "wire/msg_verify.h"

BTZ_MSGDEF(verify, BTZ_FRAW(btz_verify, id, BTZ_ID_LEN),
    BTZ_FU16(btz_verify, alg), BTZ_FU8(btz_verify, input_kind, 0),
    BTZ_FBYTES(btz_verify, input, BTZ_INPUT_MAX),
    BTZ_FBYTES(btz_verify, signature, BTZ_SIG_MAX));
