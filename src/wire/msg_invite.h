/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg_invite.h - an invite is turned into a principal, once
 */
#ifndef BTZ_WIRE_MSG_INVITE_H
#define BTZ_WIRE_MSG_INVITE_H

#include "wire/field.h"
#include "wire/limits.h"

/* BTZ_OP_INVITE_RESERVE, 10 minutes; the same SPKI may repeat */
struct btz_invite_reserve {
	uint8_t token_hash[BTZ_SHA256_LEN];
	uint8_t spki_hash[BTZ_SHA256_LEN];
};
extern const struct btz_msgdef btz_def_invite_reserve;

/* who this invite is for */
struct btz_invite_reserve_ok {
	struct btz_span tenant;
	struct btz_span kind; /* "user" or "device" */
	struct btz_span name;
	uint8_t tenant_id[BTZ_ID_LEN];
};
extern const struct btz_msgdef btz_def_invite_reserve_ok;

#endif
