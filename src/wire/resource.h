/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resource.h - what a role can be granted on: a share of files, written by its
 * name, or a VPN, written "vpn:main". Both lie in one table of shares; a VPN
 * has the stored name "vpn.main", which no share of files can have. Access
 * turns one form into the other; nothing else shows the stored name.
 */
#ifndef BTZ_WIRE_RESOURCE_H
#define BTZ_WIRE_RESOURCE_H

#include "wire/cursor.h"
#include "wire/limits.h"

/* Is this stored name a VPN's? */
bool btz_is_vpn(struct btz_span stored) BTZ_MUST_CHECK;
/* "vpn:main" -> "vpn.main", "photos" -> "photos"; false (out is empty): not a
 * name, or the stored form of a VPN. */
bool btz_resource_parse(
    struct btz_span text, char out[BTZ_NAME_MAX + 1]) BTZ_MUST_CHECK;
/* "main" -> "vpn.main" */
bool btz_vpn_stored(
    struct btz_span name, char out[BTZ_NAME_MAX + 1]) BTZ_MUST_CHECK;

#endif
