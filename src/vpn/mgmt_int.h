/* SPDX-License-Identifier: Apache-2.0 */
/* mgmt_int.h - inside of src/vpn: what mgmt.c, env.c and mgmt_put.c share. */
#ifndef BTZ_VPN_MGMT_INT_H
#define BTZ_VPN_MGMT_INT_H

#include "vpn/mgmt.h"

/* Cuts *s at the first sep; false: none, *head is all of it. */
bool btz_mgmt_cut(struct btz_span *s, uint8_t sep, struct btz_span *head);
/* No control characters. */
bool btz_mgmt_printable(struct btz_span s);
/* An address as text (digits, hex, '.', ':', '/'), NUL-terminated. */
bool btz_mgmt_addr_copy(
    struct btz_span in, char *out, size_t cap) BTZ_MUST_CHECK;

void btz_mgmt_env_begin(struct btz_mgmt *m);
/* "name=value". False only for what a client cannot cause. */
bool btz_mgmt_env_line(struct btz_mgmt *m, struct btz_span line) BTZ_MUST_CHECK;

#endif
