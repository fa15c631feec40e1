/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tun.h - the tunnel's device: persistent, with its addresses, and owned by
 * OpenVPN's uid, so that OpenVPN needs no right over the network at all.
 */
#ifndef BTZ_VPN_TUN_H
#define BTZ_VPN_TUN_H

#include "vpn/site.h"

#define BTZ_TUN_DEVICE "/dev/net/tun"

/* An existing device is used again. BTZ_E_NO_CUTOFF: not permitted. */
BTZ_MUST_CHECK enum btz_rc btz_tun_make(
    const struct btz_site_conf *c, unsigned owner, struct btz_err *err);

/* Of the VPN of that index. True: there is none (any more). */
bool btz_tun_remove(uint32_t index);

#endif
