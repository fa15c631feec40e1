/* SPDX-License-Identifier: Apache-2.0 */
/*
 * action.h - what roles permit, as bits. Stable: they are stored in the policy
 * file and in the access database. Append-only.
 */
#ifndef BTZ_POLICY_ACTION_H
#define BTZ_POLICY_ACTION_H

#include "wire/cursor.h"

enum btz_action {
	BTZ_ACT_LIST = 1u << 0,	 /* names and properties in a share */
	BTZ_ACT_READ = 1u << 1,	 /* contents */
	BTZ_ACT_WRITE = 1u << 2, /* create and overwrite */
	BTZ_ACT_DELETE = 1u << 3,
	BTZ_ACT_MANAGE = 1u << 4,  /* who else may: reserved */
	BTZ_ACT_CONNECT = 1u << 5, /* come in by a VPN */
	BTZ_ACT_SIGN = 1u << 6,	   /* use a key: reserved */
};
#define BTZ_ACT_ALL 0x7fu

/* Roles that every tenant has from the start. They are granted on shares and
 * on VPNs alike: what does not fit the one or the other means nothing there
 * (btz_actions_on). */
#define BTZ_ROLE_VIEWER (BTZ_ACT_LIST | BTZ_ACT_READ | BTZ_ACT_CONNECT)
#define BTZ_ROLE_EDITOR (BTZ_ROLE_VIEWER | BTZ_ACT_WRITE | BTZ_ACT_DELETE)
#define BTZ_ROLE_OWNER (BTZ_ROLE_EDITOR | BTZ_ACT_MANAGE)

#define BTZ_ACTIONS_TEXT 64 /* bytes that hold all names, with the NUL */

/* The actions that there are on a share of this stored name: connect on a
 * VPN, all others on files. */
uint32_t btz_actions_on(struct btz_span share);
/* "read" -> bit; 0: no such action. */
uint32_t btz_action_bit(struct btz_span name);
/* "list,read" (commas or spaces) -> bits; false: empty or unknown name. */
bool btz_actions_parse(struct btz_span names, uint32_t *out) BTZ_MUST_CHECK;
/* "list,read"; "none" for 0. Cut when it does not fit. */
void btz_actions_text(uint32_t bits, char *out, size_t cap);

#endif
