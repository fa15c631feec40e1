/* SPDX-License-Identifier: Apache-2.0 */
/* msg_vpn.c - wire order of the fields; meaning in msg_vpn.h. */
#include "wire/msg_vpn.h"

BTZ_MSGDEF(vpn_ref, BTZ_FTEXT(btz_vpn_ref, session, 96));
