/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name.h - names of tenants, users, devices, shares, roles: the only check.
 * [a-z0-9][a-z0-9._-]{0,62}, no "..".
 */
#ifndef BTZ_WIRE_NAME_H
#define BTZ_WIRE_NAME_H

#include "wire/cursor.h"

bool btz_name_ok(struct btz_span name) BTZ_MUST_CHECK;
/* A DNS-like name for trust domains: labels of [a-z0-9-], 1 to 253 bytes. */
bool btz_domain_ok(struct btz_span name) BTZ_MUST_CHECK;

/* spiffe://<domain>/<tenant>/(user|device)/<name>, all parts checked. */
struct btz_spiffe {
	struct btz_span domain, tenant, kind, name; /* borrowed */
};
bool btz_spiffe_parse(struct btz_span uri,
    struct btz_spiffe *out) BTZ_MUST_CHECK;

#endif
