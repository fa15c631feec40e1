/* SPDX-License-Identifier: Apache-2.0 */
/* msg_offers.c - wire order of the fields; meaning in msg_offers.h. */
#include "wire/msg_offers.h"

BTZ_MSGDEF(offers, BTZ_FU32(btz_offers, algs), BTZ_FU32(btz_offers, sigs),
    BTZ_FU32(btz_offers, crypts), BTZ_FU8(btz_offers, transfers, 7));
