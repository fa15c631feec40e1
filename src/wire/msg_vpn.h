/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_vpn.h - administration of VPNs
 */
#ifndef BTZ_WIRE_MSG_VPN_H
#define BTZ_WIRE_MSG_VPN_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_VPN_KILL: "NAME:NUMBER" as the list of sessions has it */
struct btz_vpn_ref {
	struct btz_span session;
};
extern const struct btz_msgdef btz_def_vpn_ref;

#endif
