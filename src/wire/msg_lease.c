/* SPDX-License-Identifier: Apache-2.0 */
/* msg_lease.c - wire order of the fields; meaning in msg_lease.h. */
#include "wire/msg_lease.h"

BTZ_MSGDEF(lease, BTZ_FU64(btz_lease, lease),
    BTZ_FTEXT(btz_lease, application, BTZ_NAME_MAX), BTZ_FU32(btz_lease, uid),
    BTZ_FTEXT(btz_lease, tenant, BTZ_NAME_MAX),
    BTZ_FTEXT(btz_lease, role, BTZ_NAME_MAX), BTZ_FU32(btz_lease, ops),
    BTZ_FU32(btz_lease, kinds), BTZ_FU8(btz_lease, scope, 1),
    BTZ_FBYTES(btz_lease, keys, 1024), BTZ_FU32(btz_lease, rate),
    BTZ_FU64(btz_lease, expiry), BTZ_FU32(btz_lease, max_keys));

BTZ_MSGDEF(lease_ref, BTZ_FU64(btz_lease_ref, lease));
