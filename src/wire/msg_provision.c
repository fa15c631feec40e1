/* SPDX-License-Identifier: Apache-2.0 */
/* msg_provision.c - wire order of the fields; meaning in msg_provision.h. */
#include "wire/msg_provision.h"

#include "wire/msg_approval.h"

BTZ_MSGDEF(provision, BTZ_FTEXT(btz_provision, trust_domain, 253),
    BTZ_FTEXT(btz_provision, box, BTZ_NAME_MAX),
    BTZ_FTEXT(btz_provision, origin, 253), BTZ_FU64(btz_provision, now),
    BTZ_FU64(btz_provision, root_not_after),
    BTZ_FBYTES(btz_provision, admins, 2u * BTZ_ADMINS_BYTES),
    BTZ_FBYTES(btz_provision, ek_chain, BTZ_EK_CHAIN_BYTES),
    BTZ_FU8(btz_provision, ek_required, 1));

BTZ_MSGDEF(provision_ok,
    BTZ_FRAW(btz_provision_ok, instance_id, BTZ_SHA256_LEN),
    BTZ_FRAW(btz_provision_ok, root_id, BTZ_ID_LEN),
    BTZ_FRAW(btz_provision_ok, checkpoint_id, BTZ_ID_LEN),
    BTZ_FBYTES(btz_provision_ok, root_cert, BTZ_CERT_MAX),
    BTZ_FBYTES(btz_provision_ok, checkpoint_spki, BTZ_SPKI_MAX));
