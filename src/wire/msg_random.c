/* SPDX-License-Identifier: Apache-2.0 */
/* msg_random.c - wire order of the fields; meaning in msg_random.h. */
#include "wire/msg_random.h"

BTZ_MSGDEF(random, BTZ_FU32(btz_random, n));

BTZ_MSGDEF(random_ok, BTZ_FBYTES(btz_random_ok, bytes, BTZ_RANDOM_MAX));
