/* SPDX-License-Identifier: Apache-2.0 */
/* msg_sign.c - wire order of the fields; meaning in msg_sign.h. */
#include "wire/msg_sign.h"

BTZ_MSGDEF(sign, BTZ_FRAW(btz_sign, id, BTZ_ID_LEN), BTZ_FU16(btz_sign, alg),
    BTZ_FU8(btz_sign, input_kind, 0),
    BTZ_FBYTES(btz_sign, input, BTZ_INPUT_MAX),
    BTZ_FBYTES(btz_sign, previous, BTZ_CRL_MAX));

BTZ_MSGDEF(signature, BTZ_FBYTES(btz_signature, signature, BTZ_SIG_MAX));
