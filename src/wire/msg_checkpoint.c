/* SPDX-License-Identifier: Apache-2.0 */
/* msg_checkpoint.c - wire order of the fields; meaning in msg_checkpoint.h. */
#include "wire/msg_checkpoint.h"

BTZ_MSGDEF(checkpoint, BTZ_FRAW(btz_checkpoint, id, BTZ_ID_LEN),
    BTZ_FU64(btz_checkpoint, size),
    BTZ_FRAW(btz_checkpoint, root, BTZ_SHA256_LEN),
    BTZ_FBYTES(btz_checkpoint, proof, 2048));

BTZ_MSGDEF(checkpoint_ok, BTZ_FU64(btz_checkpoint_ok, size),
    BTZ_FBYTES(btz_checkpoint_ok, note, BTZ_NOTE_MAX));
